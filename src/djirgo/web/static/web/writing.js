// What somebody is writing is theirs: no answer and no news may take it out of their hands.
//
// A form is in somebody's hand while a field of it says something else than the server has put there, or while one types
// in it. What was sent is no longer in hand, unless more was typed since.

const TYPED = "textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=submit])";

// What one wrote and somebody else did too stands there and nowhere else, until one has said what holds.
const UNDECIDED = ".conflict";

// What each form has sent and not yet been answered.
const sent = new WeakMap();

const fieldsOf = (within) => [...within.querySelectorAll("input:not([type=hidden]), textarea, select")];

function isChanged(field) {
  if (field.matches("select")) return field.value !== standard(field);
  if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}

// What a choice says before anybody has chosen.
function standard(choice) {
  const options = [...choice.options];
  return (options.findLast((option) => option.defaultSelected) ?? options[0])?.value;
}

const isTypedIn = (field) => field === document.activeElement && field.matches(TYPED);

function said(form) {
  return fieldsOf(form).map((field) => (field.matches("[type=checkbox], [type=radio]") ? field.checked : field.value)).join("\n");
}

export const hasSent = (form) => sent.has(form);

export function isInHand(form) {
  if (form.closest(UNDECIDED)) return true;
  if (sent.get(form) === said(form)) return false;
  return fieldsOf(form).some((field) => isChanged(field) || isTypedIn(field));
}

// Whether somebody is writing anywhere in there; an open text is being written, even if nobody has typed yet.
export function isWrittenIn(place) {
  return Boolean(place.querySelector(`.text-form, ${UNDECIDED}`)) || fieldsOf(place).some((field) => isChanged(field) || isTypedIn(field));
}

// What is on its way is not said a second time, by a double click, or by Enter after a change; nor is what says nothing new.
document.addEventListener("htmx:confirm", (event) => {
  const form = event.detail.elt;
  if (!form.matches("form")) return;
  const isSaid = sent.has(form) && sent.get(form) === said(form);
  if (isSaid || (form.matches("[data-by-itself]") && !fieldsOf(form).some(isChanged))) event.preventDefault();
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (form.matches("form")) sent.set(form, said(form));
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.shouldSwap) detail.requestConfig.elt.closest(UNDECIDED)?.remove();
});
document.addEventListener("htmx:afterRequest", (event) => sent.delete(event.detail.elt));
