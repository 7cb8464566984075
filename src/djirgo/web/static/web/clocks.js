// Clocks that run, and leases that run out. They start from what the server has said, whatever the clock here says.

const begun = new WeakMap();

function since(element) {
  if (!begun.has(element)) begun.set(element, performance.now());
  return Math.floor((performance.now() - begun.get(element)) / 1000);
}

export function inWords(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function show(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function tick() {
  for (const clock of document.querySelectorAll("[data-clock]")) {
    show(clock, inWords(Number(clock.dataset.clock) + since(clock)));
  }
  for (const lease of document.querySelectorAll("[data-countdown]")) {
    show(lease, inWords(Math.max(0, Number(lease.dataset.countdown) - since(lease))));
  }
}

tick();
setInterval(tick, 1000);
