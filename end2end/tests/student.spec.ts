// The student's phone: one state at a time, two places that never move, and what it tells of what
// others do.

import type { BrowserContextOptions, Locator, Page } from "@playwright/test";
import { type Device, expect, Student, test as base } from "./class.ts";
import { Lesson, type Member } from "./lesson.ts";

const QUESTION =
  "What happens to the entropy of the universe when ice melts, and why does that not contradict " +
  "that ice has more order in it?";
const NAME = "Charlotte-Elisabeth von Hohenstaufen";

/** A student with a page, in a lesson that is held through the API. */
interface Seat {
  lesson: Lesson;
  me: Member;
  student: Student;
  page: Page;
  /** More students, who have no page. */
  others: (number: number) => Promise<Member[]>;
}

interface Fixtures {
  seat: (options?: BrowserContextOptions, before?: (page: Page) => Promise<void>) => Promise<Seat>;
}

const test = base.extend<Fixtures>({
  seat: async ({ device, handup, request }, use) => {
    await use(async (options, before) => {
      const lesson = await Lesson.begin(request, "Environmental systems and societies, year 12");
      const me = await lesson.join(NAME);
      const page = await open(device, options);
      await me.lendTo(page.context(), handup.url);
      await before?.(page);
      await page.goto(`/class/${me.group}`);
      const student = new Student(page, NAME, true);
      await student.isLive();
      const others = async (number: number) => {
        const joined: Member[] = [];
        while (joined.length < number) joined.push(await lesson.join(`Student ${joined.length + 1}`));
        return joined;
      };
      return { lesson, me, student, page, others };
    });
  },
});

const open = (device: Device, options?: BrowserContextOptions) =>
  device({ reducedMotion: "reduce", ...options });

/** Where something is in the window. */
async function boxOf(it: Locator) {
  const box = await it.boundingBox();
  if (!box) throw new Error("it is not shown");
  return box;
}

for (const [width, height] of [[360, 640], [390, 844], [820, 1180], [1366, 768]] as const) {
  test(`both places are where they are in every state, at ${width}×${height}`, { tag: "@once" }, async ({ seat }) => {
    const { lesson, me, student, page, others } = await seat({ viewport: { width, height } });
    const [chloe, jana] = (await others(2)) as [Member, Member];
    const places: Record<string, { top: number; height: number }[]> = {};
    const note = async (state: string) => {
      await expect(page.locator("[data-state]"), `the state that is called ${state}`).toHaveAttribute("data-state", state);
      const both = [page.locator(".slot.big"), page.locator(".slot.small")];
      places[state] = await Promise.all(
        both.map(async (it) => {
          const { y, height } = await boxOf(it);
          return { top: Math.round(y), height: Math.round(height) };
        }),
      );
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    };
    await note("free");
    const round = await lesson.teacher.ask(QUESTION, 600);
    await note("asked");
    await chloe.accept(round);
    await me.accept(round);
    await note("up");
    const turn = await lesson.teacher.callOn(chloe);
    await chloe.accept(turn);
    await jana.accept(round);
    await note("next");
    const mine = await lesson.teacher.callOn(me);
    await note("called");
    await me.accept(mine);
    await note("speaking");
    await page.context().setOffline(true);
    await student.isReconnecting();
    await note("speaking");
    await page.context().setOffline(false);
    await student.isLive();
    await me.finish(mine);
    await lesson.teacher.cancel(round);
    await expect(page.getByText("Closed.")).toBeVisible();
    await note("free");

    const [first, ...rest] = Object.values(places);
    for (const other of rest) expect(other).toEqual(first);
    const [big, small] = first as [{ top: number; height: number }, { top: number; height: number }];
    expect(big.height).toBeGreaterThanOrEqual(Math.max(96, Math.floor(0.22 * height)));
    expect(small.top + small.height).toBe(height);
  });
}

test("a hand that is up fills the phone, and a second tap does not lower it", async ({ seat }) => {
  const { lesson, student, page } = await seat();
  await lesson.teacher.ask(QUESTION, 600);
  const raise = student.button("Raise hand");
  await expect(raise).not.toHaveAttribute("data-settling");
  const before = await boxOf(raise);
  const marigold = await raise.evaluate((it) => getComputedStyle(it).backgroundColor);
  await raise.click();
  await student.hasPlace(1, 1);
  const state = page.locator(".state");
  await expect(state).toHaveCSS("background-color", marigold);
  const [filled, lower] = [await boxOf(state), await boxOf(student.button("Lower hand"))];
  // It ends where the button ended that raised it, and what lowers it is smaller and below.
  expect(Math.round(filled.y + filled.height)).toBe(Math.round(before.y + before.height));
  expect(filled.height).toBeGreaterThan(before.height);
  expect(lower.y).toBeGreaterThanOrEqual(before.y + before.height);
  expect(lower.height).toBeLessThanOrEqual(64);
  await page.mouse.click(before.x + before.width / 2, before.y + before.height / 2);
  await student.hasPlace(1, 1);
});

