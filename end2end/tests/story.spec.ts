// The whole story: a teacher, several students, one order of hands for all.

import { expect, Student, tapTogether, Teacher, test } from "./class.ts";

test("a class from its start to its end", async ({ classroom, handup }) => {
  const { teacher } = classroom;

  // A class has a code, a link and a QR code of it, and says what to do with them.
  await expect(teacher.page.getByRole("heading", { level: 1 })).toHaveText("Biology 9B");
  const code = await teacher.code();
  expect(code).toMatch(/^[A-HJ-KM-NP-Z2-9]{3}-[A-HJ-KM-NP-Z2-9]{3}$/);
  expect(await teacher.link()).toBe(`${handup.url}/join/${code.replace("-", "")}`);
  // This server listens to its own machine alone: a QR code would lead phones to themselves.
  await teacher.openShare();
  await expect(teacher.share.getByText(/^No other device can open this address/)).toBeVisible();
  await expect(teacher.page.getByRole("img", { name: /^QR code/ })).toHaveCount(0);
  await teacher.closeShare();

  // Students open the link, type a name and are in.
  const [ada, noor, sam] = await classroom.studentsNamed("Ada Lovelace", "Noor", "Sam");
  for (const { name } of classroom.students) {
    await expect(teacher.row(/^Here/, name)).toContainText(", connected");
  }
  await expect(teacher.page.locator(".class-place")).toContainText("3");
  await classroom.everybodySees({ hands: [] });

  // Every student sees the request at once, with the question and the countdown.
  await teacher.ask({ question: "Why is the sky blue?", limit: "1 minute" });
  for (const room of classroom.everybody) {
    await expect(room.page.getByText("Why is the sky blue?")).toBeVisible();
    await expect(room.countdown).toHaveText(/^(1:00|0:[0-5]\d)$/);
  }
  for (const student of classroom.students) await student.mayTap("Raise hand", "Not now");
  const before = await ada.secondsLeft();
  await expect.poll(() => ada.secondsLeft()).toBeLessThan(before);

  // Those who raise a hand are on everybody's list, in the order of their taps.
  await noor.raise();
  await ada.raise();
  await classroom.everybodySees({ hands: ["Noor", "Ada Lovelace"] });
  for (const student of classroom.students) {
    await student.looksAtList(["Noor", "Ada Lovelace"]);
  }
  await expect(teacher.page.getByRole("heading", { name: /^Raised hands: 2\s?of 3 here$/ })).toBeVisible();
  await noor.hasPlace(1, 2);
  await ada.hasPlace(2, 2);
  await noor.mayTap("Lower hand");

  // One says no, and is on no list.
  await sam.notNow();
  await classroom.everybodySees({ hands: ["Noor", "Ada Lovelace"] });

  // Called on, one may pass and keeps the place.
  await teacher.invite("Noor");
  await noor.isTold("Ms Haddad calls on you.");
  await noor.mayTap("Speak", "Pass, keep place");
  await classroom.everybodySees({ hands: ["Noor", "Ada Lovelace"] });
  await noor.pass();
  await expect(teacher.row(/^Raised/, "Noor")).toContainText("passed");
  await noor.mayTap("Lower hand");
  await classroom.everybodySees({ hands: ["Noor", "Ada Lovelace"] });

  // Called on, one may speak: the hand comes down, and everybody sees who has the floor.
  await teacher.invite("Ada Lovelace");
  await ada.speak();
  await ada.isTold("You are speaking.");
  await classroom.everybodySees({ hands: ["Noor"], speaking: ["Ada Lovelace"] });
  await expect(teacher.row("Speaking", "Ada Lovelace")).toContainText(/\d:\d\d/);
  await noor.isTold("Your hand is up.");

  // The teacher ends a turn; a speaker ends their own.
  await teacher.endTurn("Ada Lovelace");
  await classroom.everybodySees({ hands: ["Noor"] });
  await expect(ada.button("I’m done")).toBeHidden();
  await teacher.invite("Noor");
  await noor.speak();
  await classroom.everybodySees({ hands: [], speaking: ["Noor"] });
  await noor.done();
  await classroom.everybodySees({ hands: [] });

  // Nothing is asked any more: the question stays until it is cleared.
  await teacher.stopAsking();
  for (const room of classroom.everybody) {
    await expect(room.page.getByText("Why is the sky blue?")).toBeVisible();
    await expect(room.page.getByText("Closed", { exact: false }).first()).toBeVisible();
    await expect(room.countdown).toBeHidden();
  }
  await teacher.clear();
  for (const room of classroom.everybody) {
    await expect(room.page.getByText("Why is the sky blue?")).toBeHidden();
  }

  // Another round, without a question and without a limit.
  await teacher.ask();
  for (const student of classroom.students) {
    await student.mayTap("Raise hand", "Not now");
    await student.isTold("Who wants to answer?");
    // Nor a frame around nothing.
    await expect(student.page.locator(".question")).toHaveCount(0);
  }
  for (const room of classroom.everybody) await expect(room.countdown).toBeHidden();
  await sam.raise();
  await classroom.everybodySees({ hands: ["Sam"] });

  // The class ends, on every page.
  await teacher.endClass();
  for (const student of classroom.students) await student.isOver();
  await sam.page.reload();
  await sam.isOver();
});

