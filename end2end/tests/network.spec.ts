// Networks of the wrong kind: proxies that hold back, refuse or die, a laptop that sleeps, and more
// tabs than a browser has connections. A page is live again by itself, and what it shows as live is
// how things are.

import { Call } from "./calls.ts";
import { type Device, expect, type Room, Student, Teacher, test as base } from "./class.ts";
import { freePort, Nginx, type NginxOptions, Wire } from "./proxy.ts";

interface Fixtures {
  /** Puts nginx before the server. */
  nginx: (options?: Partial<NginxOptions>) => Promise<Nginx>;
  /** A wire to the server. */
  wire: Wire;
}

const test = base.extend<Fixtures>({
  permissions: async ({}, use) => {
    await use(["microphone"]);
  },

  nginx: async ({ handup }, use) => {
    const started: Nginx[] = [];
    await use(async (options) => {
      const nginx = await Nginx.start({ port: await freePort(), upstream: handup.url, ...options });
      started.push(nginx);
      return nginx;
    });
    await Promise.all(started.map((nginx) => nginx.stop()));
  },

  wire: async ({ handup }, use) => {
    const wire = await Wire.to(handup.url);
    await use(wire);
    await wire.close();
  },
});

/** The same page of the class by another way to the server. */
const by = (way: { url: string }, link: string) => `${way.url}${new URL(link).pathname}`;

/** A class whose teacher and students all come this way. */
async function classBy(way: { url: string }, device: Device, ...names: string[]) {
  const page = await device({ baseURL: way.url, ignoreHTTPSErrors: true });
  const teacher = await Teacher.start(page, "Biology 9B", "Ms Haddad", true);
  const link = await teacher.link();
  expect(new URL(link).origin).toBe(way.url);
  const students: Student[] = [];
  for (const name of names) {
    students.push(await Student.join(await device({ ignoreHTTPSErrors: true }), link, name, true));
  }
  return { teacher, students, everybody: [teacher, ...students] as Room[] };
}

/** A class goes on as if nothing were between. */
async function classGoesOn(way: { url: string }, device: Device): Promise<Room[]> {
  const { teacher, students, everybody } = await classBy(way, device, "Ada", "Noor");
  const [ada, noor] = students as [Student, Student];
  await teacher.ask({ question: "Can you hear me?" });
  await noor.raise();
  await ada.raise();
  for (const room of everybody) await room.sees({ hands: ["Noor", "Ada"] });
  await teacher.invite("Ada");
  await ada.speak();
  for (const room of everybody) await room.sees({ hands: ["Noor"], speaking: ["Ada"] });
  // Who goes away is known to be away: the proxy has let go of the stream as well.
  await expect(teacher.row(/^Here/, "Noor")).toContainText(", connected");
  await noor.page.close();
  await expect(teacher.row(/^Here/, "Noor")).toContainText(", not connected");
  return [teacher, ada];
}

/** Notes, from now on, whether the page called itself live while a name was not among the hands. */
async function notePretence(room: Room, name: string): Promise<() => Promise<string[]>> {
  const noted = await room.page.locator("[data-connection]").evaluateHandle((element, name) => {
    const noted: string[] = [];
    const note = () => {
      const isLive = element.getAttribute("data-connection") === "live";
      const shown = [...element.querySelectorAll("section bdi")].map((it) => it.textContent);
      if (isLive && !shown.includes(name)) noted.push(`live with ${shown.join(", ")}`);
    };
    new MutationObserver(note).observe(element, {
      attributes: true,
      characterData: true,
      childList: true,
      subtree: true,
    });
    return noted;
  }, name);
  return () => noted.jsonValue();
}

test("a class behind nginx as Debian ships it", { tag: "@once" }, async ({ nginx, device }) => {
  await classGoesOn(await nginx(), device);
});

test("a class behind nginx that is told not to buffer", { tag: "@once" }, async ({ nginx, device }) => {
  await classGoesOn(await nginx({ lines: "proxy_buffering off;" }), device);
});

test("a proxy that holds every stream back leaves a page that does not claim to be live", {
  tag: "@once",
}, async ({ classroom, device, nginx }) => {
  const { teacher } = classroom;
  const holding = await nginx({ lines: "proxy_ignore_headers X-Accel-Buffering;" });
  const ada = await classroom.student("Ada");
  const page = await device({ storageState: await ada.page.context().storageState() });
  await page.clock.install();
  await page.goto(by(holding, ada.page.url()));
  const held = new Student(page, "Ada behind a proxy", true);
  await expect(page.locator(".connection")).toContainText("connecting…");
  // What is tapped gets through all the same.
  await held.tap("Raise hand");
  await teacher.sees({ hands: ["Ada"] });
  // As soon as its script runs, it knows after a while that nothing comes.
  await expect(async () => {
    await page.clock.fastForward("00:30");
    // And goes over to asking, as soon as that has been answered.
    const words = /^(Reconnecting…|following slowly)/;
    await expect(page.locator(".connection")).toContainText(words, { timeout: 2_000 });
  }).toPass();
  await expect(page.locator("[data-connection]")).toHaveAttribute("data-connection", /^(reconnecting|slow)$/);
});