test("one's place is a figure, and the word Next while somebody speaks before", { tag: "@once" }, async ({ seat }) => {
  const { lesson, me, student, page, others } = await seat();
  const [chloe] = (await others(1)) as [Member];
  const round = await lesson.teacher.ask();
  await chloe.accept(round);
  await me.accept(round);
  await student.hasPlace(2, 2);
  const size = await page.locator(".place").evaluate((it) => Number.parseFloat(getComputedStyle(it).fontSize));
  expect(size).toBeGreaterThanOrEqual(64);
  await chloe.accept(await lesson.teacher.callOn(chloe));
  await student.hasPlace("Next", 1);
  await student.isTold("Student 1 is speaking. Then you.");
});

test("who passes reads that the place is kept", { tag: "@once" }, async ({ seat }) => {
  const { lesson, me, student, others } = await seat();
  const [chloe] = (await others(1)) as [Member];
  const round = await lesson.teacher.ask(QUESTION);
  await chloe.accept(round);
  await me.accept(round);
  await lesson.teacher.callOn(me);
  await student.isTold("Ms Park calls on you.");
  await student.mayTap("Speak", "Pass, keep place");
  await student.pass();
  await student.hasPlace(2, 2);
  await student.isTold("You passed. You keep place 2.");
});

test("who lowered one's hand is told, for a while", { tag: "@once" }, async ({ seat }) => {
  const { lesson, me, student, page } = await seat();
  const round = await lesson.teacher.ask(QUESTION);
  await me.accept(round);
  await student.hasPlace(1, 1);
  await lesson.teacher.finishOf(round, me);
  await student.isTold("Ms Park lowered your hand.");
  await expect(page.getByText("Ms Park lowered your hand.")).toBeHidden({ timeout: 15_000 });
  // One's own doing needs no telling.
  await student.raise();
  await student.lower();
  await expect(page.getByText(/lowered your hand/)).toBeHidden();
});

test("a question stays when its time is up, and says so", { tag: "@once" }, async ({ seat }) => {
  const { lesson, student, page } = await seat();
  await lesson.teacher.ask(QUESTION, 10);
  await expect(student.countdown).toBeVisible();
  await expect(page.locator(".question")).toContainText("Time is up.", { timeout: 25_000 });
  await expect(page.getByText(QUESTION)).toBeVisible();
  await expect(student.countdown).toBeHidden();
  await page.reload();
  await expect(page.locator(".question")).toContainText("Time is up.");
  await student.mayTap("Raise hand");
});

test("whose hand was first is told, and nothing is under the finger of who comes late", {
  tag: "@once",
}, async ({ classroom }) => {
  const [ada, hana] = await classroom.studentsNamed("Ada", "Hana");
  await classroom.teacher.ask({ question: "Which planet is the largest?", first: true });
  await ada.isTold("Quick: the first hand takes it.");
  await expect(ada.button("Raise hand")).not.toHaveAttribute("data-settling");
  const box = await boxOf(ada.button("Raise hand"));
  await hana.raise();
  await ada.isTold("Hana was first.");
  await ada.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await ada.mayTap();
  await hana.isTold("You were first.");
  await expect(hana.page.locator(".large")).toHaveText("1 of 1");
  await ada.mayTap("Raise hand");
  await ada.isTold("The first hand took it.");
  await expect(ada.page.getByText("Which planet is the largest?")).toBeVisible();
});

test("where hands go up only when asked that is said, with who speaks and nothing else", {
  tag: "@once",
}, async ({ classroom }) => {
  const [ada, hana] = await classroom.studentsNamed("Ada", "Hana");
  await hana.raise();
  await classroom.teacher.closeFloor();
  await ada.isTold("You can raise a hand when your teacher asks.");
  await ada.mayTap();
  await expect(ada.page.getByText("1 hand is up.")).toBeHidden();
  await classroom.teacher.take("Hana");
  await ada.isTold("Hana is speaking.");
});

