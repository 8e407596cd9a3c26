// How a class is joined, on its teacher's page, and what that page tells and takes without being looked at:
// sounds, the count in the title, keys, what a screen reader hears.

import type { Page } from "@playwright/test";
import { expect, Teacher, test } from "./class.ts";
import { Lesson, type Member } from "./lesson.ts";

/** A page of a teacher who has just started a class. */
async function start(page: Page): Promise<Teacher> {
  await page.goto("/start");
  await page.getByLabel("Class name").fill("Biology 9B");
  await page.getByLabel("Your name").fill("Ms Haddad");
  await page.getByRole("button", { name: "Start the class" }).click();
  await page.waitForURL(/\/class\/[^?]+$/);
  const teacher = new Teacher(page, "Ms Haddad", true);
  await teacher.isLive();
  return teacher;
}

/** Where the parts of the page are that lie under the panel. */
function places(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("main section")].map((it) => JSON.stringify(it.getBoundingClientRect())),
  );
}

/** Opens the menu of the class. */
async function switchOf(teacher: Teacher, name: string) {
  const menu = await teacher.menu();
  return menu.getByRole("switch", { name, exact: true });
}

async function closeMenu({ page }: Teacher): Promise<void> {
  await page.keyboard.press("Escape");
  await expect(page.locator("[popover]:popover-open")).toHaveCount(0);
}

test.describe("where phones come by an address that is known", () => {
  test.use({ serverArgs: ["--public-url", "http://handup.example"] });

  test("how to join opens by itself, over the page, and stays while they come", async ({ device, request }) => {
    const page = await device();
    const teacher = await start(page);
    await expect(teacher.share).toBeVisible();
    const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
    const qr = teacher.share.getByRole("img", { name: /^QR code/ });
    expect((await qr.boundingBox())?.width).toBeCloseTo(Math.min(0.7 * height, 0.5 * width), 0);
    const code = teacher.share.getByText(/^[A-Z0-9]{3}-[A-Z0-9]{3}$/);
    const size = Math.min(Math.max(2.4 * 16, 0.08 * width), 80);
    await expect(code).toHaveCSS("font-size", `${size}px`);
    await expect(teacher.share.getByRole("link")).toHaveText(/^handup\.example\/join\/[A-Z0-9]{6}$/);
    const scrolls = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(scrolls).toBe(false);
    const before = await places(page);

    const joinCode = (await code.innerText()).replace("-", "");
    await request.post("/api/v1/join", { data: { joinCode, name: "Ada" } });
    await expect(page.locator(".empty")).toHaveCount(0);
    await expect(teacher.share).toBeVisible();
    await expect(teacher.share.getByText("0 here", { exact: true })).toBeVisible();
    await teacher.closeShare();
    await teacher.openShare();
    await teacher.closeShare();
    expect((await places(page)).length).toBe(before.length);
    // Whoever comes back to a class with students in it is not held up.
    await page.reload();
    await teacher.isLive();
    await expect(teacher.share).toBeHidden();
  });

  for (const width of [320, 390, 700, 768, 820, 900, 940, 1366]) {
    test(`the code is read in full where the window is ${width} px wide`, { tag: "@once" }, async ({ device }) => {
      const page = await device({ viewport: { width, height: 700 } });
      const teacher = await start(page);
      await expect(teacher.share).toBeVisible();
      const cut = await page.evaluate(() => {
        const panel = document.querySelector("#join") as HTMLElement;
        const parts = [...panel.querySelectorAll(".code, .qr, .link, button, .join-here")];
        const inner = panel.getBoundingClientRect();
        const lost = parts.filter((it) => {
          if (!it.getClientRects().length) return false;
          const { left, right } = it.getBoundingClientRect();
          return right > inner.right + 0.5 || left < inner.left - 0.5;
        });
        return { lost: lost.map((it) => it.textContent), scrolls: panel.scrollWidth > panel.clientWidth };
      });
      expect(cut).toEqual({ lost: [], scrolls: false });
    });
  }
});

