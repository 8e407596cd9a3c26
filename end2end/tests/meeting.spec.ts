// Calls among several: everybody rings by themselves, and hears and sees all others over the server.

import { type Classroom, expect, Student, Teacher, test as base } from "./class.ts";
import { giveTone, TONES, Voiced, type VoicedStudent, type VoicedTeacher } from "./voices.ts";

/** Somebody who may be in a call among several. */
class Caller<R extends Student | Teacher = Student | Teacher> {
  constructor(readonly voiced: Voiced<R>) {}

  get panel() {
    return this.voiced.page.getByRole("region", { name: "Call", exact: true });
  }

  button(name: string) {
    return this.panel.getByRole("button", { name, exact: true });
  }

  async tap(name: string): Promise<void> {
    await this.voiced.room.press(this.button(name));
  }

  /** These are in the call, as this page shows it. */
  async isWith(names: string[]): Promise<void> {
    await expect(this.panel.locator("[data-who] bdi")).toHaveText(names);
  }

  async isGone(): Promise<void> {
    await expect(this.panel).toBeHidden();
    await this.voiced.isClosed();
  }

  /** The pictures of these others move on. */
  async sees(names: string[]): Promise<void> {
    for (const name of names) {
      const video = this.panel.locator("[data-who]").filter({ hasText: name }).locator("video");
      const frames = () =>
        video.evaluate((it) => (it as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames);
      await expect(video, `the picture of ${name}, to ${this.voiced.room.name}`).toBeVisible();
      await expect.poll(frames).toBeGreaterThan(0);
      const before = await frames();
      await expect.poll(frames, { message: `the pictures of ${name} go on` }).toBeGreaterThan(before + 5);
    }
  }
}

interface Fixtures {
  /** A class of a teacher and three students, each with a tone. */
  school: {
    classroom: Classroom;
    teacher: Caller<Teacher>;
    ada: Caller<Student>;
    ben: Caller<Student>;
    cleo: Caller<Student>;
  };
}

const test = base.extend<Fixtures>({
  serverArgs: ["--voice-listen", "127.0.0.1:0"],

  school: async ({ classroom, device }, use) => {
    const { teacher } = classroom;
    const students: Caller<Student>[] = [];
    for (const [number, name] of ["Ada", "Ben", "Cleo"].entries()) {
      const page = await device();
      const tone = TONES[number + 1] ?? 0;
      await giveTone(page, tone);
      const student = await Student.join(page, await teacher.link(), name, true);
      classroom.students.push(student);
      const voicedStudent: VoicedStudent = new Voiced<Student>(student, tone);
      students.push(new Caller(voicedStudent));
    }
    // With somebody here the page does not begin with how to join, which would lie over what comes next.
    await giveTone(teacher.page, TONES[0]);
    await teacher.page.reload();
    const voiced: VoicedTeacher = new Voiced<Teacher>(teacher, TONES[0]);
    const [ada, ben, cleo] = students as [Caller<Student>, Caller<Student>, Caller<Student>];
    await use({ classroom, teacher: new Caller(voiced), ada, ben, cleo });
  },
});

/** The teacher calls these, chosen by their names. */
async function calls(teacher: Caller<Teacher>, names: string[], how: "Call" | "Video call"): Promise<void> {
  const { page } = teacher.voiced;
  const menu = await teacher.voiced.room.menu();
  await menu.getByRole("button", { name: "Call several" }).click();
  const dialog = page.getByRole("dialog", { name: "Call several", exact: true });
  for (const name of names) await dialog.getByRole("checkbox", { name, exact: true }).check();
  await expect(dialog).toContainText(`${names.length} of 7 chosen`);
  await dialog.getByRole("button", { name: how, exact: true }).click();
  await expect(menu).toBeHidden();
}

test("each answers by themselves, and everybody hears and sees all others", { tag: "@once" }, async ({ school }) => {
  const { teacher, ada, ben, cleo } = school;
  await calls(teacher, ["Ada", "Ben", "Cleo"], "Video call");
  await expect(ada.panel).toContainText("Ms Haddad calls you, with Ben, Cleo.");
  await expect(teacher.panel).toContainText("Ringing: Ada, Ben, Cleo");
  await ada.tap("Answer");
  await teacher.isWith(["Ms Haddad", "Ada"]);
  await ben.tap("Decline");
  await ben.isGone();
  // Cleo comes while it goes on.
  await ada.voiced.hears(teacher.voiced);
  await cleo.tap("Answer");
  for (const one of [teacher, ada, cleo]) await one.isWith(["Ms Haddad", "Ada", "Cleo"]);
  await teacher.voiced.hears(ada.voiced, cleo.voiced);
  await ada.voiced.hears(teacher.voiced, cleo.voiced);
  await cleo.voiced.hears(teacher.voiced, ada.voiced);
  await teacher.sees(["Ada", "Cleo"]);
  await ada.sees(["Ms Haddad", "Cleo"]);
  await cleo.sees(["Ms Haddad", "Ada"]);
  await ada.tap("Mute");
  await cleo.voiced.hears(teacher.voiced);
  await ada.tap("Unmute");
  await cleo.voiced.hears(teacher.voiced, ada.voiced);
  await ada.tap("Hang up");
  await ada.isGone();
  await teacher.voiced.hears(cleo.voiced);
  // Of the last two, one ends it.
  await cleo.tap("Hang up");
  await cleo.isGone();
  await teacher.isGone();
});

test("the caller stops ringing, and a call goes on through a reload and a killed server", { tag: "@once" }, async ({
  school,
  handup,
}) => {
  const { teacher, ada, ben } = school;
  await calls(teacher, ["Ada", "Ben"], "Call");
  await ada.tap("Answer");
  await teacher.tap("Stop ringing");
  await ben.isGone();
  await ada.voiced.hears(teacher.voiced);
  await ada.voiced.page.reload();
  await ada.voiced.page.locator("h1").click();
  await ada.voiced.hears(teacher.voiced);
  await teacher.voiced.hears(ada.voiced);
  await handup.kill();
  await handup.start();
  await ada.voiced.hears(teacher.voiced);
  await teacher.voiced.hears(ada.voiced);
  await teacher.tap("Hang up");
  await teacher.isGone();
  await ada.isGone();
});

test("a call goes on in another tab, and the first lets go of it", { tag: "@once" }, async ({ school }) => {
  const { teacher, ada } = school;
  await calls(teacher, ["Ada"], "Call");
  await ada.tap("Answer");
  await teacher.voiced.hears(ada.voiced);
  await ada.tap("Mute");
  const page = await ada.voiced.page.context().newPage();
  await giveTone(page, TONES[4]);
  await page.goto(ada.voiced.page.url());
  const tab = new Caller(new Voiced<Student>(new Student(page, "Ada, second tab", true), TONES[4]));
  await expect(tab.panel).toContainText("You are in this call on another tab or device.");
  await tab.tap("Go on here");
  await teacher.voiced.hears(tab.voiced);
  await expect(ada.panel).toContainText("You are in this call on another tab or device.");
  await ada.voiced.isClosed();
  await tab.tap("Hang up");
  await teacher.isGone();
  await tab.isGone();
});

test("whoever is muted stays so when the page is loaded anew", { tag: "@once" }, async ({ school }) => {
  const { teacher, ada } = school;
  await calls(teacher, ["Ada"], "Call");
  await ada.tap("Answer");
  await teacher.voiced.hears(ada.voiced);
  await ada.tap("Mute");
  await ada.voiced.page.reload();
  await ada.voiced.page.locator("h1").click();
  await ada.voiced.hears(teacher.voiced);
  await expect(ada.button("Unmute")).toBeVisible();
  await teacher.voiced.hears();
});

test("whoever is in a call is not rung, and whoever is called elsewhere is busy", { tag: "@once" }, async ({ school }) => {
  const { teacher, ada, ben, classroom } = school;
  await calls(teacher, ["Ada"], "Call");
  await ada.tap("Answer");
  await ada.voiced.hears(teacher.voiced);
  // A call to one who is in another call is not begun: its buttons are not there.
  const about = await classroom.teacher.about("Ben");
  await expect(about.getByRole("button", { name: "Call", exact: true })).toBeHidden();
  await expect(ben.panel).toBeHidden();
});
