// Pages that are not as the server sent them, and browsers that lack something: a page follows the
// class, or says that it does not and works as it does without JavaScript.

import type { Page } from "@playwright/test";
import { expect, type Room, Student, Teacher, test } from "./class.ts";

/** The page has given up its script, and says so. */
async function isPlain(room: Room): Promise<void> {
  await room.follows("plain");
  await expect(room.page.getByText("This page is not live")).toBeVisible();
}

/** Holds the module back, until what it answers is called. */
async function holdModule(page: Page): Promise<() => void> {
  let go = () => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  await page.route(/handup\.wasm/, async (route) => {
    await gate;
    await route.continue();
  });
  return go;
}

/** What others do to a page while it is being parsed; `does` runs in it for each element that comes. */
const whileParsing = (does: string) => `
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) {
      const seen = node.nodeType === 1 ? [node, ...node.querySelectorAll("*")] : [];
      for (const element of seen) { ${does} }
    }
  }).observe(document, { childList: true, subtree: true });
`;

const MANAGER = whileParsing(`
  if (element.matches("input:not([type=hidden])") && document.readyState === "loading") {
    element.after(document.createElement("div"));
  }
`);
const PHONE = whileParsing(`
  for (const text of [...element.childNodes].filter((it) => it.nodeType === 3)) {
    const number = /\\d{3} \\d{7}/.exec(text.data);
    if (!number || text.parentElement.closest("a, script, template")) continue;
    const link = document.createElement("a");
    link.href = "tel:" + number[0];
    link.textContent = number[0];
    const rest = text.splitText(number.index);
    rest.data = rest.data.slice(number[0].length);
    rest.before(link);
  }
`);

for (const [name, script] of [["a password manager puts in", MANAGER], ["a phone makes of figures", PHONE]] as const) {
  test(`elements that ${name} do not stop the page @once`, async ({ device }) => {
    const page = await device();
    await page.addInitScript(script);
    const teacher = await Teacher.start(page, "Maths 030 1234567", "Ms Haddad", true);
    const link = await teacher.link();
    const ada = await Student.join(await device(), link, "Ada 040 7654321", true);
    await teacher.reload();
    await ada.raise();
    await teacher.sees({ hands: ["Ada 040 7654321"] });
    await teacher.take("Ada 040 7654321");
    await ada.isTold("You are speaking.");
  });
}

// One after the other: each is a page of its own in a class that goes on.
const LACKS = [
  "AbortSignal.timeout",
  "AbortController",
  "SharedWorker",
  "EventSource",
  "URLSearchParams",
  "FormData",
  "MutationObserver",
  "WebAssembly",
  "queueMicrotask",
  "PointerEvent",
  "HTMLElement.prototype.showPopover",
  "CSS",
  "structuredClone",
];

for (const lack of LACKS) {
  test(`without ${lack} a page follows the class or works plainly @once`, async ({ classroom, device, complaints }) => {
    const ada = await classroom.student("Ada");
    const page = await device();
    await page.addInitScript(`delete ${lack}`);
    await page.goto(await classroom.teacher.link());
    await page.getByLabel("Your first name").fill("Ben");
    await page.getByRole("button", { name: "Join the class" }).click();
    await page.waitForURL(/\/class\/[^?]+$/);
    const state = page.locator("[data-connection]");
    await expect(state).toHaveAttribute("data-connection", /^(live|slow|plain)$/, { timeout: 10_000 });
    await ada.raise();
    if ((await state.getAttribute("data-connection")) === "plain") {
      await expect(page.getByText("This page is not live")).toBeVisible();
      await page.getByRole("link", { name: "Reload" }).click();
      await expect(state).toHaveAttribute("data-connection", "plain", { timeout: 10_000 });
    }
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("button", { name: "See the list" }).click();
    const list = page.getByRole("region", { name: "Raised" });
    await expect(list.locator("bdi")).toHaveText(["Ada"]);
    await page.getByRole("button", { name: "Close the list" }).click();
    await page.getByRole("button", { name: "Raise hand" }).click();
    await expect(page.getByRole("button", { name: "Lower hand" })).toBeVisible();
    await classroom.teacher.sees({ hands: ["Ada", "Ben"] });
    // What a browser says of a script that it cannot run is true.
    complaints.length = 0;
  });
}

test.describe("a script that does not come", () => {
  for (const what of [/handup\.js/, /handup\.wasm/, /tabs\.js/]) {
    test(`${what.source} is not there @once`, async ({ classroom, device, complaints }) => {
      const ada = await classroom.student("Ada");
      const page = await device();
      await page.route(what, (route) => route.abort());
      await page.goto(await classroom.teacher.link());
      await page.getByLabel("Your first name").fill("Ben");
      await page.getByRole("button", { name: "Join the class" }).click();
      const ben = new Student(page, "Ben", false);
      await isPlain(ben);
      await ben.press(ben.button("Raise hand"));
      await isPlain(ben);
      await classroom.teacher.sees({ hands: ["Ben"] });
      await ada.sees({ hands: ["Ben"] });
      complaints.length = 0;
    });
  }

  test("what comes late wakes the page all the same @once", async ({ classroom, device, complaints }) => {
    const ada = await classroom.student("Ada");
    const page = await device();
    const go = await holdModule(page);
    await page.goto(await classroom.teacher.link());
    await page.getByLabel("Your first name").fill("Ben");
    await page.getByRole("button", { name: "Join the class" }).click();
    const ben = new Student(page, "Ben", true);
    await isPlain(ben);
    go();
    await ben.isLive();
    await ada.raise();
    await ben.sees({ hands: ["Ada"] });
    complaints.length = 0;
  });
});

