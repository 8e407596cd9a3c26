// Pages that went away, networks that dropped, servers that died: all come back to the same lists,
// with no hand lost and none doubled.

import { expect, type Room, Student, tapTogether, Teacher, test } from "./class.ts";

/** Notes every state that the page claims for its connection, from now on. */
async function noteConnection(room: Room): Promise<() => Promise<string[]>> {
  const marked = await room.page.locator("[data-connection]").evaluateHandle((element) => {
    const states: string[] = [];
    const note = () => states.push(element.getAttribute("data-connection") ?? "");
    new MutationObserver(note).observe(element, { attributeFilter: ["data-connection"] });
    return states;
  });
  return () => marked.jsonValue();
}

test("a reload changes nothing", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor, sam] = await classroom.studentsNamed("Ada", "Noor", "Sam");
  await teacher.ask({ question: "Why is the sky blue?", limit: "3 minutes" });
  await noor.raise();
  await ada.raise();

  // In the middle of a round, with a hand up, with nothing answered.
  await Promise.all(classroom.everybody.map((room) => room.reload()));
  await classroom.everybodySees({ hands: ["Noor", "Ada"] });
  for (const room of classroom.everybody) {
    await expect(room.page.getByText("Why is the sky blue?")).toBeVisible();
    await expect(room.countdown).toHaveText(/^(3:00|2:[0-5]\d)$/);
  }
  await sam.mayTap("Raise hand", "Not now");
  await ada.hasPlace(2, 2);

  // Invited.
  await teacher.invite("Noor");
  await noor.mayTap("Speak", "Pass, keep place");
  await noor.reload();
  await noor.mayTap("Speak", "Pass, keep place");
  await teacher.reload();
  await expect(teacher.button("Start turn: Noor")).toBeVisible();

  // Speaking.
  await noor.speak();
  await Promise.all([noor, teacher].map((room) => room.reload()));
  await noor.mayTap("I’m done");
  await classroom.everybodySees({ hands: ["Ada"], speaking: ["Noor"] });
  await noor.done();
  await classroom.everybodySees({ hands: ["Ada"] });
});

test("two tabs of one student are one student", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  const second = new Student(await ada.page.context().newPage(), "Ada's second tab", true);
  await second.page.goto(ada.page.url());
  await second.isLive();
  await expect(teacher.page.locator(".head-count")).toHaveText("2 here");

  // What is done in one shows in the other.
  await teacher.ask({ question: "One or two?" });
  for (const tab of [ada, second]) await tab.mayTap("Raise hand", "Not now");
  await ada.raise();
  await noor.raise();
  await second.mayTap("Lower hand");
  for (const room of [...classroom.everybody, second]) await room.sees({ hands: ["Ada", "Noor"] });
  await second.hasPlace(1, 2);
  await second.lower();
  await ada.mayTap("Raise hand");
  await second.raise();
  for (const room of [...classroom.everybody, second]) await room.sees({ hands: ["Noor", "Ada"] });

  // Who closes one tab is still here; who closes both is not, and keeps their hand.
  await second.page.close();
  await noor.lower();
  await classroom.everybodySees({ hands: ["Ada"] });
  await expect(teacher.row(/^Here/, "Ada")).toContainText(", connected");
  await ada.page.close();
  await expect(teacher.row(/^Here/, "Ada")).toContainText(", not connected");
  await teacher.sees({ hands: ["Ada"] });
});

test("both tabs tap at once: one hand", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const ada = await classroom.student("Ada");
  const second = new Student(await ada.page.context().newPage(), "Ada's second tab", true);
  await second.page.goto(ada.page.url());
  await second.isLive();
  await tapTogether([ada, second], "Raise hand");
  for (const tab of [ada, second]) await tab.mayTap("Lower hand");
  for (const room of [teacher, ada, second]) await room.sees({ hands: ["Ada"] });
  for (const tab of [ada, second]) await expect(tab.problem).toBeHidden();
});

test("a closed tab is found again from the first page", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const ada = await classroom.student("Ada");
  await ada.raise();
  await ada.page.goto("/");
  await ada.page.getByRole("link", { name: "Biology 9B" }).click();
  await ada.isLive();
  await classroom.everybodySees({ hands: ["Ada"] });

  // The class link leads back in as well, and makes nobody new.
  await ada.page.goto(await teacher.link());
  await expect(ada.page.getByLabel("Your first name")).toBeHidden();
  await ada.page.getByRole("link", { name: "Go on as Ada" }).click();
  await ada.isLive();
  await ada.mayTap("Lower hand");
  await expect(teacher.list(/^Here/)).toHaveCount(2);
});

