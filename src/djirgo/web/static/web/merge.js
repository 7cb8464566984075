// What is shown becomes what the server says now, where the two differ. What is the same stays as it is, with its focus,
// its place on the screen and what is unfolded in it; and a form that somebody has in hand stays theirs, with the version
// that it was begun from, so that the server sees what else has been written since.

import { hasSent, isInHand } from "./writing.js";

// The reader's own, of which the server knows nothing.
const THEIRS = new Set(["open"]);
// They count from when they came, and are taken whole.
const COUNTING = "[data-clock], [data-countdown]";

export function merge(place, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  mergeChildren(place, fresh.content);
}

function mergeChildren(old, fresh) {
  let there = old.firstChild;
  const wanted = [...fresh.childNodes];
  wanted.forEach((node, index) => {
    const found = counterpart(there, node, wanted, index);
    while (there && found && there !== found) there = drop(there);
    if (found) {
      there = found.nextSibling;
      mergeNode(found, node);
    } else {
      insert(old, node, there);
    }
  });
  while (there) there = drop(there);
}

// The one that is the same; else the one that stands in its place, unless that one is wanted later.
function counterpart(there, node, wanted, index) {
  if (node.nodeType === Node.ELEMENT_NODE) {
    for (let other = there; other; other = other.nextSibling) {
      if (other.nodeType === Node.ELEMENT_NODE && (other.isEqualNode(node) || isSame(other, node))) return other;
    }
  }
  if (!there || !isAlike(there, node)) return null;
  return wanted.slice(index + 1).some((later) => later.nodeType === Node.ELEMENT_NODE && later.isEqualNode(there)) ? null : there;
}

const nameOf = (element) => element.id || element.getAttribute("aria-labelledby") || "";
const kindOf = (element) => [element.nodeName, nameOf(element), element.getAttribute("name")].join();
// The first of the classes says what something is, those behind it how it is just now.
const isOfOneClass = (old, fresh) => !old.classList.length || !fresh.classList.length || old.classList[0] === fresh.classList[0];
const isSame = (old, fresh) => old.nodeName === fresh.nodeName && nameOf(fresh) !== "" && nameOf(old) === nameOf(fresh);

function isAlike(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) return old.nodeType === fresh.nodeType;
  if (fresh.nodeType !== Node.ELEMENT_NODE || kindOf(old) !== kindOf(fresh) || !isOfOneClass(old, fresh)) return false;
  if (old.matches(COUNTING) || fresh.matches(COUNTING)) return false;
  return !old.matches("form") || (old.getAttribute("action") === fresh.getAttribute("action") && names(old) === names(fresh));
}

const names = (form) => [...form.querySelectorAll("[name]")].map((field) => field.name).join();

export function mergeNode(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  if (old.matches(COUNTING)) return replace(old, fresh);
  if (old.matches("form") && isInHand(old)) return keep(old, fresh);
  mergeAttributes(old, fresh);
  mergeChildren(old, fresh);
  mergeField(old, fresh);
}

// Who types on after what they have sent knows of that change; of no other.
function keep(form, fresh) {
  const [version, next] = [form, fresh].map((one) => one.querySelector("[name=version]"));
  if (hasSent(form) && version && next) version.value = next.value;
}

function mergeAttributes(old, fresh) {
  let isWired = false;
  for (const { name } of [...old.attributes]) {
    if (fresh.hasAttribute(name) || THEIRS.has(name)) continue;
    old.removeAttribute(name);
    isWired ||= name.startsWith("hx-");
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) === value || THEIRS.has(name)) continue;
    old.setAttribute(name, value);
    isWired ||= name.startsWith("hx-");
  }
  if (isWired) htmx.process(old);
}

// A field that was once typed into no longer follows its attributes by itself.
function mergeField(old, fresh) {
  if (!old.matches("input, textarea, select")) return;
  if (old.matches("[type=checkbox], [type=radio]")) old.checked = fresh.checked;
  else if (old.value !== fresh.value) old.value = fresh.value;
}

function insert(parent, node, before) {
  parent.insertBefore(node, before);
  if (node.nodeType === Node.ELEMENT_NODE) htmx.process(node);
}

function replace(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  old.replaceWith(fresh);
  htmx.process(fresh);
}

// Gone, unless somebody is writing in it. Answers what stands behind it.
function drop(node) {
  const next = node.nextSibling;
  const forms = node.nodeType === Node.ELEMENT_NODE ? [...(node.matches("form") ? [node] : []), ...node.querySelectorAll("form")] : [];
  if (!forms.some(isInHand)) node.remove();
  return next;
}

const taskIn = (place) => place.querySelector("[data-open-task]")?.dataset.openTask;

// The answers that htmx gets for a task that is shown already are shown in the same way.
htmx.defineExtension("merge", {
  handleSwap(style, target, fragment) {
    if (style !== "innerHTML" || !target.matches(".task-holder") || taskIn(target) !== taskIn(fragment)) return false;
    mergeChildren(target, fragment);
    return [];
  },
});
