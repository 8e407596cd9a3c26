// The teacher's room: what is in sight, who is next, and what can be taken back.

import type { Page } from "@playwright/test";
import { type Device, expect, Teacher, test } from "./class.ts";
import { Lesson, type Member } from "./lesson.ts";
import type { Handup } from "./server.ts";

/** A question of 134 letters. */
const QUESTION =
  "What happens to the entropy of the universe when ice melts, and why does that not contradict that water freezes in a cold winter night?";
const LONG_NAME = "Charlotte-Elisabeth von Hohenstaufen";

async function join(lesson: Lesson, students: number, name: (number: number) => string): Promise<Member[]> {
  const names = Array.from({ length: students }, (_, at) => name(at + 1));
  const members: Member[] = [];
  for (const one of names) members.push(await lesson.join(one));
  return members;
}

async function open(device: Device, handup: Handup, lesson: Lesson): Promise<Teacher> {
  const page = await device({ reducedMotion: "reduce" });
  await lesson.teacher.lendTo(page.context(), handup.url);
  await page.goto(`/class/${lesson.group}`);
  const teacher = new Teacher(page, "Ms Park", true);
  await teacher.isLive();
  return teacher;
}

/** How many rows are in sight as a whole, with nothing over them. */
function rowsInSight(page: Page): Promise<number> {
  return page.evaluate(() => {
    scrollTo(0, 0);
    const isFree = (it: Element) => {
      const { left, top, bottom } = it.getBoundingClientRect();
      if (top < 0 || bottom > innerHeight) return false;
      return [top + 3, bottom - 3].every((y) => it.contains(document.elementFromPoint(left + 12, y)));
    };
    return [...document.querySelectorAll(".hands > li")].filter(isFree).length;
  });
}

/** The buttons that are filled. */
const filled = (page: Page) => page.locator("main .primary:visible");

test("enough rows are in sight, at every size", { tag: "@once" }, async ({ device, handup, request }) => {
  const lesson = await Lesson.begin(request, "Environmental systems and societies, year 12");
  const students = await join(lesson, 25, (number) => `Student ${number}`);
  const round = await lesson.teacher.ask(QUESTION, 600);
  for (const student of students) await student.accept(round);
  const teacher = await open(device, handup, lesson);
  await expect(teacher.hands).toHaveCount(25);
  for (const [width, height, rows] of [
    [1366, 625, 5],
    [390, 844, 10],
    [360, 640, 7],
    [844, 390, 2],
  ] as const) {
    await teacher.page.setViewportSize({ width, height });
    await expect
      .poll(() => rowsInSight(teacher.page), { message: `rows at ${width}×${height}` })
      .toBeGreaterThanOrEqual(rows);
  }
});

test("no page is wider than its window, with the longest names", { tag: "@once" }, async ({
  device,
  handup,
  request,
}) => {
  const lesson = await Lesson.begin(request, "Environmental systems and societies, year 12");
  const students = await join(lesson, 9, (number) => `${LONG_NAME.slice(0, 34)} ${number}`);
  const round = await lesson.teacher.ask(QUESTION, 600);
  for (const student of students) await student.accept(round);
  const [first, second, third] = students as [Member, Member, Member];
  await first.accept(await lesson.teacher.callOn(first));
  await second.accept(await lesson.teacher.callOn(second));
  await lesson.teacher.callOn(third);
  const teacher = await open(device, handup, lesson);
  await expect(teacher.speaking).toHaveCount(2);
  for (const width of [320, 360, 390, 667, 768, 820, 940, 1024, 1280, 1366, 1920]) {
    for (const height of [390, 800]) {
      await teacher.page.setViewportSize({ width, height });
      const wide = () => teacher.page.evaluate(() => document.documentElement.scrollWidth);
      await expect.poll(wide, { message: `at ${width}×${height}` }).toBe(width);
    }
  }
});