test("hands that go up at once have one order, the same for all", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  await classroom.studentsNamed("Ada", "Noor", "Sam", "Mei");
  await teacher.ask({ question: "Ready?" });
  for (const student of classroom.students) await student.mayTap("Raise hand", "Not now");
  await tapTogether(classroom.students, "Raise hand");
  await expect(teacher.hands).toHaveCount(4);
  const order = await teacher.hands.allInnerTexts();
  expect(order.toSorted()).toEqual(["Ada", "Mei", "Noor", "Sam"]);
  await classroom.everybodySees({ hands: order });
  for (const student of classroom.students) {
    await student.hasPlace(order.indexOf(student.name) + 1, 4);
  }
});

test("the first hand takes it", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor, sam] = await classroom.studentsNamed("Ada", "Noor", "Sam");
  await teacher.ask({ question: "Which planet is the largest?", first: true });
  for (const student of [ada, noor, sam]) {
    await student.isTold("Quick: the first hand takes it.");
    await student.mayTap("Raise hand", "Not now");
  }
  await noor.raise();
  await classroom.everybodySees({ hands: ["Noor"] });
  for (const student of [ada, sam]) {
    await expect(student.page.getByText("Which planet is the largest?")).toBeVisible();
    await expect(student.button("Not now")).toBeHidden();
  }
  // The panel stays, and says whose hand it was.
  await expect(teacher.page.getByText("Which planet is the largest?")).toBeVisible();
  await expect(teacher.page.getByText("First: Noor")).toBeVisible();
  await expect(teacher.button("Ask again")).toBeVisible();
  await teacher.invite("Noor");
  await noor.speak();
  await classroom.everybodySees({ hands: [], speaking: ["Noor"] });
  await noor.done();
  await classroom.everybodySees({ hands: [] });
});

test("two tap the buzzer at once: one hand is up", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  // Unprompted hands would be a second way up.
  await teacher.closeFloor();
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await teacher.ask({ first: true });
  for (const student of [ada, noor]) await student.mayTap("Raise hand", "Not now");
  await tapTogether([ada, noor], "Raise hand");
  await expect(teacher.hands).toHaveCount(1);
  const [first = ""] = await teacher.hands.allInnerTexts();
  await classroom.everybodySees({ hands: [first] });
  const [winner, loser] = first === "Ada" ? [ada, noor] : [noor, ada];
  await winner.mayTap("Lower hand");
  await loser.mayTap();
});

test("a hand goes up unprompted where the class allows it", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor, sam] = await classroom.studentsNamed("Ada", "Noor", "Sam");

  // One list and one order, asked for or not.
  await ada.isTold("Raise your hand whenever you like.");
  await ada.raise();
  await teacher.ask({ question: "Any questions?" });
  await noor.raise();
  await classroom.everybodySees({ hands: ["Ada", "Noor"] });

  // To be taken is to have the turn.
  await teacher.take("Ada");
  await classroom.everybodySees({ hands: ["Noor"], speaking: ["Ada"] });
  await ada.mayTap("I’m done");
  await ada.done();
  await classroom.everybodySees({ hands: ["Noor"] });
  await noor.lower();
  await teacher.stopAsking();
  await classroom.everybodySees({ hands: [] });

  // An unprompted hand is lowered by its student, or by the teacher.
  await sam.raise();
  await noor.raise();
  await classroom.everybodySees({ hands: ["Sam", "Noor"] });
  await sam.lower();
  await classroom.everybodySees({ hands: ["Noor"] });
  await teacher.lower("Noor");
  await classroom.everybodySees({ hands: [] });
  await noor.mayTap("Raise hand");
});