test("the bar says who one is, and one's own row of the list stays in sight", async ({ seat }) => {
  const { lesson, me, student, page, others } = await seat();
  await expect(page.locator(".own")).toHaveText(NAME);
  await expect(page.locator(".own")).toBeInViewport({ ratio: 1 });
  const round = await lesson.teacher.ask(QUESTION);
  const everybody = await others(32);
  for (const [place, other] of everybody.entries()) {
    if (place === 28) await me.accept(round);
    await other.accept(round);
  }
  await student.hasPlace(29, 33);
  await student.openList();
  const rows = student.sheet.getByRole("region", { name: "Raised" }).getByRole("listitem");
  await expect(rows).toHaveCount(33);
  const own = rows.filter({ hasText: NAME });
  await expect(own).toBeInViewport({ ratio: 1 });
  // One name a row.
  const tops = await rows.evaluateAll((all) => all.map((it) => (it as HTMLElement).offsetTop));
  expect(new Set(tops).size).toBeGreaterThanOrEqual(32);
  await rows.last().scrollIntoViewIfNeeded();
  await expect(own).toBeInViewport({ ratio: 1 });
  // Whoever is called on is not to look for the button behind the list.
  await lesson.teacher.callOn(me);
  await expect(student.sheet).toBeHidden();
  await expect(student.button("Speak")).toBeInViewport({ ratio: 1 });
});

test("a list that cannot be fetched says so, and is there when it is opened again @once", async ({
  classroom,
  device,
  complaints,
}) => {
  const ada = await classroom.student("Ada");
  await ada.raise();
  const page = await device();
  await page.route(/split_sheets/, (route) => route.abort());
  await page.goto(await classroom.teacher.link());
  await page.getByLabel("Your first name").fill("Ben");
  await page.getByRole("button", { name: "Join the class" }).click();
  await expect(page.locator("[data-connection]")).toHaveAttribute("data-connection", "live");
  const ben = new Student(page, "Ben", true);
  await ben.openList();
  await expect(ben.problem).toHaveText(/^The list could not be opened\./);
  await ben.closeList();
  await page.unrouteAll();
  await ben.looksAtList(["Ada"]);
  complaints.length = 0;
});

test("a page that is out of touch says so wherever one has scrolled, and offers to reload", {
  tag: "@once",
}, async ({ seat }) => {
  const { lesson, me, student, page } = await seat({ viewport: { width: 360, height: 480 } });
  const round = await lesson.teacher.ask(QUESTION.repeat(4), 600);
  await me.accept(round);
  await student.hasPlace(1, 1);
  await page.context().setOffline(true);
  await student.isReconnecting();
  await expect(student.band).toContainText("Reconnecting… your hand stays up.");
  await page.mouse.wheel(0, 2_000);
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(100);
  await expect(student.band).toBeInViewport({ ratio: 1 });
  const reload = student.band.getByRole("link", { name: "Reload" });
  await expect(reload).toBeHidden();
  // What is old is as easy to read as what is not.
  await expect(page.locator(".state")).toHaveCSS("opacity", "1");
  await expect(reload).toBeInViewport({ ratio: 1, timeout: 25_000 });
  await page.context().setOffline(false);
  await student.isLive();
  await student.hasPlace(1, 1);
});

test("in a low window nothing stays while the page moves", { tag: "@once" }, async ({ seat }) => {
  const { lesson, me, student, page } = await seat({ viewport: { width: 320, height: 256 } });
  const round = await lesson.teacher.ask(QUESTION, 600);
  await me.accept(round);
  await student.hasPlace(1, 1);
  const staying = await page.evaluate(() =>
    [...document.querySelectorAll("main, main *, header, .connection")]
      .filter((it) => ["fixed", "sticky"].includes(getComputedStyle(it).position))
      .map((it) => it.className),
  );
  expect(staying).toEqual([]);
  const parts = [".question", ".sentence", ".slot.small"].map((it) => boxOf(page.locator(it)));
  const tops = (await Promise.all(parts)).map(({ y }) => y);
  expect(tops).toEqual(tops.toSorted((one, other) => one - other));
});

test("on a phone that lies what can be done is beside the question", { tag: "@once" }, async ({ seat }) => {
  const { lesson, me, student, page } = await seat({ viewport: { width: 844, height: 390 } });
  const round = await lesson.teacher.ask(QUESTION, 600);
  const question = await boxOf(page.locator(".question"));
  for (const name of ["Raise hand", "Not now"]) {
    await expect(student.button(name)).toBeInViewport({ ratio: 1 });
    expect((await boxOf(student.button(name))).x).toBeGreaterThan(question.x + question.width);
  }
  const notNow = await boxOf(student.button("Not now"));
  await me.accept(round);
  await student.hasPlace(1, 1);
  await expect(page.locator(".large")).toBeInViewport({ ratio: 1 });
  expect(Math.round((await boxOf(student.button("Lower hand"))).y)).toBe(Math.round(notNow.y));
});

