// The microphone room: whoever has the floor is heard by everybody, and nobody else is.

import { type Classroom, expect, Student, Teacher, test as base } from "./class.ts";
import { giveTone, TONES, Voiced, type VoicedStudent, type VoicedTeacher } from "./voices.ts";

interface Fixtures {
  /** A class at home: the teacher, Ada and Ben, each with a tone. */
  home: { classroom: Classroom; teacher: VoicedTeacher; ada: VoicedStudent; ben: VoicedStudent };
}

const test = base.extend<Fixtures>({
  serverArgs: ["--voice-listen", "127.0.0.1:0"],

  home: async ({ classroom, device }, use) => {
    const { teacher } = classroom;
    const students = [];
    for (const [name, tone] of [["Ada", TONES[1]], ["Ben", TONES[2]]] as const) {
      const page = await device();
      await giveTone(page, tone);
      const student = await Student.join(page, await teacher.link(), name, true);
      classroom.students.push(student);
      students.push(new Voiced<Student>(student, tone));
    }
    // With somebody here the page does not begin with how to join, which would lie over what comes next.
    await giveTone(teacher.page, TONES[0]);
    await teacher.page.reload();
    const voiced = new Voiced<Teacher>(teacher, TONES[0]);
    const [ada, ben] = students as [VoicedStudent, VoicedStudent];
    await teacher.turn("Whoever speaks is heard", true);
    await teacher.ask({ question: "Who knows?" });
    await use({ classroom, teacher: voiced, ada, ben });
  },
});

/** Has a student speak who answers the question; `again` when they have done so before. */
async function speaks(teacher: VoicedTeacher, student: VoicedStudent, again = false): Promise<void> {
  await student.room.raise();
  if (again) {
    await teacher.room.take(student.room.name);
    return;
  }
  await teacher.room.invite(student.room.name);
  await student.room.speak();
}

test("whoever accepts to speak is heard by everybody, and by nobody once the turn is over", async ({ home }) => {
  const { teacher, ada, ben } = home;
  for (const one of [teacher, ada, ben]) await one.says("You hear the class.");
  expect(await ada.asked(), "joining asks for no microphone").toBe(0);
  await speaks(teacher, ada);
  await ben.hears(ada);
  await teacher.hears(ada);
  await ada.hears();
  await ben.reads(["Ada"]);
  await ada.reads(["Ada (you)"]);
  await ada.says("Your microphone is on.");
  await teacher.room.endTurn("Ada");
  await ben.hears();
  await ben.reads([]);
  await ada.isClosed();
});

test("a teacher speaks with an open microphone, beside who has the floor", { tag: "@once" }, async ({ home }) => {
  const { teacher, ada, ben } = home;
  await teacher.says("Your microphone is off.");
  await teacher.tap("Microphone on");
  await ben.hears(teacher);
  await ben.reads(["Ms Haddad"]);
  await speaks(teacher, ada);
  await ben.hears(teacher, ada);
  await teacher.tap("Microphone off");
  await ben.hears(ada);
  await teacher.isClosed();
  await ada.room.done();
  await ben.hears();
});

test("a teacher mutes a speaker, who alone is heard again", { tag: "@once" }, async ({ home }) => {
  const { teacher, ada, ben } = home;
  await speaks(teacher, ada);
  await ben.hears(ada);
  await teacher.room.press(teacher.room.button("Mute: Ada"));
  await ada.says("A teacher has muted you.");
  await ada.isClosed();
  await ben.hears();
  await expect(teacher.room.row("Speaking", "Ada")).toContainText("muted");
  await ada.tap("Be heard again");
  await ben.hears(ada);
  // Whoever speaks may close their own.
  await ada.tap("Microphone off");
  await ada.isClosed();
  await ben.hears();
  await ada.says("Your microphone is off.");
  await ada.tap("Microphone on");
  await ben.hears(ada);
});

test("a microphone that was tried is not open for a turn that somebody else begins", { tag: "@once" }, async ({
  home,
}) => {
  const { teacher, ada, ben } = home;
  await ada.choose("Test microphone");
  await ada.says("Say something");
  await speaks(teacher, ada);
  await ben.hears(ada);
  await teacher.room.endTurn("Ada");
  await ada.isClosed();
  await ada.room.raise();
  await teacher.room.take("Ada");
  await ben.hears(ada);
});

test("nobody opens the microphone of somebody else", { tag: "@once" }, async ({ home }) => {
  const { teacher, ada, ben } = home;
  await ada.room.raise();
  await teacher.room.invite("Ada");
  // Ada is silent, and the teacher begins her turn.
  await teacher.room.press(teacher.room.button("Start turn: Ada"));
  await ada.says("Your microphone is off.");
  expect(await ada.asked()).toBe(0);
  await ada.tap("Microphone on");
  await ben.hears(ada);
  await ada.room.done();
  // A hand that goes up unprompted asks to speak.
  await teacher.room.stopAsking();
  await ben.room.raise();
  await teacher.room.take("Ben");
  await ada.hears(ben);
});

