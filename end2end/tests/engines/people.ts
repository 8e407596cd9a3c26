// A class as its people see it, in a browser of any engine: what ../class.ts is for Chromium.
//
// Import `test` and `expect` from here. `test.use({ hasScript: false })` has the same people work
// without JavaScript: then they look anew to see what is new.

import { expect } from "@playwright/test";
import { test as base } from "../server.ts";
import type { Browser } from "./browser.ts";
import { Firefox } from "./firefox.ts";
import { holds, Tab } from "./tab.ts";
import { WebKit } from "./webkit.ts";

export { expect } from "@playwright/test";

/** The engines besides Chromium. */
export type Engine = "firefox" | "webkit";

/** What everybody sees alike. */
export interface Lists {
  hands: string[];
  speaking?: string[];
}

/** A page of the class room. */
export class Room {
  constructor(
    readonly tab: Tab,
    readonly name: string,
  ) {}

  tap(name: string): Promise<void> {
    return this.tab.press("button", name);
  }

  /** Looks anew; a live page needs no looking. */
  async look(): Promise<void> {
    if (!this.tab.hasScript) await this.tab.goto(await this.tab.path());
  }

  /** Says that the page follows the class. */
  async isLive(): Promise<void> {
    if (this.tab.hasScript) await this.isConnected("live");
  }

  /** Says that the page admits to be out of touch. */
  isReconnecting(): Promise<void> {
    return this.isConnected("reconnecting", /^Reconnecting…/);
  }

  /** How the page says that it is connected. */
  connection(): Promise<string | null> {
    return this.tab.run(
      () => document.querySelector("[data-connection]")?.getAttribute("data-connection") ?? null,
    );
  }

  /** Says how the page is connected, and what it says of that; one that follows says nothing. */
  async isConnected(state: string, words?: RegExp): Promise<void> {
    await holds(async () => {
      expect(await this.connection(), `how ${this.name} is connected`).toBe(state);
      const [said] = await this.tab.texts(".connection");
      if (words) expect(said).toMatch(words);
      else expect(said).toBeUndefined();
    });
  }

  async reload(): Promise<void> {
    await this.tab.reload();
    await this.isLive();
  }

  /** Says that the lists are these, in this order, with nobody lost or doubled. */
  async sees({ hands, speaking = [] }: Lists): Promise<void> {
    await this.look();
    await this.tab.lists("Raised", hands, `the hands that ${this.name} sees`);
    await this.tab.lists("Speaking", speaking, `the speakers that ${this.name} sees`);
  }

  /** Waits until a text can be read. */
  async reads(text: string | RegExp): Promise<void> {
    await this.look();
    await this.tab.reads(text);
  }
}

export class Student extends Room {
  static async join(tab: Tab, link: string, name: string): Promise<Student> {
    await tab.goto(new URL(link).pathname);
    await tab.fill("Your first name", name);
    await tab.press("button", "Join the class");
    await tab.isAt(/^\/class\/[^/]+$/);
    const student = new Student(tab, name);
    await student.isLive();
    return student;
  }

  /** Opens the list, says that it is this one, and closes it. */
  override async sees({ hands, speaking = [] }: Lists): Promise<void> {
    await this.look();
    await this.tap("More");
    await this.tap("See the list");
    await this.tab.lists("Raised", hands, `the hands that ${this.name} sees`);
    await this.tab.lists("Speaking", speaking, `the speakers that ${this.name} sees`);
    await this.tap("Close the list");
  }

  /** Says that these things can be done, and no others. */
  async mayTap(...names: string[]): Promise<void> {
    await this.look();
    await this.tab.has("main button", names, `what ${this.name} may tap`);
  }

  async raise(): Promise<void> {
    await this.tap("Raise hand");
    await this.tab.offers("button", "Lower hand");
  }

  async speak(): Promise<void> {
    await this.look();
    await this.tap("Speak");
    await this.tab.offers("button", "I’m done");
  }
}

export class Teacher extends Room {
  /** Starts a class on the page for it, which is live unless it need not be. */
  static async start(
    tab: Tab,
    className: string,
    name: string,
    { isLive = true } = {},
  ): Promise<Teacher> {
    await tab.goto("/start");
    await tab.fill("Class name", className);
    await tab.fill("Your name", name);
    await tab.press("button", "Start the class");
    await tab.isAt(/^\/class\/[^/]+$/);
    const teacher = new Teacher(tab, name);
    if (isLive) await teacher.isLive();
    // How to join lies over the room while nobody is here.
    if (isLive && tab.hasScript) await teacher.tap("Close");
    return teacher;
  }

  /** The link that joins the class; it stands folded away when somebody is there. */
  async link(): Promise<string> {
    const link = await this.tab.run(
      () => document.querySelector<HTMLAnchorElement>('a[href*="/join/"]')?.href ?? null,
    );
    expect(link).not.toBeNull();
    return link ?? "";
  }