test("hands only when the teacher asks", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await ada.mayTap("Raise hand");

  await teacher.closeFloor();
  for (const student of [ada, noor]) {
    await student.mayTap();
    await student.isTold("You can raise a hand when your teacher asks.");
  }

  // Whoever said "Not now" may think better of it while the round is open.
  await teacher.ask();
  await ada.notNow();
  await noor.raise();
  await ada.mayTap("Raise hand");
  await ada.raise();
  await classroom.everybodySees({ hands: ["Noor", "Ada"] });

  // A lowered hand can go up again, and has a new place.
  await noor.lower();
  await classroom.everybodySees({ hands: ["Ada"] });
  await noor.raise();
  await classroom.everybodySees({ hands: ["Ada", "Noor"] });

  // The round is over: hands that are up stay up, others stay down.
  await teacher.stopAsking();
  await classroom.everybodySees({ hands: ["Ada", "Noor"] });
  await teacher.lowerAll();
  for (const student of [ada, noor]) await student.mayTap();

  await teacher.openFloor();
  for (const student of [ada, noor]) await student.mayTap("Raise hand");
});

test("hands come down, and go up again", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor, sam] = await classroom.studentsNamed("Ada", "Noor", "Sam");
  await teacher.ask({ question: "Who has done the reading?" });
  for (const student of [ada, noor, sam]) await student.raise();
  await classroom.everybodySees({ hands: ["Ada", "Noor", "Sam"] });

  // Lowered by its student, a hand goes up again at the end of the list.
  await ada.lower();
  await classroom.everybodySees({ hands: ["Noor", "Sam"] });
  await ada.raise();
  await classroom.everybodySees({ hands: ["Noor", "Sam", "Ada"] });

  // Lowered by the teacher, too.
  await teacher.lower("Sam");
  await classroom.everybodySees({ hands: ["Noor", "Ada"] });
  await sam.raise();
  await classroom.everybodySees({ hands: ["Noor", "Ada", "Sam"] });

  // Whoever is passed over keeps the place.
  await teacher.invite("Noor");
  await noor.mayTap("Speak", "Pass, keep place");
  await teacher.skip("Noor");
  await noor.mayTap("Lower hand");
  await classroom.everybodySees({ hands: ["Noor", "Ada", "Sam"] });

  // All at once.
  await teacher.lowerAll();
  await classroom.everybodySees({ hands: [] });
  for (const student of [ada, noor, sam]) await student.mayTap("Raise hand");
});

test("a round is over when its time is", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await teacher.ask({ question: "In ten seconds?", limit: "10 seconds" });
  await ada.raise();
  await noor.mayTap("Raise hand", "Not now");
  for (const room of classroom.everybody) {
    const timeUp = room.page.locator("main").getByText(/^Time is up/).first();
    await expect(timeUp).toBeVisible({ timeout: 20_000 });
    await expect(room.page.getByText("In ten seconds?")).toBeVisible();
    await expect(room.countdown).toBeHidden();
  }
  await expect(noor.button("Not now")).toBeHidden();
  await expect(teacher.button("Ask again")).toBeVisible();
  // Whose hand is up has answered.
  await classroom.everybodySees({ hands: ["Ada"] });
});