test("who comes late sees what everybody sees", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await teacher.ask({ question: "What is a cell?", limit: "1 minute" });
  await noor.raise();
  await ada.raise();
  await expect.poll(() => ada.secondsLeft()).toBeLessThan(59);

  const late = await classroom.student("Late");
  await expect(late.page.getByText("What is a cell?")).toBeVisible();
  await late.mayTap("Raise hand", "Not now");
  await late.sees({ hands: ["Noor", "Ada"] });
  // The time that remains is the same for all.
  const [hers, theirs] = await Promise.all([late.secondsLeft(), ada.secondsLeft()]);
  expect(hers).toBeLessThan(59);
  expect(Math.abs(hers - theirs)).toBeLessThanOrEqual(1);

  await late.raise();
  await classroom.everybodySees({ hands: ["Noor", "Ada", "Late"] });
});

test("a network that drops, and comes back", async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor, sam] = await classroom.studentsNamed("Ada", "Noor", "Sam");
  await teacher.ask({ question: "Before the tunnel?" });
  await noor.raise();
  await classroom.everybodySees({ hands: ["Noor"] });

  const states = await noteConnection(noor);
  await noor.page.context().setOffline(true);
  await noor.isReconnecting();
  await expect(noor.band).toContainText("Reconnecting… your hand stays up.");
  await expect(teacher.row(/^Here/, "Noor")).toContainText(", not connected");

  // The class goes on without her; her hand stays up.
  await ada.raise();
  await teacher.invite("Noor");
  await teacher.skip("Noor");
  await teacher.invite("Ada");
  await ada.speak();
  await sam.raise();
  await ada.done();
  await ada.raise();
  await teacher.stopAsking();
  for (const room of [teacher, ada, sam]) await room.sees({ hands: ["Noor", "Sam", "Ada"] });

  // What she taps meanwhile does not get through, and says so.
  await noor.tap("Lower hand");
  await noor.mayTap("Sending…");
  await expect(noor.problem).toBeHidden();
  await noor.isReconnecting();
  expect(await states()).toEqual(["reconnecting"]);

  // Back, with nothing lost and nothing doubled, it is done.
  await noor.page.context().setOffline(false);
  await noor.isLive();
  await classroom.everybodySees({ hands: ["Sam", "Ada"] });
  await expect(noor.page.getByText("Closed.")).toBeVisible();
  await expect(teacher.row(/^Here/, "Noor")).toContainText(", connected");
  await expect(noor.problem).toBeHidden();
});

test("a tap that is kept is not sent when it would mean something else", { tag: "@once" }, async ({
  classroom,
}) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await teacher.ask({ question: "Who has a pen?" });
  await noor.page.context().setOffline(true);
  await noor.isReconnecting();
  await noor.tap("Raise hand");
  await noor.mayTap("Sending…", "Not now");
  await teacher.ask({ question: "Who wants to sing?" });
  await noor.page.context().setOffline(false);
  await noor.isLive();
  await noor.isTold("Who wants to sing?");
  await noor.mayTap("Raise hand", "Not now");
  await ada.raise();
  await classroom.everybodySees({ hands: ["Ada"] });
  await noor.raise();
  await classroom.everybodySees({ hands: ["Ada", "Noor"] });
});

test("of two taps that are kept the last is sent", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await teacher.ask({ question: "Who has a pen?" });
  await noor.page.context().setOffline(true);
  await noor.isReconnecting();
  await noor.tap("Raise hand");
  await noor.mayTap("Sending…", "Not now");
  await noor.tap("Not now");
  await noor.mayTap("Raise hand", "Sending…");
  await noor.page.context().setOffline(false);
  await noor.isLive();
  await expect(noor.button("Not now")).toBeHidden();
  await expect(noor.button("Sending…")).toBeHidden();
  await ada.raise();
  await classroom.everybodySees({ hands: ["Ada"] });
  await expect(noor.problem).toBeHidden();
});

test("a teacher's network drops", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await teacher.ask({ question: "Who is still there?" });
  await teacher.page.context().setOffline(true);
  await teacher.isReconnecting();
  await noor.raise();
  await ada.raise();
  for (const room of [ada, noor]) await room.sees({ hands: ["Noor", "Ada"] });
  await teacher.page.context().setOffline(false);
  await teacher.isLive();
  await teacher.sees({ hands: ["Noor", "Ada"] });
});

test("a stream that falls silent is not called live", { tag: "@once" }, async ({ classroom, handup }) => {
  const { teacher } = classroom;
  const ada = await classroom.student("Ada");
  // A page whose clock the test can move: a minute of silence is not waited for.
  const noor = new Student(await ada.page.context().newPage(), "Ada's second tab", true);
  await noor.page.clock.install();
  await noor.page.goto(ada.page.url());
  await noor.isLive();

  // The server is there and says nothing, as behind a proxy that has died.
  handup.pause();
  await noor.page.clock.fastForward("00:45");
  await noor.isReconnecting();
  handup.resume();
  await noor.isLive();
  await ada.raise();
  for (const room of [teacher, ada, noor]) await room.sees({ hands: ["Ada"] });
});

