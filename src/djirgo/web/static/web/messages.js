// What the page says to people: done, refused, not reachable. The region is live, so that it is also read aloud.

const region = document.getElementById("messages");
const words = document.getElementById("words").dataset;
const SHOWN_FOR = 7000;

export const say = (text) => show("message-template", text);
export const refuse = (text) => show("refusal-template", text);

// The server's own refusal, a piece of HTML that it has made.
export function refuseWith(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const message = holder.content.querySelector(".message");
  if (message) region.append(message);
  else refuse(words.broken);
}

export const sayOffline = () => refuse(words.offline);

function show(template, text) {
  const message = document.getElementById(template).content.firstElementChild.cloneNode(true);
  message.querySelector("p").textContent = text;
  region.append(message);
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest(".message").remove();
});
document.addEventListener("htmx:sendError", sayOffline);
document.addEventListener("djirgo:message", (event) => say(event.detail.words));

const goAway = (message) => setTimeout(() => {
  if (message.matches(":hover, :focus-within")) goAway(message);
  else message.remove();
}, SHOWN_FOR);

new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) goAway(node);
  }
}).observe(region, { childList: true });
for (const message of region.children) goAway(message);
