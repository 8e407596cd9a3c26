// Time to think, and to talk with a neighbour, before hands can go up.

import { expect, type Teacher, test } from "./class.ts";

/** Asks with time to think, or to think and then talk. */
async function asks(teacher: Teacher, how: { think?: string; pair?: boolean }, question: string) {
  await teacher.chooseOptions("none", false);
  await teacher.page.getByLabel("Think first").selectOption({ label: how.think ?? "off" });
  await teacher.page.getByLabel("Think, pair, share").setChecked(how.pair ?? false);
  await teacher.page.getByLabel(/^Question/).fill(question);
  await teacher.tap("Ask for hands");
  await expect(teacher.button("Stop asking")).toBeVisible();
}

const phase = (teacher: Teacher) => teacher.page.locator(".asked .phase");

test("hands open together when the time to think is over", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, ben] = await classroom.studentsNamed("Ada", "Ben");
  await asks(teacher, { think: "10 seconds" }, "Why is the sky blue?");
  await expect(phase(teacher)).toHaveText("Think");
  for (const student of [ada, ben]) {
    await student.isTold("Think first. Hands open together.");
    await student.mayTap();
    await expect(student.page.locator(".countdown")).toContainText(/0:0\d|0:10/);
  }
  // A program that does not wait is refused, and so is a press of an old page.
  const refused = await ada.page.evaluate(async () => {
    const body = new URLSearchParams({ group: location.pathname.split("/")[2] ?? "", deed: "raiseHand" });
    const answer = await fetch("/do/act", { method: "POST", body, headers: { accept: "application/json" } });
    return [answer.status, await answer.text()];
  });
  expect(refused).toEqual([409, '"TooEarly"']);
  // Nobody taps: the moment comes by itself, on every page.
  for (const student of [ada, ben]) await student.mayTap("Raise hand", "Not now");
  await expect(phase(teacher)).toHaveText("");
  await ben.raise();
  await ada.raise();
  await classroom.everybodySees({ hands: ["Ben", "Ada"] });
  // It is remembered how was asked.
  await teacher.reload();
  await teacher.page.locator(".next-question > summary").click();
  await expect(teacher.page.locator(".options summary .hint")).toHaveText("think 10 seconds");
});

test("each phase is ended and made longer by a tap, for everybody and after a restart", { tag: "@once" }, async ({
  classroom,
  handup,
}) => {
  const { teacher } = classroom;
  const [ada] = await classroom.studentsNamed("Ada");
  await asks(teacher, { pair: true }, "What is a mole?");
  await expect(phase(teacher)).toHaveText("Think");
  await teacher.tap("+30 s");
  await expect.poll(() => teacher.secondsLeft()).toBeGreaterThan(40);
  await teacher.tap("Next phase");
  await expect(phase(teacher)).toHaveText("Talk in pairs");
  await ada.isTold("Talk with your neighbour. Then hands open together.");
  await handup.kill();
  await handup.start();
  await classroom.everybodyIsLive();
  await ada.isTold("Talk with your neighbour. Then hands open together.");
  await teacher.tap("Open now");
  await ada.mayTap("Raise hand", "Not now");
  await ada.raise();
  await classroom.everybodySees({ hands: ["Ada"] });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the phase stands in words, and an early press is refused in words", async ({ classroom }) => {
    const { teacher } = classroom;
    const [ada] = await classroom.studentsNamed("Ada");
    await asks(teacher, { think: "30 seconds" }, "Why?");
    await ada.isTold("Think first. Hands open together.");
    await ada.mayTap();
    await expect(phase(teacher)).toHaveText("Think");
    await teacher.tap("Open now");
    await ada.look();
    await ada.raise();
    await teacher.sees({ hands: ["Ada"] });
  });
});