test("after a panic the page is a plain one, and says so @once", async ({ classroom, complaints }) => {
  const [ada, ben] = await classroom.studentsNamed("Ada", "Ben");
  await ada.raise();
  await ben.sees({ hands: ["Ada"] });
  // Whatever goes wrong in the module comes out of it so.
  await ben.page.evaluate(() => {
    const { folder } = (window as unknown as { handup: { folder: string } }).handup;
    const error = new WebAssembly.RuntimeError("unreachable");
    error.stack = `RuntimeError: unreachable\n at ${folder}/handup.wasm`;
    dispatchEvent(new ErrorEvent("error", { error }));
  });
  await isPlain(ben);
  // It holds what was there, is never live again, and its forms lead on.
  await ada.lower();
  await expect(ben.hands).toHaveText(["Ada"]);
  await isPlain(ben);
  const loaded = ben.page.waitForEvent("load");
  await ben.button("Raise hand").click();
  await loaded;
  await ben.isLive();
  await classroom.everybodySees({ hands: ["Ben"] });
  complaints.length = 0;
});

/** What a browser's translation does to each text, once and whenever one comes. */
const TRANSLATES = `(() => {
  const translate = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const text of texts) {
      const parent = text.parentElement;
      if (!text.data.trim() || !parent || parent.closest("font, [translate=no], script, style, template")) continue;
      const [outer, inner] = [document.createElement("font"), document.createElement("font")];
      inner.textContent = text.data;
      outer.append(inner);
      text.replaceWith(outer);
    }
  };
  translate(document.body);
  new MutationObserver(() => translate(document.body)).observe(document.body, { childList: true, subtree: true });
})()`;

test("a page that is translated stays true @once", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, ben] = await classroom.studentsNamed("Ada", "Ben");
  for (const room of classroom.everybody) await room.page.evaluate(TRANSLATES);
  await teacher.ask({ question: "What is a mole?" });
  await ben.isTold("Who wants to answer?");
  await ada.raise();
  await ben.raise();
  await expect(teacher.page.getByRole("heading", { name: /^Raised hands/ })).toContainText("2");
  await ben.hasPlace(2, 2);
  await ada.lower();
  await expect(teacher.page.getByRole("heading", { name: /^Raised hands/ })).toContainText("1");
  await ben.hasPlace(1, 1);
  await expect(ben.page.getByText("What is a mole?")).toBeVisible();
  await teacher.ask({ question: "And what is a molecule?" });
  await expect(ben.page.getByText("And what is a molecule?")).toBeVisible();
  await teacher.lock();
  await teacher.menu();
  const lock = teacher.page.getByRole("switch", { name: "Lock the class" });
  await expect(lock).toHaveAttribute("aria-checked", "true");
  await teacher.page.keyboard.press("Escape");
  await ben.page.context().setOffline(true);
  await ben.follows("reconnecting", /^Reconnecting…/);
  await ben.page.context().setOffline(false);
  await ben.follows("live");
  // Names are nobody's to translate.
  await expect(teacher.page.locator("[translate=no] font")).toHaveCount(0);
});

// What the browser alone makes, and the notice of a page that has become plain, move the places of the rest.
for (const when of ["woke up", "woke up late"]) {
  test(`what was typed before the page ${when} is still there @once`, async ({ device }) => {
    const page = await device();
    const go = await holdModule(page);
    await page.goto("/start");
    await page.getByLabel("Class name").fill("Biology 9B");
    await page.getByLabel("Your name").fill("Ms Haddad");
    await page.getByRole("button", { name: "Start the class" }).click();
    await page.waitForURL(/\/class\/[^?]+$/);
    const teacher = new Teacher(page, "Ms Haddad", true);
    const question = page.getByLabel(/^Question/);
    await question.pressSequentially("What is a mo");
    await teacher.chooseOptions("1 minute", true);
    if (when === "woke up late") await isPlain(teacher);
    await question.focus();
    go();
    await teacher.isLive();
    await expect(question).toBeFocused();
    await page.keyboard.press("End");
    await question.pressSequentially("le?");
    await expect(question).toHaveValue("What is a mole?");
    await expect(page.getByLabel("Time limit")).toHaveValue("60");
    await expect(page.getByLabel("First hand only")).toBeChecked();
  });

  test(`where somebody was before the page ${when} they are still @once`, async ({ classroom, device }) => {
    const teacher = await device({ storageState: await classroom.teacher.page.context().storageState() });
    const go = await holdModule(teacher);
    await teacher.goto(classroom.teacher.page.url());
    const room = new Teacher(teacher, "Ms Haddad", true);
    if (when === "woke up late") await isPlain(room);
    const ask = teacher.getByRole("button", { name: "Ask for hands" });
    await ask.focus();
    go();
    await room.isLive();
    await expect(ask).toBeFocused();
  });
}
