// A class as its people see it: a teacher and students, each with a browser of their own.
//
// Import `test` and `expect` from here. A test that asks for `classroom` gets a class that has been
// started; `await classroom.student("Ada")` joins one more. The same people work with JavaScript
// off (`test.use({ javaScriptEnabled: false })`): then they look anew to see what is new.

import type { BrowserContextOptions, Locator, Page } from "@playwright/test";
import { expect, test as base } from "./server.ts";

export { expect } from "@playwright/test";

/** What everybody sees alike. */
export interface Lists {
  /** The names of those whose hands are up, in their order. */
  hands: string[];
  /** The names of those who have the floor; nobody when it is not said. */
  speaking?: string[];
}

/** How a teacher asks for hands. */
export interface Ask {
  question?: string;
  /** As it stands in the form: "1 minute"; "none" without one. */
  limit?: string;
  /** Whether the first hand takes it. */
  first?: boolean;
}

/** Opens a browser of its own with an empty page: somebody's phone or laptop. */
export type Device = (options?: BrowserContextOptions) => Promise<Page>;

/** A page of the class room: what students and teachers have in common. */
export class Room {
  constructor(
    readonly page: Page,
    readonly name: string,
    readonly hasScript: boolean,
  ) {}

  /** Those whose hands are up, in their order. */
  get hands(): Locator {
    return this.list(/^Raised/).locator(".name bdi");
  }

  /** Those who have the floor. */
  get speaking(): Locator {
    return this.list("Speaking").locator("bdi");
  }

  /** The time that is left to answer. */
  get countdown(): Locator {
    return this.page.getByRole("timer");
  }

  /** What a screen reader hears. */
  get voice(): Locator {
    return this.page.getByRole("status");
  }