const testByHttps = test.extend<{ port: number }>({
  port: async ({}, use) => use(await freePort()),
  serverArgs: async ({ port }, use) =>
    use(["--public-url", `https://localhost:${port}`, "--trusted-proxy", "127.0.0.1"]),
});

testByHttps("a class behind HTTP/2", { tag: "@once" }, async ({ device, nginx, port }) => {
  const [, ada] = (await classGoesOn(await nginx({ port, tls: true }), device)) as [Room, Room];
  const protocols = await ada.page.evaluate(() => {
    const entries = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    return entries.map((it) => it.nextHopProtocol);
  });
  expect(protocols).toEqual(["h2"]);
  const cookies = await ada.page.context().cookies();
  const names = cookies.map((cookie) => cookie.name.replace(/-[0-9a-f]{8}$/, "-ID")).sort();
  expect(names).toEqual(["__Host-handup-ID", "__Host-handup-form-ID"]);
  expect(cookies.every((cookie) => cookie.secure)).toBe(true);
});

test("a proxy that answers 502 and then 503 for a while", { tag: "@once" }, async ({
  device,
  handup,
  nginx,
}) => {
  const way = await nginx();
  const { teacher, students, everybody } = await classBy(way, device, "Ada");
  const [ada] = students as [Student];

  // 502: there is no server behind it. Each page asks again and again, and is answered so.
  const areAnswered = (status: number) =>
    Promise.all(
      everybody.map((room) =>
        room.page.waitForResponse((answer) => answer.status() === status, { timeout: 60_000 }),
      ),
    );
  await handup.kill();
  await Promise.all(everybody.map((room) => room.isReconnecting()));
  const badGateway = areAnswered(502);
  await ada.tap("Raise hand");
  await expect(ada.problem).toBeVisible();
  await badGateway;
  await Promise.all(everybody.map((room) => room.isReconnecting()));

  // 503: there is one, and the proxy does not let anybody through.
  await way.refuse(503);
  await handup.start();
  await areAnswered(503);
  await Promise.all(everybody.map((room) => room.isReconnecting()));

  await way.refuse();
  await Promise.all(everybody.map((room) => room.isLive()));
  await ada.raise();
  await expect(ada.problem).toBeHidden();
  for (const room of everybody) await room.sees({ hands: ["Ada"] });
  await expect(teacher.row(/^Here/, "Ada")).toContainText(", connected");
});

/** A second page of a student, by a wire, whose clock the test can move. */
async function asleep(student: Student, device: Device, wire: Wire): Promise<Student> {
  const storageState = await student.page.context().storageState();
  const page = await device({ storageState });
  await page.clock.install();
  await page.goto(by(wire, student.page.url()));
  const room = new Student(page, `${student.name}'s laptop`, true);
  await room.isLive();
  return room;
}

test("a proxy that dies silently", { tag: "@once" }, async ({ classroom, device, wire }) => {
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  const laptop = await asleep(ada, device, wire);
  for (const dies of [() => wire.hold(), () => wire.swallow()]) {
    dies();
    await noor.raise();
    await laptop.page.clock.fastForward("00:45");
    await laptop.isReconnecting();
    const pretence = await notePretence(laptop, "Noor");
    // However long it takes, and however often it tries.
    await laptop.page.clock.fastForward("02:00");
    await laptop.isReconnecting();
    wire.release();
    // What was asked in vain is over in ten seconds; then it waits and asks again.
    await expect(async () => {
      await laptop.page.clock.fastForward("00:10");
      await expect(laptop.band).toBeHidden({ timeout: 2_000 });
    }).toPass();
    await laptop.sees({ hands: ["Noor"] });
    expect(await pretence()).toEqual([]);
    await noor.lower();
    await laptop.sees({ hands: [] });
  }
});

test("a laptop that sleeps for ten minutes", { tag: "@once" }, async ({ classroom, device, wire }) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  const laptop = await asleep(ada, device, wire);
  await teacher.ask({ question: "Who is awake?", limit: "10 seconds" });
  await expect(laptop.button("Not now")).toBeVisible();

  // It falls asleep: the last that it is told lies in its network card.
  await laptop.page.clock.pauseAt(new Date(Date.now() + 1_000));
  wire.hold();
  await ada.raise();
  await expect.poll(() => wire.holdsSomething).toBe(true);
  wire.swallow();
  await noor.raise();
  await teacher.sees({ hands: ["Ada", "Noor"] });
  await expect(teacher.page.locator("main").getByText(/^Time is up/).first()).toBeVisible();

  // It wakes ten minutes later. The first that it hears is what was said when it fell asleep.
  const pretence = await notePretence(laptop, "Noor");
  await laptop.page.clock.setSystemTime(new Date(Date.now() + 600_000));
  wire.deliver();
  await laptop.page.clock.runFor(50);
  await laptop.isReconnecting();
  wire.release();
  await laptop.page.clock.resume();
  await laptop.isLive();
  await laptop.sees({ hands: ["Ada", "Noor"] });
  await expect(laptop.page.locator("main").getByText(/^Time is up/)).toBeVisible();
  await expect(laptop.button("Not now")).toBeHidden();
  expect(await pretence()).toEqual([]);
});

