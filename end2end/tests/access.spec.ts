// For every hand, eye and ear: keyboards, screen readers, thumbs, small phones, odd names.

import type { Locator, Page } from "@playwright/test";
import { Classroom, expect, Student, Teacher, test } from "./class.ts";

/** Goes on with the Tab key until this has the focus, and sees that the focus can be seen. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 60; presses += 1) {
    const isThere = await target.evaluate((element) => element === document.activeElement);
    if (isThere) break;
    await page.keyboard.press("Tab");
  }
  await expect(target).toBeFocused();
  await expect(target).toHaveCSS("outline-style", "solid");
  await expect(target).toHaveCSS("outline-width", "3px");
  // One that has just come takes no press for a moment.
  await expect(target).not.toHaveAttribute("data-settling");
}

/** The buttons on the page, links that look like one among them, that are not high enough. */
async function lowTargets(page: Page): Promise<string[]> {
  const targets = page.locator("button, a.button, summary, select, input:not([type=hidden])");
  return targets.evaluateAll((elements) =>
    elements
      .filter((element) => element.checkVisibility())
      .map((element) => {
        // A box to tick is as large as its label.
        const target = element.matches("[type=checkbox]") ? element.closest("label") : element;
        const height = target?.getBoundingClientRect().height ?? 0;
        return { height, words: element.textContent.trim() || element.id || element.outerHTML };
      })
      .filter(({ height }) => height < 47.9)
      .map(({ height, words }) => `${words}: ${height} px`),
  );
}

/** How far the page goes beyond the window's edge, in pixels. */
function overhang(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
}

/** Says that everything on the page can be hit and that nothing sticks out. */
async function isForThumbs(page: Page, state: string): Promise<void> {
  await expect.poll(() => lowTargets(page), `targets too low, ${state}`).toEqual([]);
  await expect.poll(() => overhang(page), `overhang, ${state}`).toBeLessThanOrEqual(0);
}

/** The ways back, which are in the small place. */
const SMALL = ["Not now", "Lower hand", "Pass, keep place", "I’m done"];

/** Says that these are the student's actions, each made for a thumb, what one came to do most of all. */
async function actsAre(student: Student, ...names: string[]): Promise<void> {
  await student.mayTap(...names);
  const height = async (name: string) => (await student.button(name).boundingBox())?.height ?? 0;
  const [main = ""] = names;
  for (const name of names) {
    expect(await height(name), name).toBeGreaterThanOrEqual(SMALL.includes(name) ? 63.9 : 96);
  }
  await isForThumbs(student.page, main);
  await expect(student.button(main)).toBeInViewport({ ratio: 1 });
}

