// A page in a browser that Playwright does not drive.
//
// What an engine's protocol has to offer is a `Driver`: addresses, scripts and the steps of pointer
// and keys, which WebDriver and WebDriver BiDi write alike. All else is one and the same here, so
// that a test presses the same things in every engine, where a finger would press them.

import { expect } from "@playwright/test";

/** A step of a pointer or a keyboard, as both protocols write it. */
export type Step =
  | { type: "pointerMove"; x: number; y: number }
  | { type: "pointerDown" | "pointerUp"; button: 0 }
  | { type: "keyDown" | "keyUp"; value: string }
  | { type: "pause"; duration: number };

/** Steps of one device, one after the other. */
export type Steps =
  | { type: "pointer"; id: "mouse"; parameters: { pointerType: "mouse" }; actions: Step[] }
  | { type: "key"; id: "keyboard"; actions: Step[] };

/** What an engine can do with one page. */
export interface Driver {
  /** Opens an address, and comes back when it is loaded. */
  open(url: string): Promise<void>;
  /** Loads the page anew, and comes back when it is loaded. */
  reload(): Promise<void>;
  /** The value of an expression in the page, which is a text. */
  evaluate(expression: string): Promise<string>;
  /** Does steps, in the page's own pixels. */
  act(steps: Steps): Promise<void>;
  /** Closes the page, and forgets its cookies. */
  close(): Promise<void>;
}

/** What can be pressed or filled in; an opener by the id of what it opens. */
export type Kind = "button" | "opener" | "link" | "field";

/** Something on the page, by what it is called. */
interface Target {
  kind: Kind;
  name: string;
}

interface Point {
  x: number;
  y: number;
}

type Json = string | number | boolean | null | undefined | Json[] | { [key: string]: Json };

/** How often a page is asked, in milliseconds: soon, and then less often. */
const INTERVALS = [50, 100, 200, 500];

/** Tries until it holds. */
export const holds = (attempt: () => Promise<void>): Promise<void> =>
  expect(attempt).toPass({ intervals: INTERVALS, timeout: 30_000 });

const CONTROL = "\uE009";

export class Tab {
  constructor(
    readonly driver: Driver,
    /** What addresses without a host begin with. */
    readonly origin: string,
    /** Whether pages may run scripts. */
    readonly hasScript: boolean,
  ) {}

  async goto(address: string): Promise<void> {
    await this.driver.open(new URL(address, this.origin).href);
  }

  reload(): Promise<void> {
    return this.driver.reload();
  }

  /** Runs a function in the page. It must not use anything from outside. */
  async run<Args extends Json[], Result extends Json>(
    does: (...args: Args) => Result,
    ...args: Args
  ): Promise<Result> {
    const given = args.map((one) => JSON.stringify(one)).join(", ");
    const answer = await this.driver.evaluate(`JSON.stringify((${does})(${given})) ?? "null"`);
    return JSON.parse(answer) as Result;
  }

  path(): Promise<string> {
    return this.run(() => location.pathname);
  }

  /** The visible text of whatever matches, each with single spaces. */
  texts(selector: string): Promise<string[]> {
    return this.run((selector) => {
      const all = [...document.querySelectorAll<HTMLElement>(selector)];
      const shown = all.filter((one) => one.getClientRects().length > 0);
      return shown.map((one) => one.innerText.replace(/\s+/g, " ").trim());
    }, selector);
  }

  /** Waits until exactly these texts are there, in this order. */
  async has(selector: string, texts: string[], what = selector): Promise<void> {
    await holds(async () => expect(await this.texts(selector), what).toEqual(texts));
  }

  /** Waits until a text can be read. */
  async reads(text: string | RegExp): Promise<void> {
    await holds(async () => {
      const [all] = await this.texts("body");
      if (typeof text === "string") expect(all).toContain(text);
      else expect(all).toMatch(text);
    });
  }

  /** Waits until a text cannot be read. */
  async readsNot(text: string): Promise<void> {
    await holds(async () => expect((await this.texts("body"))[0]).not.toContain(text));
  }

