// A press does what it was aimed at, by pointer and by keyboard, and the focus falls on something.

import { expect, type Room, test } from "./class.ts";

/** Two clicks on one point, whatever is there the second time. */
async function clickTwice(room: Room, name: string | RegExp, pause: number): Promise<void> {
  const button = room.button(name);
  await expect(button).not.toHaveAttribute("data-settling");
  await button.scrollIntoViewIfNeeded();
  const box = await button.boundingBox();
  if (!box) throw new Error("the button is not shown");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const { mouse } = room.page;
  await mouse.click(x, y);
  // Time is what is tried here: somebody's finger comes down again after this long.
  await room.page.evaluate((ms) => new Promise((done) => setTimeout(done, ms)), pause);
  await mouse.click(x, y);
}

for (const pause of [60, 200, 400, 600]) {
  test(`two presses ${pause} ms apart are one @once`, async ({ classroom }) => {
    const { teacher } = classroom;
    const [ada, ben] = await classroom.studentsNamed("Ada", "Ben");
    // Unasked.
    await clickTwice(ada, "Raise hand", pause);
    await clickTwice(ben, "Raise hand", pause);
    await classroom.everybodySees({ hands: ["Ada", "Ben"] });
    await expect(ada.button("Lower hand")).not.toHaveAttribute("data-settling");
    await classroom.everybodySees({ hands: ["Ada", "Ben"] });
    // An unprompted hand is taken by a press, and the next one comes under the finger.
    await clickTwice(teacher, "Next: Ada", pause);
    await classroom.everybodySees({ hands: ["Ben"], speaking: ["Ada"] });
    await expect(teacher.button("Next: Ben")).not.toHaveAttribute("data-settling");
    await classroom.everybodySees({ hands: ["Ben"], speaking: ["Ada"] });
    await teacher.endTurn("Ada");
    await teacher.lower("Ben");
    // Asked.
    await teacher.ask();
    await clickTwice(ada, "Raise hand", pause);
    await classroom.everybodySees({ hands: ["Ada"] });
    await teacher.invite("Ada");
    await clickTwice(ada, "Speak", pause);
    await classroom.everybodySees({ hands: [], speaking: ["Ada"] });
    await expect(ada.button("I’m done")).not.toHaveAttribute("data-settling");
    await classroom.everybodySees({ hands: [], speaking: ["Ada"] });
    // Another sight: a menu that comes, with what ends the class in it.
    await clickTwice(teacher, "Menu", pause);
    await expect(teacher.button("Menu")).toBeVisible();
    await classroom.everybodySees({ hands: [], speaking: ["Ada"] });
  });
}

test("a press where a row has just been reaches nobody else @once", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, , cy] = await classroom.studentsNamed("Ada", "Bo", "Cy", "Di");
  for (const student of classroom.students) await student.raise();
  await classroom.everybodySees({ hands: ["Ada", "Bo", "Cy", "Di"] });
  const aimed = teacher.button("Invite to speak: Cy");
  await expect(aimed).not.toHaveAttribute("data-settling");
  await aimed.scrollIntoViewIfNeeded();
  const box = await aimed.boundingBox();
  if (!box) throw new Error("the button is not shown");
  await ada.lower();
  await expect(teacher.hands).toHaveText(["Bo", "Cy", "Di"]);
  await teacher.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await classroom.everybodySees({ hands: ["Bo", "Cy", "Di"] });
  // It is not lost for longer than that moment.
  await teacher.take("Cy");
  await cy.isTold("You are speaking.");
  await classroom.everybodySees({ hands: ["Bo", "Di"], speaking: ["Cy"] });
});

test("by keyboard: a second press undoes nothing, and a held key is one press @once", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada] = await classroom.studentsNamed("Ada", "Ben");
  const { keyboard } = ada.page;
  await expect(ada.button("Raise hand")).not.toHaveAttribute("data-settling");
  await ada.button("Raise hand").focus();
  await keyboard.press("Enter");
  await expect(ada.button("Lower hand")).toBeFocused();
  await keyboard.press("Enter");
  await classroom.everybodySees({ hands: ["Ada"] });
  // The first press after that moment counts. To look at the list took the focus.
  await expect(ada.button("Lower hand")).not.toHaveAttribute("data-settling");
  await ada.button("Lower hand").focus();
  await keyboard.press("Enter");
  await classroom.everybodySees({ hands: [] });
  // A key that is held repeats.
  const asked: string[] = [];
  teacher.page.on("request", (request) => {
    if (request.url().endsWith("/do/act")) asked.push(request.postData() ?? "");
  });
  await teacher.page.getByLabel(/^Question/).fill("What is a mole?");
  await teacher.page.getByLabel(/^Question/).focus();
  for (let times = 0; times < 8; times += 1) await teacher.page.keyboard.down("Enter");
  await teacher.page.keyboard.up("Enter");
  await expect(teacher.button("Stop asking")).toBeVisible();
  expect(asked).toHaveLength(1);
});

test("a focus that is lost because of somebody else falls on what is next @once", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada] = await classroom.studentsNamed("Ada", "Ben");
  await ada.raise();
  await teacher.button("Lower: Ada").focus();
  await ada.lower();
  await expect(teacher.hands).toHaveCount(0);
  await expect(teacher.page.locator(":focus")).toHaveCount(1);
  await expect(teacher.page.locator("main :focus, h1:focus")).toHaveCount(1);
  // The class ends for everybody, and its dialog has the focus.
  await ada.button("Raise hand").focus();
  await teacher.endClass();
  const over = ada.page.getByRole("alertdialog", { name: "Class is over." });
  await expect(over.getByRole("link", { name: "To the start" })).toBeFocused();
});

test("a press beside a dialog closes it, and does nothing else", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada] = await classroom.studentsNamed("Ada", "Ben");
  await ada.raise();
  const next = teacher.button("Next: Ada");
  await expect(next).not.toHaveAttribute("data-settling");
  const box = await next.boundingBox();
  if (!box) throw new Error("the button is not shown");
  const middle = [box.x + box.width / 2, box.y + box.height / 2] as const;
  await teacher.button("Menu").click();
  const menu = teacher.page.getByRole("dialog", { name: "Menu", exact: true });
  await expect(menu).toBeVisible();
  // On a phone the sheet fills the page.
  const isBeside = await menu.evaluate(
    (it, [x, y]) => !it.contains(document.elementFromPoint(x, y)),
    middle,
  );
  if (!isBeside) return;
  await teacher.page.mouse.click(...middle);
  await expect(menu).toBeHidden();
  await expect(next).toBeVisible();
  await classroom.everybodySees({ hands: ["Ada"] });
  await teacher.page.mouse.click(...middle);
  await classroom.everybodySees({ hands: [], speaking: ["Ada"] });
});

test("whoever asks something new types at once, and what a key opens has the focus", { tag: "@once" }, async ({
  classroom,
}) => {
  const { teacher } = classroom;
  const { keyboard } = teacher.page;
  await classroom.student("Ada");
  await teacher.ask({ question: "Why?" });
  const question = teacher.page.locator(".next-question > summary");
  await expect(question).not.toHaveAttribute("data-settling");
  await question.focus();
  await keyboard.press("Enter");
  await keyboard.type("And why not? A, E, L, P, S");
  await expect(teacher.page.getByLabel(/^Question/)).toHaveValue("And why not? A, E, L, P, S");
  await teacher.page.getByLabel(/^Question/).fill("");
  await teacher.button("Menu").focus();
  await keyboard.press("c");
  await expect(teacher.panel).toBeVisible();
  await expect(teacher.panel.locator(":focus")).toHaveCount(1);
});