  /** What the last tap came to, when it came to nothing. */
  get problem(): Locator {
    return this.page.getByRole("alert");
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** The rows of the list under this heading. */
  list(heading: string | RegExp): Locator {
    return this.page
      .getByRole("region", { name: heading, exact: true })
      .getByRole("listitem");
  }

  /** The row of somebody in the list under this heading. */
  row(heading: string | RegExp, name: string): Locator {
    return this.list(heading).filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Presses a button, and waits for the next page where there is no script. */
  async press(button: Locator): Promise<void> {
    if (this.hasScript) {
      await button.click();
    } else {
      const loaded = this.page.waitForEvent("load");
      await button.click();
      await loaded;
    }
  }

  /** Presses the one button with these words. */
  async tap(name: string | RegExp): Promise<void> {
    await this.press(this.button(name));
  }

  /** Looks anew; a live page needs no looking. */
  async look(): Promise<void> {
    if (!this.hasScript) {
      const url = new URL(this.page.url());
      await this.page.goto(url.pathname);
    }
  }

  /** Loads the page again, as an impatient person would. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.isLive();
  }

  /** Says that the page follows the class: its lists are as they are, not as they were. */
  async isLive(): Promise<void> {
    if (this.hasScript) {
      await expect(this.page.locator("[data-connection]")).toHaveAttribute(
        "data-connection",
        "live",
      );
      await expect(this.band).toBeHidden();
      await this.fillSheets();
    }
  }

  /** Has the lists that are in sheets fetched, as opening one does: they can be read without it then. */
  private async fillSheets(): Promise<void> {
    const sheets = this.page.locator("#list, #class-panel");
    if ((await sheets.count()) === 0) return;
    await sheets.evaluate((sheet) => sheet.dispatchEvent(new Event("toggle")));
    await expect(sheets.locator("> .late > *").first()).toBeAttached();
  }

  /** What the page says under its bar while it does not follow the class. */
  get band(): Locator {
    return this.page.locator(".connection");
  }

  /** Says how the page follows the class: by its mark, and by its band, if that says anything. */
  async follows(mark: string, words?: string | RegExp): Promise<void> {
    await expect(this.page.locator("[data-connection]")).toHaveAttribute("data-connection", mark);
    if (words) await expect(this.band).toHaveText(words, { useInnerText: true });
    else await expect(this.band).toBeHidden();
  }

  /** Says that the page admits to be out of touch. */
  async isReconnecting(): Promise<void> {
    await expect(this.band).toBeVisible();
    await expect(this.band).toContainText("Reconnecting…");
    await expect(this.page.locator("[data-connection]")).toHaveAttribute(
      "data-connection",
      "reconnecting",
    );
  }

  /** The page says that the class is over. */
  async isOver(): Promise<void> {
    await this.look();
    await expect(this.page.getByText(/class (has ended|is over)/i).first()).toBeVisible();
    await expect(this.page.getByRole("link", { name: "To the start" })).toBeVisible();
  }

  /** The page says that one is not in the class any more. */
  async isOut(): Promise<void> {
    await this.look();
    const words = /You left the class list|not in this class any more|a class that you are not in/;
    await expect(this.page.getByText(words).first()).toBeVisible();
    await expect(this.page.getByRole("link", { name: /^(To the start|Join with a code)$/ }).first()).toBeVisible();
  }

  /** Says that the lists are these, in this order, with nobody lost or doubled. */
  async sees({ hands, speaking = [] }: Lists): Promise<void> {
    await this.look();
    await expect(this.hands, `the hands that ${this.name} sees`).toHaveText(hands);
    await expect(this.speaking, `the speakers that ${this.name} sees`).toHaveText(speaking);
  }

  /** The seconds on the countdown. */
  async secondsLeft(): Promise<number> {
    const [minutes, seconds] = (await this.countdown.innerText()).split(":").map(Number);
    if (minutes === undefined || seconds === undefined) {
      throw new Error("the countdown is not minutes and seconds");
    }
    return minutes * 60 + seconds;
  }
}

/** Taps the same thing on several pages, as nearly at once as can be. Where it is gone before the
 * finger is down, nothing is tapped. */
export async function tapTogether(rooms: readonly Room[], name: string): Promise<void> {
  // One that has just come takes no press for a moment.
  for (const room of rooms) await expect(room.button(name)).not.toHaveAttribute("data-settling");
  const buttons = await Promise.all(rooms.map((room) => room.button(name).elementHandle()));
  await Promise.all(buttons.map((button) => button?.evaluate((it) => (it as HTMLElement).click())));
}

/** A student in the class room. */
export class Student extends Room {
  /** Joins by the class link. */
  static async join(page: Page, link: string, name: string, hasScript: boolean): Promise<Student> {
    await page.goto(link);
    await page.getByLabel("Your first name").fill(name);
    await page.getByRole("button", { name: "Join the class" }).click();
    await page.waitForURL(/\/class\/[^?]+$/);
    const student = new Student(page, name, hasScript);
    await student.isLive();
    return student;
  }

  /** The sheet with the list of who speaks and whose hands are up. */
  get sheet(): Locator {
    return this.page.getByRole("dialog", { name: "The list", exact: true });
  }

  /** The list is there for whoever opens it. */
  override list(heading: string | RegExp): Locator {
    return this.page
      .getByRole("region", { name: heading, exact: true, includeHidden: true })
      .getByRole("listitem", { includeHidden: true });
  }

  /** Opens what one seldom needs. */
  async menu(): Promise<Locator> {
    const menu = this.page.locator("#more");
    if (!(await menu.isVisible())) await this.button("More").click();
    await expect(menu).toBeVisible();
    return menu;
  }

  async closeMenu(): Promise<void> {
    await (await this.menu()).getByRole("button", { name: "Close", exact: true }).click();
  }

  /** Opens the list. */
  async openList(): Promise<void> {
    const menu = await this.menu();
    await menu.getByRole("button", { name: "See the list" }).click();
    await expect(this.sheet).toBeVisible();
  }

  async closeList(): Promise<void> {
    await this.button("Close the list").click();
    await expect(this.sheet).toBeHidden();
  }

  /** Opens the list, and says that the hands that can be read there are these. */
  async looksAtList(hands: string[]): Promise<void> {
    await this.look();
    await this.openList();
    await expect(this.sheet.locator(".hand .name bdi")).toHaveText(hands, { useInnerText: true });
    await this.closeList();
  }

  /** Says which place one's hand has, and among how many. */
  async hasPlace(place: number | "Next", of: number): Promise<void> {
    await this.isTold("Your hand is up.");
    const words = place === "Next" ? "Next" : `${place} of ${of}`;
    await expect(this.page.locator(".large"), `the place that ${this.name} has`).toHaveText(words);
  }

  /** The sentence that says how one stands. */
  async isTold(sentence: string | RegExp): Promise<void> {
    await this.look();
    await expect(this.page.getByRole("main").getByText(sentence)).toBeVisible();
  }

  /** Says that these things can be done, and no others. */
  async mayTap(...names: string[]): Promise<void> {
    await this.look();
    const buttons = this.page.getByRole("main").getByRole("button");
    await expect(buttons, `what ${this.name} may tap`).toHaveText(names);
  }

  async raise(): Promise<void> {
    await this.tap("Raise hand");
    await expect(this.button("Lower hand")).toBeVisible();
  }

  async lower(): Promise<void> {
    await this.tap("Lower hand");
    await expect(this.button("Lower hand")).toBeHidden();
  }

  async notNow(): Promise<void> {
    await this.tap("Not now");
    await expect(this.button("Not now")).toBeHidden();
  }

  async speak(): Promise<void> {
    await this.tap("Speak");
    await expect(this.button("I’m done")).toBeVisible();
  }

  async pass(): Promise<void> {
    await this.tap("Pass, keep place");
    await expect(this.button("Pass, keep place")).toBeHidden();
  }

  async done(): Promise<void> {
    await this.tap("I’m done");
    await expect(this.button("I’m done")).toBeHidden();
  }
}

/** A teacher in the class room. */
export class Teacher extends Room {
  /** Starts a class on the page for it. */
  static async start(
    page: Page,
    className: string,
    name: string,
    hasScript: boolean,
  ): Promise<Teacher> {
    await page.goto("/start");
    await page.getByLabel("Class name").fill(className);
    await page.getByLabel("Your name").fill(name);
    await page.getByRole("button", { name: "Start the class" }).click();
    await page.waitForURL(/\/class\/[^?]+$/);
    const teacher = new Teacher(page, name, hasScript);
    await teacher.isLive();
    // It is open while nobody is here, and would lie over what comes next.
    if (hasScript) {
      await expect(teacher.share).toBeVisible();
      await page.keyboard.press("Escape");
      await expect(teacher.share).toBeHidden();
    }
    return teacher;
  }

  /** How students come in: the code, the link, the QR code. */
  get share(): Locator {
    return this.page.getByRole("dialog", { name: "Join this class" });
  }

  /** The code in the bar, which opens that. */
  get codeButton(): Locator {
    return this.page.getByRole("button", { name: /^Show how to join/ });
  }

  /** Opens the code, the link and the QR code. */
  async openShare(): Promise<void> {
    if (!(await this.share.isVisible())) await this.codeButton.click();
    await expect(this.share).toBeVisible();
  }

  /** Closes them, where they are open. */
  async closeShare(): Promise<void> {
    if (await this.share.isVisible()) {
      await this.share.getByRole("button", { name: "Close", exact: true }).click();
    }
    await expect(this.share).toBeHidden();
  }

  /** The code as it is read aloud. */
  async code(): Promise<string> {
    await this.openShare();
    const code = await this.share.getByText(/^[A-Z0-9]{3}-[A-Z0-9]{3}$/).innerText();
    await this.closeShare();
    return code;
  }

  /** The link that joins the class, as the panel has it that need not be open. */
  async link(): Promise<string> {
    const link = this.page.locator("#join a[href*='/join/']").first();
    return (await link.getAttribute("href")) ?? "";
  }

  async newCode(): Promise<void> {
    const before = await this.code();
    await this.openShare();
    await this.share.getByRole("button", { name: "New code", exact: true }).first().click();
    const sure = this.page.getByRole("dialog", { name: "Make a new code?" });
    await this.press(sure.getByRole("button", { name: "New code", exact: true }));
    await expect(this.codeButton).not.toContainText(before);
    await this.closeShare();
  }

  /** The rows under this heading; who is here stands in a sheet that may be closed. */
  override list(heading: string | RegExp): Locator {
    return `${heading}` === `${/^Here/}`
      ? this.page.locator("#class-panel .members > li")
      : super.list(heading);
  }

  async ask({ question = "", limit = "none", first = false }: Ask = {}): Promise<void> {
    await this.chooseOptions(limit, first);
    await this.page.getByLabel(/^Question/).fill(question);
    await this.tap("Ask for hands");
    await expect(this.button("Stop asking")).toBeVisible();
  }

  /** Unfolds how hands are asked for, and chooses. */
  async chooseOptions(limit: string, first: boolean): Promise<void> {
    if (!(await this.page.getByLabel(/^Question/).isVisible())) {
      await this.page.locator(".next-question > summary").click();
    }
    const time = this.page.getByLabel("Time limit");
    if (!(await time.isVisible())) await this.page.getByText("Options", { exact: true }).click();
    await time.selectOption({ label: limit });
    await this.page.getByLabel("First hand only").setChecked(first);
  }

  async stopAsking(): Promise<void> {
    await this.tap("Stop asking");
    await expect(this.button("Stop asking")).toBeHidden();
  }

  /** Takes the question off every screen. */
  async clear(): Promise<void> {
    await this.tap("Clear");
    await expect(this.button("Clear")).toBeHidden();
  }

  /** The button that calls somebody: of whoever is next it is *Next*. */
  private calls(name: string): Locator {
    const plain = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return this.button(new RegExp(`^(Next|Invite to speak): ${plain}$`));
  }

  /** Invites somebody on the list to speak. */
  async invite(name: string): Promise<void> {
    await this.press(this.calls(name));
    await expect(this.button(`Start turn: ${name}`)).toBeVisible();
  }

  /** Gives the floor to somebody who raised their hand unprompted. */
  async take(name: string): Promise<void> {
    await this.press(this.calls(name));
    await expect(this.row("Speaking", name)).toBeVisible();
  }

  /** Calls whoever is next. */
  async next(name: string): Promise<void> {
    await this.tap(`Next: ${name}`);
    await expect(this.button(`Next: ${name}`)).toBeHidden();
  }

  /** Passes over somebody who is called and silent. */
  async skip(name: string): Promise<void> {
    await this.tap(`Skip: ${name}`);
    await expect(this.button(`Start turn: ${name}`)).toBeHidden();
  }

  async startTurn(name: string): Promise<void> {
    await this.tap(`Start turn: ${name}`);
    await expect(this.row("Speaking", name)).toBeVisible();
  }

  async endTurn(name: string): Promise<void> {
    await this.press(this.row("Speaking", name).getByRole("button", { name: /^End turn/ }));
    await expect(this.row("Speaking", name)).toBeHidden();
  }

  async lower(name: string): Promise<void> {
    await this.tap(`Lower: ${name}`);
    await expect(this.row(/^Raised/, name)).toBeHidden();
  }

  async lowerAll(): Promise<void> {
    await this.button("All hands").click();
    await this.tap("Lower all");
    await expect(this.hands).toHaveCount(0);
  }

  /** Picks who speaks. */
  async pick(way: string): Promise<void> {
    await this.look();
    await this.button("Pick").click();
    const ways = this.page.getByRole("dialog", { name: "Pick who speaks" });
    await this.press(ways.getByRole("button", { name: way, exact: true }));
    await expect(ways).toBeHidden();
  }

  /** What says what was done last. */
  get toast(): Locator {
    return this.page.locator(".toast");
  }

  async undo(): Promise<void> {
    await this.tap("Undo");
    await expect(this.toast).toBeHidden();
  }

  /** Opens what concerns the class as a whole. */
  async menu(): Promise<Locator> {
    await this.button("Menu").click();
    return this.page.getByRole("dialog", { name: "Menu", exact: true });
  }

  /** Turns a switch of the menu, and sees that it is turned. */
  async turn(name: string, isOn: boolean): Promise<void> {
    const menu = await this.menu();
    const it = menu.getByRole("switch", { name, exact: true });
    await expect(it).toHaveAttribute("aria-checked", `${!isOn}`);
    await this.press(it);
    if (!this.hasScript) await this.menu();
    await expect(it).toHaveAttribute("aria-checked", `${isOn}`);
    await menu.getByRole("button", { name: "Close", exact: true }).click();
    await expect(menu).toBeHidden();
  }

  /** Chooses one of a few in the menu, and sees that it is chosen. */
  async choose(setting: string, choice: string): Promise<void> {
    const menu = await this.menu();
    const choices = menu.getByRole("group", { name: setting, exact: true });
    const it = choices.getByRole("button", { name: choice, exact: true });
    await this.press(it);
    if (!this.hasScript) await this.menu();
    await expect(it).toHaveAttribute("aria-pressed", "true");
    await menu.getByRole("button", { name: "Close", exact: true }).click();
    await expect(menu).toBeHidden();
  }

  lock = () => this.turn("Lock the class", true);
  unlock = () => this.turn("Lock the class", false);
  closeFloor = () => this.turn("Hands at any time", false);
  openFloor = () => this.turn("Hands at any time", true);
  allowCalls = () => this.turn("Students may call", true);
  forbidCalls = () => this.turn("Students may call", false);

  /** Gets the private link for another device. */
  async linkForAnotherDevice(): Promise<string> {
    const room = this.page.url();
    const menu = await this.menu();
    await menu.getByRole("button", { name: "Another device" }).click();
    const sure = this.page.getByRole("dialog", { name: "Is your screen on the projector?" });
    await this.press(sure.getByRole("button", { name: "Show link" }));
    const link = await this.page.getByText(/^https?:\/\/\S+\/handover\/\S+$/).innerText();
    if (this.hasScript) {
      await sure.getByRole("button", { name: "Not now" }).click();
      await this.page.keyboard.press("Escape");
      await expect(menu).toBeHidden();
    } else {
      await this.page.getByRole("link", { name: "Back to the class" }).click();
      await expect(this.page).toHaveURL(room);
    }
    return link;
  }

  /** Who is in the class. */
  get panel(): Locator {
    return this.page.getByRole("dialog", { name: "Class", exact: true });
  }

  async openPanel(): Promise<void> {
    if (await this.panel.isHidden()) await this.page.locator(".class-place").click();
    await expect(this.panel).toBeVisible();
  }

  async closePanel(): Promise<void> {
    if (await this.panel.isVisible()) {
      await this.panel.getByRole("button", { name: "Close", exact: true }).click();
    }
    await expect(this.panel).toBeHidden();
  }

  /** Opens what can be done about a member. */
  async about(name: string): Promise<Locator> {
    await this.openPanel();
    await this.row(/^Here/, name).getByRole("button").first().click();
    return this.page.getByRole("dialog", { name, exact: true });
  }

  /** Does what asks first about a member. */
  private async sureAbout(name: string, deed: string, question: string): Promise<void> {
    const about = await this.about(name);
    await about.getByText("More", { exact: true }).click();
    await about.getByRole("button", { name: deed, exact: true }).click();
    const sure = this.page.getByRole("dialog", { name: question, exact: true });
    await this.press(sure.getByRole("button", { name: deed, exact: true }));
    await expect(sure).toBeHidden();
  }

  async remove(name: string): Promise<void> {
    await this.sureAbout(name, "Remove", `Remove ${name} from the class?`);
    await expect(this.row(/^Here/, name)).toHaveCount(0);
    await this.closePanel();
  }

  async makeCoTeacher(name: string): Promise<void> {
    await this.sureAbout(name, "Make co-teacher", `Make ${name} a co-teacher?`);
    await expect(this.row(/^Here/, name)).toContainText("teacher");
    await this.closePanel();
  }

  /** Ends the class for everybody. */
  async endClass(): Promise<void> {
    const menu = await this.menu();
    await menu.getByRole("button", { name: "End the class" }).click();
    const sure = this.page.getByRole("dialog", { name: "End the class?" });
    await this.press(sure.getByRole("button", { name: "End the class" }));
    await expect(this.page.getByText(/class (has ended|is over)/i).first()).toBeVisible();
  }
}

/** A class, and everybody in it. */
export class Classroom {
  readonly students: Student[] = [];

  constructor(
    readonly teacher: Teacher,
    readonly device: Device,
  ) {}

  /** One more student, who joins by the class link. */
  async student(name: string, options?: BrowserContextOptions): Promise<Student> {
    const page = await this.device(options);
    const link = await this.teacher.link();
    const student = await Student.join(page, link, name, this.teacher.hasScript);
    this.students.push(student);
    return student;
  }

  /** More students, one after the other. */
  async studentsNamed<const Names extends readonly string[]>(
    ...names: Names
  ): Promise<{ [Index in keyof Names]: Student }> {
    const students: Student[] = [];
    for (const name of names) students.push(await this.student(name));
    return students as { [Index in keyof Names]: Student };
  }

  /** Everybody's page. */
  get everybody(): Room[] {
    return [this.teacher, ...this.students];
  }

  /** Says that these lists are on every page. */
  async everybodySees(lists: Lists): Promise<void> {
    await Promise.all(this.everybody.map((room) => room.sees(lists)));
  }

  /** Says that every page follows the class. */
  async everybodyIsLive(): Promise<void> {
    await Promise.all(this.everybody.map((room) => room.isLive()));
  }
}

interface Fixtures {
  /** What the browsers complained about: errors of scripts and of pages. It has to be empty at the
   * end; that a request failed is no complaint, for some tests cut the network. */
  complaints: string[];
  device: Device;
  classroom: Classroom;
}

export const test = base.extend<Fixtures>({
  complaints: async ({}, use) => {
    const complaints: string[] = [];
    await use(complaints);
    expect(complaints, "what the browsers complained about").toEqual([]);
  },

  device: async ({ browser, complaints }, use) => {
    const close: (() => Promise<void>)[] = [];
    await use(async (options) => {
      const context = await browser.newContext(options);
      close.push(() => context.close());
      context.on("weberror", (error) => complaints.push(error.error().message));
      context.on("console", (message) => {
        const text = message.text();
        // Somebody else's press may have taken the button away that is being pressed.
        const isTaken = text.startsWith("Form submission canceled because the form is not connected");
        const isExpected = isTaken || text.startsWith("Failed to load resource");
        if (["error", "warning"].includes(message.type()) && !isExpected) complaints.push(text);
      });
      return context.newPage();
    });
    await Promise.all(close.map((one) => one()));
  },

  classroom: async ({ device, javaScriptEnabled }, use) => {
    const page = await device();
    const hasScript = javaScriptEnabled !== false;
    const teacher = await Teacher.start(page, "Biology 9B", "Ms Haddad", hasScript);
    await use(new Classroom(teacher, device));
  },
});
