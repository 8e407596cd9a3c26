// Small windows and large letters: whatever the size, every control can be reached and pressed.

import type { APIRequestContext, Page } from "@playwright/test";
import { Call } from "./calls.ts";
import { type Device, expect, Student, Teacher, test } from "./class.ts";
import { Lesson, type Member, unfold } from "./lesson.ts";
import type { Handup } from "./server.ts";
import { isReadInFull, isWithinReach } from "./reach.ts";

// Each walks many places in many windows, on a machine that may have more to do.
test.describe.configure({ timeout: 240_000 });

/** As long as a question gets on a board: 80 characters. */
const QUESTION = "Why does ice float on water, and what would become of our lakes if it sank down?";
const LONG_NAMES = [
  "Charlotte Lindqvist",
  "Charlotte-Elisabeth von Hohenstaufen",
  "Maximiliana Wolfeschlegelsteinhausen-Aib",
] as const;
const SHORT_NAMES = ["Ada", "Bo", "Cy", "Dmitri", "Ève", "Fatima", "Hana", "Jana", "Noor"] as const;

/** Somebody's browser, in the class. */
async function open(device: Device, handup: Handup, member: Member): Promise<Page> {
  const page = await device({ reducedMotion: "reduce" });
  await member.lendTo(page.context(), handup.url);
  await page.goto(`/class/${member.group}`);
  return page;
}

async function begin(device: Device, handup: Handup, request: APIRequestContext) {
  const lesson = await Lesson.begin(request, "Environmental systems and societies, year 12");
  const page = await open(device, handup, lesson.teacher);
  const teacher = new Teacher(page, "Ms Park", true);
  await teacher.isLive();
  const join = async (name: string) => {
    const member = await lesson.join(name);
    const student = new Student(await open(device, handup, member), name, true);
    await student.isLive();
    return { member, student };
  };
  return { lesson, teacher, join };
}

