// What the other students are told of each name: in lists, on the projector and in what is sent.

import type { Page } from "@playwright/test";
import { expect, type Student, test } from "./class.ts";

/** The rows of the list that a student can open. */
async function listed(student: Student): Promise<string[]> {
  await student.look();
  if (student.hasScript) await student.openList();
  const names = await student.page.locator(".raised .hand .name bdi").allInnerTexts();
  if (student.hasScript) await student.closeList();
  return names;
}

/** What a page holds of the class, in its text, its attributes and what it fetches. */
async function told(page: Page): Promise<string> {
  const html = await page.content();
  const snapshot = await page.evaluate(async () => {
    const answer = await fetch(`/api/v1/groups/${location.pathname.split("/")[2] ?? ""}`);
    return answer.text();
  });
  return html + snapshot;
}

const FORMS = [
  ["First name", ["Ada", "Ben", "Ada 2"]],
  ["Initials", ["AL", "BO", "AL 2"]],
  ["Numbers", ["#1", "#2", "#3"]],
  ["Full", ["Ada Lovelace", "Ben Okafor", "Ada Lindqvist"]],
] as const;

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("students read what the class has set, and their own name in full", async ({ classroom }) => {
      const { teacher } = classroom;
      const students = await classroom.studentsNamed("Ada Lovelace", "Ben Okafor", "Ada Lindqvist");
      const [ada, ben] = students;
      for (const student of students) {
        await student.look();
        await student.raise();
      }
      for (const [choice, [first, second, third]] of FORMS) {
        await teacher.choose("Names others see", choice);
        await expect(async () => {
          expect(await listed(ben)).toEqual([first, "Ben Okafor", third]);
          expect(await listed(ada)).toEqual(["Ada Lovelace", second, third]);
        }).toPass();
        if (javaScriptEnabled && choice !== "Full") {
          await expect.poll(() => told(ben.page)).not.toMatch(/Lovelace|Lindqvist/);
        }
        await teacher.look();
        await expect(teacher.hands.first()).toContainText("Ada Lovelace");
      }
    });
  });
}

test("the projector and whoever comes later read no more than students do", { tag: "@once" }, async ({
  classroom,
}) => {
  const { teacher } = classroom;
  const [ada] = await classroom.studentsNamed("Ada Lovelace");
  await ada.raise();
  const screen = await teacher.page.context().newPage();
  await screen.goto(teacher.page.url().replace(/\?.*$/, "") + "/screen");
  const first = screen.locator(".names .hero .name");
  await expect(first).toHaveText("Ada Lovelace");
  await teacher.choose("Names others see", "Initials");
  await expect(first).toHaveText("AL");
  const ben = await classroom.student("Ben Okafor");
  await ben.raise();
  await expect(screen.locator(".names li .name")).toHaveText(["AL", "BO"]);
  expect(await listed(ben)).toEqual(["AL", "Ben Okafor"]);
  await ada.openList();
  await expect(ada.page.locator(".raised .hand .name bdi")).toHaveText(["Ada Lovelace", "BO"]);
  await ada.closeList();
  await screen.reload();
  await expect(screen.locator(".names li .name")).toHaveText(["AL", "BO"]);
  expect(await screen.content()).not.toMatch(/Lovelace|Okafor/);
  await teacher.take("Ada Lovelace");
  await ben.isTold("AL is speaking.");
  await expect(screen.locator(".turns .name")).toHaveText("AL");
  await teacher.choose("Names others see", "Full");
  await ben.isTold("Ada Lovelace is speaking.");
  await expect(screen.locator(".turns .name")).toHaveText("Ada Lovelace");
});