  /** Waits for the page at an address. */
  async isAt(path: string | RegExp): Promise<void> {
    await holds(async () => {
      expect(await this.run(() => document.readyState)).toBe("complete");
      expect(await this.path()).toMatch(typeof path === "string" ? new RegExp(`^${path}$`) : path);
    });
  }

  /** Waits until exactly these people are seen in the list under a heading, in this order. */
  async lists(heading: string, names: string[], what = heading): Promise<void> {
    const listed = () =>
      this.run((heading) => {
        const sections = [...document.querySelectorAll("section[aria-labelledby]")];
        const titled = sections.find((section) => {
          const title = document.getElementById(section.getAttribute("aria-labelledby") ?? "");
          return title?.textContent?.trim().startsWith(heading);
        });
        const names = [...(titled?.querySelectorAll<HTMLElement>("li bdi") ?? [])];
        const shown = names.filter((name) => name.getClientRects().length > 0);
        return shown.map((name) => name.innerText.trim());
      }, heading);
    await holds(async () => expect(await listed(), what).toEqual(names));
  }

  /** Waits until something is there to be pressed or filled in. */
  async offers(kind: Kind, name: string): Promise<void> {
    await holds(async () => expect(await this.#find({ kind, name }), name).toMatchObject({ at: {} }));
  }

  /** Waits until something is not there any more. */
  async offersNot(kind: Kind, name: string): Promise<void> {
    await holds(async () => expect(await this.#find({ kind, name })).toEqual({ why: "not there" }));
  }

  /** Presses something where it is, as often as said, with as many milliseconds in between. */
  async press(kind: Kind, name: string, { times = 1, apart = 0 } = {}): Promise<void> {
    await holds(async () => {
      const { x, y } = await this.#point({ kind, name });
      const actions: Step[] = [{ type: "pointerMove", x, y }];
      for (let time = 0; time < times; time++) {
        if (time > 0) actions.push({ type: "pause", duration: apart });
        actions.push({ type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 });
      }
      if (this.hasScript) await this.#watchPress();
      await this.#move(actions);
      if (this.hasScript) expect(await this.#hit(), `a press of ${name}`).toBe(true);
    });
  }

  /** Notes whether the next press comes to a control: what was found may have moved since, or
   * changed, and takes no press for a moment. */
  #watchPress(): Promise<null> {
    return this.run(() => {
      const aimed: { isUp?: boolean; isHit?: boolean } = {};
      (window as unknown as { aimed: object }).aimed = aimed;
      addEventListener("pointerup", () => (aimed.isUp = true), { capture: true, once: true });
      const note = ({ target }: Event) => {
        aimed.isHit = target instanceof Element && target.closest("a, button, summary, input, select, textarea, label") !== null;
      };
      addEventListener("click", note, { capture: true, once: true });
      return null;
    });
  }

  /** Whether the press has come to a control. A page that is gone has taken it. */
  async #hit(): Promise<boolean> {
    for (;;) {
      try {
        const state = await this.run(() => {
          const { aimed } = window as unknown as { aimed?: { isUp?: boolean; isHit?: boolean } };
          if (!aimed || aimed.isHit) return "hit";
          return aimed.isUp ? "missed" : "on its way";
        });
        if (state !== "on its way") return state === "hit";
      } catch {
        return true;
      }
    }
  }

  /** Types into a field, in the place of what is there. */
  async fill(name: string, text: string): Promise<void> {
    await this.press("field", name);
    const key = (value: string): Step[] => [
      { type: "keyDown", value },
      { type: "keyUp", value },
    ];
    const all: Step[] = [
      { type: "keyDown", value: CONTROL },
      ...key("a"),
      { type: "keyUp", value: CONTROL },
    ];
    const typed = [...text].flatMap(key);
    await this.driver.act({ type: "key", id: "keyboard", actions: [...all, ...typed] });
    await holds(async () => expect(await this.value(name)).toBe(text));
  }

  /** What stands in a field. */
  value(name: string): Promise<string | null> {
    return this.#find({ kind: "field", name }).then((found) => ("at" in found ? found.value : null));
  }

  /** Chooses from a list. An engine shows the list outside of the page, where no pointer comes. */
  async choose(name: string, option: string): Promise<void> {
    await this.offers("field", name);
    const isChosen = await this.run(
      (name, option) => {
        for (const label of document.querySelectorAll("label")) {
          const list = label.control ?? label.querySelector("select");
          if (!label.innerText.trim().startsWith(name) || !(list instanceof HTMLSelectElement)) continue;
          for (const one of list.options) {
            if (one.label !== option) continue;
            list.value = one.value;
            for (const event of ["input", "change"]) {
              list.dispatchEvent(new Event(event, { bubbles: true }));
            }
            return true;
          }
        }
        return false;
      },
      name,
      option,
    );
    expect(isChosen, `${option} among ${name}`).toBe(true);
  }

  close(): Promise<void> {
    return this.driver.close();
  }

  #move(actions: Step[]): Promise<void> {
    const parameters = { pointerType: "mouse" } as const;
    return this.driver.act({ type: "pointer", id: "mouse", parameters, actions });
  }

  /** Where a finger would press something, as soon as it would reach it. */
  async #point(target: Target): Promise<Point> {
    let point: Point | undefined;
    await holds(async () => {
      const found = await this.#find(target);
      expect(found, `${target.kind} ${target.name}`).toMatchObject({ at: {}, inTheWay: null });
      if ("at" in found) point = found.at;
    });
    return point as Point;
  }

  /** Looks for something by its name as a screen reader has it, and brings it into view. */
  #find(
    target: Target,
  ): Promise<{ why: string } | { at: Point; isInReach: boolean; inTheWay: string | null; value: string }> {
    return this.run(
      (kind, name) => {
        const selectors: Record<string, string> = {
          button: "button, summary",
          opener: "[popovertarget]",
          link: "a[href]",
          field: "input:not([type=hidden]), select, textarea",
        };
        const words = (from: Node): string => {
          if (from.nodeType === Node.TEXT_NODE) return from.textContent ?? "";
          if (from instanceof Element && from.matches("[aria-hidden=true], select, input")) return "";
          return [...from.childNodes].map(words).join("");
        };
        const nameOf = (element: Element): string => {
          if (kind === "opener") return element.getAttribute("popovertarget") ?? "";
          const label = element.getAttribute("aria-label");
          if (label) return label;
          const labels = (element as HTMLInputElement).labels;
          const named = labels && labels.length > 0 ? [...labels] : [element];
          return named.map(words).join(" ").replace(/\s+/g, " ").trim();
        };
        const all = [...document.querySelectorAll<HTMLElement>(selectors[kind] ?? kind)].filter(
          (one) =>
            one.getClientRects().length > 0 &&
            (kind === "field" ? nameOf(one).startsWith(name) : nameOf(one) === name),
        );
        // Of two with one name, that which lies above the other is meant.
        const depth = (one: Element | null | undefined): number => {
          const dialog = one?.closest("[popover]");
          return dialog ? 1 + depth(dialog.parentElement) : 0;
        };
        const [found] = all.sort((one, other) => depth(other) - depth(one));
        if (!found) return { why: "not there" };
        if ((found as HTMLButtonElement).disabled) return { why: "disabled" };
        const before = found.getBoundingClientRect();
        const isWithin = before.top >= 0 && before.bottom <= innerHeight;
        if (!isWithin) found.scrollIntoView({ block: "center", behavior: "instant" });
        const { left, top, width, height } = found.getBoundingClientRect();
        const at = { x: Math.round(left + width / 2), y: Math.round(top + height / 2) };
        const hit = document.elementFromPoint(at.x, at.y);
        const labels = [...((found as HTMLInputElement).labels ?? [])];
        const isInReach =
          hit !== null && (found.contains(hit) || labels.some((label) => label.contains(hit)));
        // What is in the way tells more than that something is.
        const inTheWay = isInReach ? null : (hit?.outerHTML.slice(0, 200) ?? "nothing");
        return { at, isInReach, inTheWay, value: (found as HTMLInputElement).value ?? "" };
      },
      target.kind,
      target.name,
    );
  }
}