test("the pages around a class are within reach", { tag: "@once" }, async ({ device, handup, request }) => {
  const page = await device();
  await page.goto("/");
  await isWithinReach(page, "the first page");
  await page.goto("/stored");
  await isWithinReach(page, "what is stored");
  await page.goto("/start");
  await isWithinReach(page, "starting a class");
  await page.getByLabel("Class name").fill("   ");
  await page.getByLabel(/^Your name/).fill("Ms Park");
  await page.getByRole("button", { name: "Start the class" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await isWithinReach(page, "starting a class with a problem");

  const lesson = await Lesson.begin(request, "Environmental systems and societies, year 12");
  await page.goto("/join");
  await isWithinReach(page, "the page for a code");
  await page.getByLabel("Class code").fill("no such");
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByLabel("Class code")).toHaveAccessibleDescription(/doesn't match a class/);
  await isWithinReach(page, "the page for a code with a problem");
  await page.goto(`/join/${lesson.joinCode}`);
  await isWithinReach(page, "joining");
  await page.getByLabel("Your first name").fill("   ");
  await page.getByRole("button", { name: "Join the class" }).click();
  await expect(page.getByLabel("Your first name")).toHaveAccessibleDescription(/^Type your name/);
  await isWithinReach(page, "joining with a problem");

  await page.goto("/nowhere");
  await isWithinReach(page, "a page that is not there");
  await page.goto(`/class/${lesson.group}`);
  await isWithinReach(page, "a class that one is not in");

  await lesson.teacher.lendTo(page.context(), handup.url);
  await page.goto(`/join/${lesson.joinCode}`);
  await isWithinReach(page, "joining once more");
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Your classes" })).toBeVisible();
  await isWithinReach(page, "the first page with a class");
  const teacher = new Teacher(page, "Ms Park", true);
  await page.goto(`/class/${lesson.group}`);
  await teacher.isLive();
  const link = await teacher.linkForAnotherDevice();
  await page.goto(link);
  await isWithinReach(page, "the link for another device");
  const other = await device();
  await other.goto(link);
  await isWithinReach(other, "the other device");
});

test("the teacher's room is within reach", { tag: "@once" }, async ({ device, handup, request }) => {
  const { lesson, teacher } = await begin(device, handup, request);
  const { page } = teacher;
  await teacher.openShare();
  await isWithinReach(page, "an empty class");

  const students: Member[] = [];
  for (const name of [...LONG_NAMES, ...SHORT_NAMES]) students.push(await lesson.join(name));
  await lesson.teacher.makeTeacher(await lesson.join("Mr Featherstonehaugh-Cholmondeley"));
  const round = await lesson.teacher.ask(QUESTION, 600);
  for (const student of students) await student.accept(round);
  await expect(teacher.hands).toHaveCount(students.length);
  await expect(teacher.row(/^Here/, "Mr Featherstonehaugh-Cholmondeley")).toContainText("teacher");
  await isWithinReach(page, "a class with twelve hands");

  const [first, second] = students as [Member, Member];
  await first.accept(await lesson.teacher.callOn(first));
  await lesson.teacher.callOn(second);
  await expect(teacher.speaking).toHaveText([LONG_NAMES[0]]);
  await expect(teacher.button(`Start turn: ${LONG_NAMES[1]}`)).toBeVisible();
  await isWithinReach(page, "a class with somebody who speaks");

  await page.context().setOffline(true);
  await teacher.isReconnecting();
  await isWithinReach(page, "a class without a network");
  await page.context().setOffline(false);
  await teacher.isLive();

  // Whose last tap came to nothing is told so.
  await page.goto(`/class/${lesson.group}?problem=settled`);
  await teacher.isLive();
  await expect(teacher.problem).toBeVisible();
  await isWithinReach(page, "a class with a problem");
  await lesson.teacher.end();
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await isWithinReach(page, "the end of a class");
});

test("the student's room is within reach", { tag: "@once" }, async ({ device, handup, request }) => {
  const { lesson, teacher, join } = await begin(device, handup, request);
  const { member, student } = await join(LONG_NAMES[1]);
  const { page } = student;
  await isWithinReach(page, "a lesson in which nothing is asked");
  await teacher.closeFloor();
  await student.mayTap();
  await isWithinReach(page, "a lesson in which hands stay down");
  await teacher.openFloor();
  await teacher.allowCalls();
  await student.menu();
  await expect(student.button("Call Ms Park")).toBeVisible();
  await student.closeMenu();

  const others: Member[] = [];
  for (const name of SHORT_NAMES) others.push(await lesson.join(name));
  const round = await lesson.teacher.ask(QUESTION, 600);
  for (const other of others) await other.accept(round);
  await expect(student.hands).toHaveCount(others.length);
  await student.mayTap("Raise hand", "Not now");
  await isWithinReach(page, "a student who is asked");
  await member.accept(round);
  await student.mayTap("Lower hand");
  await isWithinReach(page, "a student whose hand is up");
  const turn = await lesson.teacher.callOn(member);
  await student.mayTap("Speak", "Pass, keep place");
  await isWithinReach(page, "a student who is invited");
  await member.accept(turn);
  await student.mayTap("I’m done");
  await isWithinReach(page, "a student who speaks");

  await page.context().setOffline(true);
  await student.isReconnecting();
  await isWithinReach(page, "a student without a network");
  await page.context().setOffline(false);
  await student.isLive();
  await lesson.teacher.remove(member);
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await isWithinReach(page, "a student who was removed");
});

test("what happened in class is within reach", { tag: "@once" }, async ({ device, handup, request }) => {
  const lesson = await Lesson.begin(request, "Environmental systems and societies, year 12");
  const { teacher, group } = lesson;
  const students: Member[] = [];
  for (const name of LONG_NAMES) students.push(await lesson.join(name));
  const [first, second, third] = students as [Member, Member, Member];
  const round = await teacher.ask(QUESTION);
  await first.accept(round);
  await second.accept(round);
  await third.reject(round, "I would rather think about it for a while. ".repeat(200));
  const turn = await teacher.callOn(first);
  await first.accept(turn);
  await first.finish(turn);
  await second.reject(await teacher.callOn(second));

  const page = await device({ reducedMotion: "reduce" });
  await teacher.lendTo(page.context(), handup.url);
  const history = `/class/${group}/history`;
  await page.goto(history);
  await isWithinReach(page, "the history of a class");
  await unfold(page);
  await isWithinReach(page, "the history of a class, unfolded");
  await page.locator("a[href*='/invitation/']").first().click();
  await expect(page).toHaveURL(/\/invitation\//);
  await isWithinReach(page, "an invitation");
  await page.goto(history);
  await page.getByRole("link", { name: LONG_NAMES[1] }).first().click();
  await isWithinReach(page, "a person");
  const saved = page.waitForEvent("download");
  await page.goto(`${history}/export?format=csv`);
  await saved;
  await isWithinReach(page, "an export");
  await first.lendTo(page.context(), handup.url);
  await page.goto(`/class/${group}/me`);
  await isWithinReach(page, "one's own data");
});

test("an administrator's pages are within reach", { tag: "@once" }, async ({ device, handup, request }) => {
  const lesson = await Lesson.begin(request, "Environmental systems and societies, year 12");
  const student = await lesson.join(LONG_NAMES[1]);
  await student.accept(await lesson.teacher.ask(QUESTION));
  await lesson.teacher.end();
  const page = await device({ reducedMotion: "reduce" });
  await page.goto("/admin");
  await isWithinReach(page, "a page for which one has to be signed in");

  await page.goto(/password: (\S+)/.exec(handup.log)?.[1] ?? "");
  await isWithinReach(page, "the first password");
  await page.getByLabel("New password").fill("correct horse battery");
  await page.getByRole("button", { name: "Set the password" }).click();
  await expect(page.getByRole("heading", { name: "All classes" })).toBeVisible();
  await isWithinReach(page, "all classes");
  await page.getByRole("link", { name: lesson.name }).click();
  await isWithinReach(page, "a class that an administrator may delete");
  await page.getByRole("link", { name: LONG_NAMES[1] }).first().click();
  await isWithinReach(page, "a person whom an administrator may erase");
  await page.goto("/admin");
  await page.getByRole("link", { name: "Keeping" }).click();
  await isWithinReach(page, "how long classes are kept");
  await page.getByRole("link", { name: "Access" }).click();
  await isWithinReach(page, "who sees all this");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await isWithinReach(page, "signing in");
});

test("the names of whoever is first, invited or speaking are read in full", { tag: "@once" }, async ({
  device,
  handup,
  request,
}) => {
  const { lesson, teacher, join } = await begin(device, handup, request);
  const longest = "Maximiliana Featherstonehaugh-Cholmondeley von und zu Hohenberg";
  for (const [first, second, third] of [
    ["Charlotte Lindqv.", "Charlotte Lindqvi", "Charlotte Lindqvs"],
    [LONG_NAMES[1], LONG_NAMES[2], longest],
  ] as const) {
    const [speaks, isInvited, isFirst] = [await join(first), await join(second), await join(third)];
    const round = await lesson.teacher.ask(QUESTION);
    for (const { member } of [isFirst, isInvited, speaks]) await member.accept(round);
    const turn = await lesson.teacher.callOn(speaks.member);
    await speaks.member.accept(turn);
    await lesson.teacher.callOn(isInvited.member);
    await expect(teacher.button(`Start turn: ${second}`)).toBeVisible();
    await expect(teacher.speaking).toHaveText([first]);
    await expect(isFirst.student.speaking).toHaveText([first]);
    for (const width of [320, 375, 768, 1024, 1366, 1920]) {
      const at = `at ${width} px`;
      for (const { page } of [teacher, isFirst.student]) {
        await page.setViewportSize({ width, height: 768 });
      }
      const { speaking } = teacher;
      await isReadInFull(speaking.first(), `the speaker's name ${at}`);
      await isReadInFull(teacher.page.locator(".hero .name bdi"), `the name of whoever is invited ${at}`);
      await isReadInFull(isFirst.student.speaking.first(), `the speaker's name, for a student, ${at}`);
    }
    await lesson.teacher.finish(turn);
    await lesson.teacher.cancel(round);
    for (const { member } of [speaks, isInvited, isFirst]) await lesson.teacher.remove(member);
  }
});

test.describe("in a call", () => {
  test.use({ permissions: ["camera", "microphone"] });

  test("both rooms are within reach", { tag: "@once" }, async ({ device, handup, request }) => {
    const { lesson, teacher, join } = await begin(device, handup, request);
    const { member, student } = await join(LONG_NAMES[1]);
    await lesson.teacher.ask(QUESTION, 600);
    await student.mayTap("Raise hand", "Not now");
    const [hers, theirs] = [new Call(teacher), new Call(student)];
    const both = async (place: string) => {
      await isWithinReach(teacher.page, `a teacher ${place}`);
      await isWithinReach(student.page, `a student ${place}`);
    };
    const about = await teacher.about(LONG_NAMES[1]);
    await about.getByRole("button", { name: "Video call", exact: true }).click();
    await theirs.says("calls you, with video");
    await hers.says(/Calling…|Ringing…/);
    await both("while it rings");
    await theirs.tap("Answer");
    for (const end of [hers, theirs]) {
      await end.isConnected();
      await end.sees();
    }
    await both("in a video call");
    for (const end of [hers, theirs]) await end.tap("Camera off");
    await expect(theirs.panel.locator(".sound-only")).toBeAttached();
    await both("in a call without pictures");
    await theirs.tap("Hang up");
    await hers.says("has ended");
    await both("after a call");
    await lesson.teacher.remove(member);
  });
});
