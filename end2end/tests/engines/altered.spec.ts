// Pages that are not as the server sent them, browsers that lack something, and presses that come
// twice, in the engines besides Chromium.

import { Altered } from "./altered.ts";
import { expect, Student, Teacher, test } from "./people.ts";
import { holds } from "./tab.ts";

test("a second press does not undo the first", async ({ device, teacher }) => {
  const link = await teacher.link();
  const ada = await Student.join(await device(), link, "Ada");
  const noor = await Student.join(await device(), link, "Noor");
  await ada.tab.press("button", "Raise hand", { times: 2, apart: 60 });
  await noor.tab.press("button", "Raise hand", { times: 2, apart: 300 });
  // What comes after both tells that nothing is under way any more.
  await teacher.ask("Why is the sky blue?");
  for (const room of [teacher, ada, noor]) await room.sees({ hands: ["Ada", "Noor"] });
  for (const student of [ada, noor]) await student.mayTap("Lower hand");

  await teacher.tab.press("button", "Invite to speak: Ada", { times: 2, apart: 120 });
  for (const room of [teacher, ada, noor]) await room.sees({ hands: ["Noor"], speaking: ["Ada"] });
  await ada.mayTap("I’m done");
  await noor.mayTap("Lower hand");
});

test("a page that is translated stays true", async ({ device, handup, teacher }) => {
  const link = await teacher.link();
  const ada = await Student.join(await device(), link, "Ada");
  const noor = await Student.join(await device(), link, "Noor");
  for (const { tab } of [teacher, ada]) {
    await tab.run(() => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const texts: Node[] = [];
      while (walker.nextNode()) texts.push(walker.currentNode);
      for (const text of texts) {
        if (text.parentElement?.closest("script, style, [translate=no]")) continue;
        if (!text.textContent?.trim()) continue;
        const [outer, inner] = [document.createElement("font"), document.createElement("font")];
        text.parentNode?.replaceChild(outer, text);
        outer.append(inner);
        inner.append(text.textContent);
      }
      return null;
    });
  }
  await noor.raise();
  await ada.raise();
  for (const room of [teacher, ada, noor]) await room.sees({ hands: ["Noor", "Ada"] });
  await ada.reads("Your hand is up. You are 2nd of 2.");
  await teacher.reads(/Raised hands:\s*2\s*of 2/i);
  expect(await teacher.tab.run(() => document.querySelectorAll("bdi font").length)).toBe(0);
  await handup.kill();
  for (const room of [teacher, ada]) await room.isReconnecting();
  await handup.start();
  for (const room of [teacher, ada]) await room.isLive();
  await noor.tap("Lower hand");
  await ada.tab.has(".large", ["1 of 1"]);
  await teacher.reads(/Raised hands:\s*1\s*of 2/i);
});

test("a browser without a limit of time for what it asks", async ({ device, handup, teacher }) => {
  const altered = await Altered.by(handup.url, () => {
    Reflect.deleteProperty(AbortSignal, "timeout");
  });
  const tab = await device({ origin: altered.url });
  const ada = await Student.join(tab, await teacher.link(), "Ada");
  expect(await tab.run(() => "timeout" in AbortSignal)).toBe(false);
  await ada.tap("Raise hand");
  for (const room of [teacher, ada]) await room.sees({ hands: ["Ada"] });
  await altered.close();
});

test("a page with more in it than was sent never shows an old list as live", async ({
  device,
  handup,
  complaints,
}) => {
  const altered = await Altered.by(handup.url, () => {
    // As a password manager does, while the page is read.
    new MutationObserver(() => {
      for (const input of document.querySelectorAll("input:not([type=hidden]):not([data-seen])")) {
        input.setAttribute("data-seen", "");
        input.after(document.createElement("div"));
      }
    }).observe(document, { childList: true, subtree: true });
  });
  const teacher = await Teacher.start(await device({ origin: altered.url }), "Biology 9B", "Ms Haddad", {
    isLive: false,
  });
  const ada = await Student.join(await device(), await teacher.link(), "Ada");
  await ada.raise();
  await holds(async () => {
    if ((await teacher.connection()) === "live") await teacher.sees({ hands: ["Ada"] });
    else await teacher.reads("This page is not live");
  });
  // Its script may find what it did not expect, and say so.
  complaints.length = 0;
  await altered.close();
});