test("how to join closes in every way that one expects", { tag: "@once" }, async ({ device }) => {
  const page = await device();
  const teacher = await start(page);
  await expect(teacher.share).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(teacher.share).toBeHidden();
  await page.keyboard.press("j");
  await expect(teacher.share).toBeVisible();
  await page.keyboard.press("j");
  await expect(teacher.share).toBeHidden();
  await page.keyboard.press("j");
  await teacher.share.getByRole("button", { name: "Close", exact: true }).click();
  await expect(teacher.share).toBeHidden();
  await page.keyboard.press("j");
  await expect(teacher.share).toBeVisible();
  await page.mouse.click(5, 795);
  await expect(teacher.share).toBeHidden();
  // By asking, as somebody on another of one's pages does not.
  await page.keyboard.press("j");
  await expect(teacher.share).toBeVisible();
  await page.getByLabel(/^Question/).evaluate((it) => (it as HTMLInputElement).form?.requestSubmit());
  await expect(teacher.share).toBeHidden();
  await expect(teacher.button("Stop asking")).toBeVisible();
});

test("a link is copied, a class locked and a code made anew where they are shown", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const { page } = teacher;
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const link = await teacher.link();
  await teacher.openShare();
  await teacher.share.getByRole("button", { name: "Copy link" }).click();
  await expect(teacher.share.getByRole("status")).toHaveText("The link is copied.");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
  await teacher.share.getByRole("button", { name: "Lock the class" }).click();
  await expect(teacher.share.getByRole("button", { name: "Unlock the class" })).toBeVisible();
  await teacher.newCode();
  expect(await teacher.link()).not.toBe(link);
});

