// How long somebody may speak: told on every page, made longer by a tap, and cut only where that is chosen.

import { expect, type Teacher, test } from "./class.ts";

const clock = (teacher: Teacher) => teacher.page.locator(".speaking .turn .time");

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("the class’s limit counts down for the speaker and the teacher", async ({ classroom }) => {
      const { teacher } = classroom;
      const [ada] = await classroom.studentsNamed("Ada");
      await teacher.choose("Speaking limit", "2 min");
      await ada.look();
      await ada.raise();
      await teacher.look();
      await teacher.take("Ada");
      await teacher.look();
      await expect(clock(teacher)).toHaveText(/^(2:00|1:\d\d)$/);
      await ada.look();
      await expect(ada.page.locator(".state .time")).toHaveText(/^(2:00|1:\d\d)$/);
      await expect(teacher.button("+30 s: Ada")).toBeHidden();
      await teacher.choose("Speaking limit", "none");
      await expect(clock(teacher)).toHaveText(/^0:\d\d$/);
      await ada.look();
      await ada.done();
    });
  });
}

test("over time is told and not cut, half a minute more is a tap, and a turn ends by itself where that is chosen", { tag: "@once" }, async ({
  classroom,
  handup,
}) => {
  const { teacher } = classroom;
  const [ada, ben] = await classroom.studentsNamed("Ada", "Ben");
  await ada.raise();
  await teacher.take("Ada");
  // A limit that is over within the test is a program’s to set.
  const sets = (settings: object) =>
    teacher.page.evaluate(async (settings) => {
      const path = `/api/v1/groups/${location.pathname.split("/")[2] ?? ""}`;
      const headers = { "content-type": "application/json" };
      const answer = await fetch(path, { method: "PATCH", headers, body: JSON.stringify({ settings }) });
      return answer.status;
    }, settings);
  expect(await sets({ speakingLimit: 1 })).toBe(200);
  for (const page of [teacher.page, ada.page]) {
    await expect(page.locator(".turn-limit .time")).toHaveText(/^over by \d:\d\d$/);
  }
  await classroom.everybodySees({ hands: [], speaking: ["Ada"] });
  await teacher.tap("+30 s: Ada");
  await expect(clock(teacher)).toHaveText(/^0:\d\d$/);
  await handup.kill();
  await handup.start();
  await classroom.everybodyIsLive();
  await expect(ada.page.locator(".turn-limit .time")).toHaveText(/0:\d\d$/);

  // This turn has no limit, whatever the class has, and so does not end by itself.
  await teacher.openPanel();
  const about = await teacher.about("Ada");
  const none = about.getByRole("group", { name: "Limit of this turn" }).getByRole("button", { name: "none" });
  await teacher.press(none);
  await expect(none).toHaveAttribute("aria-pressed", "true");
  await teacher.page.keyboard.press("Escape");
  await teacher.closePanel();
  expect(await sets({ endByItself: true })).toBe(200);
  await classroom.everybodySees({ hands: [], speaking: ["Ada"] });
  await expect(clock(teacher)).toHaveText(/^\d:\d\d$/);
  await teacher.endTurn("Ada");
  // The class's limit of a second ends the next one.
  await ben.raise();
  await teacher.press(teacher.button(/^(Next|Invite to speak): Ben$/));
  await expect(teacher.hands).toHaveCount(0);
  await classroom.everybodySees({ hands: [] });
  await ben.mayTap("Raise hand");
});
