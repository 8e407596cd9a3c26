// Sees to it that a press does what it was aimed at, and that the focus does not fall into nothing.
//
// Lists move and buttons change because of what others do, while a finger is on its way. So a control
// that has just come, changed its meaning or moved takes no press for a moment: pointers pass
// through it (controls.css), and a press by keyboard is dropped here.

/** How long a control takes no press, in milliseconds: longer than between two taps of a double tap,
 * shorter than it takes to read a button and decide. */
const SETTLES = 700;
const CONTROLS = "a[href], button, summary, select, input:not([type=hidden])";
/** What scrolls within the page. */
const SCROLLED = "[popover], .hands";
const REGION = "section, .slots, [popover], header, main";
/** Where somebody is taken who has lost their place. */
const NEXT = ":is(button, select, input:not([type=hidden])):not(.toast *)";
const canPop = "popover" in HTMLElement.prototype;

/** How each control was when it was last looked at. */
const known = new WeakMap();
let room;
let pointer = {};
let pressedAt = -Infinity;
let focused;
let region;
/** Whether the press in hand began beside a dialog that lies over the page. */
let isBeside = false;

/** Guards the controls of the room for as long as the page lives. */
export function guard() {
  room = document.querySelector(".room");
  look(() => false);
  const changes = { childList: true, characterData: true, subtree: true, attributeFilter: ["value", "hidden", "inert"] };
  new MutationObserver(() => {
    look(() => true);
    keepFocus();
  }).observe(room, { ...changes, attributes: true });
  // What somebody unfolds comes where they expect it, but for what comes under their finger.
  room.addEventListener("toggle", () => look(wasPressed() ? isUnderPointer : () => true), true);
  addEventListener("pointerdown", ({ clientX: x, clientY: y, target }) => {
    pointer = { x, y };
    // How to join opens by itself, and is in nobody's way.
    const dialogs = canPop ? document.querySelectorAll("[role=dialog]:popover-open:not(#join)") : [];
    const over = [...dialogs].pop();
    // What has opened it closes it.
    const isOpener = target.closest?.("[popovertarget]")?.getAttribute("popovertarget") === over?.id;
    isBeside = Boolean(over && !over.contains(target) && !isOpener);
  }, true);
  for (const press of ["pointerdown", "keydown"]) {
    addEventListener(press, () => (pressedAt = performance.now()), true);
  }
  room.addEventListener("focusin", ({ target }) => {
    focused = target;
    region = target.closest(REGION);
  });
  addEventListener("click", drop, true);
  addEventListener("keydown", dropRepeated, true);
}

function look(mustSettle) {
  for (const control of room.querySelectorAll(CONTROLS)) {
    const { left, top, width, height } = control.getBoundingClientRect();
    const list = control.closest(SCROLLED);
    const [x, y] = [left + scrollX + (list?.scrollLeft ?? 0), top + scrollY + (list?.scrollTop ?? 0)];
    const now = { left, top, x, y, width, height, means: meaning(control) };
    const before = known.get(control);
    known.set(control, now);
    if (width && !isSame(before, now) && mustSettle(now)) settle(control);
  }
}

/** What a press would do: the words on a control that does something, and what its form would send. */
function meaning(control) {
  if (control.localName !== "button") return control.getAttribute("href");
  const opens = control.getAttribute("popovertarget");
  const fields = [...(control.form?.elements ?? [])].filter(({ type }) => type === "hidden");
  return [opens, opens || control.textContent, control.value, ...fields.map(({ value }) => value)].join();
}

/** Whether whoever aimed at it before meets it now. What is scrolled, with the page or within a sheet or
 * a list, moves in the window, and what is fixed there moves in the page. */
function isSame(before, now) {
  if (!before?.width || before.means !== now.means) return false;
  const isNear = (by, size) => Math.abs(by) <= size / 2;
  const inWindow = isNear(now.left - before.left, now.width) && isNear(now.top - before.top, now.height);
  const inPage = isNear(now.x - before.x, now.width) && isNear(now.y - before.y, now.height);
  return inWindow || inPage;
}

function wasPressed() {
  return performance.now() - pressedAt < 2 * SETTLES;
}

function isUnderPointer({ left, top, width, height }) {
  const { x, y } = pointer;
  return x >= left && x <= left + width && y >= top && y <= top + height;
}

function settle(control) {
  const turn = {};
  control.settling = turn;
  control.dataset.settling = "";
  setTimeout(() => {
    if (control.settling === turn) delete control.dataset.settling;
  }, SETTLES);
}

function drop(event) {
  // Whoever presses beside a dialog closes it, and does not mean what lies below. A key has no detail.
  const closes = isBeside && event.detail > 0;
  isBeside = false;
  if (closes || event.target.closest?.("[data-settling]")) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}

/** A key that is held is one press. */
function dropRepeated(event) {
  const presses = event.key === "Enter" || event.key === " ";
  if (event.repeat && presses && event.target.closest?.(CONTROLS)) event.preventDefault();
}

/** Takes whoever was on something that is gone to the next thing there; everybody, when the class is
 * over for them. */
function keepFocus() {
  const over = room.querySelector(".parted a");
  if (over && document.activeElement !== over) {
    over.focus();
    return;
  }
  const isLost = !document.activeElement || document.activeElement === document.body;
  if (!isLost || !focused || focused.isConnected) return;
  const place = region?.isConnected ? region : room.querySelector("main");
  const next = place?.querySelector(NEXT) ?? room.querySelector("h1");
  if (!next) return;
  if (next.matches("h1")) next.tabIndex = -1;
  else settle(next);
  next.focus();
}