test.describe("where a QR code can be shown", () => {
  test.use({ serverArgs: ["--public-url", "http://handup.example"] });

  test("the key to the class is asked about, shown small and not for long", async ({ classroom }) => {
    const { page } = classroom.teacher;
    await page.clock.install();
    const menu = await classroom.teacher.menu();
    await menu.getByRole("button", { name: "Another device" }).click();
    const dialog = page.getByRole("dialog", { name: "Is your screen on the projector?" });
    await expect(dialog).toContainText("Whoever scans this teaches this class.");
    const qr = dialog.getByRole("img", { name: /^QR code/ });
    await expect(qr).toHaveCount(0);
    await dialog.getByRole("button", { name: "Show link" }).click();
    await expect(qr).toBeVisible();
    expect((await qr.boundingBox())?.width).toBe(200);
    await expect(dialog.getByText(/\/handover\//)).toBeVisible();
    await expect(page).toHaveURL(/\/class\/[^/]+$/);
    await page.clock.fastForward(59_000);
    await expect(dialog).toBeVisible();
    await page.clock.fastForward(2_000);
    await expect(dialog).toBeHidden();
    await expect(page.getByText(/\/handover\//)).toHaveCount(0);
  });
});

/** Counts the sounds that a page makes, by their first notes. */
async function listen(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const heard: number[] = [];
    Object.assign(window, { heard });
    const { start } = OscillatorNode.prototype;
    OscillatorNode.prototype.start = function (when) {
      heard.push(this.frequency.value);
      start.call(this, when);
    };
  });
  // A sound has two notes.
  return async () => (await page.evaluate(() => (window as unknown as { heard: number[] }).heard.length)) / 2;
}

test("hands are heard where that is switched on, once in a burst", { tag: "@once" }, async ({ device, request, handup }) => {
  const lesson = await Lesson.begin(request, "Biology 9B");
  const students: Member[] = [];
  for (const name of ["Ada", "Ben", "Cleo", "Dan"]) students.push(await lesson.join(name));
  const page = await device();
  const sounds = await listen(page);
  await page.clock.install();
  await lesson.teacher.lendTo(page.context(), handup.url);
  await page.goto(`/class/${lesson.group}`);
  const teacher = new Teacher(page, "Ms Park", true);
  await teacher.isLive();
  const [ada, ben, cleo, dan] = students as [Member, Member, Member, Member];
  const asked = await lesson.teacher.ask();
  await ada.accept(asked);
  await expect(teacher.hands).toHaveText(["Ada"]);
  expect(await sounds()).toBe(0);

  const isSounding = await switchOf(teacher, "Sound for a new hand");
  await expect(isSounding).not.toBeChecked();
  await isSounding.click();
  await expect(isSounding).toBeChecked();
  // One hears at once how it sounds.
  expect(await sounds()).toBe(1);
  await closeMenu(teacher);
  await ben.accept(asked);
  await expect(teacher.hands).toHaveText(["Ada", "Ben"]);
  expect(await sounds()).toBe(1);
  await page.clock.fastForward(5_000);
  await Promise.all([cleo.accept(asked), dan.accept(asked)]);
  await expect(teacher.hands).toHaveCount(4);
  expect(await sounds()).toBe(2);
  // A hand that goes is no sound, and the switch is kept.
  await page.clock.fastForward(5_000);
  await ben.finish(asked);
  await expect(teacher.hands).toHaveCount(3);
  expect(await sounds()).toBe(2);
  await page.reload();
  await teacher.isLive();
  await expect(await switchOf(teacher, "Sound for a new hand")).toBeChecked();
});

test("the title counts hands, unless that is switched off", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const { page } = teacher;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await expect(page).toHaveTitle("Biology 9B · Handup");
  await ada.raise();
  await noor.raise();
  await expect(page).toHaveTitle("(2) Biology 9B · Handup");
  await noor.lower();
  await expect(page).toHaveTitle("(1) Biology 9B · Handup");
  const counts = await switchOf(teacher, "Count in tab title");
  await expect(counts).toBeChecked();
  await counts.click();
  await expect(page).toHaveTitle("Biology 9B · Handup");
  await closeMenu(teacher);
});

test("keys press the buttons of a lesson, and nothing where one types", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const { page } = teacher;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await page.keyboard.press("a");
  await expect(teacher.button("Stop asking")).toBeVisible();
  await ada.raise();
  await noor.raise();
  // In a field a key is a letter, with a modifier it is the browser's.
  const question = page.getByLabel(/^Question/).first();
  if (!(await question.isVisible())) await page.getByText("New question").first().click();
  await question.focus();
  await page.keyboard.type("sun");
  await expect(question).toHaveValue("sun");
  await question.blur();
  await page.keyboard.press("Shift+s");
  await page.keyboard.press("Alt+n");
  await expect(teacher.button("Stop asking")).toBeVisible();
  await teacher.sees({ hands: ["Ada", "Noor"] });

  await press(teacher, "n");
  await ada.isTold(/calls on you|invited to speak/i);
  await ada.speak();
  await teacher.sees({ hands: ["Noor"], speaking: ["Ada"] });
  await press(teacher, "e");
  await teacher.sees({ hands: ["Noor"] });
  await press(teacher, "u");
  await teacher.sees({ hands: ["Noor"], speaking: ["Ada"] });
  await press(teacher, "e");
  await teacher.sees({ hands: ["Noor"] });
  await press(teacher, "l");
  await teacher.sees({ hands: [] });
  await press(teacher, "s");
  await expect(teacher.button("Stop asking")).toBeHidden();

  // The list of keys; while it is open the others rest.
  await page.keyboard.press("?");
  const list = page.getByRole("dialog", { name: "Keys" });
  await expect(list).toContainText("Ask for hands");
  await page.keyboard.press("a");
  await expect(teacher.button("Stop asking")).toBeHidden();
  await page.keyboard.press("?");
  await expect(list).toBeHidden();
  await page.keyboard.press("c");
  await expect(page.getByRole("dialog", { name: "Class", exact: true })).toBeVisible();
  await page.keyboard.press("c");
  await expect(page.getByRole("dialog", { name: "Class", exact: true })).toBeHidden();
});

/** Presses a key, once its button takes presses. */
async function press({ page }: Teacher, key: string): Promise<void> {
  await expect(page.locator(`[data-key="${key}"]`).first()).not.toHaveAttribute("data-settling");
  await page.keyboard.press(key);
}

