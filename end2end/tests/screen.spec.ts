// The projector's view: what a class reads from its seats.

import type { APIRequestContext, Page } from "@playwright/test";
import { type Device, expect, test } from "./class.ts";
import { Lesson, type Member } from "./lesson.ts";
import type { Handup } from "./server.ts";

const LARGE = { width: 1920, height: 1080 };
const WINDOWS = [LARGE, { width: 1366, height: 768 }, { width: 1024, height: 768 }, { width: 2560, height: 1080 }];
const QUESTION =
  "What happens to the entropy of the universe when ice melts, and why does that not contradict that water freezes by itself in the cold?";
const NAMES = [
  "Charlotte-Elisabeth von Hohenstaufen",
  "Jana Nováková",
  "Aaliyah Johnson",
  "李 明",
  "Mohammed Al-Rashid ibn Abdullah",
  "Dmitri Petrov",
  "Ève Martin",
  "Fatima Hassan",
  "Hana Kimura",
  "Ben Okafor",
  "Chloé Dubois",
  "Zoë Lindqvist",
];

test.use({ serverArgs: ["--public-url", "http://handup.example"] });
// It is a window of its own on a large screen; phones show the room.
// A projector is no phone: each is tried on one screen.
const ONCE = { tag: "@once" };

interface Projected {
  page: Page;
  lesson: Lesson;
  students: Member[];
}

/** A class of these students on a projector, which their teacher has begun. */
async function project(
  device: Device,
  handup: Handup,
  request: APIRequestContext,
  names: readonly string[] = [],
  viewport = LARGE,
): Promise<Projected> {
  const lesson = await Lesson.begin(request, "Chemistry, year 11");
  const students: Member[] = [];
  for (const name of names) students.push(await lesson.join(name));
  const page = await device({ viewport });
  await lesson.teacher.lendTo(page.context(), handup.url);
  await page.goto(`/class/${lesson.group}/screen`);
  await isLive(page);
  return { page, lesson, students };
}

async function isLive(page: Page): Promise<void> {
  await expect(page.locator("[data-connection]")).toHaveAttribute("data-connection", "live");
}

/** One hundredth of the window, as the design counts. */
function unit({ width, height }: { width: number; height: number }): number {
  return Math.min(width / 100, (1.78 * height) / 100);
}

/** The size of the smallest letters that are shown. */
function smallest(page: Page): Promise<number> {
  return page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let least = Infinity;
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const element = text.parentElement;
      if (!element?.checkVisibility({ visibilityProperty: true }) || !text.textContent?.trim()) continue;
      if (element.closest(".unseen, script, noscript")) continue;
      least = Math.min(least, Number.parseFloat(getComputedStyle(element).fontSize));
    }
    return least;
  });
}

/** Says that nothing scrolls and nothing lies outside of the window. */
async function fits(page: Page, what: string): Promise<void> {
  const wrong = await page.evaluate(() => {
    const told: string[] = [];
    const { scrollWidth, scrollHeight } = document.documentElement;
    if (scrollWidth > innerWidth || scrollHeight > innerHeight) told.push("the page scrolls");
    const main = document.querySelector("main");
    if (!main) return ["no main"];
    const end = document.querySelector("footer")?.getBoundingClientRect().top ?? innerHeight;
    for (const it of document.querySelectorAll(".names li, .asked .words, .phase, .countdown, .turns, .count")) {
      if (!it.checkVisibility({ visibilityProperty: true })) continue;
      const { top, bottom, left, right } = it.getBoundingClientRect();
      if (top < 0 || bottom > end + 1 || left < 0 || right > innerWidth + 1) told.push(`${it.textContent} is cut`);
    }
    const hero = document.querySelector(".hero .name");
    if (hero && hero.scrollWidth > hero.clientWidth + 1 && getComputedStyle(hero).display !== "inline") told.push("the first is cut");
    return told;
  });
  expect(wrong, what).toEqual([]);
}

test("before anybody is here a projector shows how to join", ONCE, async ({ device, handup, request }) => {
  const { page, lesson } = await project(device, handup, request);
  const u = unit(LARGE);
  const qr = page.getByRole("img", { name: /^QR code/ });
  expect((await qr.boundingBox())?.width).toBeCloseTo(48 * u, 0);
  const code = page.getByText(/^[A-Z0-9]{3}-[A-Z0-9]{3}$/);
  await expect(code).toHaveCSS("font-size", `${(8.6 * u).toFixed(2)}px`);
  await expect(page.getByText(`handup.example/join/${lesson.joinCode}`)).toBeVisible();
  await expect(page.getByText("0 here")).toBeVisible();
  expect(await smallest(page)).toBeGreaterThanOrEqual(42);
  await fits(page, "the code");

  // It stays when the first comes, and gives way to the first question.
  const student = await lesson.join("Ada");
  const phone = await device();
  await student.lendTo(phone.context(), handup.url);
  await phone.goto(`/class/${lesson.group}`);
  await expect(page.getByText("1 here")).toBeVisible();
  expect((await qr.boundingBox())?.width).toBeCloseTo(48 * u, 0);
  await lesson.teacher.ask("Why is the sky blue?");
  await expect(page.getByText("Why is the sky blue?")).toBeVisible();
  expect((await qr.boundingBox())?.width).toBeCloseTo(9 * u, 0);
  await expect(code).toHaveCSS("font-size", `${(4.2 * u).toFixed(2)}px`);
  await fits(page, "the question");
});

