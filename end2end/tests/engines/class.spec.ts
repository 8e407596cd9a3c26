// A class in the engines besides Chromium: from its start to its end, through what a school's network
// and a school's server do, and without JavaScript.

import { Wire } from "../proxy.ts";
import { expect, type Room, Student, test } from "./people.ts";

/** Says that these lists are on every page. */
async function everybodySees(everybody: Room[], hands: string[], speaking: string[] = []) {
  await Promise.all(everybody.map((room) => room.sees({ hands, speaking })));
}

test("a class from its start to its end", async ({ device, teacher }) => {
  const link = await teacher.link();
  const ada = await Student.join(await device(), link, "Ada");
  const noor = await Student.join(await device(), link, "Noor");
  const everybody = [teacher, ada, noor];
  await teacher.has(["Ms Haddad", "Ada", "Noor"]);

  // Asked, all have the question and the time that is left.
  await teacher.ask("Why is the sky blue?", "3 minutes");
  for (const student of [ada, noor]) {
    await student.reads("Why is the sky blue?");
    await student.reads(/\b2:[0-5]\d\b/);
    await student.mayTap("Raise hand", "Not now");
  }

  // One order of hands on all pages; lowered, and up again.
  await noor.raise();
  await ada.raise();
  await everybodySees(everybody, ["Noor", "Ada"]);
  await ada.tab.has(".large", ["2 of 2"]);
  await noor.tap("Lower hand");
  await everybodySees(everybody, ["Ada"]);
  await noor.raise();
  await everybodySees(everybody, ["Ada", "Noor"]);

  // Invited, one may speak, until the turn is ended.
  await teacher.invite("Ada");
  await ada.reads("Ms Haddad calls on you.");
  await ada.mayTap("Speak", "Pass, keep place");
  await ada.speak();
  await everybodySees(everybody, ["Noor"], ["Ada"]);
  await teacher.endTurn("Ada");
  await everybodySees(everybody, ["Noor"]);

  // An unprompted hand has the floor at once.
  await teacher.stopAsking();
  await ada.raise();
  await everybodySees(everybody, ["Noor", "Ada"]);
  await teacher.take("Ada");
  await everybodySees(everybody, ["Noor"], ["Ada"]);
  await ada.tap("I’m done");
  await everybodySees(everybody, ["Noor"]);

  await teacher.endClass();
  for (const student of [ada, noor]) await student.reads(/class (has ended|is over)/i);
});

test("a reload changes nothing", async ({ device, teacher }) => {
  const link = await teacher.link();
  const ada = await Student.join(await device(), link, "Ada");
  const noor = await Student.join(await device(), link, "Noor");
  await teacher.ask("Why is the sky blue?", "3 minutes");
  await noor.raise();
  await ada.raise();
  await teacher.invite("Ada");
  await ada.mayTap("Speak", "Pass, keep place");
  const everybody = [teacher, ada, noor];
  await Promise.all(everybody.map((room) => room.reload()));
  await everybodySees(everybody, ["Noor", "Ada"]);
  await teacher.tab.offers("button", "Start turn: Ada");
  await ada.mayTap("Speak", "Pass, keep place");
  await ada.speak();
  await Promise.all(everybody.map((room) => room.reload()));
  await everybodySees(everybody, ["Noor"], ["Ada"]);
  await ada.mayTap("I’m done");
});

test("a stream that is dropped comes back with what was missed", async ({ device, handup, teacher }) => {
  const link = await teacher.link();
  const ada = await Student.join(await device(), link, "Ada");
  const wire = await Wire.to(handup.url);
  const noor = await Student.join(await device({ origin: wire.url }), link, "Noor");
  await noor.raise();

  // Nothing comes through, and what there was is broken.
  wire.hold();
  wire.cut();
  await noor.isReconnecting();
  await noor.reads("your hand stays up");
  await ada.raise();
  // Whoever is not connected is invited and keeps their place.
  await teacher.reads("not connected");
  await teacher.invite("Noor");
  await everybodySees([teacher, ada], ["Noor", "Ada"]);
  wire.release();
  await noor.isLive();
  await noor.sees({ hands: ["Noor", "Ada"] });
  await noor.mayTap("Speak", "Pass, keep place");
  await noor.tap("Speak");
  await everybodySees([teacher, ada, noor], ["Ada"], ["Noor"]);
  await noor.mayTap("I’m done");
  await noor.tap("I’m done");
  await everybodySees([teacher, ada, noor], ["Ada"]);
  await wire.close();
});

test("a server that is killed and started again", async ({ device, handup, teacher }) => {
  const link = await teacher.link();
  const ada = await Student.join(await device(), link, "Ada");
  const noor = await Student.join(await device(), link, "Noor");
  const everybody = [teacher, ada, noor];
  await teacher.ask("Still there?", "3 minutes");
  await noor.raise();

  await handup.kill();
  await Promise.all(everybody.map((room) => room.isReconnecting()));
  await ada.tap("Raise hand");
  await ada.mayTap("Sending…", "Not now");

  await handup.start();
  await Promise.all(everybody.map((room) => room.isLive()));
  await everybodySees(everybody, ["Noor", "Ada"]);
  await noor.tap("Lower hand");
  await everybodySees(everybody, ["Ada"]);
});

test.describe("without JavaScript", () => {
  test.use({ hasScript: false });

  test("a class from its start to its end, and the pages around it", async ({ device, teacher }) => {
    const link = await teacher.link();
    const ada = await Student.join(await device(), link, "Ada");
    const noor = await Student.join(await device(), link, "Noor");
    const everybody = [teacher, ada, noor];
    for (const room of everybody) await room.reads("This page is not live in your browser.");

    await teacher.ask("Why is the sky blue?", "3 minutes");
    for (const student of [ada, noor]) {
      await student.mayTap("Raise hand", "Not now");
      await student.reads("Why is the sky blue?");
    }
    await noor.raise();
    await ada.raise();
    await everybodySees(everybody, ["Noor", "Ada"]);
    await teacher.invite("Ada");
    await ada.speak();
    await everybodySees(everybody, ["Noor"], ["Ada"]);
    await teacher.endTurn("Ada");
    await everybodySees(everybody, ["Noor"]);

    // What happened in class, and what a student may see of it.
    const room = await teacher.tab.path();
    await teacher.tap("Menu");
    await teacher.tab.press("link", "What happened");
    await teacher.tab.isAt(`${room}/history`);
    await teacher.tab.reads("Why is the sky blue?");
    await teacher.tab.press("link", "Back to the class");
    await teacher.tab.isAt(room);
    await ada.tap("More");
    await ada.tab.press("link", "My data");
    await ada.tab.isAt(/\/me$/);
    await ada.tab.reads("Your name in this class is Ada.");
    await ada.tab.press("link", "Back to the class");
    await ada.tab.isAt(room);

    await teacher.endClass();
    for (const student of [ada, noor]) await student.reads(/class (has ended|is over)/i);
  });

  test("what is wrong is said, with what was typed still there", async ({ device }) => {
    const tab = await device();
    await tab.goto("/start");
    await tab.fill("Class name", "Biology 9B");
    await tab.fill("Your name", "   ");
    await tab.press("button", "Start the class");
    await tab.reads("Type your name, so that the class knows who you are.");
    expect(await tab.value("Class name")).toBe("Biology 9B");
    await tab.fill("Your name", "Ms Haddad");
    await tab.press("button", "Start the class");
    await tab.isAt(/^\/class\/[^/]+$/);
    await tab.reads("0 here");
  });
});