test("keys mean the same on other layouts, once when held, and are switched off", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const { page } = teacher;
  await classroom.student("Ada");
  const down = (key: string, code: string, repeat = false) =>
    page.evaluate(
      (init) => document.body.dispatchEvent(new KeyboardEvent("keydown", { ...init, bubbles: true, cancelable: true })),
      { key, code, repeat },
    );
  await down("о", "KeyJ");
  await expect(teacher.share).toBeVisible();
  await down("о", "KeyJ", true);
  await expect(teacher.share).toBeVisible();
  await down("о", "KeyJ");
  await expect(teacher.share).toBeHidden();
  // A Latin letter is what it says, wherever it is.
  await down("j", "KeyC");
  await expect(teacher.share).toBeVisible();
  await down("j", "KeyC");
  await expect(teacher.share).toBeHidden();

  await (await switchOf(teacher, "Keyboard shortcuts")).click();
  await closeMenu(teacher);
  await page.keyboard.press("j");
  await page.keyboard.press("a");
  await expect(teacher.share).toBeHidden();
  await expect(teacher.button("Stop asking")).toBeHidden();
  await (await switchOf(teacher, "Keyboard shortcuts")).click();
  await closeMenu(teacher);
  await page.keyboard.press("j");
  await expect(teacher.share).toBeVisible();
});

test("a clicker says Next where that is switched on", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const { page } = teacher;
  const ada = await classroom.student("Ada");
  await teacher.ask();
  await ada.raise();
  await teacher.sees({ hands: ["Ada"] });
  await page.keyboard.press("PageDown");
  await ada.mayTap("Lower hand");
  await (await switchOf(teacher, "Clicker says Next")).click();
  await closeMenu(teacher);
  await expect(page.locator('[data-key="n"]').first()).not.toHaveAttribute("data-settling");
  await page.keyboard.press("PageDown");
  await ada.isTold(/calls on you|invited to speak/i);
});

test("a screen reader hears a burst as one, and a lesson in order", { tag: "@once" }, async ({ device, request, handup }) => {
  const lesson = await Lesson.begin(request, "Biology 9B");
  const names = ["Ada", "Ben", "Chloé", "Dan", "Ève", "Finn", "Gus"];
  const students: Member[] = [];
  for (const name of names) students.push(await lesson.join(name));
  const page = await device();
  await lesson.teacher.lendTo(page.context(), handup.url);
  await page.goto(`/class/${lesson.group}`);
  const teacher = new Teacher(page, "Ms Park", true);
  await teacher.isLive();
  const voice = page.locator("[role=status][aria-live=polite]").first();
  await voice.evaluate((it) => {
    const heard: [string, number][] = [];
    Object.assign(window, { heard });
    new MutationObserver(() => heard.push([it.textContent ?? "", performance.now()])).observe(it, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  const heard = () => page.evaluate(() => (window as unknown as { heard: [string, number][] }).heard);
  const last = async () => (await heard()).at(-1)?.[0];

  const [ada, ben, ...others] = students as [Member, Member, ...Member[]];
  const asked = await lesson.teacher.ask("Why?");
  await ada.accept(asked);
  await expect.poll(last).toBe("One hand up: Ada.");
  for (const student of [ben, ...others]) await student.accept(asked);
  await expect.poll(last).toBe("7 hands up. First: Ada.");
  const call = await lesson.teacher.callOn(ada);
  await ada.accept(call);
  await expect.poll(last).toBe("6 hands up. First: Ben. Speaking: Ada.");
  await ada.finish(call);
  await expect.poll(last).toBe("6 hands up. First: Ben.");
  for (const student of [ben, ...others]) await student.finish(asked);
  await expect.poll(last).toBe("No hands up.");
  const told = await heard();
  expect(told.map(([words]) => words)).toEqual([
    "One hand up: Ada.",
    "7 hands up. First: Ada.",
    "6 hands up. First: Ben. Speaking: Ada.",
    "6 hands up. First: Ben.",
    "No hands up.",
  ]);
  told.forEach(([, at], place) => {
    const before = told[place - 1]?.[1];
    if (before !== undefined) expect(at - before).toBeGreaterThanOrEqual(2_990);
  });
});
