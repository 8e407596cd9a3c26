// How a student notices that it is their turn without reading: the phone trembles and does not go
// dark, the title of the page says so, and the button that is wanted has the focus.

/** How a phone trembles for whoever comes to a state, in milliseconds. */
const TREMBLES = { next: 80, called: [200, 100, 200] };
/** The states in which one waits for one's turn, or has it: a screen that goes dark would hide it. */
const WAITS = ["up", "next", "called", "speaking"];
const FIELDS = "input, select, textarea, [contenteditable]";
/** Where this browser keeps whether keys do something, of teachers' pages as well. */
const STORE = "handup-signs";

let state;
let lock;
let title;

/** Gives the signs of a state that one has come to; `turn` is what the title says to whoever is called. */
export function sign(now, turn) {
  const before = state;
  state = now;
  if (before === undefined) begin();
  stayAwake();
  if (now === "called") {
    if (title === undefined) title = document.title;
    document.title = turn;
    for (const sheet of document.querySelectorAll(".sheet:popover-open")) sheet.hidePopover();
    if (!document.activeElement?.matches(FIELDS)) document.querySelector(".speak")?.focus();
  } else if (title !== undefined) {
    if (document.title === turn) document.title = title;
    title = undefined;
  }
  // A page on which nobody has tapped may not tremble, and browsers complain when it tries.
  if (before !== undefined && TREMBLES[now] && navigator.userActivation?.hasBeenActive) {
    navigator.vibrate?.(TREMBLES[now]);
  }
}

function begin() {
  addEventListener("keydown", raise);
  document.addEventListener("click", turn);
  show();
  document.addEventListener("visibilitychange", stayAwake);
}

async function stayAwake() {
  const wants = WAITS.includes(state) && document.visibilityState === "visible";
  if (!wants) {
    lock?.release();
    lock = undefined;
  } else if (!lock && navigator.wakeLock) {
    try {
      lock = await navigator.wakeLock.request("screen");
      // A browser takes it back when the page is not seen.
      lock.onrelease = () => (lock = undefined);
      if (!WAITS.includes(state)) stayAwake();
    } catch {
      // A phone that is low on power goes dark all the same.
    }
  }
}

let signs = { keys: true };
try {
  signs = { ...signs, ...JSON.parse(localStorage.getItem(STORE)) };
} catch {
  // What cannot be kept begins anew.
}

/** Shows how the switch of the key is set, where there may be a keyboard. */
function show() {
  const control = document.querySelector("[data-keys]");
  if (!control) return;
  control.hidden = !matchMedia("(any-hover: hover)").matches;
  control.setAttribute("aria-checked", String(signs.keys));
}

function turn({ target }) {
  if (!target.closest?.("[data-keys]")) return;
  signs.keys = !signs.keys;
  try {
    localStorage.setItem(STORE, JSON.stringify(signs));
  } catch {
    // It is so for as long as the page lives.
  }
  show();
}

/** R raises the hand, and never lowers it. */
function raise(event) {
  const { key, code, target, repeat } = event;
  const isR = /^r$/i.test(key) || (code === "KeyR" && !/^[a-z]$/i.test(key));
  if (!isR || !signs.keys || repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (target.closest?.(FIELDS) || document.querySelector("[role=dialog]:popover-open")) return;
  document.querySelector(".slots [value=raiseHand]")?.click();
}