test("a microphone that is refused or missing is a sentence, and one goes on hearing", { tag: "@once" }, async ({
  home,
}) => {
  const { teacher, ada, ben } = home;
  await ada.page.evaluate(() => (window.refusal = "NotAllowedError"));
  await speaks(teacher, ada);
  await ada.says("Your browser does not let this page use the microphone.");
  await teacher.tap("Microphone on");
  await ada.hears(teacher);
  await ada.page.evaluate(() => (window.refusal = "NotFoundError"));
  await ada.tap("Microphone on");
  await ada.says("There is no microphone that this page can use.");
  await ada.page.evaluate(() => (delete window.refusal));
  await ada.tap("Microphone on");
  await ben.hears(teacher, ada);
});

test("a microphone can be tried before one speaks, and is let go of", { tag: "@once" }, async ({ home }) => {
  const { ada, ben } = home;
  await ada.choose("Test microphone");
  await ada.says("Say something");
  const level = ada.bar.getByLabel("Level");
  await expect.poll(() => level.evaluate((it) => (it as HTMLMeterElement).value)).toBeGreaterThan(0.3);
  await ben.hears();
  await ada.tap("Microphone off");
  await ada.isClosed();
  // What is not to be done now is not offered.
  for (const name of ["Microphone on", "Microphone off", "Tap to hear the class", "Be heard again"]) {
    await expect(ada.button(name)).toBeHidden();
  }
});

test("a floor that is passed on is heard each time", { tag: "@once" }, async ({ home }) => {
  const { teacher, ada, ben } = home;
  for (let turn = 0; turn < 5; turn++) {
    for (const [speaker, listener] of [[ada, ben], [ben, ada]] as const) {
      await speaks(teacher, speaker, turn > 0);
      await listener.hears(speaker);
      await speaker.room.done();
      await listener.hears();
    }
  }
});

test("in one room only the teacher’s device plays, unless a student chooses to listen", { tag: "@once" }, async ({
  home,
}) => {
  const { teacher, ada, ben } = home;
  await teacher.room.turn("We are in one room", true);
  await ben.says("You do not hear the class on this device.");
  await speaks(teacher, ada);
  await teacher.hears(ada);
  await ben.hears();
  await ben.reads(["Ada"]);
  await ben.choose("Listen");
  await ben.hears(ada);
  await ben.choose("Stop listening");
  await ben.hears();
});

test("sound comes back after a reload, a killed server and a lost network", { tag: "@once" }, async ({
  home,
  handup,
}) => {
  const { teacher, ada, ben } = home;
  await speaks(teacher, ada);
  await ben.hears(ada);
  await ben.page.reload();
  // A page that has not been touched must wait for a gesture.
  await ben.page.locator("h1").click();
  await ben.hears(ada);
  await handup.kill();
  await handup.start();
  await ben.hears(ada);
  await ada.page.reload();
  await ada.page.locator("h1").click();
  await ben.hears(ada);
  await ada.room.done();
  await ben.hears();
});

test("voice switched off ends it on every page, and the end of the class too", { tag: "@once" }, async ({ home }) => {
  const { teacher, ada, ben } = home;
  await speaks(teacher, ada);
  await ben.hears(ada);
  await teacher.room.turn("Whoever speaks is heard", false);
  await expect(ben.bar).toBeHidden();
  await ada.isClosed();
  await ben.hears();
  await teacher.room.turn("Whoever speaks is heard", true);
  await ben.hears(ada);
  await teacher.room.endClass();
  await ada.isClosed();
  await expect(ben.bar).toBeHidden();
});

test("a class without voice shows and fetches nothing of it", { tag: "@once" }, async ({ classroom, device }) => {
  const page = await device();
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(request.url()));
  await Student.join(page, await classroom.teacher.link(), "Ada", true);
  await expect(page.getByRole("region", { name: "Voice", exact: true })).toBeHidden();
  expect(fetched.filter((url) => url.includes("microphone"))).toEqual([]);
});

test.describe("on a server that carries no voices", () => {
  test.use({ serverArgs: [] });

  test("there is no switch for it", { tag: "@once" }, async ({ classroom }) => {
    const menu = await classroom.teacher.menu();
    await expect(menu.getByRole("switch", { name: "Lock the class" })).toBeVisible();
    await expect(menu.getByRole("switch", { name: "Whoever speaks is heard" })).toBeHidden();
  });
});