test("the page ends where what is on it ends", { tag: "@once" }, async ({ device, handup, request }) => {
  const lesson = await Lesson.begin(request, "A lecture");
  const students = await join(lesson, 200, (number) => `Student ${number}`);
  const round = await lesson.teacher.ask("Who is here?");
  for (const student of students.slice(0, 60)) await student.accept(round);
  const teacher = await open(device, handup, lesson);
  await expect(teacher.hands).toHaveCount(45);
  for (const [width, height] of [
    [390, 844],
    [820, 1180],
    [1366, 768],
    [844, 390],
  ] as const) {
    await teacher.page.setViewportSize({ width, height });
    const beyond = () =>
      teacher.page.evaluate(() => {
        const { bottom } = document.querySelector("main")?.getBoundingClientRect() ?? { bottom: 0 };
        return document.documentElement.scrollHeight - Math.max(innerHeight, bottom + scrollY);
      });
    await expect.poll(beyond, { message: `at ${width}×${height}` }).toBeLessThanOrEqual(1);
  }
});

test("there is one filled button", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await expect(filled(teacher.page)).toHaveText("Ask for hands");
  await teacher.ask({ question: "Ready?" });
  await ada.raise();
  await noor.raise();
  await expect(filled(teacher.page)).toHaveText(/^Next/);
  await teacher.next("Ada");
  await expect(filled(teacher.page)).toHaveText("Start turn");
  await teacher.startTurn("Ada");
  await expect(ada.button("I’m done")).toBeVisible();
  // Next ends the one turn and calls the next student, in one request.
  await expect(filled(teacher.page)).toHaveText(/^Next/);
  await teacher.next("Noor");
  await expect(ada.button("I’m done")).toBeHidden();
  await noor.speak();
  await classroom.everybodySees({ hands: [], speaking: ["Noor"] });
});

test("whoever took it stands above all until somebody is called", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, hana] = await classroom.studentsNamed("Ada", "Hana");
  await ada.raise();
  await teacher.ask({ question: "Which planet is the largest?", first: true });
  await hana.raise();
  await expect(teacher.page.getByText("First: Hana")).toBeVisible();
  await expect(teacher.page.getByText("Which planet is the largest?")).toBeVisible();
  await expect(teacher.page.locator(".hero bdi").first()).toHaveText("Hana");
  // The order stays the order.
  await expect(teacher.hands).toHaveText(["Ada", "Hana"]);
  await expect(teacher.row(/^Raised/, "Ada")).toContainText("own question");
  await ada.isTold("With a question of your own.");
  await teacher.next("Hana");
  await hana.speak();
  await expect(teacher.page.locator(".hero bdi").first()).toHaveText("Ada");
});

test("the class gets another name, which everybody reads", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada] = await classroom.studentsNamed("Ada");
  const menu = await teacher.menu();
  await menu.getByRole("button", { name: "Rename", exact: true }).click();
  const dialog = teacher.page.getByRole("dialog", { name: "Another name for the class" });
  await dialog.getByRole("textbox").fill("Biology 10A");
  await teacher.press(dialog.getByRole("button", { name: "Rename", exact: true }));
  await expect(dialog).toBeHidden();
  for (const room of [teacher, ada]) {
    await expect(room.page.getByRole("heading", { level: 1 })).toHaveText("Biology 10A");
  }
});

test("prepared questions are at hand, in this browser and for this class", async ({ classroom }) => {
  const { teacher } = classroom;
  await classroom.studentsNamed("Ada");
  const menu = await teacher.menu();
  await menu.getByRole("button", { name: "Prepared questions" }).click();
  const dialog = teacher.page.getByRole("dialog", { name: "Prepared questions" });
  await dialog.getByRole("textbox").fill("What is a mole?\n\n Why is the sky blue? ");
  const atHand = () => teacher.page.locator("#asked-before option").evaluateAll((all) => all.map((it) => it.getAttribute("value")));
  await expect.poll(atHand).toEqual(["What is a mole?", "Why is the sky blue?"]);
  await dialog.getByRole("button", { name: "Close" }).click();
  await teacher.reload();
  await expect.poll(atHand).toEqual(["What is a mole?", "Why is the sky blue?"]);
  await teacher.ask({ question: "Who is here?" });
  await expect.poll(atHand).toEqual(["Who is here?", "What is a mole?", "Why is the sky blue?"]);
});

