// What a teacher's page does beside showing the class: keys, sounds, the count in the title, the panel that
// shows how to join, the dialog for another device, and what a page on a projector needs. It presses what is in
// the page and reads what the page says of the class, whoever made it: the server or the WASM.

/** Where the switches are kept. */
const STORE = "handup-signs";
const BEGINNING = { title: true, keys: true };
/** How long there is no other sound after one, in milliseconds; the others are milliseconds too. */
const QUIET = 5_000;
/** How long a projector shows how to join. */
const JOIN_SHOWN = 20_000;
/** How long the link for another device is shown. */
const DEVICE_SHOWN = 60_000;
/** After how long without a move the pointer is hidden on a projector. */
const STILL = 3_000;
const WINDOW = "handup-screen";
/** The notes of each sound, in hertz. */
const NOTES = { hand: [660, 880], time: [523, 392] };
const FIELDS = "input:not([type=checkbox], [type=radio], [type=hidden]), textarea, select, [contenteditable]";

const root = document.documentElement;
const name = document.title;
const one = (selector) => document.querySelector(selector);
const on = (type, does, options) => document.addEventListener(type, does, options);

const kept = { ...BEGINNING };
try {
  Object.assign(kept, JSON.parse(localStorage.getItem(STORE)));
} catch {
  // What cannot be kept begins anew.
}

function keep(sign, is) {
  kept[sign] = is;
  try {
    localStorage.setItem(STORE, JSON.stringify(kept));
  } catch {
    // It is so for as long as the page lives.
  }
}

/** A popover that is open and matches. */
function open(selector) {
  try {
    return one(`${selector}:popover-open`);
  } catch {
    return null;
  }
}

const canPop = () => "popover" in HTMLElement.prototype;

// The room that is made in the browser takes the place of the one that the server sent.

let signs;
let seen;
const watcher = new MutationObserver(tell);

function attach() {
  for (const it of document.querySelectorAll("[data-script]")) it.hidden = false;
  for (const it of document.querySelectorAll("[data-moved]")) it.hidden = window.name !== WINDOW;
  for (const it of document.querySelectorAll("[data-copy]")) it.hidden = false;
  for (const it of document.querySelectorAll("[data-full]")) it.hidden = !document.fullscreenEnabled;
  show();
  watcher.disconnect();
  signs = one(".signs");
  if (!signs) return;
  seen ??= { ...signs.dataset };
  watcher.observe(signs, { attributeFilter: ["data-hands", "data-newest", "data-up"] });
  tell();
}

/** Shows how the switches are set. */
function show() {
  for (const it of document.querySelectorAll("[data-sign]")) {
    it.setAttribute("aria-checked", String(Boolean(kept[it.dataset.sign])));
  }
  root.toggleAttribute("data-dark", Boolean(kept.dark && one(".screen")));
  root.toggleAttribute("data-hints", Boolean(kept.keys && kept.used));
}

on("click", ({ target }) => {
  const sign = target.closest?.("[data-sign]")?.dataset.sign;
  if (!sign) return;
  keep(sign, !kept[sign]);
  show();
  tell();
  if (kept[sign] && sign in NOTES) sound(sign);
});

// Another tab of the same teacher has changed a switch.
addEventListener("storage", ({ key, newValue }) => {
  if (key !== STORE || !newValue) return;
  Object.assign(kept, JSON.parse(newValue));
  show();
  tell();
});

// Sounds and the title.

function tell() {
  if (!signs) return;
  const { hands, newest, up } = signs.dataset;
  if (Number(newest) > Number(seen.newest)) sound("hand");
  if (Number(up) > Number(seen.up)) sound("time");
  seen = { hands, newest, up };
  const title = kept.title && Number(hands) ? `(${hands}) ${name}` : name;
  if (document.title !== title) document.title = title;
}

let context;
let soundedAt = -Infinity;

/** Makes a sound, one for a burst. A browser lets a page sound once somebody has used it. */
function sound(kind) {
  const now = performance.now();
  if (!kept[kind] || now - soundedAt < QUIET) return;
  if (!ready()) return;
  soundedAt = now;
  let at = context.currentTime;
  for (const frequency of NOTES[kind]) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.2, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.3);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.3);
    at += 0.14;
  }
}

function ready() {
  if (!window.AudioContext || navigator.userActivation?.hasBeenActive === false) return false;
  context ??= new AudioContext();
  if (context.state !== "running") context.resume();
  return true;
}

// Keys.

on("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  if (event.key === "Escape") {
    escape();
    return;
  }
  if (!kept.keys || event.target.closest?.(FIELDS)) return;
  const key = meant(event);
  if (!key) return;
  if (event.repeat) event.preventDefault();
  else if (press(key)) {
    event.preventDefault();
    if (!kept.used) keep("used", true);
    show();
  }
});

/** What a key stands for: a letter, a digit of a row, or the list of keys. Where the layout has other letters,
 * it is the key in the place of the Latin one. */
function meant({ key, code, shiftKey }) {
  if (key === "?") return key;
  if (shiftKey) return undefined;
  if (key === "PageDown") return kept.clicker ? "n" : undefined;
  if (/^[a-z1-9]$/i.test(key)) return key.toLowerCase();
  if (/^[\0-\x7f]/.test(key)) return undefined;
  return /^(?:Key|Digit)([A-Z1-9])$/.exec(code)?.[1].toLowerCase();
}