test("nobody new comes into a locked class", { tag: "@once" }, async ({ classroom, device }) => {
  const { teacher } = classroom;
  const ada = await classroom.student("Ada");
  const link = await teacher.link();
  await teacher.lock();

  const late = await device();
  await late.goto(link);
  await late.getByLabel("Your first name").fill("Noor");
  await late.getByRole("button", { name: "Join the class" }).click();
  await expect(late.getByRole("alert")).toHaveText(
    "The class is locked, so nobody new can join. Ask your teacher to open it.",
  );
  await expect(late.getByLabel("Your first name")).toHaveValue("Noor");

  // Whoever is in goes on.
  await ada.reload();
  await ada.raise();
  await classroom.everybodySees({ hands: ["Ada"] });

  await teacher.unlock();
  await late.getByRole("button", { name: "Join the class" }).click();
  await late.waitForURL(/\/class\//);
  await expect(teacher.row(/^Here/, "Noor")).toHaveCount(1);
});

test("a new code takes the place of the old one", { tag: "@once" }, async ({ classroom, device }) => {
  const { teacher } = classroom;
  const ada = await classroom.student("Ada");
  const [oldCode, oldLink] = [await teacher.code(), await teacher.link()];
  await teacher.newCode();
  const code = await teacher.code();
  expect(code).not.toBe(oldCode);

  // The old link is dead, and says so beside the field with the code still in it.
  const late = await device();
  await late.goto(oldLink);
  await expect(late.getByRole("alert")).toHaveText(
    "That code doesn't match a class. Check it with your teacher.",
  );
  const field = late.getByLabel("Class code");
  await expect(field).toHaveValue(oldCode.replace("-", ""));

  // The new code works as it is read aloud.
  await field.fill(code.toLowerCase());
  await late.getByRole("button", { name: "Next" }).click();
  await late.getByLabel("Your first name").fill("Noor");
  await late.getByRole("button", { name: "Join the class" }).click();
  await late.waitForURL(/\/class\//);
  await expect(teacher.row(/^Here/, "Noor")).toHaveCount(1);

  // Whoever was in stays in.
  await ada.raise();
  await classroom.everybodySees({ hands: ["Ada"] });
});

test("somebody is removed from the class", { tag: "@once" }, async ({ classroom, device }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await teacher.ask();
  await ada.raise();
  await noor.raise();
  await classroom.everybodySees({ hands: ["Ada", "Noor"] });

  await teacher.remove("Ada");
  await ada.isOut();
  // Not even where nobody looks is anybody's name.
  await expect(ada.page.locator("html")).not.toContainText(/Noor|Haddad/);
  expect(await ada.page.content()).not.toMatch(/Noor|Haddad/);
  for (const room of [teacher, noor]) await room.sees({ hands: ["Noor"] });
  await noor.isTold("Your hand is up.");
  await ada.page.reload();
  await ada.isOut();

  // The code still works for whoever is told it.
  const again = await Student.join(await device(), await teacher.link(), "Ada again", true);
  await again.sees({ hands: ["Noor"] });
  await again.mayTap("Raise hand", "Not now");
});

test("a student becomes a co-teacher", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor, sam] = await classroom.studentsNamed("Ada", "Noor", "Sam");
  await teacher.ask();
  await ada.raise();
  await noor.raise();
  await teacher.makeCoTeacher("Ada");

  // Their page becomes the teacher's room; a teacher has no hand to raise.
  const coTeacher = new Teacher(ada.page, "Ada", true);
  await expect(coTeacher.button("Stop asking")).toBeVisible();
  await coTeacher.isLive();
  await coTeacher.sees({ hands: ["Noor"] });
  for (const room of [teacher, noor, sam]) await room.sees({ hands: ["Noor"] });

  // They do what a teacher does, and the teacher sees it.
  await coTeacher.stopAsking();
  await expect(teacher.button("Ask again")).toBeVisible();
  await coTeacher.invite("Noor");
  await noor.speak();
  for (const room of [teacher, coTeacher, noor, sam]) {
    await room.sees({ hands: [], speaking: ["Noor"] });
  }
  await teacher.endTurn("Noor");
  await coTeacher.ask({ question: "Who is next?" });
  await sam.isTold("Who wants to answer?");
  await sam.raise();
  for (const room of [teacher, coTeacher, noor, sam]) await room.sees({ hands: ["Sam"] });
});

test.describe("where it is known under which address phones come", () => {
  test.use({ serverArgs: ["--public-url", "http://handup.example"] });

  test("the class has a QR code of its link", { tag: "@once" }, async ({ classroom }) => {
    const { teacher } = classroom;
    expect(await teacher.link()).toMatch(/^http:\/\/handup\.example\/join\//);
    await teacher.openShare();
    const qr = teacher.page.getByRole("img", { name: /^QR code/ });
    await expect(qr).toBeVisible();
    expect((await qr.boundingBox())?.width).toBeGreaterThanOrEqual(200);
  });
});