test("hands of an earlier question come down, and come back", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor, sam] = await classroom.studentsNamed("Ada", "Noor", "Sam");
  await sam.raise();
  await teacher.ask({ question: "First?" });
  await ada.raise();
  await noor.raise();
  await teacher.ask({ question: "Second?" });
  await classroom.everybodySees({ hands: ["Sam"] });
  await expect(teacher.toast).toContainText("2 earlier hands lowered.");
  await teacher.undo();
  await classroom.everybodySees({ hands: ["Sam", "Ada", "Noor"] });
});

test("what was lowered comes back as it was", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor, sam] = await classroom.studentsNamed("Ada", "Noor", "Sam");
  await teacher.ask({ question: "Ready?" });
  for (const student of [ada, noor, sam]) await student.raise();
  await teacher.lower("Noor");
  await expect(teacher.toast).toContainText("Noor’s hand lowered.");
  await teacher.undo();
  await classroom.everybodySees({ hands: ["Ada", "Noor", "Sam"] });
  await teacher.lowerAll();
  await expect(teacher.toast).toContainText("3 hands lowered.");
  await teacher.undo();
  await classroom.everybodySees({ hands: ["Ada", "Noor", "Sam"] });
});

test("whoever passed is passed over, and keeps the place", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await teacher.ask();
  await ada.raise();
  await noor.raise();
  await teacher.next("Ada");
  await ada.pass();
  await expect(teacher.row(/^Raised/, "Ada")).toContainText("passed");
  await expect(teacher.button("Next: Noor")).toBeVisible();
  await expect(teacher.hands).toHaveText(["Ada", "Noor"]);
});

test("two teachers who press Next at once call one student", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor, sam] = await classroom.studentsNamed("Ada", "Noor", "Sam");
  await teacher.makeCoTeacher("Sam");
  const other = new Teacher(sam.page, "Sam", true);
  await other.isLive();
  await teacher.ask();
  await ada.raise();
  await noor.raise();
  const buttons = await Promise.all(
    [teacher, other].map(async (room) => {
      const button = room.button("Next: Ada");
      await expect(button).not.toHaveAttribute("data-settling");
      return button.elementHandle();
    }),
  );
  await Promise.all(buttons.map((it) => it?.evaluate((button) => (button as HTMLElement).click())));
  await ada.mayTap("Speak", "Pass, keep place");
  await noor.mayTap("Lower hand");
  await expect(teacher.button("Start turn: Ada")).toBeVisible();
  await expect(teacher.problem).toBeHidden();
  await expect(other.problem).toBeHidden();
});

test("nobody becomes a teacher or goes by one tap", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const ada = await classroom.student("Ada");
  await ada.raise();
  const about = await teacher.about("Ada");
  await expect(about.getByText("Hand up, 1 of 1 · connected")).toBeVisible();
  await expect(about.getByRole("button", { name: "Make co-teacher" })).toBeHidden();
  await expect(about.getByRole("button", { name: "Remove" })).toBeHidden();
  await about.getByText("More", { exact: true }).click();
  await about.getByRole("button", { name: "Make co-teacher" }).click();
  await expect(teacher.page.getByRole("dialog", { name: "Make Ada a co-teacher?" })).toBeVisible();
  await ada.mayTap("Lower hand");
});

test("somebody is found among many", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const [, noor] = await classroom.studentsNamed("Ada", "Noor", "Ève");
  await teacher.openPanel();
  const rows = teacher.list(/^Here/);
  await expect(rows).toHaveCount(4);
  await teacher.page.getByLabel("Find a name").fill("eve");
  await expect(rows).toHaveText([/^Ève/]);
  await teacher.page.getByLabel("Find a name").fill("Eva");
  await expect(teacher.panel.getByText("Nobody here is called that.")).toBeVisible();
  await teacher.page.getByLabel("Find a name").fill("noo");
  await expect(rows).toHaveCount(1);
  await teacher.page.getByLabel("Find a name").fill("");
  await noor.page.context().setOffline(true);
  await teacher.panel.getByRole("button", { name: /^Away/ }).click();
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("Noor");
});

test("the end says that it is the end, and where to go on", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  await classroom.student("Ada");
  await teacher.endClass();
  await expect(teacher.page.getByRole("link", { name: "To the start" })).toBeVisible();
  await teacher.page.getByRole("link", { name: "See what happened" }).click();
  await expect(teacher.page).toHaveURL(/\/history$/);
});
