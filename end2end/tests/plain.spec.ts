// The story once more with JavaScript off: plain forms, and pages that are loaded anew.

import { type Classroom, expect, test } from "./class.ts";

test.use({ javaScriptEnabled: false });

/** Nobody's page claims to be live. */
async function nobodyClaimsToBeLive({ everybody }: Classroom): Promise<void> {
  for (const { page } of everybody) {
    await expect(page.locator("[data-connection]")).not.toHaveAttribute("data-connection", "live");
    await expect(page.getByText(/^This page is not live in your browser/)).toBeVisible();
    await expect(page.getByRole("link", { name: "Reload" })).toBeVisible();
  }
}

test("a class from its start to its end, without JavaScript", async ({ classroom, handup }) => {
  const { teacher } = classroom;
  await teacher.openShare();
  await expect(teacher.page.getByText(/^No other device can open this address/)).toBeVisible();
  await teacher.closeShare();
  const code = await teacher.code();
  expect(await teacher.link()).toBe(`${handup.url}/join/${code.replace("-", "")}`);
  const [ada, noor, sam] = await classroom.studentsNamed("Ada", "Noor", "Sam");
  await classroom.everybodySees({ hands: [] });
  await nobodyClaimsToBeLive(classroom);

  // Asked, all have the question and the time that is left.
  await teacher.ask({ question: "Why is the sky blue?", limit: "3 minutes" });
  for (const student of [ada, noor, sam]) {
    await student.mayTap("Raise hand", "Not now");
    await expect(student.page.getByText("Why is the sky blue?")).toBeVisible();
    await expect(student.countdown).toHaveText(/^(3:00|2:[0-5]\d)$/);
  }

  // Raised, in the one order; lowered, and up again.
  await noor.raise();
  await ada.raise();
  await sam.notNow();
  await classroom.everybodySees({ hands: ["Noor", "Ada"] });
  await sam.looksAtList(["Noor", "Ada"]);
  await ada.hasPlace(2, 2);
  await noor.lower();
  await noor.raise();
  await classroom.everybodySees({ hands: ["Ada", "Noor"] });

  // Invited: passed, called off, taken.
  await teacher.invite("Ada");
  await ada.isTold("Ms Haddad calls on you.");
  await ada.mayTap("Speak", "Pass, keep place");
  await ada.pass();
  await classroom.everybodySees({ hands: ["Ada", "Noor"] });
  await teacher.invite("Ada");
  await teacher.skip("Ada");
  await ada.mayTap("Lower hand");
  await teacher.invite("Ada");
  await ada.look();
  await ada.speak();
  await classroom.everybodySees({ hands: ["Noor"], speaking: ["Ada"] });
  await ada.done();
  await classroom.everybodySees({ hands: ["Noor"] });

  // An unprompted hand: taken, and the turn ended by the teacher.
  await sam.raise();
  await classroom.everybodySees({ hands: ["Noor", "Sam"] });
  await teacher.take("Sam");
  await sam.mayTap("I’m done");
  await classroom.everybodySees({ hands: ["Noor"], speaking: ["Sam"] });
  await teacher.endTurn("Sam");
  await classroom.everybodySees({ hands: ["Noor"] });
  await teacher.lower("Noor");
  await classroom.everybodySees({ hands: [] });

  // Nothing is asked any more, and the class is over.
  await teacher.stopAsking();
  await teacher.clear();
  for (const student of [ada, noor, sam]) {
    await student.mayTap("Raise hand");
    await expect(student.page.getByText("Why is the sky blue?")).toBeHidden();
  }
  await teacher.endClass();
  for (const student of [ada, noor, sam]) await student.isOver();
});

test("the first hand takes it, without JavaScript", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await teacher.closeFloor();
  for (const student of [ada, noor]) await student.mayTap();
  await teacher.ask({ first: true });
  for (const student of [ada, noor]) await student.mayTap("Raise hand", "Not now");
  await noor.raise();
  // Whose page is behind is told so, beside how things stand now.
  await ada.tap("Raise hand");
  await expect(ada.problem).toHaveText(/^(That was already settled|Hands are not being taken)/);
  await expect(ada.hands).toHaveText(["Noor"]);
  await classroom.everybodySees({ hands: ["Noor"] });
  await ada.mayTap();
  await teacher.openFloor();
  await ada.mayTap("Raise hand");
  await teacher.lower("Noor");
  await classroom.everybodySees({ hands: [] });
});

