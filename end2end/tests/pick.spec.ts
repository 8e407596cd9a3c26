// Picking who speaks: by fairness, by lot, of hands or of everybody, and what both sides read of it.

import { expect, type Student, type Teacher, test } from "./class.ts";

/** Has a student who is called speak, and be done. */
async function turn(student: Student): Promise<void> {
  await student.look();
  await student.speak();
  await student.done();
}

/** The row in which somebody stands who is called and silent, wherever it is. */
const called = (teacher: Teacher, name: string) =>
  teacher.page.locator(".hands > li, .silent li").filter({ hasText: name });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("a fair pick tells both why", async ({ classroom }) => {
      const { teacher } = classroom;
      const [ada, ben, cem] = await classroom.studentsNamed("Ada", "Ben", "Cem");
      await teacher.look();
      await expect(teacher.button("Pick")).toBeHidden();
      await teacher.ask({ question: "Why is the sky blue?" });
      for (const student of [ada, ben, cem]) {
        await student.look();
        await student.raise();
      }

      await teacher.look();
      await teacher.next("Ada");
      await turn(ada);
      await ada.raise();
      await teacher.pick("Fair pick");
      await teacher.look();
      await expect(called(teacher, "Ben")).toContainText("no turn yet");
      await ben.isTold("You have had no turn yet.");
      await turn(ben);
      await ben.raise();
      await teacher.pick("Fair pick");
      await cem.isTold("Ms Haddad calls on you.");
      await turn(cem);

      // One turn each; Ada’s was the longest ago.
      await teacher.pick("Fair pick");
      await ada.isTold("Your last turn was the longest ago.");
      await teacher.look();
      await expect(called(teacher, "Ada")).toContainText("longest since a turn");
      // Somebody else, in the place of Ada, who keeps her place.
      await teacher.tap("Pick again: Ada");
      await ada.isTold("Your hand is up.");
      await ben.isTold("Ms Haddad calls on you.");
      await classroom.everybodySees({ hands: ["Ada", "Ben"] });
      await turn(ben);
      await teacher.look();
      await expect(teacher.page.locator(".share")).toHaveText("3 have spoken. All have raised a hand.");
    });

    test("by lot everybody is drawn once", { tag: "@once" }, async ({ classroom }) => {
      const { teacher } = classroom;
      const students = await classroom.studentsNamed("Ada", "Ben", "Cem");
      await teacher.ask({ question: "And now?" });
      const drawn = new Set<string>();
      for (let round = 0; round < 3; round++) {
        await teacher.pick("Random student");
        await teacher.look();
        await expect(teacher.page.locator(".silent li")).toContainText("drawn at random");
        const name = await teacher.page.locator(".silent li bdi").first().innerText();
        const student = students.find((it) => it.name === name);
        if (!student) throw new Error(`${name} is nobody`);
        drawn.add(name);
        await student.isTold("You were drawn at random.");
        await turn(student);
      }
      expect([...drawn].sort()).toEqual(["Ada", "Ben", "Cem"]);
    });

    test("whoever cannot be picked is not, and that is said", { tag: "@once" }, async ({ classroom }) => {
      const { teacher } = classroom;
      const [ada, ben] = await classroom.studentsNamed("Ada", "Ben");
      await teacher.ask();
      for (const student of [ada, ben]) {
        await student.look();
        await student.raise();
      }
      for (const student of [ada, ben]) {
        await teacher.look();
        await teacher.pick("Fair pick");
        await student.isTold("You have had no turn yet.");
        await student.pass();
      }
      await teacher.pick("Fair pick");
      await expect(teacher.problem).toContainText("There is nobody to pick.");
      await teacher.sees({ hands: ["Ada", "Ben"] });
    });
  });
}