test("a class by keyboard alone", async ({ device }) => {
  const desk = await device();
  await desk.goto("/start");
  await tabTo(desk, desk.getByLabel("Class name"));
  await desk.keyboard.type("Biology 9B");
  await tabTo(desk, desk.getByLabel("Your name"));
  await desk.keyboard.type("Ms Haddad");
  await tabTo(desk, desk.getByRole("button", { name: "Start the class" }));
  await desk.keyboard.press("Enter");
  await desk.waitForURL(/\/class\//);
  const teacher = new Teacher(desk, "Ms Haddad", true);
  await teacher.isLive();
  const link = await teacher.link();

  const phone = await device();
  await phone.goto(link);
  await tabTo(phone, phone.getByLabel("Your first name"));
  await phone.keyboard.type("Ada");
  await phone.keyboard.press("Enter");
  await phone.waitForURL(/\/class\//);
  const ada = new Student(phone, "Ada", true);
  await ada.isLive();
  const noor = await Student.join(await device(), link, "Noor", true);

  // Ask, raise, invite, speak, be done.
  await tabTo(desk, desk.getByLabel(/^Question/));
  await desk.keyboard.type("Why is the sky blue?");
  await tabTo(desk, desk.locator(".options > summary"));
  await desk.keyboard.press("Enter");
  await tabTo(desk, desk.getByLabel("Time limit"));
  await desk.keyboard.press("ArrowDown");
  await expect(desk.getByLabel("Time limit")).toHaveValue("10");
  await desk.keyboard.press("ArrowUp");
  await tabTo(desk, desk.getByLabel("First hand only"));
  await tabTo(desk, teacher.button("Ask for hands"));
  await desk.keyboard.press("Enter");
  await expect(phone.getByText("Why is the sky blue?")).toBeVisible();
  await tabTo(phone, ada.button("Raise hand"));
  await phone.keyboard.press("Enter");
  await expect(teacher.hands).toHaveText(["Ada"]);
  await tabTo(desk, teacher.button("Next: Ada"));
  await desk.keyboard.press("Space");
  await tabTo(phone, ada.button("Pass, keep place"));
  await phone.keyboard.press("Shift+Tab");
  await expect(ada.button("Speak")).toBeFocused();
  await phone.keyboard.press("Space");
  await noor.sees({ hands: [], speaking: ["Ada"] });
  await tabTo(phone, ada.button("I’m done"));
  await phone.keyboard.press("Enter");
  await noor.sees({ hands: [] });
  await tabTo(desk, teacher.button("Stop asking"));
  await desk.keyboard.press("Enter");
  await expect(phone.getByText("Closed.")).toBeVisible();
  await tabTo(desk, teacher.button("Clear"));
  await desk.keyboard.press("Enter");
  await expect(phone.getByText("Why is the sky blue?")).toBeHidden();

  // A dialog by keyboard: open, step back with Escape, and the focus is where it was.
  await tabTo(desk, teacher.button("Menu"));
  await desk.keyboard.press("Enter");
  const menu = desk.getByRole("dialog", { name: "Menu", exact: true });
  await tabTo(desk, menu.getByRole("switch", { name: "Lock the class" }));
  await desk.keyboard.press("Escape");
  await expect(menu).toBeHidden();
  await expect(teacher.button("Menu")).toBeFocused();
});

test("a screen reader hears what changes", { tag: "@once" }, async ({ classroom }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  // It must have been there before it says something.
  const marked = [teacher, ada].map((room) => room.voice.elementHandle());
  const voices = await Promise.all(marked);
  await expect(ada.voice).toHaveAttribute("aria-live", "polite");
  await expect(teacher.voice).toHaveAttribute("aria-live", "polite");

  await expect(ada.voice).toHaveText("Raise your hand whenever you like.");
  await teacher.ask();
  await expect(ada.voice).toHaveText("Who wants to answer?");
  await noor.raise();
  await ada.raise();
  await expect(ada.voice).toHaveText("Your hand is up. You are 2nd of 2.");
  await expect(teacher.voice).toHaveText("2 hands up. First: Noor.");
  await teacher.invite("Ada");
  await expect(ada.voice).toHaveText("Ms Haddad calls on you.");
  await ada.speak();
  await expect(ada.voice).toHaveText("You are speaking.");
  await expect(teacher.voice).toHaveText("One hand up: Noor. Speaking: Ada.");

  for (const voice of voices) expect(await voice?.evaluate((it) => it.isConnected)).toBe(true);
});

test("everything is large enough for a finger", async ({ device }) => {
  const page = await device();
  await page.goto("/");
  await isForThumbs(page, "the first page");
  await page.goto("/start");
  await isForThumbs(page, "starting a class");
  await page.goto("/stored");
  await isForThumbs(page, "what is stored");
  await page.goto("/join");
  await isForThumbs(page, "the code");
  const teacher = await Teacher.start(page, "Biology 9B", "Ms Haddad", true);
  const classroom = new Classroom(teacher, device);
  await isForThumbs(page, "an empty class");
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  const joining = await device();
  await joining.goto(await teacher.link());
  await isForThumbs(joining, "joining");

  await actsAre(ada, "Raise hand");
  await teacher.ask({ question: "Why is the sky blue?", limit: "3 minutes" });
  await actsAre(ada, "Raise hand", "Not now");
  await ada.raise();
  await noor.raise();
  await actsAre(ada, "Lower hand");
  await isForThumbs(page, "hands are up");
  await teacher.invite("Ada");
  await actsAre(ada, "Speak", "Pass, keep place");
  await isForThumbs(page, "somebody is invited");
  await ada.speak();
  await actsAre(ada, "I’m done");
  await isForThumbs(page, "somebody speaks");

  const menu = await teacher.menu();
  await isForThumbs(page, "the menu");
  await menu.getByRole("button", { name: "End the class" }).click();
  await isForThumbs(page, "the last question");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await teacher.about("Noor");
  await isForThumbs(page, "about a student");
  await page.keyboard.press("Escape");
  await ada.menu();
  await ada.button("Leave the class").click();
  await isForThumbs(ada.page, "leaving");
});

test("a phone of 320 px is wide enough", { tag: "@once" }, async ({ classroom }) => {
  const small = { viewport: { width: 320, height: 568 }, isMobile: true, hasTouch: true };
  const { teacher } = classroom;
  const longest = "Maximiliana Featherstonehaugh-Cholmondeley von und zu Hohenberg";
  const ada = await classroom.student("Ada", small);
  const max = await classroom.student(longest, small);
  await actsAre(ada, "Raise hand");
  await teacher.ask({ question: `Who said “${"Donaudampfschifffahrt".repeat(8)}”?`, limit: "1 minute" });
  await actsAre(ada, "Raise hand", "Not now");
  await max.raise();
  await ada.raise();
  await actsAre(ada, "Lower hand");
  await teacher.invite(longest);
  await actsAre(max, "Speak", "Pass, keep place");
  await max.speak();
  await actsAre(max, "I’m done");
  await isForThumbs(ada.page, "somebody with a long name speaks");
  await isForThumbs(teacher.page, "the same in the teacher's room");
  await max.page.context().setOffline(true);
  await max.isReconnecting();
  await isForThumbs(max.page, "reconnecting");
});

test("names are shown as they are, and do no harm", { tag: "@once" }, async ({ classroom, device }) => {
  const { teacher } = classroom;
  const names = [
    "<script>document.title='harm'</script>",
    "<img src=x onerror=alert(1)>",
    "שרה ‏كوهين",
    "\u202Eevil\u202C \u2066x",
    "A&amp;B \"quoted\" 'too' {{x}}",
    "Zoë Çelik-Ōta 李小龍",
  ];
  for (const name of names) {
    const student = await Student.join(await device(), await teacher.link(), name, true);
    student.page.on("dialog", (dialog) => {
      throw new Error(`a name has opened a dialog: ${dialog.message()}`);
    });
    await student.raise();
    await expect(student.hands.last()).toHaveText(name);
    await student.page.close();
  }
  await expect(teacher.hands).toHaveText(names);
  await teacher.reload();
  await expect(teacher.hands).toHaveText(names);
  await expect(teacher.page).toHaveTitle(/Biology 9B/);
  // A name has its own direction and leaves its neighbours' alone.
  const direction = await teacher.hands.evaluateAll((them) =>
    them.map((it) => getComputedStyle(it).unicodeBidi),
  );
  expect(new Set(direction)).toEqual(new Set(["isolate"]));
  expect(await overhang(teacher.page)).toBeLessThanOrEqual(0);
});

test("a name may be 64 emoji", { tag: "@once" }, async ({ classroom, device }) => {
  const { teacher } = classroom;
  const name = "🙋".repeat(64);
  const page = await device();
  await page.goto(await teacher.link());
  await page.getByLabel("Your first name").focus();
  // As a keyboard puts it in, and not past what the field allows.
  await page.keyboard.insertText(name);
  await expect(page.getByLabel("Your first name")).toHaveValue(name);
  await page.getByRole("button", { name: "Join the class" }).click();
  await page.waitForURL(/\/class\/[^?]+$/);
  const student = new Student(page, name, true);
  await student.isLive();
  await student.raise();
  await expect(teacher.hands).toHaveText([name]);
  for (const room of [teacher, student]) await isForThumbs(room.page, "64 emoji");
});

test("the first page ships no WASM", { tag: "@once" }, async ({ device }) => {
  const page = await device();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto("/", { waitUntil: "networkidle" });
  expect(asked.filter((path) => /^\/pkg\/[0-9a-f]{16}\/handup\.css$/.test(path))).toHaveLength(1);
  expect(asked.filter((path) => /\.(wasm|m?js)$/.test(path))).toEqual([]);
  await page.goto("/join", { waitUntil: "networkidle" });
  expect(asked.filter((path) => /\.(wasm|m?js)$/.test(path))).toEqual([]);
});

test("a browser keeps for good what is built, and no page", { tag: "@once" }, async ({ handup, request }) => {
  const page = await request.get(handup.url);
  expect(page.headers()["cache-control"]).toBe("no-store");
  const place = /\/pkg\/[0-9a-f]{16}\//.exec(await page.text())?.[0];
  const get = (path: string, coding = "br") =>
    request.get(handup.url + path, { headers: { "accept-encoding": coding } });
  for (const [file, type] of [
    ["handup.css", "text/css"],
    ["handup.wasm", "application/wasm"],
    ["handup.js", "text/javascript"],
  ]) {
    const [packed, plain, other, unnamed] = await Promise.all([
      get(`${place}${file}`),
      get(`${place}${file}`, "identity"),
      get(`/pkg/0123456789abcdef/${file}`),
      get(`/pkg/${file}`),
    ]);
    const { "content-encoding": coding, "content-type": told, vary } = packed.headers();
    expect(told).toContain(type);
    expect({ coding, vary }).toEqual({ coding: "br", vary: "accept-encoding" });
    expect(plain.headers()["content-encoding"]).toBeUndefined();
    expect((await plain.body()).equals(await packed.body())).toBe(true);
    for (const kept of [packed, plain]) {
      expect(kept.headers()["cache-control"]).toBe("public, max-age=31536000, immutable");
    }
    // Of another build there may be a page that is still open.
    for (const asked of [other, unnamed]) {
      expect(asked.status()).toBe(200);
      expect(asked.headers()["cache-control"]).toBe("no-cache");
    }
  }
});

test("no page writes anything into the console", { tag: "@once" }, async ({ device }) => {
  const said: string[] = [];
  const open = async () => {
    const page = await device();
    page.on("console", (message) => {
      // Of a dialog that is made while the focus is elsewhere: it takes it when it opens.
      if (message.text().startsWith("Autofocus processing was blocked")) return;
      said.push(`${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => said.push(error.message));
    page.on("response", (response) => {
      if (response.status() >= 400) said.push(`${response.status()} ${response.url()}`);
    });
    return page;
  };
  const teacher = await Teacher.start(await open(), "Biology 9B", "Ms Haddad", true);
  const room = teacher.page.url();
  const ada = await Student.join(await open(), await teacher.link(), "Ada", true);
  await teacher.ask({ question: "Why is the sky blue?", limit: "1 minute" });
  await ada.raise();
  await teacher.invite("Ada");
  await ada.speak();
  await teacher.endTurn("Ada");
  await teacher.lock();
  await ada.reload();
  await teacher.reload();
  await teacher.linkForAnotherDevice();
  expect(said).toEqual([]);
  // The page of a class that is over says so by its status too.
  await teacher.endClass();
  await ada.isOver();
  expect(said).toEqual([`410 ${room}`, expect.stringContaining("410 (Gone)")]);
});

/** Notes every animation and transition that takes time, from the first moment of a page. */
async function noteMotion(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const moved: string[] = [];
    Object.assign(globalThis, { moved });
    const note = (event: Event) => {
      const target = event.target as Element;
      for (const animation of target.getAnimations({ subtree: true })) {
        const { duration } = animation.effect?.getComputedTiming() ?? {};
        if (Number(duration) > 0) moved.push(`${target.className}: ${duration} ms`);
      }
    };
    for (const kind of ["animationstart", "transitionrun"]) addEventListener(kind, note, true);
  });
  return () => page.evaluate(() => (globalThis as unknown as { moved: string[] }).moved);
}

for (const [reducedMotion, title] of [
  ["no-preference", "a hand that goes up is seen to move"],
  ["reduce", "nothing moves for those who do not want it"],
] as const) {
  test(title, { tag: "@once" }, async ({ device }) => {
    const [desk, phone] = [await device({ reducedMotion }), await device({ reducedMotion })];
    const moved = [await noteMotion(desk), await noteMotion(phone)];
    const teacher = await Teacher.start(desk, "Biology 9B", "Ms Haddad", true);
    const ada = await Student.join(phone, await teacher.link(), "Ada", true);
    await teacher.ask({ question: "Why?", limit: "1 minute" });
    const before = await teacher.secondsLeft();
    await ada.raise();
    await teacher.sees({ hands: ["Ada"] });
    await expect.poll(() => teacher.secondsLeft()).toBeLessThan(before - 1);
    await teacher.invite("Ada");
    await ada.speak();
    await teacher.sees({ hands: [], speaking: ["Ada"] });
    const motion = (await Promise.all(moved.map((them) => them()))).flat();
    if (reducedMotion === "reduce") {
      expect(motion).toEqual([]);
    } else {
      expect(motion.join()).toContain("hand new");
    }
  });
}