for (const viewport of WINDOWS) {
  const { width, height } = viewport;
  test(`a class of many is read at ${width}×${height}`, ONCE, async ({ device, handup, request }) => {
    const { page, lesson, students } = await project(device, handup, request, NAMES, viewport);
    const round = await lesson.teacher.ask(QUESTION, 600);
    await expect(page.getByText(QUESTION)).toBeVisible();
    for (const student of students) await student.accept(round);
    const names = page.locator(".names li");
    await expect(page.locator(".count")).toHaveText("12");
    await expect(names.first()).toContainText("Charlotte-Elisabeth von Hohenstaufen");
    await expect(names.last()).toContainText(/^and \d+ more$/);
    expect(await names.count()).toBeLessThanOrEqual(9);
    const shown = await page.locator(".names .name").count();
    await expect(names.last()).toHaveText(`and ${12 - shown} more`);
    await fits(page, "twelve hands");
    expect(await smallest(page)).toBeGreaterThanOrEqual(2.19 * unit(viewport));

    // Somebody speaks, the time of the next question is up.
    const first = students[0] as Member;
    await first.accept(await lesson.teacher.callOn(first));
    await expect(page.locator(".turns")).toContainText("Charlotte-Elisabeth von Hohenstaufen");
    await fits(page, "a speaker");
    const again = await lesson.teacher.ask(`${QUESTION} ${QUESTION} ${QUESTION}`, 1);
    await lesson.teacher.sawOut(again);
    await expect(page.getByText("Time is up")).toBeVisible();
    await fits(page, "a very long question");
    expect(await smallest(page)).toBeGreaterThanOrEqual(2.19 * unit(viewport));
    if (viewport === LARGE) expect(await smallest(page)).toBeGreaterThanOrEqual(42);
  });
}

test("names of every length fit on a projector", ONCE, async ({ device, handup, request }) => {
  const longest = (letter: string) => `${letter.repeat(20)} ${letter.repeat(20)}-${letter.repeat(22)}`;
  const { page, lesson, students } = await project(device, handup, request, [longest("M"), longest("W"), "Bo"]);
  const round = await lesson.teacher.ask(QUESTION);
  for (const student of students) await student.accept(round);
  await expect(page.locator(".names .hero")).toBeVisible();
  await fits(page, "the longest names");
  const second = students[1] as Member;
  await second.accept(await lesson.teacher.callOn(second));
  await expect(page.locator(".turns")).toBeVisible();
  await fits(page, "the longest name speaks");
});

test("keys work on a projector, and J shows how to join for a while", ONCE, async ({ device, handup, request }) => {
  const { page, lesson, students } = await project(device, handup, request, ["Ada", "Noor"]);
  await page.keyboard.press("a");
  const [ada, noor] = students as [Member, Member];
  await expect(page.getByText("Asking for hands")).toBeVisible();
  await ada.raise();
  await noor.raise();
  const names = page.locator(".names .name");
  await expect(names).toHaveText(["Ada", "Noor"]);
  // Neither has a phone here: who is called is silent, and their turn is begun for them.
  const next = page.locator("[data-key=n]");
  await page.keyboard.press("n");
  await expect(next).toHaveAttribute("value", "startTurn");
  await page.keyboard.press("n");
  await expect(page.locator(".turns .name")).toHaveText(["Ada"]);
  await expect(names).toHaveText(["Noor"]);
  // The next one: the one turn ends with it, and both come back.
  await expect(next).toHaveAttribute("value", "next");
  await page.keyboard.press("n");
  await expect(page.locator(".turns")).toHaveCount(0);
  await expect(next).toHaveAttribute("value", "startTurn");
  await page.keyboard.press("n");
  await expect(page.locator(".turns .name")).toHaveText(["Noor"]);
  await page.keyboard.press("e");
  await expect(page.locator(".turns")).toHaveCount(0);
  await page.keyboard.press("u");
  await expect(page.locator(".turns .name")).toHaveText(["Noor"]);

  const { width } = LARGE;
  const qr = page.getByRole("img", { name: /^QR code/ });
  await page.keyboard.press("j");
  await expect.poll(async () => (await qr.boundingBox())?.width).toBeGreaterThan(width / 4);
  await page.keyboard.press("Escape");
  await expect.poll(async () => (await qr.boundingBox())?.width).toBeLessThan(width / 8);
  expect(new URL(page.url()).pathname).toBe(`/class/${lesson.group}/screen`);
});

