// One-to-one calls, with the fake camera and microphone of Chromium: the pictures are read from the
// video element and the sound from the connection's own figures.

import { askFirst, Call, listenIn, loseWays } from "./calls.ts";
import { type Classroom, expect, Student, Teacher, test as base } from "./class.ts";

interface Fixtures {
  /** A class with Ada in it, whose pages let their connections be looked into. */
  pair: { classroom: Classroom; teacher: Teacher; ada: Student; hers: Call; theirs: Call };
}

const test = base.extend<Fixtures>({
  permissions: async ({}, use) => {
    await use(["camera", "microphone"]);
  },

  pair: async ({ classroom }, use) => {
    const { teacher } = classroom;
    const ada = await classroom.student("Ada");
    for (const { page } of [teacher, ada]) {
      await listenIn(page);
      await page.reload();
    }
    await classroom.everybodyIsLive();
    await use({ classroom, teacher, ada, hers: new Call(teacher), theirs: new Call(ada) });
  },
});

type How = "Call" | "Video call";

/** The teacher calls somebody. */
async function call(teacher: Teacher, name: string, how: How = "Call"): Promise<void> {
  const about = await teacher.about(name);
  await about.getByRole("button", { name: how, exact: true }).click();
}

/** The teacher calls Ada, who answers. */
async function talk(pair: Fixtures["pair"], how: How = "Call"): Promise<void> {
  await call(pair.teacher, "Ada", how);
  await pair.theirs.tap("Answer");
  await Promise.all([pair.hers.isConnected(), pair.theirs.isConnected()]);
}

/** One more tab of somebody. */
async function anotherTab<R extends Student>(room: R): Promise<{ student: Student; call: Call }> {
  const page = await room.page.context().newPage();
  await page.goto(room.page.url());
  const student = new Student(page, `${room.name}, second tab`, true);
  await student.isLive();
  return { student, call: new Call(student) };
}

test("a call rings, is answered, and each sees and hears the other until one hangs up", async ({
  pair,
}) => {
  const { teacher, hers, theirs } = pair;
  await call(teacher, "Ada", "Video call");
  await theirs.says("Ms Haddad calls you, with video.");
  await hers.says("Ringing…");
  await theirs.tap("Answer");
  for (const end of [hers, theirs]) {
    await end.isConnected();
    await end.sees();
    await end.hears();
  }
  await theirs.tap("Hang up");
  await hers.says(/The call with Ada has ended\.\s*It lasted \d:\d\d\./);
  await theirs.says(/The call with Ms Haddad has ended\.\s*It lasted \d:\d\d\./);
  await hers.tap("Close");
  await hers.isGone();
  await Promise.all([hers.hasLetGo(), theirs.hasLetGo()]);
});

test("a call with sound alone has no pictures, and the caller may hang up", { tag: "@once" }, async ({
  pair,
}) => {
  const { hers, theirs } = pair;
  await talk(pair);
  await Promise.all([hers.hears(), theirs.hears()]);
  for (const end of [hers, theirs]) {
    await expect(end.panel.getByLabel("The other end")).not.toBeInViewport({ ratio: 0.1 });
    await expect(end.button("Camera off")).toBeHidden();
  }
  await hers.tap("Hang up");
  await theirs.says("The call with Ms Haddad has ended.");
});

test("what is told of a call that is over goes by itself", { tag: "@once" }, async ({ pair }) => {
  const { hers, theirs } = pair;
  await talk(pair);
  await theirs.tap("Hang up");
  await Promise.all([hers.says("has ended"), theirs.says("has ended")]);
  await Promise.all([hers.isGone(), theirs.isGone()]);
});

