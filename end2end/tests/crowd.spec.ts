// A class of hundreds: its pages hold a part of each list, and *More* leads to the rest.

import type { Page } from "@playwright/test";
import { expect, test } from "./class.ts";
import { Lesson, type Member } from "./lesson.ts";

const STUDENTS = 350;
const HANDS = 330;

/** Does something for all of them, some at a time. */
async function all<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < items.length; at += 50) {
    done.push(...(await Promise.all(items.slice(at, at + 50).map(work))));
  }
  return done;
}

const nameOf = (number: number) => `Student ${String(number).padStart(3, "0")}`;

/** A class in which nearly everybody has raised a hand, the last to come first. */
async function crowd(lesson: Lesson): Promise<Member[]> {
  const names = Array.from({ length: STUDENTS }, (_, at) => nameOf(at + 1));
  const students = await all(names, (name) => lesson.join(name));
  const round = await lesson.teacher.ask("Who is here?");
  for (const student of students.slice(STUDENTS - HANDS).reverse()) await student.accept(round);
  return students;
}

/** The student with this number. */
function student(students: Member[], number: number): Member {
  const found = students[number - 1];
  if (!found) throw new Error(`there is no student ${number}`);
  return found;
}

const rows = (page: Page) => page.locator("ol.hands > li");
const more = (page: Page) =>
  page.getByRole("region", { name: /^Raised/ }).getByRole("link", { name: "More" });

test.describe("with a script", () => {
  test("a page of a class of hundreds is small, and comes to follow all of it", async ({
    device,
    handup,
    request,
  }) => {
    const lesson = await Lesson.begin(request, "A lecture");
    const students = await crowd(lesson);
    const page = await device();
    await lesson.teacher.lendTo(page.context(), handup.url);
    const answer = await page.goto(`/class/${lesson.group}`);
    expect((await answer?.body())?.length).toBeLessThan(300_000);
    await expect(page.locator("[data-connection=live]")).toBeVisible();

    // As a school class sees all of its own at once, so does the beginning of a lecture.
    await expect(rows(page)).toHaveCount(45);
    await expect(rows(page).first()).toContainText(nameOf(STUDENTS));
    await expect(page.getByText(`1 to 45 of ${HANDS}`)).toBeVisible();
    await more(page).click();
    await expect(rows(page)).toHaveCount(90);
    await expect(rows(page).nth(89)).toContainText(nameOf(STUDENTS - 89));

    // On the narrowest phone a number of three digits is one number.
    const wide = page.viewportSize();
    await page.setViewportSize({ width: 320, height: 640 });
    const figure = page.locator(".count strong");
    const { height, letters } = await figure.evaluate((it) => ({
      height: it.getBoundingClientRect().height,
      letters: parseFloat(getComputedStyle(it).fontSize),
    }));
    expect(height).toBeLessThan(1.5 * letters);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    if (wide) await page.setViewportSize(wide);

    // It follows: a hand goes down, and the ones behind it move up.
    await lesson.teacher.remove(student(students, STUDENTS));
    await expect(rows(page).first()).toContainText(nameOf(STUDENTS - 1));
    await expect(rows(page)).toHaveCount(90);
    await expect(page.getByText(`1 to 90 of ${HANDS - 1}`)).toBeVisible();

    // A student far behind knows their place, before the page is awake and after.
    const phone = await device();
    const last = student(students, STUDENTS - HANDS + 1);
    await last.lendTo(phone.context(), handup.url);
    await phone.goto(`/class/${lesson.group}`);
    const place = phone.locator(".large");
    await expect(place).toHaveText(`${HANDS - 1} of ${HANDS - 1}`);
    await expect(phone.locator("[data-connection=live]")).toBeVisible();
    await expect(place).toHaveText(`${HANDS - 1} of ${HANDS - 1}`);
    await phone.getByRole("button", { name: "Lower hand" }).click();
    await expect(page.getByText(`1 to 90 of ${HANDS - 2}`)).toBeVisible();
  });
});

test.describe("without a script", () => {
  test.use({ javaScriptEnabled: false });

  test("every hand of a class of hundreds can be reached and called on @once", async ({
    device,
    handup,
    request,
  }) => {
    const lesson = await Lesson.begin(request, "A lecture");
    await crowd(lesson);
    const page = await device();
    await lesson.teacher.lendTo(page.context(), handup.url);
    await page.goto(`/class/${lesson.group}`);
    const seen: string[] = [];
    for (;;) {
      const body = await page.content();
      expect(body.length).toBeLessThan(300_000);
      seen.push(...(await rows(page).locator("bdi").allTextContents()));
      if (!(await more(page).isVisible())) break;
      await more(page).click();
    }
    const expected = Array.from({ length: HANDS }, (_, at) => nameOf(STUDENTS - at));
    expect(seen).toEqual(expected);

    // The last one in the list is invited as the first is.
    const name = nameOf(STUDENTS - HANDS + 1);
    await page.getByRole("button", { name: `Invite to speak: ${name}` }).click();
    // What was done leads back to the beginning, where whoever is called stands above all.
    await expect(page.getByRole("button", { name: `Start turn: ${name}` })).toBeVisible();
    await expect(rows(page).first()).toContainText(nameOf(STUDENTS));
  });
});