/** Notes how the phone trembles, and whether its screen is kept on. */
const watchSigns = async (page: Page): Promise<void> => {
  await page.addInitScript(() => {
    const signs: { trembled: unknown[]; awake: number } = { trembled: [], awake: 0 };
    Object.assign(window, { signs });
    navigator.vibrate = (pattern) => signs.trembled.push(pattern) > 0;
    const request = async () => {
      signs.awake += 1;
      const lock = { onrelease: null, release: async () => void (signs.awake -= 1) };
      return lock as unknown as WakeLockSentinel;
    };
    Object.defineProperty(navigator, "wakeLock", { value: { request } });
  });
};

const signsOf = (page: Page) =>
  page.evaluate(() => (window as unknown as { signs: { trembled: unknown[]; awake: number } }).signs);

test("a phone trembles, stays on and says whose turn it is", { tag: "@once" }, async ({ seat }) => {
  const { lesson, me, student, page, others } = await seat({}, watchSigns);
  const [chloe] = (await others(1)) as [Member];
  const round = await lesson.teacher.ask(QUESTION);
  await chloe.accept(round);
  await student.raise();
  await student.hasPlace(2, 2);
  await expect.poll(async () => (await signsOf(page)).awake).toBe(1);
  expect((await signsOf(page)).trembled).toEqual([]);
  await chloe.accept(await lesson.teacher.callOn(chloe));
  await student.hasPlace("Next", 1);
  await expect.poll(async () => (await signsOf(page)).trembled).toHaveLength(1);
  const title = await page.title();
  const turn = await lesson.teacher.callOn(me);
  await expect(page).toHaveTitle("Your turn");
  await expect(student.button("Speak")).toBeFocused();
  expect((await signsOf(page)).trembled.at(-1)).toEqual([200, 100, 200]);
  await me.accept(turn);
  await expect(page).toHaveTitle(title);
  await me.finish(turn);
  await student.mayTap("Raise hand");
  await expect.poll(async () => (await signsOf(page)).awake).toBe(0);
});

test("R raises the hand and never lowers it", { tag: "@once" }, async ({ seat }) => {
  const { student, page } = await seat();
  await expect(student.button("Raise hand")).not.toHaveAttribute("data-settling");
  // Not beside another key, nor under a sheet.
  await page.keyboard.press("Alt+r");
  await student.menu();
  await page.keyboard.press("r");
  await student.closeMenu();
  await student.mayTap("Raise hand");
  await page.keyboard.press("r");
  await student.hasPlace(1, 1);
  await expect(student.button("Lower hand")).not.toHaveAttribute("data-settling");
  await page.keyboard.press("r");
  await student.hasPlace(1, 1);
});

test("whose keys mean something else switches R off, for this browser", { tag: "@once" }, async ({ seat }) => {
  const { student, page } = await seat();
  const key = (await student.menu()).getByRole("switch", { name: "Key R raises your hand" });
  await expect(key).toHaveAttribute("aria-checked", "true");
  await key.click();
  await expect(key).toHaveAttribute("aria-checked", "false");
  await student.reload();
  await expect(student.button("Raise hand")).not.toHaveAttribute("data-settling");
  await page.keyboard.press("r");
  await student.mayTap("Raise hand");
  await (await student.menu()).getByRole("switch", { name: "Key R raises your hand" }).click();
  await student.closeMenu();
  await page.keyboard.press("r");
  await student.hasPlace(1, 1);
});

test("the end says what there is to do", { tag: "@once" }, async ({ seat }) => {
  const ended = await seat();
  await ended.lesson.teacher.end();
  const over = ended.page.getByRole("alertdialog", { name: "Class is over." });
  await expect(over.getByRole("link", { name: "My data" })).toBeVisible();
  await over.getByRole("link", { name: "My data" }).click();
  await expect(ended.page).toHaveURL(/\/me$/);

  const removed = await seat();
  await removed.lesson.teacher.remove(removed.me);
  const out = removed.page.getByRole("alertdialog", { name: "You left the class list." });
  await out.getByRole("link", { name: "Join with a code" }).click();
  await expect(removed.page).toHaveURL(/\/join$/);
});