test("while a question stands a student's call is a strip above it", { tag: "@once" }, async ({ pair }) => {
  const { teacher, ada, hers, theirs } = pair;
  const { page } = ada;
  await page.setViewportSize({ width: 390, height: 844 });
  await talk(pair, "Video call");
  await teacher.ask({ question: "Why is the sky blue?" });
  await expect(page.locator(".question")).toBeVisible();
  const height = async () => (await theirs.panel.boundingBox())?.height ?? 0;
  await expect.poll(height).toBeLessThanOrEqual(58);
  await expect.poll(height).toBeGreaterThanOrEqual(48);
  for (const name of ["Mute", "Camera off", "Hang up"]) {
    await expect(theirs.button(name)).toBeInViewport({ ratio: 1 });
  }
  // It lies over nothing.
  const strip = await theirs.panel.boundingBox();
  for (const part of [page.locator(".question"), ada.button("Raise hand"), ada.button("Not now")]) {
    await expect(part).toBeInViewport({ ratio: 1 });
    expect((await part.boundingBox())?.y).toBeGreaterThanOrEqual((strip?.y ?? 0) + (strip?.height ?? 0));
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await Promise.all([hers.hears(), theirs.hears(), hers.sees()]);
});

test("what is muted is not heard, and what is off is not seen", { tag: "@once" }, async ({ pair }) => {
  const { ada, hers, theirs } = pair;
  await talk(pair, "Video call");
  await hers.sees();
  await theirs.tap("Mute");
  await hers.says("Muted at the other end.");
  await hers.hearsNothing();
  await theirs.tap("Camera off");
  await expect(hers.panel.getByLabel("The other end")).not.toBeInViewport({ ratio: 0.1 });
  // So it stays when the page is loaded anew.
  await ada.page.reload();
  await Promise.all([hers.isConnected(), theirs.isConnected()]);
  await hers.says("Muted at the other end.");
  await hers.hearsNothing();
  await theirs.tap("Camera on");
  await theirs.tap("Unmute");
  await expect(hers.panel).not.toContainText("Muted");
  await hers.sees();
  await hers.hears();
});

test("a call is declined, and rings on until somebody gives up or it runs out", { tag: "@once" }, async ({
  pair,
}) => {
  const { teacher, ada, hers, theirs } = pair;
  await call(teacher, "Ada");
  await theirs.tap("Decline");
  await theirs.isGone();
  await hers.says("Ada declined.");

  await call(teacher, "Ada");
  await theirs.says("Ms Haddad calls you.");
  await expect(ada.page).toHaveTitle("Ms Haddad calls");
  await hers.tap("Stop calling");
  await hers.isGone();
  await theirs.says("Ms Haddad stopped calling.");
  await expect(ada.page).toHaveTitle(/Biology 9B/);

  await call(teacher, "Ada");
  await theirs.says("Ms Haddad calls you.");
  await expect(hers.panel).toContainText("Ada didn’t answer.", { timeout: 40_000 });
  await theirs.says("You missed a call from Ms Haddad.");
});

test("a tab that is closed while it calls stops calling", { tag: "@once" }, async ({ pair }) => {
  const { teacher, theirs } = pair;
  await call(teacher, "Ada");
  await theirs.says("Ms Haddad calls you.");
  await teacher.page.goto("about:blank");
  await theirs.says("Ms Haddad stopped calling.");
});

test("who is in a call is busy and not rung, and a teacher may end that call", { tag: "@once" }, async ({
  pair,
}) => {
  const { classroom, teacher, hers, theirs } = pair;
  const bo = await classroom.student("Bo");
  await teacher.makeCoTeacher("Bo");
  await bo.isLive();
  await talk(pair);
  const second = new Call(bo);
  const about = await new Teacher(bo.page, "Bo", true).about("Ada");
  await about.getByRole("button", { name: "Call", exact: true }).click();
  await second.says("Ada is in another call.");
  await theirs.isConnected();
  await second.tap("End that call");
  await hers.says("The call with Ada has ended.");
  await theirs.says("The call with Ms Haddad has ended.");
});

test("students call their teacher only where that is allowed", { tag: "@once" }, async ({ pair }) => {
  const { classroom, teacher, ada, hers, theirs } = pair;
  const bo = await classroom.student("Bo");
  const callTeacher = (student: Student) => student.button("Call Ms Haddad");
  await ada.menu();
  await expect(callTeacher(ada)).toBeHidden();
  await teacher.allowCalls();
  await callTeacher(ada).click();
  await hers.says("Ada calls you.");
  await bo.menu();
  await expect(callTeacher(bo)).toBeVisible();
  await expect(bo.page.getByText("Ada calls")).toBeHidden();
  await callTeacher(bo).click();
  await new Call(bo).says("Ms Haddad is in another call.");
  await hers.tap("Answer");
  await Promise.all([hers.isConnected(), theirs.isConnected()]);
  await Promise.all([hers.hears(), theirs.hears()]);
  await theirs.tap("Hang up");
  await ada.menu();
  await expect(callTeacher(ada)).toBeVisible();
  await teacher.forbidCalls();
  await expect(callTeacher(ada)).toBeHidden();
});

test("two who call each other at the same moment are connected once", { tag: "@once" }, async ({
  pair,
}) => {
  const { teacher, ada, hers, theirs } = pair;
  await teacher.allowCalls();
  const about = await teacher.about("Ada");
  await ada.menu();
  const both = [about.getByRole("button", { name: "Call", exact: true }), ada.button("Call Ms Haddad")];
  // What has just come takes no press for a moment.
  for (const button of both) await expect(button).not.toHaveAttribute("data-settling");
  const buttons = await Promise.all(both.map((button) => button.elementHandle()));
  await Promise.all(buttons.map((it) => it?.evaluate((button) => (button as HTMLElement).click())));
  for (const end of [hers, theirs]) {
    await end.isConnected();
    await end.hears();
  }
  await hers.tap("Hang up");
  await hers.says("The call with Ada has ended.");
  await theirs.says("The call with Ms Haddad has ended.");
});

test("who taps on somebody that is calling already answers", { tag: "@once" }, async ({ pair }) => {
  const { teacher, ada, hers, theirs } = pair;
  await teacher.allowCalls();
  // The code for calls comes late to Ada's phone: by then the teacher's call is there.
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await ada.page.route(/split_call/, async (route) => {
    await released;
    await route.continue();
  });
  await ada.menu();
  await ada.button("Call Ms Haddad").click();
  await call(teacher, "Ada");
  await hers.says("Calling…");
  await expect(ada.button("Call Ms Haddad")).toBeHidden();
  release();
  await Promise.all([hers.isConnected(), theirs.isConnected()]);
  await Promise.all([hers.hears(), theirs.hears()]);
});

test("a call rings in every tab, and is answered or declined in one", { tag: "@once" }, async ({
  pair,
}) => {
  const { teacher, ada, hers, theirs } = pair;
  const second = await anotherTab(ada);
  await call(teacher, "Ada");
  await theirs.says("Ms Haddad calls you.");
  await second.call.says("Ms Haddad calls you.");
  await second.call.tap("Decline");
  await second.call.isGone();
  await theirs.says("Declined on another tab or device.");
  await hers.says("Ada declined.");

  await call(teacher, "Ada");
  await second.call.says("Ms Haddad calls you.");
  await theirs.tap("Answer");
  await second.call.says("Answered elsewhere");
  await Promise.all([hers.isConnected(), theirs.isConnected()]);
  await hers.hears();
  await second.call.tap("Hang up");
  await theirs.says("The call with Ms Haddad has ended.");
  await second.call.says("The call with Ms Haddad has ended.");
  await hers.says("The call with Ada has ended.");
});

test("of two tabs that answer at once one has the call", { tag: "@once" }, async ({ pair }) => {
  const { teacher, ada, hers, theirs } = pair;
  const second = await anotherTab(ada);
  await call(teacher, "Ada");
  const tabs = [theirs, second.call];
  for (const tab of tabs) await expect(tab.button("Answer")).not.toHaveAttribute("data-settling");
  const buttons = await Promise.all(tabs.map((tab) => tab.button("Answer").elementHandle()));
  await Promise.all(buttons.map((it) => it?.evaluate((button) => (button as HTMLElement).click())));
  await hers.isConnected();
  const phases = async () =>
    (await Promise.all(tabs.map((tab) => tab.panel.getAttribute("data-phase")))).sort();
  await expect.poll(phases).toEqual(["elsewhere", "talking"]);
  await hers.hears();
});

test("a tab that is duplicated does not take the call", { tag: "@once" }, async ({ pair }) => {
  const { ada, hers, theirs } = pair;
  await talk(pair);
  const opened = ada.page.context().waitForEvent("page");
  // A page that is opened from another one begins with a copy of what the tab keeps.
  await ada.page.evaluate(() => void window.open(location.href));
  const copy = new Call({ page: await opened, name: "the copy" });
  await copy.says("Answered elsewhere");
  await copy.tap("Close");
  await copy.isGone();
  await Promise.all([hers.isConnected(), theirs.isConnected()]);
  await hers.hears();
});

test("a call that is called off while the browser asks is none", { tag: "@once" }, async ({ pair }) => {
  const { teacher, hers, theirs } = pair;
  await askFirst(teacher.page);
  await teacher.reload();
  await call(teacher, "Ada");
  await hers.says("Allow the microphone");
  await hers.tap("Cancel");
  await hers.isGone();
  await call(teacher, "Ada");
  await hers.says("Allow the microphone");
  await teacher.page.evaluate(() => window.grant?.());
  await theirs.tap("Answer");
  await Promise.all([hers.isConnected(), theirs.isConnected()]);
  await Promise.all([hers.hears(), theirs.hears()]);
  await hers.tap("Hang up");
  await theirs.says("The call with Ms Haddad has ended.");
  await hers.hasLetGo();
});

test("what is hung up is over at once, and the server hears of it later", { tag: "@once" }, async ({
  handup,
  pair,
}) => {
  const { ada, hers, theirs } = pair;
  await talk(pair);
  await handup.kill();
  await theirs.tap("Hang up");
  await theirs.says("The call with Ms Haddad has ended.");
  await theirs.hasLetGo();
  await hers.says("Connection lost. Trying again…");
  await handup.start();
  await hers.says("The call with Ada has ended.");
  await ada.isLive();
});

test("the end of the class is the end of its calls", { tag: "@once" }, async ({ pair }) => {
  const { teacher, ada, theirs } = pair;
  await talk(pair);
  await teacher.endClass();
  await ada.isOver();
  await theirs.isGone();
  await theirs.hasLetGo();
});

test("whoever is removed from the class is in no call there", { tag: "@once" }, async ({ pair }) => {
  const { teacher, ada, hers, theirs } = pair;
  await talk(pair);
  await teacher.remove("Ada");
  await ada.isOut();
  await theirs.isGone();
  await hers.says("The call with Ada has ended.");
  await Promise.all([hers.hasLetGo(), theirs.hasLetGo()]);
});

test("a network that is gone for too long ends the call", { tag: "@once" }, async ({ pair }) => {
  const { ada, hers, theirs } = pair;
  await talk(pair);
  await ada.page.context().setOffline(true);
  await expect(hers.panel).toContainText("The connection with Ada was lost.", { timeout: 45_000 });
  await ada.page.context().setOffline(false);
  await ada.isLive();
  await theirs.says("The connection with Ms Haddad was lost.");
  await theirs.hasLetGo();
});

test("a page that is loaded anew comes back into its call, whichever end it is", { tag: "@once" }, async ({ pair }) => {
  const { teacher, ada, hers, theirs } = pair;
  await talk(pair, "Video call");
  for (const { page } of [ada, teacher, ada]) {
    await page.reload();
    await Promise.all([hers.isConnected(), theirs.isConnected()]);
    for (const end of [hers, theirs]) {
      await end.sees();
      await end.hears();
    }
  }
  await theirs.tap("Hang up");
  await hers.says("The call with Ada has ended.");
});

test("a tab that is closed ends the call for the other end", { tag: "@once" }, async ({ pair }) => {
  const { teacher, ada, hers } = pair;
  await talk(pair);
  await ada.page.goto("about:blank");
  await hers.says("Connection lost. Trying again…");
  await expect(hers.panel).toContainText("The connection with Ada was lost.", { timeout: 40_000 });
  await hers.tap("Close");
  // She comes back later, and may be called again.
  await ada.page.goBack();
  await ada.isLive();
  await call(teacher, "Ada");
  await new Call(ada).says("Ms Haddad calls you.");
});

test("a call outlives a server that is killed, and a network that is gone for a while", {
  tag: "@once",
}, async ({ handup, pair }) => {
  const { ada, hers, theirs } = pair;
  await talk(pair);
  await handup.kill();
  await ada.isReconnecting();
  await Promise.all([hers.hears(), theirs.hears()]);
  await handup.start();
  await pair.classroom.everybodyIsLive();
  await ada.page.context().setOffline(true);
  await ada.isReconnecting();
  await ada.page.context().setOffline(false);
  await ada.isLive();
  await Promise.all([hers.isConnected(), theirs.isConnected()]);
  await theirs.tap("Hang up");
  await hers.says("The call with Ada has ended.");
});

test("whose camera is refused may go on with sound only", { tag: "@once" }, async ({ pair }) => {
  const { classroom, teacher, hers } = pair;
  const bo = await classroom.student("Bo", { permissions: ["microphone"] });
  const theirs = new Call(bo);
  await listenIn(bo.page);
  await bo.reload();
  await call(teacher, "Bo", "Video call");
  await theirs.tap("Answer");
  await theirs.says("Your browser may not use the camera.");
  await theirs.tap("Go on with sound only");
  await Promise.all([hers.isConnected(), theirs.isConnected()]);
  await theirs.sees();
  await Promise.all([hers.hears(), theirs.hears()]);
});

test("without a microphone there is a sentence that says what to do", { tag: "@once" }, async ({
  pair,
}) => {
  const { classroom, teacher, hers } = pair;
  const bo = await classroom.student("Bo", { permissions: [] });
  await teacher.allowCalls();
  await bo.menu();
  await bo.button("Call Ms Haddad").click();
  const theirs = new Call(bo);
  await theirs.says("Your browser may not use the microphone.");
  await theirs.says("then try again.");
  await expect(theirs.button("Go on with sound only")).toBeHidden();
  await hers.isGone();
  await theirs.tap("Cancel");
  await theirs.isGone();
});

test.describe("where no way leads from one to the other", () => {
  test("the call fails, and says so", { tag: "@once" }, async ({ pair }) => {
    const { classroom, teacher, hers } = pair;
    const bo = await classroom.student("Bo");
    await bo.page.addInitScript(() => {
      // No candidate is ever found, as behind a wall.
      RTCPeerConnection.prototype.addIceCandidate = () => Promise.resolve();
      Object.defineProperty(RTCPeerConnection.prototype, "onicecandidate", { set: () => {} });
    });
    await bo.reload();
    const theirs = new Call(bo);
    await call(teacher, "Bo");
    await theirs.tap("Answer");
    await hers.says("Connecting…");
    const failed = "could not be connected. Try again, or from another network.";
    await expect(hers.panel).toContainText(failed, { timeout: 60_000 });
    await theirs.says(failed);
  });
});

test.describe("two who find no way to each other", { tag: "@once" }, () => {
  test.use({ serverArgs: ["--voice-listen", "127.0.0.1:0"] });

  test("meet at the server, and there again after a reload and a killed server", async ({ handup, pair }) => {
    const { classroom, teacher, ada, hers, theirs } = pair;
    for (const { page } of [teacher, ada]) {
      await loseWays(page);
      await page.reload();
    }
    await classroom.everybodyIsLive();
    await talk(pair, "Video call");
    const goesOn = async () => {
      for (const end of [hers, theirs]) {
        await end.isConnected();
        await end.sees();
        await end.hears();
      }
    };
    await goesOn();
    await ada.page.reload();
    await goesOn();
    await handup.kill();
    await handup.start();
    await classroom.everybodyIsLive();
    await goesOn();
    await theirs.tap("Hang up");
    await hers.says("The call with Ada has ended.");
    await Promise.all([hers.hasLetGo(), theirs.hasLetGo()]);
  });
});