test("a page that was put aside for ten minutes", { tag: "@once" }, async ({ classroom, device, wire }) => {
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  const laptop = await asleep(ada, device, wire);
  wire.hold();
  await noor.raise();
  // A second after it wakes, not when it would have looked anyway.
  await laptop.page.clock.pauseAt(new Date(Date.now() + 1_000));
  await laptop.page.clock.setSystemTime(new Date(Date.now() + 600_000));
  await laptop.page.clock.runFor(1_000);
  await laptop.isReconnecting();
  const pretence = await notePretence(laptop, "Noor");
  wire.release();
  await laptop.page.clock.resume();
  await laptop.isLive();
  await laptop.sees({ hands: ["Noor"] });
  expect(await pretence()).toEqual([]);
});

/** More tabs than a browser has connections to a server, of one student in one browser. */
async function tabsOf(student: Student, count: number): Promise<Student[]> {
  const tabs = [student];
  while (tabs.length < count) {
    const tab = new Student(await student.page.context().newPage(), `${student.name}'s tab`, true);
    tabs.push(tab);
    await tab.page.goto(student.page.url());
    await tab.isLive();
  }
  return tabs;
}

test("eight tabs of one browser are live at once, and can be used", { tag: "@once" }, async ({
  classroom,
  handup,
}) => {
  const { teacher } = classroom;
  const [ada, noor] = await classroom.studentsNamed("Ada", "Noor");
  const tabs = await tabsOf(ada, 8);
  const [first, last] = [tabs[0] as Student, tabs[7] as Student];
  const everyTabSees = (...hands: string[]) =>
    Promise.all([teacher, noor, ...tabs].map((room) => room.sees({ hands })));

  await last.raise();
  await noor.raise();
  await everyTabSees("Ada", "Noor");
  for (const [index, tab] of tabs.entries()) await (index % 2 ? tab.raise() : tab.lower());
  await everyTabSees("Noor", "Ada");

  // One that is loaded again, and one that goes, take nothing from the others.
  await last.reload();
  await first.page.close();
  tabs.shift();
  classroom.students.shift();
  await noor.lower();
  await everyTabSees("Ada");

  // They all come back as one does.
  await handup.kill();
  await Promise.all(tabs.map((tab) => tab.isReconnecting()));
  await handup.start();
  await Promise.all(tabs.map((tab) => tab.isLive()));
  await noor.raise();
  await everyTabSees("Ada", "Noor");

  // A call rings in each of them.
  await (await teacher.about("Ada")).getByRole("button", { name: "Call", exact: true }).click();
  for (const tab of tabs) await new Call(tab).says("Ms Haddad calls");
  await new Call(last).tap("Decline");
  // The others tell of it for a while.
  for (const tab of tabs) await new Call(tab).isGone();

  // Who has closed all of them is gone, and not before.
  for (const tab of tabs.splice(1)) await tab.page.close();
  await noor.lower();
  await everyTabSees("Ada");
  await expect(teacher.row(/^Here/, "Ada")).toContainText(", connected");
  await tabs[0]?.page.close();
  await expect(teacher.row(/^Here/, "Ada")).toContainText(", not connected");
});

test("two classes in one browser keep apart", { tag: "@once" }, async ({
  classroom,
}) => {
  const ada = await classroom.student("Ada");
  const own = await Teacher.start(await ada.page.context().newPage(), "Chess", "Ada", true);
  const [tab] = (await tabsOf(ada, 2)).slice(1) as [Student];
  await ada.raise();
  await own.ask({ question: "Who is white?" });
  for (const room of [ada, tab, classroom.teacher]) await room.sees({ hands: ["Ada"] });
  await own.sees({ hands: [] });
  await expect(tab.page.getByText("Who is white?")).toBeHidden();
});

test("a browser without shared workers is live as well", { tag: "@once" }, async ({ classroom, device }) => {
  const ada = await classroom.student("Ada");
  const page = await device({ storageState: await ada.page.context().storageState() });
  await page.addInitScript("delete window.SharedWorker");
  await page.goto(ada.page.url());
  const alone = new Student(page, "Ada's telephone", true);
  await alone.isLive();
  await alone.raise();
  await classroom.everybodySees({ hands: ["Ada"] });
});

test("a browser that cannot load its worker is live as well", { tag: "@once" }, async ({ classroom, device }) => {
  const ada = await classroom.student("Ada");
  const page = await device({ storageState: await ada.page.context().storageState() });
  await page.addInitScript(`{
    const Real = window.SharedWorker;
    window.SharedWorker = function (url, options) { return new Real("/no/such/worker.js", options); };
  }`);
  await page.goto(ada.page.url());
  const alone = new Student(page, "Ada's telephone", true);
  await alone.isLive();
  await alone.raise();
  await classroom.everybodySees({ hands: ["Ada"] });
});