function press(key) {
  const dialog = open("[role=dialog]") ?? one("dialog[open], .parted");
  if (key === "?") {
    const list = one("#keys");
    if (!canPop() || (dialog && dialog !== list)) return false;
    list.togglePopover();
    return true;
  }
  const screen = one(".screen");
  if (key === "j" && screen) {
    if (dialog) return false;
    showJoining(!("joining" in screen.dataset));
    return true;
  }
  const control = buttonOf(key);
  const closes = dialog?.id && control?.getAttribute("popovertarget") === dialog.id;
  if (!control || (dialog && !closes)) return false;
  // What only opens something was not aimed at by its place, and need not settle (press.js).
  if (control.hasAttribute("popovertarget")) delete control.dataset.settling;
  control.click();
  // Who opens something by a key goes on in it.
  const opened = control.getAttribute("popovertarget");
  if (opened) open(`[id="${opened}"]`)?.querySelector("input, button")?.focus();
  return true;
}

/** The button that a key presses, if it is in the page and can be pressed. A digit is the row's own. */
function buttonOf(key) {
  const row = /\d/.test(key) && one(`.teacher .hands > :nth-child(${key})`);
  const ofRow = row ? [...row.querySelectorAll("[value=next], [value=callOn]")] : [];
  const found = [...document.querySelectorAll(`[data-key="${key}"]`), ...ofRow];
  return found.find((it) => {
    const is = it.closest("[data-pressed]") || it.getClientRects().length;
    return is && !it.disabled && it.getAttribute("aria-disabled") !== "true";
  });
}

// Who wants to ask something new begins to type: what they type must be no keys.
on("click", (event) => {
  const question = event.target.closest?.(".standing .next-question > summary")?.parentNode;
  if (!question || question.open) return;
  event.preventDefault();
  question.open = true;
  one("#question")?.focus();
});

// How to join.

/** The panel opens by itself while nobody is here. It is asked for once: a page that somebody closes it in
 * is left alone. */
function openJoin() {
  const room = one(".room.teacher.empty");
  if (room && canPop() && !location.search) one("#join")?.showPopover();
}

on("submit", ({ target, submitter }) => {
  const deed = submitter?.value || target.elements?.deed?.value;
  if (deed === "ask") open("#join")?.hidePopover();
});

on("click", async ({ target }) => {
  const button = target.closest?.("[data-copy]");
  const link = button && one("#join .link a");
  if (!link) return;
  const told = one("[data-copied]");
  told.textContent = (await copy(link)) ? told.dataset.label : "";
});

/** Only a secure page has a clipboard; elsewhere the link is selected and copied as by hand. */
async function copy(link) {
  try {
    await navigator.clipboard.writeText(link.href);
    return true;
  } catch {
    getSelection().selectAllChildren(link);
    return document.execCommand("copy");
  }
}

// Another device: the link is shown in the dialog, and not for long.

const DEVICE = "#another-device";

on("submit", async (event) => {
  const form = event.target;
  const dialog = form.closest?.(DEVICE);
  if (!dialog || "byHand" in form.dataset || !canPop()) return;
  event.preventDefault();
  if (form.hasAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  const body = new URLSearchParams(new FormData(form));
  body.append("deed", "handOver");
  try {
    const headers = { accept: "text/html" };
    const answer = await fetch(form.action, { method: "POST", body, headers });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const shown = page.querySelectorAll(".handover :is(.qr, .no-qr, .link)");
    if (!shown.length) throw new Error("no link");
    showDevice(dialog, shown);
  } catch {
    // The page that it leads to says what is wrong.
    form.dataset.byHand = "";
    form.requestSubmit(event.submitter);
  } finally {
    form.removeAttribute("aria-busy");
  }
});

function showDevice(dialog, shown) {
  const place = document.createElement("div");
  place.className = "device-link";
  place.append(...shown);
  dialog.append(place);
  const late = setTimeout(() => dialog.hidePopover(), DEVICE_SHOWN);
  dialog.addEventListener("toggle", function closed({ newState }) {
    if (newState !== "closed") return;
    dialog.removeEventListener("toggle", closed);
    clearTimeout(late);
    place.remove();
  });
}

// The projector.

on("click", (event) => {
  const link = event.target.closest?.("[data-screen]");
  // With one screen there is nowhere to move a window to.
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || screen.isExtended === false) return;
  const opened = window.open(link.href, WINDOW, "popup,width=1280,height=720");
  if (opened) event.preventDefault();
});

on("click", (event) => {
  if (!event.target.closest?.("[data-back]") || window.name !== WINDOW) return;
  event.preventDefault();
  window.close();
});

on("click", ({ target }) => {
  if (!target.closest?.("[data-full]")) return;
  if (document.fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen();
});

let joinShown;

function showJoining(is) {
  clearTimeout(joinShown);
  const screen = one(".screen");
  if (!screen) return;
  screen.toggleAttribute("data-joining", is);
  if (is) joinShown = setTimeout(showJoining, JOIN_SHOWN, false);
}

/** Takes away what was put over a projector's view; then, in the one tab of a laptop, leads back. */
function escape() {
  const screen = one(".screen");
  if (!screen) return;
  if ("joining" in screen.dataset) showJoining(false);
  else if (window.name !== WINDOW && !document.fullscreenElement && !open("[popover]")) {
    one("[data-back]")?.click();
  }
}

let lock;
let still;

/** A projector's page does not go dark, and shows no pointer that nobody moves. */
function project() {
  stayAwake();
  on("visibilitychange", stayAwake);
  for (const moved of ["pointermove", "focusin"]) on(moved, rest);
  rest();
}

async function stayAwake() {
  if (document.visibilityState !== "visible" || (lock && !lock.released)) return;
  try {
    lock = await navigator.wakeLock?.request("screen");
  } catch {
    // A laptop that saves its battery keeps it.
  }
}

function rest() {
  clearTimeout(still);
  root.removeAttribute("data-still");
  still = setTimeout(() => root.setAttribute("data-still", ""), STILL);
}

attach();
if (one(".screen")) project();
else openJoin();
new MutationObserver(attach).observe(one(".room").parentNode, { childList: true });