  /** Opens the sheet of who is in the class. */
  openClass(): Promise<void> {
    return this.tab.press("opener", "class-panel");
  }

  /** Says that these people are in the class, in this order. */
  async has(names: string[]): Promise<void> {
    await this.openClass();
    await this.tab.has("#class-panel .members bdi", names, "who is in the class");
    await this.tap("Close");
  }

  async ask(question: string, limit = "none"): Promise<void> {
    await this.tab.fill("Question", question);
    if (limit !== "none") {
      await this.tap("Options");
      await this.tab.choose("Time limit", limit);
    }
    await this.tap("Ask for hands");
    await this.tab.offers("button", "Stop asking");
  }

  async stopAsking(): Promise<void> {
    await this.tap("Stop asking");
    await this.tab.offersNot("button", "Stop asking");
  }

  /** Calls somebody: of whoever is next the button is *Next*. */
  private async call(name: string): Promise<void> {
    await this.look();
    const isNext = await this.tab.run(
      (label) => document.querySelector(`[aria-label="${label}"]`) !== null,
      `Next: ${name}`,
    );
    await this.tap(`${isNext ? "Next" : "Invite to speak"}: ${name}`);
  }

  /** Invites somebody to speak who was asked. */
  async invite(name: string): Promise<void> {
    await this.call(name);
    await this.tab.offers("button", `Start turn: ${name}`);
  }

  /** Gives the floor to somebody who raised their hand unprompted. */
  async take(name: string): Promise<void> {
    await this.call(name);
    await this.tab.offers("button", `End turn: ${name}`);
  }

  async endTurn(name: string): Promise<void> {
    await this.look();
    await this.tap(`End turn: ${name}`);
    await this.tab.offersNot("button", `End turn: ${name}`);
  }

  async endClass(): Promise<void> {
    await this.tap("Menu");
    await this.tap("End the class");
    await this.tab.reads("It cannot be opened again.");
    await this.tap("End the class");
    await this.tab.reads(/class (has ended|is over)/i);
  }
}

/** How a device is other than most. */
interface DeviceOptions {
  /** Where its pages come from, when not from the server itself. */
  origin?: string;
}

/** What a project of Playwright's is for. */
export interface EngineOptions {
  engine: Engine;
}

interface WorkerFixtures {
  /** Starts the engine's browser, once with scripts and once without. */
  browserOf: (hasScript: boolean) => Promise<Browser>;
}

interface Fixtures {
  hasScript: boolean;
  /** What pages have put into the console as errors. It has to be empty at the end; that a request
   * failed is no complaint, for some tests cut the network. */
  complaints: string[];
  device: (options?: DeviceOptions) => Promise<Tab>;
  teacher: Teacher;
}

/** The path of a program, which `cargo xtask test` knows. */
function program(variable: string, usual: string): string {
  return process.env[variable] ?? usual;
}

function start(engine: Engine, hasScript: boolean): Promise<Browser> {
  if (engine === "firefox") return Firefox.start(program("FIREFOX", "/usr/bin/firefox-esr"), hasScript);
  const programs = {
    driver: program("WEBKIT_DRIVER", "/usr/bin/WebKitWebDriver"),
    browser: program("WEBKIT", "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser"),
    screen: program("XVFB", "/usr/bin/Xvfb"),
  };
  return WebKit.start(programs, hasScript);
}

export const test = base.extend<Fixtures, EngineOptions & WorkerFixtures>({
  engine: ["firefox", { option: true, scope: "worker" }],
  hasScript: [true, { option: true }],

  browserOf: [
    async ({ engine }, use) => {
      const started = new Map<boolean, Promise<Browser>>();
      await use((hasScript) => {
        const browser = started.get(hasScript) ?? start(engine, hasScript);
        started.set(hasScript, browser);
        return browser;
      });
      for (const browser of started.values()) await (await browser).stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],

  complaints: async ({}, use) => {
    const complaints: string[] = [];
    await use(complaints);
    expect(complaints, "what the pages complained about").toEqual([]);
  },

  device: async ({ browserOf, hasScript, handup, complaints }, use) => {
    const tabs: Tab[] = [];
    await use(async ({ origin = handup.url } = {}) => {
      const browser = await browserOf(hasScript);
      const driver = await browser.page((text) => complaints.push(text));
      const tab = new Tab(driver, origin, hasScript);
      tabs.push(tab);
      return tab;
    });
    await Promise.all(tabs.map((tab) => tab.close()));
  },

  teacher: async ({ device }, use) => {
    await use(await Teacher.start(await device(), "Biology 9B", "Ms Haddad"));
  },
});
