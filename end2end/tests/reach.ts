// What a person with a small window or large letters can get at: every control on a page and in its
// dialogs is looked for as a finger does, by scrolling, and as the Tab key does.

import { type BrowserContext, expect, type Locator, type Page } from "@playwright/test";

/** A window, and how large its letters are. */
interface Window {
  width: number;
  height: number;
  /** The browser's font size in pixels; 16 where nobody has chosen another. */
  letters: number;
}

const USUAL = 16;
/** What a person sets who needs letters of twice the size: the font size in the browser's settings.
 * Unlike a size that a script gives to the page it also moves the limits of media queries. */
const TWICE = 32;

/** Small and low windows: 400 % of a laptop's, phones upright and lying, 200 % of a laptop's. */
export const WINDOWS: readonly Window[] = [
  { width: 320, height: 256, letters: USUAL },
  { width: 320, height: 480, letters: USUAL },
  { width: 360, height: 640, letters: USUAL },
  { width: 667, height: 331, letters: USUAL },
  { width: 683, height: 320, letters: USUAL },
  { width: 844, height: 340, letters: USUAL },
  { width: 1366, height: 768, letters: USUAL },
  { width: 360, height: 640, letters: TWICE },
  { width: 667, height: 331, letters: TWICE },
  { width: 1366, height: 768, letters: TWICE },
];

/** Gives a page's window another size. */
async function resize(page: Page, { width, height, letters }: Window): Promise<void> {
  await page.setViewportSize({ width, height });
  const session = await sessionOf(page);
  await session.send("Page.setFontSizes", { fontSizes: { standard: letters } });
  const isSet = (size: string) => getComputedStyle(document.documentElement).fontSize === size;
  await page.waitForFunction(isSet, `${letters}px`);
}

type Session = Awaited<ReturnType<BrowserContext["newCDPSession"]>>;
const sessions = new WeakMap<Page, Promise<Session>>();

function sessionOf(page: Page): Promise<Session> {
  const session = sessions.get(page) ?? page.context().newCDPSession(page);
  sessions.set(page, session);
  return session;
}

/** Says that in every window all that is on the page and in its dialogs can be reached. */
export async function isWithinReach(page: Page, place: string): Promise<void> {
  const usual = page.viewportSize();
  for (const window of WINDOWS) {
    const { width, height, letters } = window;
    await resize(page, window);
    const message = `${place} at ${width}×${height}, letters of ${letters} px`;
    // What has just come may be held back for a moment.
    await expect.poll(() => page.evaluate(outOfReach), { message, timeout: 5_000 }).toEqual([]);
  }
  if (usual) await resize(page, { ...usual, letters: USUAL });
}

/** Says that all of a text is there to be read, and nothing cut off. */
export async function isReadInFull(text: Locator, message: string): Promise<void> {
  const cut = () =>
    text.evaluate((it) => {
      const whole = it.getBoundingClientRect();
      const cutting: string[] = [];
      for (let at = it.parentElement; at; at = at.parentElement) {
        const { overflowX, overflowY } = getComputedStyle(at);
        const box = at.getBoundingClientRect();
        const isWider = whole.right > box.right + 1 || whole.left < box.left - 1;
        const isHigher = whole.bottom > box.bottom + 1 || whole.top < box.top - 1;
        const cuts = (overflow: string) => overflow === "hidden" || overflow === "clip";
        if ((cuts(overflowX) && isWider) || (cuts(overflowY) && isHigher)) cutting.push(at.className);
      }
      return cutting;
    });
  await expect.poll(cut, { message }).toEqual([]);
}

/** Walks a page and its dialogs, and tells what cannot be reached, read or is in the way. It runs in
 * the page. */