test("a server that is killed and started again", { tag: "@once" }, async ({ classroom, handup }) => {
  const { teacher } = classroom;
  const [ada, noor, sam, mei] = await classroom.studentsNamed("Ada", "Noor", "Sam", "Mei");
  await mei.raise();
  await teacher.take("Mei");
  await teacher.ask({ question: "Still there?", limit: "3 minutes" });
  await noor.raise();
  await ada.raise();
  await teacher.invite("Ada");
  await ada.mayTap("Speak", "Pass, keep place");

  await handup.kill();
  await Promise.all(classroom.everybody.map((room) => room.isReconnecting()));
  await expect(noor.band).toContainText("Reconnecting… your hand stays up.");
  await sam.tap("Raise hand");
  await sam.mayTap("Sending…", "Not now");

  // Every page comes back by itself, to the same lists and the same choices; what was tapped is done.
  await handup.start();
  await classroom.everybodyIsLive();
  await classroom.everybodySees({ hands: ["Noor", "Ada", "Sam"], speaking: ["Mei"] });
  await ada.mayTap("Speak", "Pass, keep place");
  await mei.mayTap("I’m done");
  await sam.mayTap("Lower hand");
  for (const room of classroom.everybody) {
    await expect(room.page.getByText("Still there?")).toBeVisible();
    await expect(room.countdown).toHaveText(/^2:\d\d$/);
  }
  for (const { name } of classroom.students) {
    await expect(teacher.row(/^Here/, name)).toContainText(", connected");
  }

  // And the class goes on.
  await expect(sam.problem).toBeHidden();
  await ada.speak();
  await classroom.everybodySees({ hands: ["Noor", "Sam"], speaking: ["Mei", "Ada"] });
  await mei.done();
  await teacher.endTurn("Ada");
  await classroom.everybodySees({ hands: ["Noor", "Sam"] });

  // Once more, politely.
  await handup.restart();
  await noor.lower();
  await classroom.everybodyIsLive();
  await classroom.everybodySees({ hands: ["Sam"] });
});

test("a deadline that passes while the server is down", { tag: "@once" }, async ({ classroom, handup }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await teacher.ask({ question: "In ten seconds?", limit: "10 seconds" });
  await ada.raise();
  await handup.kill();
  await Promise.all(classroom.everybody.map((room) => room.isReconnecting()));
  await expect(noor.countdown).toHaveText("0:00", { timeout: 15_000 });
  await handup.start();
  for (const room of classroom.everybody) {
    const timeUp = room.page.locator("main").getByText(/^Time is up/).first();
    await expect(timeUp).toBeVisible({ timeout: 30_000 });
    await room.isLive();
  }
  await expect(noor.button("Not now")).toBeHidden();
  await classroom.everybodySees({ hands: ["Ada"] });
});

test("a teacher goes on with another device", { tag: "@once" }, async ({ classroom, device, handup }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  await noor.raise();
  const link = await teacher.linkForAnotherDevice();
  const token = new URL(link).pathname.split("/").at(-1) ?? "";
  expect(link.startsWith(`${handup.url}/handover/`)).toBe(true);
  expect(token.length).toBeGreaterThanOrEqual(43);

  // A preview of the link does not use it up.
  const preview = await device();
  await preview.goto(link);
  await expect(preview.getByRole("button", { name: "Go on here" })).toBeVisible();

  const page = await device();
  await page.goto(link);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Biology 9B");
  await page.getByRole("button", { name: "Go on here" }).click();
  await page.waitForURL(/\/class\//);
  expect(page.url()).toBe(teacher.page.url());
  expect(page.url()).not.toContain(token);
  const other = new Teacher(page, "Ms Haddad's tablet", true);
  await other.isLive();
  await other.sees({ hands: ["Noor"] });

  // It is the same teacher, here and there.
  await other.ask({ question: "From the tablet?" });
  await expect(teacher.button("Stop asking")).toBeVisible();
  await ada.raise();
  for (const room of [...classroom.everybody, other]) await room.sees({ hands: ["Noor", "Ada"] });
  await teacher.invite("Ada");
  await expect(other.button("Start turn: Ada")).toBeVisible();
  await expect(other.list(/^Here/)).toHaveCount(3);

  // The link works once.
  await preview.getByRole("button", { name: "Go on here" }).click();
  await expect(preview.getByText(/^This link was used already/)).toBeVisible();
  const late = await device();
  await late.goto(link);
  await expect(late.getByRole("heading", { name: "This link is used up" })).toBeVisible();
  await expect(late.getByRole("button")).toHaveCount(0);
});
