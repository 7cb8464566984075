// A request that htmx does not make. It carries the same token, and says that it wants only a part of the page.

import { refuse, refuseWith, sayOffline } from "./messages.js";

const token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");

export const AS_A_PART = { "HX-Request": "true" };

// What the page asks for by itself: the HTML, and no word where there is none. It is "" where nothing is there any more,
// undefined where it is not for the reader, and null where it may be had later.
export async function ask(address, { as = AS_A_PART } = {}) {
  try {
    const answer = await fetch(address, { headers: as });
    if (answer.ok) return await answer.text();
    if (answer.status === 404) return "";
    return answer.status < 500 && answer.status !== 429 ? undefined : null;
  } catch {
    return null;
  }
}

// The answer's HTML; null where it was refused, which is then told.
export async function send(address, data) {
  let answer;
  try {
    answer = await fetch(address, {
      method: data ? "POST" : "GET",
      headers: { "HX-Request": "true", "HX-Current-URL": location.href, ...token },
      body: data && new URLSearchParams(data),
    });
  } catch {
    sayOffline();
    return null;
  }
  const elsewhere = answer.headers.get("HX-Redirect");
  if (elsewhere) {
    location.assign(elsewhere);
    return null;
  }
  const html = await answer.text();
  if (answer.ok) return html;
  if (answer.headers.get("Content-Type")?.startsWith("text/html")) refuseWith(html);
  else refuse(answer.statusText);
  return null;
}