function outOfReach(): string[] {
  const CONTROLS =
    "button, a[href], input:not([type=hidden]), select, textarea, summary, [popovertarget], [tabindex='0']";
  const TO_READ = "h1, h2, h3, [role=timer], [role=alert], .words, .sentence, .large";
  /** Names, links and what somebody typed break where they must. */
  const MAY_BREAK = "bdi, a, .link, .data, script, style, template";
  const root = document.documentElement;
  const faults = new Set<string>();
  const walked = new Set<string>();

  const isShown = (it: Element) => {
    const { width, height } = it.getBoundingClientRect();
    return (
      width > 1 &&
      height > 1 &&
      it.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })
    );
  };
  const nameOf = (it: Element) => {
    const labels = it instanceof HTMLInputElement || it instanceof HTMLSelectElement ? it.labels : null;
    const words = it.getAttribute("aria-label") ?? labels?.[0]?.textContent ?? it.textContent;
    return `${it.localName} “${words.replace(/\s+/g, " ").trim().slice(0, 60)}”`;
  };

  /** What is hit at a point of the window is this, or stands for it. */
  const isHit = (it: Element, x: number, y: number) => {
    const hit = document.elementFromPoint(x, y);
    const labels = it instanceof HTMLInputElement || it instanceof HTMLSelectElement ? it.labels : null;
    return it.contains(hit) || [...(labels ?? [])].some((label) => label.contains(hit));
  };
  const boxOf = (it: Element) => it.getClientRects()[0] ?? it.getBoundingClientRect();
  const centreIsHit = (it: Element) => {
    const { left, right, top, bottom } = boxOf(it);
    return isHit(it, (left + right) / 2, (top + bottom) / 2);
  };

  /** Whether all of it can be seen and pressed now. */
  const isFree = (it: Element) => {
    const { left, right, top, bottom } = boxOf(it);
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    const edges: [number, number][] = [[x, y]];
    if (right - left <= innerWidth) edges.push([left + 2, y], [right - 2, y]);
    if (bottom - top <= innerHeight) edges.push([x, top + 2], [x, bottom - 2]);
    return edges.every(([x, y]) => isHit(it, x, y));
  };

  /** Whether that can be said of it in one of the places to which it can be scrolled. */
  const isSomewhere = (it: Element, test: (it: Element) => boolean) =>
    (["center", "start", "end"] as const).some((block) => {
      it.scrollIntoView({ block, inline: "center" });
      return test(it);
    });

  /** What no finger could have scrolled, only a script. */
  const isHeld = (it: Element) => {
    for (let at = it.parentElement; at; at = at.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(at);
      const held = ["hidden", "clip"];
      if (held.includes(overflowX) && at.scrollLeft !== 0) return true;
      if (held.includes(overflowY) && at.scrollTop !== 0) return true;
    }
    return false;
  };

  const walk = (scope: Element, where: string, within?: Element) => {
    const told = (fault: string) => faults.add(`${where}: ${fault}`);
    const scroller = within ?? root;
    if (scroller.scrollWidth > scroller.clientWidth) {
      told(`${scroller.scrollWidth - scroller.clientWidth} px wider than there is room`);
    }
    // A card that lies over the page is walked by itself.
    const isOfScope = (it: Element) => isShown(it) && it.closest(":popover-open") === (within ?? null);
    const controls = [...scope.querySelectorAll<HTMLElement>(CONTROLS)].filter(isOfScope);

    for (const it of controls) {
      if (!isSomewhere(it, isFree)) told(`${nameOf(it)} cannot be pressed`);
      else if (isHeld(it)) told(`${nameOf(it)} cannot be scrolled to`);
      for (const [from, key] of [[0, "Tab"], [scroller.scrollHeight, "Shift and Tab"]] as const) {
        (document.activeElement as HTMLElement | null)?.blur();
        scroller.scrollTop = from;
        it.focus();
        if (!centreIsHit(it)) told(`${nameOf(it)} is out of sight when ${key} comes to it`);
      }
      it.blur();
    }

    for (const it of [...scope.querySelectorAll(TO_READ)].filter(isOfScope)) {
      if (!isSomewhere(it, centreIsHit)) told(`${nameOf(it)} cannot be read`);
    }

    const texts = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const holder = text.parentElement;
      if (!holder || holder.closest(`${MAY_BREAK}, .unseen`) || !isShown(holder)) continue;
      for (const number of (text.textContent ?? "").matchAll(/\d[\d:.,]*\d/g)) {
        const range = document.createRange();
        range.setStart(text, number.index);
        range.setEnd(text, number.index + number[0].length);
        const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
        if (lines.size > 1) told(`the number ${number[0]} is broken in two`);
        let block: Element | null = holder;
        while (block && getComputedStyle(block).display === "inline") block = block.parentElement;
        const beyond = range.getBoundingClientRect().right - (block ?? root).getBoundingClientRect().right;
        if (beyond > 1) told(`the number ${number[0]} goes beyond its place`);
      }
    }

    if (!within) {
      // What stays while the page moves leaves room for the page.
      scroller.scrollTop = 0;
      const staying = [...document.querySelectorAll("*")]
        .filter((it) => ["fixed", "sticky"].includes(getComputedStyle(it).position) && isShown(it))
        // Where there is nothing more to do, that is said over all of it.
        .filter((it) => !it.matches("[role=alertdialog]"))
        .map((it) => it.getBoundingClientRect())
        .map(({ left, right, top, bottom }) => {
          const width = Math.min(right, innerWidth) - Math.max(left, 0);
          const height = Math.min(bottom, innerHeight) - Math.max(top, 0);
          return width > 0 && height > 0 ? width * height : 0;
        });
      const share = staying.reduce((sum, area) => sum + area, 0) / (innerWidth * innerHeight);
      if (share > 0.5) told(`${Math.round(100 * share)} % of the window is covered by what stays`);
      // It ends where what is on it ends.
      const blank = root.scrollHeight - Math.max(innerHeight, document.body.getBoundingClientRect().height);
      if (blank > 1) told(`${Math.round(blank)} px of nothing at its end`);
    }

    for (const opener of controls) {
      const id = opener.getAttribute("popovertarget");
      const dialog = id && document.getElementById(id);
      if (!dialog || dialog.matches(":popover-open")) continue;
      opener.click();
      // Those of members who stand alike are alike.
      const kind = [...dialog.querySelectorAll(CONTROLS)].map((it) => it.textContent).join();
      if (!dialog.matches(":popover-open")) {
        told(`${nameOf(opener)} opens nothing`);
      } else if (!walked.has(kind)) {
        walked.add(kind);
        walk(dialog, `${where}, ${nameOf(opener)}`, dialog);
      }
      dialog.hidePopover();
    }
  };

  // A card that came by itself. Until it is answered or closed it may lie over the page, as long as
  // it can be; a call that goes on may not.
  const cards = [...document.querySelectorAll<HTMLElement>(":popover-open")];
  for (const card of cards) walk(card, "the card", card);
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  if (cards.every(({ dataset }) => dataset.phase === "talking")) walk(document.body, "the page");
  scrollTo(0, 0);
  return [...faults];
}
