// Streams that are held back while everything else passes, two devices of one teacher, and what is
// typed while others act.

import { expect, Student, Teacher, test } from "./class.ts";

/** A filter that never answers a stream, in the page and in its worker. */
const HOLDS_BACK = `
  delete window.SharedWorker;
  window.EventSource = class extends EventTarget { close() {} };
`;

test("where streams are held back a page follows by asking, and says so @once", async ({ classroom, device }) => {
  const { teacher } = classroom;
  const page = await device();
  await page.addInitScript(HOLDS_BACK);
  await page.goto(await teacher.link());
  await page.getByLabel("Your first name").fill("Ada");
  await page.getByRole("button", { name: "Join the class" }).click();
  const ada = new Student(page, "Ada", true);
  await ada.follows("slow", "following slowly");
  await ada.openList();
  const ben = await classroom.student("Ben");
  // Whoever follows so is there.
  await expect(teacher.row(/^Here/, "Ada")).toContainText(", connected");
  await ben.raise();
  await expect(ada.hands).toHaveText(["Ben"], { timeout: 10_000 });
  await ada.closeList();
  // One's own tap is seen at once.
  await ada.button("Raise hand").click();
  await expect(ada.hands).toHaveText(["Ben", "Ada"], { timeout: 1_500 });
  await teacher.take("Ada");
  await expect(ada.button("I’m done")).toBeVisible({ timeout: 10_000 });
  // What is as it was is not told again.
  const answer = await page.waitForResponse((it) => it.url().includes("follow=asking") && it.status() === 304);
  expect(answer.headers().etag).toBeTruthy();
  await ada.follows("slow", "following slowly");
  // Whoever goes is missed after a while.
  await page.close();
  await expect(teacher.row(/^Here/, "Ada")).toContainText(", not connected", { timeout: 25_000 });
});

test("a teacher's other device shows the new code @once", async ({ classroom, device }) => {
  const { teacher } = classroom;
  const link = await teacher.linkForAnotherDevice();
  const page = await device();
  await page.goto(link);
  await page.getByRole("button", { name: "Go on here" }).click();
  await page.waitForURL(/\/class\/[^?]+$/);
  const other = new Teacher(page, "Ms Haddad", true);
  await other.isLive();
  const before = await other.code();
  await teacher.newCode();
  const now = await teacher.code();
  expect(now).not.toBe(before);
  await expect(other.codeButton).toContainText(now);
  expect(await other.code()).toBe(now);
  expect(await other.link()).toBe(await teacher.link());
  await other.isLive();
  // Settings follow as well.
  await teacher.lock();
  const menu = await other.menu();
  const lock = menu.getByRole("switch", { name: "Lock the class" });
  await expect(lock).toHaveAttribute("aria-checked", "true");
});

test("what is typed stays while others ask, and the next question can be typed @once", async ({ classroom }) => {
  const { teacher } = classroom;
  const ada = await classroom.student("Ada");
  await teacher.makeCoTeacher("Ada");
  const other = new Teacher(ada.page, "Ada", true);
  await expect(other.button("Ask for hands")).toBeVisible();
  const question = teacher.page.getByLabel(/^Question/);
  const time = teacher.page.getByLabel("Time limit");
  await teacher.chooseOptions("1 minute", true);
  await question.fill("What is a mole?");
  await question.focus();
  await other.ask({ question: "Ready?" });
  await expect(teacher.page.getByText("Ready?")).toBeVisible();
  await expect(question).toBeFocused();
  await other.stopAsking();
  await other.clear();
  await expect(teacher.page.getByText("Ready?")).toBeHidden();
  await expect(question).toBeFocused();
  await expect(question).toHaveValue("What is a mole?");
  await expect(time).toHaveValue("60");
  // One's own round leaves how it was asked, and not what.
  await teacher.tap("Ask for hands");
  await expect(teacher.button("Stop asking")).toBeVisible();
  await expect(question).toHaveValue("");
  await teacher.page.locator(".next-question > summary").click();
  await question.fill("And what is a molecule?");
  await expect(time).toHaveValue("60");
  await expect(teacher.page.getByLabel("First hand only")).toBeChecked();
  await teacher.tap("Ask for hands");
  await expect(other.page.getByText("And what is a molecule?")).toBeVisible();
});

test("a row says who is not connected @once", async ({ classroom }) => {
  const { teacher } = classroom;
  const [cy, ada] = await classroom.studentsNamed("Cy", "Ada");
  await cy.raise();
  await ada.raise();
  await cy.page.close();
  await expect(teacher.row(/^Raised/, "Cy")).toContainText("not connected");
  await expect(ada.row(/^Raised/, "Cy")).toContainText("not connected");
  await expect(teacher.row(/^Raised/, "Ada")).not.toContainText("not connected");
});

test("an answer that comes late does not bring back an older menu @once", async ({ classroom }) => {
  const { teacher } = classroom;
  const menu = await teacher.menu();
  const lock = menu.getByRole("switch", { name: "Lock the class" });
  const anytime = menu.getByRole("switch", { name: "Hands at any time" });
  let letGo = () => {};
  const isHeld = new Promise<void>((held) => {
    const path = new URL(teacher.page.url()).pathname;
    void teacher.page.route((url) => url.pathname === path, async (route) => {
      const response = await route.fetch();
      held();
      await new Promise<void>((go) => (letGo = go));
      await route.fulfill({ response });
    }, { times: 1 });
  });
  await lock.click();
  await isHeld;
  await anytime.click();
  await expect(anytime).toHaveAttribute("aria-checked", "false");
  await expect(lock).toHaveAttribute("aria-checked", "true");
  const late = teacher.page.waitForEvent("requestfinished", (it) => it.url() === teacher.page.url());
  letGo();
  await late;
  // What came is taken over, or not, before the page is drawn twice.
  await teacher.page.evaluate(() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go))));
  await expect(anytime).toHaveAttribute("aria-checked", "false");
});
