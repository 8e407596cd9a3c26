// Says what there is to say to a screen reader, at most once in a while: what comes meanwhile takes the
// place of what has not been said.

const PAUSE = 3_000;

let saidAt = -Infinity;
let waiting;
let next;

/** Has it said when it is time. */
export function say(words) {
  next = words;
  waiting ??= setTimeout(tell, Math.max(0, saidAt + PAUSE - performance.now()));
}

function tell() {
  waiting = undefined;
  const voice = document.querySelector(".voice");
  if (!voice || voice.textContent === next) return;
  voice.textContent = next;
  saidAt = performance.now();
}