test("in fair order whoever had the fewest turns is next, and the list keeps its order", { tag: "@once" }, async ({
  classroom,
}) => {
  const { teacher } = classroom;
  const [ada, ben, cem] = await classroom.studentsNamed("Ada", "Ben", "Cem");
  await teacher.ask({ question: "Why?" });
  for (const student of [ada, ben, cem]) await student.raise();
  await teacher.button("All hands").click();
  const order = teacher.page.getByRole("switch", { name: "Fair order" });
  await order.click();
  await expect(order).toHaveAttribute("aria-checked", "true");
  await teacher.page.keyboard.press("Escape");
  await teacher.next("Ada");
  await turn(ada);
  await ada.raise();
  await teacher.next("Ben");
  await turn(ben);
  await teacher.lower("Ada");
  await ada.raise();
  await ben.raise();
  // Cem has waited with the first hand; Ada and Ben have had a turn each.
  await teacher.next("Cem");
  await turn(cem);
  await cem.raise();
  await classroom.everybodySees({ hands: ["Ada", "Ben", "Cem"] });
  await expect(teacher.button("Next: Ada")).toBeVisible();
  await teacher.reload();
  await expect(teacher.button("Next: Ada")).toBeVisible();
});

test("the class panel shows who has not raised a hand and who has had no turn", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, ben] = await classroom.studentsNamed("Ada", "Ben", "Cem");
  const chip = (name: string) => teacher.panel.getByRole("button", { name, exact: true });
  const names = teacher.panel.locator(".members .member bdi");
  await teacher.openPanel();
  await expect(chip("No hand yet 3")).toBeHidden();
  await ada.raise();
  await ben.raise();
  await chip("No hand yet 1").click();
  await expect(names).toHaveText(["Cem"], { useInnerText: true });
  await expect(chip("No turn yet 3")).toBeHidden();
  await teacher.closePanel();
  await teacher.take("Ada");
  await ada.done();
  await expect(teacher.page.locator(".share")).toHaveText("1 has spoken. 1 has not raised a hand yet.");
  await teacher.openPanel();
  await chip("No turn yet 2").click();
  await expect(names).toHaveText(["Ben", "Cem"], { useInnerText: true });
  await chip("All").click();
  const about = await teacher.about("Ada");
  await expect(about).toContainText("So far: hands 1, turns 1");
});

test("a student reads no more of the tally than their own share", { tag: "@once" }, async ({ classroom }) => {
  const [ada] = await classroom.studentsNamed("Ada", "Ben");
  await ada.raise();
  await classroom.teacher.take("Ada");
  const tally = (room: { page: import("@playwright/test").Page }) =>
    room.page.evaluate(async () => (await fetch(`${location.pathname}/tally.json`)).json());
  expect((await tally(classroom.teacher)).members).toHaveLength(2);
  expect((await tally(ada)).members).toEqual([
    expect.objectContaining({ hands: 1, turns: 1, drawn: 0 }),
  ]);
});

test("a teacher raises hands for others, in the order of the taps, and they read by whom", async ({
  classroom,
}) => {
  const { teacher } = classroom;
  const [ada, ben] = await classroom.studentsNamed("Ada", "Ben");
  await teacher.ask({ question: "Who has the answer on paper?" });
  await teacher.openPanel();
  await teacher.tap("Raise hand: Ben");
  await expect(teacher.button("Lower: Ben").first()).toBeVisible();
  await teacher.tap("Raise hand: Ada");
  await ben.isTold("Ms Haddad raised your hand.");
  await ben.mayTap("Lower hand");
  await classroom.everybodySees({ hands: ["Ben", "Ada"] });
  await teacher.press(teacher.panel.getByRole("button", { name: "Lower: Ben" }));
  await ben.isTold("Ms Haddad lowered your hand.");
  await teacher.closePanel();
  await ada.isTold("Your hand is up.");
  await classroom.everybodySees({ hands: ["Ada"] });
});

test("where phones are put away names are tapped, in the order of the taps", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  await classroom.studentsNamed("Ada", "Ben", "Cem");
  await teacher.openPanel();
  await teacher.page.getByLabel("Tap names").check();
  for (const name of ["Cem", "Ada", "Ben"]) {
    const tile = teacher.button(`Raise hand: ${name}`);
    const { width = 0, height = 0 } = (await tile.boundingBox()) ?? {};
    expect(width).toBeGreaterThanOrEqual(112);
    expect(height).toBeGreaterThanOrEqual(56);
    await teacher.press(tile);
    await expect(teacher.panel.getByRole("button", { name: `Lower: ${name}` })).toBeVisible();
  }
  await teacher.closePanel();
  await classroom.everybodySees({ hands: ["Cem", "Ada", "Ben"] });
});