test("how to join goes from a projector after 20 seconds", ONCE, async ({ device, handup, request }) => {
  const { page, lesson } = await project(device, handup, request, ["Ada"]);
  await lesson.teacher.ask("Why?");
  await expect(page.getByText("Why?")).toBeVisible();
  await page.clock.install();
  await page.keyboard.press("j");
  const qr = page.getByRole("img", { name: /^QR code/ });
  await expect.poll(async () => (await qr.boundingBox())?.width).toBeGreaterThan(480);
  await page.clock.fastForward(19_000);
  expect((await qr.boundingBox())?.width).toBeGreaterThan(480);
  await page.clock.fastForward(2_000);
  await expect.poll(async () => (await qr.boundingBox())?.width).toBeLessThan(240);
});

test("a projector is light until it is switched, and remembers that", ONCE, async ({ device, handup, request }) => {
  const { page } = await project(device, handup, request);
  await page.emulateMedia({ colorScheme: "dark" });
  const screen = page.locator(".room");
  await expect(screen).toHaveCSS("background-color", "rgb(255, 255, 255)");
  await expect(screen).toHaveCSS("color", "rgb(17, 17, 17)");
  await page.mouse.move(300, 300);
  await page.getByRole("switch", { name: "Dark" }).click();
  await expect(screen).toHaveCSS("background-color", "rgb(11, 13, 15)");
  await page.reload();
  await isLive(page);
  await expect(screen).toHaveCSS("background-color", "rgb(11, 13, 15)");
  await expect(page.getByRole("switch", { name: "Dark" })).toBeChecked();
});

test("a projector's pointer hides, and its screen stays awake", ONCE, async ({ device, handup, request }) => {
  const { page } = await project(device, handup, request);
  const back = page.getByRole("link", { name: "Back to the class" });
  await page.mouse.move(300, 300);
  await expect(back).toBeVisible();
  await expect(back).toBeHidden();
  await expect(page.locator(".room")).toHaveCSS("cursor", "none");
  await page.mouse.move(310, 310);
  await expect(back).toBeVisible();
});

test("a projector says when what it shows may be old", ONCE, async ({ device, handup, request }) => {
  const { page, lesson } = await project(device, handup, request, ["Ada"]);
  await lesson.teacher.ask("Why?");
  await expect(page.getByText("Reconnecting…")).toBeHidden();
  await page.context().setOffline(true);
  await expect(page.getByText(/Reconnecting…/)).toBeVisible();
  expect(await smallest(page)).toBeGreaterThanOrEqual(42);
  await page.context().setOffline(false);
  await isLive(page);
  await expect(page.getByText("Why?")).toBeVisible();
});

test("a projector's page without a script says that it is not live", ONCE, async ({ browser, handup, request }) => {
  const lesson = await Lesson.begin(request, "Chemistry, year 11");
  const ada = await lesson.join("Ada");
  await ada.accept(await lesson.teacher.ask("Why?"));
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: LARGE, baseURL: handup.url });
  await lesson.teacher.lendTo(context, handup.url);
  const page = await context.newPage();
  await page.goto(`/class/${lesson.group}/screen`);
  await expect(page.getByText("Why?")).toBeVisible();
  await expect(page.locator(".names .name")).toHaveText(["Ada"]);
  await expect(page.getByText(/^This page is not live/)).toBeVisible();
  await expect(page.getByRole("switch", { name: "Dark" })).toBeHidden();
  await expect(page.getByRole("button", { name: "Full screen" })).toBeHidden();
  await page.getByRole("link", { name: "Back to the class" }).click();
  await expect(page).toHaveURL(`/class/${lesson.group}`);
  await context.close();
});

test("a student gets their own room at the projector's address", ONCE, async ({ device, handup, request }) => {
  const { lesson, students } = await project(device, handup, request, ["Ada"]);
  const page = await device();
  await (students[0] as Member).lendTo(page.context(), handup.url);
  await page.goto(`/class/${lesson.group}/screen`);
  await isLive(page);
  await page.getByRole("button", { name: "Raise hand" }).click();
  await expect(page.getByRole("button", { name: "Lower hand" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Back to the class" })).toHaveCount(0);
  expect(await page.content()).not.toContain(lesson.joinCode);
});

for (const [screens, isExtended] of [["one screen", false], ["a second screen", true]] as const) {
  test(`a laptop with ${screens} opens the projector's view`, ONCE, async ({ classroom }) => {
    const { teacher } = classroom;
    const { page } = teacher;
    await page.evaluate((is) => Object.defineProperty(screen, "isExtended", { value: is }), isExtended);
    const room = page.url();
    const link = page.getByRole("link", { name: "Projector" });
    if (isExtended) {
      const opened = page.waitForEvent("popup");
      await page.keyboard.press("p");
      const projector = await opened;
      await projector.waitForURL(`${room}/screen`);
      await isLive(projector);
      await expect(page).toHaveURL(room);
      const closed = projector.waitForEvent("close");
      await projector.keyboard.press("p").catch(() => undefined);
      await closed;
    } else {
      await link.click();
      await expect(page).toHaveURL(`${room}/screen`);
      await isLive(page);
      await page.keyboard.press("Escape");
      await expect(page).toHaveURL(room);
    }
  });
}
