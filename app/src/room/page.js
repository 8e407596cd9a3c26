// The room in its page: how it takes the place of what the server sent, and what it asks the server.

/** How long a request may take, in milliseconds. */
const PATIENCE = 10_000;
// What the server sent for browsers without scripts is a text here, and elements in what is made.
const CONTROLS = ":is(a[href], button, input, select, summary, textarea):not(noscript *)";
// What takes a script: the browser alone makes some of it, and a page that has become plain has lost it,
// but has a notice.
const SCRIPTED = "[data-live], [data-live] *, .room > .notice *";
// What the server alone can make; what never changes of it is marked.
const SERVED = ".served:not([data-still])";
const FIELDS = "main :is(input:not([type=hidden]), select)";

/** Puts the room that was made here in the place of the one that the server sent, in one go, with what
 * the server alone can make, and with what was done to the page meanwhile: what is typed, chosen,
 * unfolded and focused. */
export function takePlace(made) {
  const room = made.firstElementChild;
  const sent = document.querySelector(".room");
  const focused = document.activeElement;
  const place = lasting(sent).indexOf(focused);
  const open = hasSheets() ? [...sent.querySelectorAll(":popover-open")] : [];
  const places = room.querySelectorAll(".served");
  sent.querySelectorAll(".served").forEach((served, at) => places[at]?.replaceWith(served));
  for (const { name, value, checked } of sent.querySelectorAll(FIELDS)) {
    const field = name && room.querySelector(`main [name="${name}"]`);
    if (!field) continue;
    field.value = value;
    field.checked = checked;
  }
  sent.replaceWith(room);
  for (const { id } of open) document.getElementById(id)?.showPopover();
  const same = room.contains(focused) ? focused : focused?.id && document.getElementById(focused.id);
  (same || lasting(room)[place])?.focus();
  window.handup.isAwake = true;
}

/** Whether the browser opens and closes sheets; all that is in one is shown where it does not. */
export function hasSheets() {
  return "popover" in HTMLElement.prototype;
}

/** The controls that the room has in every state of its page, in their order. */
function lasting(room) {
  return [...room.querySelectorAll(CONTROLS)].filter((control) => !control.matches(SCRIPTED));
}

/** Asks the server, and tells the status, the text and the tag of its answer. */
export function ask(path, method, body, tag) {
  const headers = tag ? { "if-none-match": tag } : {};
  return request(path, { method, body, headers, cache: "no-store" });
}

async function request(path, init) {
  // Older browsers cannot stop a request; its answer is not waited for then.
  const stop = self.AbortController && new AbortController();
  let late;
  const isLate = new Promise((_, fail) => {
    late = setTimeout(() => {
      fail(new Error("The server has not answered in time."));
      stop?.abort();
    }, PATIENCE);
  });
  const answer = async () => {
    const response = await fetch(path, { ...init, signal: stop?.signal });
    return [response.status, await response.text(), response.headers.get("etag") ?? ""];
  };
  try {
    return await Promise.race([answer(), isLate]);
  } finally {
    clearTimeout(late);
  }
}

/** Sends a form without leaving the page, and tells what comes of it as `ask` does; nothing where the
 * form is left to the browser, or is on its way already. */
export function sendForm(event, me) {
  const { target: form, submitter } = event;
  if (form.method !== "post" || "plain" in form.dataset) return undefined;
  event.preventDefault();
  if (form.hasAttribute("aria-busy")) return undefined;
  const fields = new URLSearchParams(new FormData(form));
  fields.append("me", me);
  if (submitter?.name) fields.append(submitter.name, submitter.value);
  form.setAttribute("aria-busy", "true");
  return send(form, fields);
}

async function send(form, body) {
  try {
    const init = { method: "POST", body, headers: { accept: "application/json" } };
    const answer = await request(form.getAttribute("action"), init);
    // Why it came to nothing is said in the page, below what lies over it.
    if (!("stays" in form.dataset)) form.closest("[popover]")?.hidePopover?.();
    if (answer[0] === 200) {
      // What was asked is not to be asked again; how long there is, is.
      for (const field of form.querySelectorAll("[data-once]")) field.value = "";
      // What was unfolded for this folds again, where there is a way to unfold it.
      const folds = form.closest(".standing > details");
      for (const it of [folds, ...form.querySelectorAll("details")]) if (it) it.open = false;
    }
    return answer;
  } finally {
    form.removeAttribute("aria-busy");
  }
}

/** Presses a button of a form once more. */
export function pressAgain(button) {
  // Older browsers know no other way than a click.
  if (button.form?.requestSubmit) button.form.requestSubmit(button);
  else button.click();
}

/** How often the server was asked for its parts of the page. */
let asked = 0;

/** Fetches anew what the server alone can make. Of several answers only the newest question's counts. */
export async function serveAnew() {
  const question = ++asked;
  const [status, text] = await ask(location.pathname, "GET");
  if (question !== asked) return;
  if (status !== 200) throw new Error(`The page cannot be fetched: ${status}.`);
  const page = new DOMParser().parseFromString(text, "text/html");
  const parts = document.querySelectorAll(SERVED);
  page.querySelectorAll(SERVED).forEach((fresh, at) => parts[at] && renew(parts[at], fresh));
}

/** Takes over what is new in a part. Where it has the same elements as before they stay, and with them
 * the focus and what is typed. */
function renew(part, fresh) {
  const [old, anew] = [part, fresh].map((it) => [...it.querySelectorAll("*")]);
  if (old.length !== anew.length || old.some((it, at) => it.localName !== anew[at].localName)) {
    part.replaceChildren(...fresh.childNodes);
    return;
  }
  old.forEach((it, at) => {
    for (const { name, value } of anew[at].attributes) {
      // What is hidden of what takes a script, a script shows.
      if (name !== "hidden" && it.getAttribute(name) !== value) it.setAttribute(name, value);
    }
    const words = anew[at].textContent;
    if (!it.firstElementChild && it.textContent !== words) it.textContent = words;
  });
}

/** Fetches the script of the bar by which one hears the class and is heard, and starts it. A page that
 * cannot fetch it goes on without sound, and tries again when it is switched on again. */
export async function startVoice(group, me) {
  const { start } = await import(`${self.handup.folder}/microphone.js`);
  start(group, me);
}

/** Fetches the script of calls among several, and connects this page to one. */
export async function joinMeeting(group, invitation, me, video, place) {
  const { join } = await import(`${self.handup.folder}/meeting.js`);
  join(group, invitation, me, video, place);
}