test("who is in the class, without JavaScript", { tag: "@once" }, async ({ classroom, device }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await ada.raise();
  await noor.raise();

  // A locked class says so, and keeps what was typed.
  const link = await teacher.link();
  await teacher.lock();
  const late = await device();
  await late.goto(link);
  const name = late.getByLabel("Your first name");
  await name.fill("Mei");
  await late.getByRole("button", { name: "Join the class" }).click();
  await expect(late.getByRole("alert")).toHaveText(/^The class is locked/);
  await expect(name).toHaveValue("Mei");
  await expect(name).toHaveAccessibleDescription(/^The class is locked/);
  await teacher.unlock();

  // A new code: the old one is dead.
  await teacher.newCode();
  await late.goto(link);
  await expect(late.getByRole("alert")).toHaveText(/^That code doesn't match a class/);
  await late.getByLabel("Class code").fill(await teacher.code());
  await late.getByRole("button", { name: "Next" }).click();
  await name.fill("Mei");
  await late.getByRole("button", { name: "Join the class" }).click();
  await expect(late.getByRole("heading", { level: 1 })).toHaveText("Biology 9B");

  // Removed.
  await teacher.look();
  await expect(teacher.row(/^Here/, "Mei")).toHaveCount(1);
  await teacher.remove("Ada");
  await ada.isOut();
  for (const room of [teacher, noor]) await room.sees({ hands: ["Noor"] });

  // A co-teacher has the teacher's room.
  await teacher.makeCoTeacher("Noor");
  await noor.look();
  await expect(noor.button("Ask for hands")).toBeVisible();
  await teacher.sees({ hands: [] });

  // One leaves.
  await late.getByRole("button", { name: "More" }).click();
  await late.getByRole("button", { name: "Leave the class" }).click();
  await late.getByRole("button", { name: "Leave", exact: true }).click();
  await expect(late).toHaveURL("/");
  await teacher.look();
  await expect(teacher.row(/^Here/, "Mei")).toHaveCount(0);
});

test("a teacher takes another device, without JavaScript", { tag: "@once" }, async ({ classroom, device }) => {
  const link = await classroom.teacher.linkForAnotherDevice();
  const other = await device();
  await other.goto(link);
  await other.getByRole("button", { name: "Go on here" }).click();
  await expect(other.getByRole("button", { name: "Ask for hands" })).toBeVisible();
  expect(other.url()).toBe(classroom.teacher.page.url());
});

test.describe("what is wrong is said beside the field, with what was typed still there", () => {
  const blank = "   ";
  const long = "x".repeat(65);

  test("when a class is started", { tag: "@once" }, async ({ device }) => {
    const page = await device();
    const [name, teacher] = [page.getByLabel("Class name"), page.getByLabel("Your name")];
    const start = page.getByRole("button", { name: "Start the class" });
    await page.goto("/start");

    await name.fill(blank);
    await teacher.fill("Ms Haddad");
    await start.click();
    await expect(name).toHaveAccessibleDescription("Give your class a name, like “Biology 9B”.");
    await expect(name).toHaveAttribute("aria-invalid", "true");
    await expect(teacher).toHaveValue("Ms Haddad");
    await expect(teacher).not.toHaveAttribute("aria-invalid");

    await name.fill("Biology & <b>9B</b>");
    await teacher.fill(blank);
    await start.click();
    await expect(teacher).toHaveAccessibleDescription(
      "Type your name, so that the class knows who you are.",
    );
    await expect(name).toHaveValue("Biology & <b>9B</b>");
    await expect(name).not.toHaveAttribute("aria-invalid");

    // A browser keeps to the field's length; a program does not.
    for (const field of [name, teacher]) {
      await field.evaluate((input) => input.removeAttribute("maxlength"));
    }
    await name.fill(long);
    await teacher.fill("Ms Haddad");
    await start.click();
    await expect(name).toHaveAccessibleDescription(/^That name is too long/);
    await expect(name).toHaveValue(long);
    await expect(teacher).toHaveValue("Ms Haddad");
    await expect(page.getByRole("alert")).toHaveCount(1);
  });

  test("when a class is joined", { tag: "@once" }, async ({ classroom, device }) => {
    const page = await device();
    await page.goto("/");
    await page.getByLabel("Have a code?").fill("no such");
    await page.getByRole("button", { name: "Join", exact: true }).click();
    const code = page.getByLabel("Class code");
    await expect(code).toHaveAccessibleDescription(
      "That code doesn't match a class. Check it with your teacher. Codes never have 0, O, 1, I or L.",
    );
    await expect(code).toHaveValue("no such");

    await code.fill(await classroom.teacher.code());
    await page.getByRole("button", { name: "Next" }).click();
    const name = page.getByLabel("Your first name");
    const join = page.getByRole("button", { name: "Join the class" });
    await name.fill(blank);
    await join.click();
    await expect(name).toHaveAccessibleDescription(/^Type your name/);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Biology 9B");

    await name.evaluate((input) => input.removeAttribute("maxlength"));
    await name.fill(long);
    await join.click();
    await expect(name).toHaveAccessibleDescription(/^That name is too long/);
    await expect(name).toHaveValue(long);

    await name.fill("Ada");
    await join.click();
    await expect(page.getByRole("button", { name: "Raise hand" })).toBeVisible();
  });

  test("when a question is asked", { tag: "@once" }, async ({ classroom }) => {
    const { page } = classroom.teacher;
    const question = page.getByLabel(/^Question/);
    const asked = "Why? ".repeat(3_000);
    await question.evaluate((input) => input.removeAttribute("maxlength"));
    await question.fill(asked);
    await classroom.teacher.tap("Ask for hands");
    await expect(page.getByRole("alert")).toHaveText(
      "That question is too long. Shorten it and ask again.",
    );
    await expect(question).toHaveValue(asked);
  });
});
