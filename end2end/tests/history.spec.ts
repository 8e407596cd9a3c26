// What happened in class, afterwards: the numbers, the walls around them, and an administrator's way.

import { readFile } from "node:fs/promises";
import { type APIRequestContext, type Locator, type Page, request as requests } from "@playwright/test";
import { expect, test } from "./class.ts";
import { Lesson, type Member, readCsv, unfold } from "./lesson.ts";
import type { Handup } from "./server.ts";

const PASSWORD = "correct horse battery";

/** The link that the server printed at its last start for setting the administrator's password. */
function setUpLink(handup: Handup): string {
  const link = [...handup.log.matchAll(/password: (\S+)/g)].at(-1)?.[1];
  if (!link) throw new Error("the server printed no set-up link");
  return link;
}

/** Sets the password, which signs this browser in. */
async function becomeAdmin(page: Page, handup: Handup): Promise<void> {
  await page.goto(setUpLink(handup));
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByRole("button", { name: "Set the password" }).click();
  await expect(page.getByRole("heading", { name: "All classes" })).toBeVisible();
}

async function adminCookie(page: Page): Promise<string> {
  const cookies = await page.context().cookies();
  const found = cookies.find(({ name }) => name.startsWith("handup-admin-"));
  return `${found?.name}=${found?.value}`;
}

/** The texts of a table's rows, cell by cell. */
async function cells(table: Locator): Promise<string[][]> {
  const rows = await table.locator("tbody tr").all();
  return Promise.all(
    rows.map(async (row) => {
      const texts = await row.locator("th, td").allInnerTexts();
      return texts.map((text) => text.replace(/\s+/g, " ").trim());
    }),
  );
}

interface Told {
  lesson: Lesson;
  students: Record<"ada" | "noor" | "sam" | "mei" | "tom", Member>;
}

/** A lesson of which everything is known, with a restart in its middle. */
async function scripted(handup: Handup, request: APIRequestContext): Promise<Told> {
  const lesson = await Lesson.begin(request, "Biology 9B");
  const { teacher } = lesson;
  const join = (name: string) => lesson.join(name);
  const students = {
    ada: await join("Ada"),
    noor: await join("Noor"),
    sam: await join("Sam"),
    mei: await join("Mei"),
    tom: await join("Tom"),
  };
  const { ada, noor, sam, mei, tom } = students;

  const first = await teacher.ask("Why is the sky blue?");
  await ada.accept(first);
  await noor.accept(first);
  await sam.reject(first, "no idea");
  await mei.accept(first);
  await teacher.cancel(first);
  const turn = await teacher.callOn(ada);
  await ada.accept(turn);
  await ada.finish(turn);
  await noor.reject(await teacher.callOn(noor));
  await teacher.finishOf(first, noor);
  await teacher.cancel(await teacher.callOn(mei));

  await handup.restart();
  const second = await teacher.ask(undefined, 1);
  await ada.accept(second);
  await teacher.sawOut(second);
  const asked = await tom.raise();
  await teacher.accept(asked);
  await teacher.finish(asked);
  await sam.cancel(await sam.raise());
  await teacher.remove(mei);
  const call = await teacher.call(ada, "about the essay");
  await ada.accept(call);
  await ada.finish(call);
  await teacher.end();
  return { lesson, students };
}

/** What each student did: hands, turns, passes. */
const DONE: Record<string, [hands: number, turns: number, passes: number]> = {
  Ada: [2, 1, 0],
  Mei: [1, 0, 0],
  Noor: [1, 0, 1],
  Sam: [1, 0, 0],
  Tom: [1, 1, 0],
};

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the numbers of a lesson are exact, and the same on page, in CSV and in JSON @once", async ({
    handup,
    request,
    page,
  }) => {
    const { lesson } = await scripted(handup, request);
    await becomeAdmin(page, handup);

    // In the list of all classes.
    const row = page.getByRole("row").filter({ hasText: "Biology 9B" });
    const numbers = await row.locator("td.number").allInnerTexts();
    expect(numbers).toEqual(["5", "2", "6", "2"]);
    await expect(row).toContainText("Ms Park");

    // On the class's page.
    await page.getByRole("link", { name: "Biology 9B" }).click();
    await expect(page.locator(".figure")).toHaveText([
      /^Students5$/,
      /^Rounds2$/,
      /^Hands6$/,
      /^Turns2$/,
      /^Spoken\d:\d\d$/,
    ]);
    const people = await cells(page.locator(".people-table"));
    expect(people.map(([name, , hands, turns, , passes]) => [name, hands, turns, passes])).toEqual(
      Object.entries(DONE).map(([name, [hands, turns, passes]]) => [
        name === "Mei" ? "Mei gone" : name,
        `${hands}`,
        `${turns}`,
        `${passes}`,
      ]),
    );
    await expect(page.locator(".never-called")).toHaveText(
      "1 student raised a hand and was never called: Sam.",
    );
    await expect(page.locator(".never-raised")).toHaveCount(0);
    await expect(page.locator(".waited")).toHaveText(/^Waiting, as medians: question to first hand \d+\.\d s · question to first turn \d+\.\d s( · turn to turn \d+\.\d s)?\.$/);

    const summaries = page.locator(".folded > summary");
    await expect(summaries.nth(0)).toHaveText(/^Round 1, .*Why is the sky blue\?3 hands, 1 turn$/);
    await expect(summaries.nth(1)).toHaveText(/^Round 2, .*3 hands, 1 turn$/);
    await expect(page.locator(".raised-table").first()).toBeHidden();
    await unfold(page);
    const one = page.locator("[data-round='1']");
    await expect(one.getByRole("heading")).toHaveText(/^Round 1, \d\d:\d\d:\d\d$/);
    await expect(one).toContainText("Why is the sky blue?");
    await expect(one).toContainText(/5 asked, 3 hands raised, the first after \d+\.\d s/);
    const raised = await cells(one.locator(".raised-table"));
    expect(raised.map(([place, name]) => [place, name])).toEqual([
      ["1", "Ada"],
      ["2", "Noor"],
      ["3", "Mei"],
    ]);
    expect(raised.map((cell) => cell[3]?.replace(/, \d\d:\d\d:\d\d$/, ""))).toEqual([
      "called on to speak",
      "hand lowered by Ms Park",
      "removed from the class by Ms Park",
    ]);
    await expect(one.locator(".who")).toHaveText([
      /^Not now \(1\): Sam$/,
      /^Had not answered when it was closed \(1\): Tom$/,
    ]);
    const called = await cells(one.locator(".called-table"));
    expect(called.map(([name, , answer]) => [name, answer?.split(",")[0]])).toEqual([
      ["Ada", "spoke"],
      ["Noor", "passed"],
      ["Mei", "taken back"],
    ]);
    await expect(one.getByText("no idea")).toBeAttached();

    const two = page.locator("[data-round='2']");
    await expect(two).toContainText("5 asked, 1 hand raised");
    await expect(two.locator(".who")).toHaveText([/^Let it run out \(4\): Noor, Sam, Mei, Tom$/]);
    const asks = await cells(two.locator(".asks-table"));
    expect(asks.map(([name]) => name)).toEqual(["Tom", "Sam"]);
    expect(asks[0]?.[2]).toMatch(/^taken by Ms Park, spoke 0:0\d, turn over/);
    expect(asks[1]?.[2]).toMatch(/^hand lowered/);
    const calls = await cells(two.locator(".others-table"));
    expect(calls[0]).toEqual([
      "Call",
      "Ms Park and Ada",
      expect.stringMatching(/^\d\d:\d\d:\d\d$/),
      "answered",
      expect.stringMatching(/^0:0\d$/),
    ]);

    // In the CSV: the same, counted from its rows.
    const cookie = await adminCookie(page);
    const csv = await request.get(`/admin/class/${lesson.group}/export.csv`, {
      headers: { cookie },
    });
    expect(csv.headers()["content-type"]).toBe("text/csv; charset=utf-8");
    expect(csv.headers()["content-disposition"]).toBe('attachment; filename="handup-biology-9b.csv"');
    const text = await csv.text();
    expect(text.charCodeAt(0)).toBe(0xfeff);
    const rows = readCsv(text.slice(1));
    const yes = ({ state }: Record<string, string>) => state === "accepted" || state === "finished";
    for (const [name, [hands, turns, passes]] of Object.entries(DONE)) {
      const of = (kind: string) => rows.filter((it) => it.kind === kind && it.person === name);
      const asked = rows.filter((it) => it.kind === "ask" && it.invited_by === name);
      expect(of("round").filter(yes).length + asked.length, name).toBe(hands);
      expect(of("floor").filter(yes).length + asked.filter(yes).length, name).toBe(turns);
      expect(of("floor").filter(({ state }) => state === "rejected").length, name).toBe(passes);
    }
    expect(new Set(rows.filter(({ kind }) => kind === "round").map((it) => it.round)).size).toBe(2);
    const ranOut = rows.filter(({ round, kind, state }) => round === "2" && kind === "round" && state === "timedOut");
    expect(ranOut.map(({ person }) => person)).toEqual(["Noor", "Sam", "Mei", "Tom"]);
    const ofSam = rows.find(({ round, kind, person }) => round === "1" && kind === "round" && person === "Sam");
    expect(ofSam).toMatchObject({ state: "rejected", answer_data: "no idea", question: "Why is the sky blue?" });
    expect(rows.find(({ kind }) => kind === "call")).toMatchObject({
      one_to_one: "true",
      invited_by: "Ms Park",
      person: "Ada",
      state: "finished",
    });

    // In the JSON, and in the file of all classes.
    for (const path of [`/admin/class/${lesson.group}/export.json`, "/admin/export.json?name=biology"]) {
      const answer = await request.get(path, { headers: { cookie } });
      const { classes } = await answer.json();
      expect(classes).toHaveLength(1);
      const [told] = classes;
      const { waits, ...summary } = told.summary;
      expect(summary).toEqual({ teachers: ["Ms Park"], students: 5, rounds: 2, hands: 6, turns: 2 });
      expect(waits.toFirstHand).toBeLessThanOrEqual(waits.toFirstTurn);
      expect(told.invitations).toHaveLength(new Set(rows.map((it) => it.invitation_id)).size);
      for (const [name, [hands, turns, passes]] of Object.entries(DONE)) {
        const person = told.people.find((it: { name: string }) => it.name === name);
        expect(person).toMatchObject({ hands, turns, passes });
      }
    }
    const none = await request.get("/admin/export.json?name=chemistry", { headers: { cookie } });
    expect(await none.json()).toEqual({ classes: [] });
  });

  test("what came of each call", async ({ handup, request, page }) => {
    const lesson = await Lesson.begin(request, "Biology 9B");
    const { teacher } = lesson;
    const [ada, bo] = [await lesson.join("Ada"), await lesson.join("Bo")];
    const other = await lesson.join("Mr Hilbert");
    await teacher.makeTeacher(other);
    const answered = await teacher.call(ada, "about the essay", "video");
    await ada.accept(answered);
    await other.call(ada, "");
    await ada.finish(answered);
    await bo.reject(await teacher.call(bo, ""));
    await teacher.cancel(await teacher.call(bo, ""));
    const failed = await teacher.call(bo, "", "video");
    await bo.accept(failed);
    await teacher.finishFor(failed, "failed");

    const expected = [
      ["Video call", "Ms Park and Ada", "answered", /^0:0\d$/],
      ["Call", "Mr Hilbert and Ada", "busy: in another call", /^$/],
      ["Call", "Ms Park and Bo", "declined", /^$/],
      ["Call", "Ms Park and Bo", "cancelled", /^$/],
      ["Video call", "Ms Park and Bo", "failed: no connection", /^$/],
    ] as const;
    await becomeAdmin(page, handup);
    await page.goto(`/admin/class/${lesson.group}`);
    await unfold(page);
    const rows = await cells(page.locator(".others-table"));
    expect(rows.map(([what, who, , answer]) => [what, who, answer])).toEqual(
      expected.map(([what, who, answer]) => [what, who, answer]),
    );
    for (const [place, [, , , lasted]] of expected.entries()) {
      expect(rows[place]?.[4]).toMatch(lasted);
    }
    const cookie = await adminCookie(page);
    const csv = await request.get(`/admin/class/${lesson.group}/export.csv`, { headers: { cookie } });
    const told = readCsv((await csv.text()).slice(1));
    expect(told.map(({ media, outcome }) => [media, outcome])).toEqual([
      ["video", "answered"],
      ["audio", "busy"],
      ["audio", "declined"],
      ["audio", "cancelled"],
      ["video", "failed"],
    ]);
    const json = await request.get(`/admin/class/${lesson.group}/export.json`, { headers: { cookie } });
    const [inJson] = (await json.json()).classes;
    expect(inJson.invitations.map((it: { outcome: string }) => it.outcome)).toEqual(
      told.map(({ outcome }) => outcome),
    );
  });

  test("an administrator's way through it", async ({ handup, request, page }) => {
    const { lesson, students } = await scripted(handup, request);
    await Lesson.begin(request, "Chemistry 8A", "Mr Okafor");

    // Nothing to see before the password is set, and a short one is none.
    await page.goto("/admin");
    await expect(page.getByText(/^No password has been set yet/)).toBeVisible();
    const link = setUpLink(handup);
    await page.goto(link);
    await page.getByLabel("New password").fill("short");
    await page.getByRole("button", { name: "Set the password" }).click();
    await expect(page.getByRole("alert")).toHaveText(/^That password is too short/);
    await expect(page.getByLabel("New password")).toHaveAccessibleDescription(/too short/);
    await page.getByLabel("New password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("heading", { name: "All classes" })).toBeVisible();

    // Signed out, the page asks; a wrong password says so; the link is used up.
    await page.getByRole("link", { name: "Access" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByText(/^This opens what happened in every class/)).toBeVisible();
    await page.getByLabel("Password").fill("something else");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("alert")).toHaveText("That password is not right. Try again.");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("link", { name: "Biology 9B" })).toBeVisible();
    expect((await page.goto(link))?.status()).toBe(410);

    // Searched by name in any case, and by day.
    await page.goto("/admin");
    await page.getByLabel("Class name").fill("bioLOGY");
    await page.keyboard.press("Enter");
    await expect(page.locator(".classes tbody th")).toHaveText(["Biology 9B"]);
    await page.getByLabel("Until").fill("2020-01-01");
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page.getByText(/^No class matches/)).toBeVisible();
    await page.getByRole("link", { name: "Show all" }).click();
    await expect(page.locator(".classes tbody th")).toHaveText(["Chemistry 8A", "Biology 9B"]);

    // A person, and what is recorded of them.
    await page.getByRole("link", { name: "Biology 9B" }).click();
    await page.getByRole("link", { name: "Sam" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sam");
    await expect(page.locator(".figure").first()).toHaveText(/Hands1/);
    // The data stand as they are stored only where one asks for that.
    await expect(page.getByText("no idea")).toBeHidden();
    await expect(page.getByText(/"operation"/).first()).toBeHidden();
    await unfold(page);
    await expect(page.getByText("no idea")).toBeVisible();
    await expect(page.getByText(/"operation"/).first()).toBeVisible();

    // Erased: the name and the words are gone, the counts stay.
    await page.getByRole("button", { name: "Erase name and data" }).click();
    const sure = page.getByRole("dialog", { name: /^Erase this person/ });
    await expect(sure).toContainText("“Sam”");
    await sure.getByRole("button", { name: "Erase", exact: true }).click();
    await expect(page.getByRole("status")).toHaveText(/^The name and the data are erased/);
    const people = await cells(page.locator(".people-table"));
    expect(people.map(([name, , hands]) => [name, hands])).toContainEqual(["Name erased", "1"]);
    await expect(page.locator("main")).not.toContainText("Sam");
    await expect(page.locator("main")).not.toContainText("no idea");

    // Deleted, after a question that names the class.
    await page.getByRole("button", { name: "Delete the class" }).click();
    const question = page.getByRole("dialog", { name: "Delete this class?" });
    await expect(question).toContainText("“Biology 9B”");
    await question.getByRole("button", { name: "Keep" }).click();
    await expect(question).toBeHidden();
    await page.getByRole("button", { name: "Delete the class" }).click();
    await question.getByRole("button", { name: "Delete the class" }).click();
    await expect(page.getByRole("status")).toHaveText("The class is deleted.");
    await expect(page.locator(".classes tbody th")).toHaveText(["Chemistry 8A"]);
    expect((await page.goto(`/admin/class/${lesson.group}`))?.status()).toBe(404);
    await expect(page.getByText(/^That class is not there/)).toBeVisible();
    const { ada } = students;
    const gone = await request.get(`/api/v1/groups/${lesson.group}`, {
      headers: { authorization: `Bearer ${ada.token}` },
    });
    expect(gone.status()).toBe(404);
  });

  test("how long classes are kept is a setting @once", async ({
    handup,
    request,
    page,
  }) => {
    const lesson = await Lesson.begin(request, "Biology 9B");
    await lesson.teacher.end();
    await becomeAdmin(page, handup);
    await page.getByRole("link", { name: "Keeping" }).click();
    await expect(page.getByText(/^Classes are kept until somebody deletes them\./)).toBeVisible();
    const days = page.getByLabel("Days after the end");
    await days.fill("30");
    await page.getByRole("button", { name: "Save" }).click();
    const words = /^A class is deleted 30 days after it ended\. One in which nothing happens for 120 days ends/;
    await expect(page.getByText(words)).toBeVisible();
    await page.goto("/stored");
    await expect(page.getByText(/deleted with everything in it 30 days after its end/)).toBeVisible();
    await page.goto("/admin");
    await page.getByRole("link", { name: "Biology 9B" }).click();
    await expect(page.getByText(/^This class will be deleted on \d+ \w+ \d{4}\.$/)).toBeVisible();

    const strange = await request.post("/do/keep-days", {
      headers: { cookie: await adminCookie(page), origin: handup.url, accept: "text/html" },
      form: { days: "0" },
      maxRedirects: 0,
    });
    expect(strange.headers()["location"]).toBe("/admin?tab=keeping&problem=days");
    await page.goto("/admin?tab=keeping");
    await days.fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText(/^Classes are kept until somebody deletes them\./)).toBeVisible();
  });

  test("more classes than a page holds, and more arriving meanwhile @once", async ({
    handup,
    request,
    page,
  }) => {
    const names = Array.from({ length: 120 }, (_, at) => `Class ${at + 1}`);
    for (const name of names) await Lesson.begin(request, name);
    await becomeAdmin(page, handup);
    await expect(page.getByText(/^120 classes, newest first/)).toBeVisible();
    const seen: string[] = [];
    for (;;) {
      seen.push(...(await page.locator(".classes tbody th").allInnerTexts()));
      await Lesson.begin(request, "Newcomer");
      const older = page.getByRole("link", { name: "Older" });
      if ((await older.count()) === 0) break;
      await older.click();
    }
    expect(seen).toEqual(names.reverse());
  });

  test("hostile names are only names, on the page and in a spreadsheet @once", async ({
    handup,
    request,
    page,
  }) => {
    const hostile = [
      "<script>alert(1)</script>",
      "=cmd()|'/C calc'!A0",
      "@SUM(1+1)",
      "\u202Eadmin\u202C",
      "🙋".repeat(64),
      '"><img src=x onerror=alert(1)>',
      "</title><script>alert(1)</script>",
    ];
    // A name goes into the document's title too, which is the one place outside its body.
    const breaksOut = await Lesson.begin(request, "</title><script>alert(1)</script><b>");
    const lesson = await Lesson.begin(request, "=HYPERLINK(1) <b>", "-1+1");
    const round = await lesson.teacher.ask("+<i>why</i>");
    for (const name of hostile) {
      const student = await lesson.join(name);
      await student.accept(round, "=1+1");
    }
    await becomeAdmin(page, handup);
    await page.getByRole("link", { name: "=HYPERLINK(1) <b>" }).click();
    await unfold(page);
    for (const name of hostile) {
      await expect(page.locator(".raised-table bdi").getByText(name, { exact: true })).toBeVisible();
    }
    await expect(page.locator("main img, main b, main i")).toHaveCount(0);
    await expect(page.locator("script", { hasText: "alert" })).toHaveCount(0);
    for (const person of await page.locator(".people-table a").all()) {
      const address = await person.getAttribute("href");
      const html = await (
        await request.get(address ?? "", { headers: { cookie: await adminCookie(page) } })
      ).text();
      expect(html).not.toContain("<script>alert");
    }
    for (const [path, title] of [
      [`/admin/class/${lesson.group}`, "=HYPERLINK(1) <b>: what happened · Handup"],
      [`/admin/class/${breaksOut.group}`, `${breaksOut.name}: what happened · Handup`],
    ] as const) {
      const answer = await page.goto(path);
      await expect(page).toHaveTitle(title);
      await expect(page.locator("body b")).toHaveCount(0);
      await expect(page.locator("script", { hasText: "alert" })).toHaveCount(0);
      expect(answer?.headers()["content-security-policy"]).toMatch(
        /^default-src 'none';.* script-src 'nonce-[\w-]+'$/,
      );
    }
    // The room's own page has its scripts, and none of a class's name.
    const room = await request.get(`/class/${breaksOut.group}`, {
      headers: { cookie: `handup=${breaksOut.teacher.token}` },
    });
    expect(await room.text()).not.toContain("<script>alert");
    const csv = await request.get(`/admin/class/${lesson.group}/export.csv`, {
      headers: { cookie: await adminCookie(page) },
    });
    const rows = readCsv((await csv.text()).slice(1));
    expect(rows.map(({ person }) => person)).toEqual(
      hostile.map((name) => (/^[=+\-@]/.test(name) ? `'${name}` : name)),
    );
    for (const row of rows) {
      expect(row).toMatchObject({
        class: "'=HYPERLINK(1) <b>",
        invited_by: "'-1+1",
        question: "'+<i>why</i>",
        answer_data: "'=1+1",
      });
      for (const cell of Object.values(row)) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    }
  });

  test("an export is saved and its page says how far it is @once", async ({ handup, request, page }) => {
    const { lesson } = await scripted(handup, request);
    await becomeAdmin(page, handup);
    for (const from of ["/admin", `/admin/class/${lesson.group}`]) {
      await page.goto(from);
      const download = page.waitForEvent("download");
      await page.getByLabel("Format").selectOption({ label: "CSV, for a spreadsheet" });
      await page.getByRole("button", { name: "Export" }).click();
      const saved = await (await download).path();
      const rows = readCsv((await readFile(saved, "utf8")).slice(1));
      await expect(
        page.frameLocator("iframe").getByText(`Done: ${rows.length} rows.`),
      ).toBeVisible();
      expect(rows.length).toBeGreaterThan(10);
    }
  });

  test("nobody sees what is not theirs @once", async ({ handup, request, page }) => {
    const { lesson, students } = await scripted(handup, request);
    const other = await Lesson.begin(request, "Chemistry 8A");
    await becomeAdmin(page, handup);
    const cookie = await adminCookie(page);
    const { group } = lesson;
    const ada = students.ada.id;

    const as = (cookie: string) =>
      requests.newContext({ baseURL: handup.url, extraHTTPHeaders: cookie ? { cookie } : {} });
    const who = {
      stranger: await as(""),
      forger: await as(`handup-admin=${other.teacher.token}; handup=${"A".repeat(43)}`),
      student: await as(`handup=${students.ada.token}`),
      elsewhere: await as(`handup=${other.teacher.token}`),
      teacher: await as(`handup=${lesson.teacher.token}`),
      admin: await as(cookie),
    };
    const pages: [path: string, allowed: (keyof typeof who)[]][] = [
      [`/admin/class/${group}`, ["admin"]],
      [`/admin/class/${group}/person/${ada}`, ["admin"]],
      [`/admin/class/${group}/export?format=csv`, ["admin"]],
      ["/admin/export?format=csv", ["admin"]],
      ["/admin/export.csv", ["admin"]],
      ["/admin/export.json", ["admin"]],
      [`/admin/class/${group}/export.csv`, ["admin"]],
      [`/admin/class/${group}/export.json`, ["admin"]],
      [`/class/${group}/history`, ["teacher"]],
      [`/class/${group}/history/person/${ada}`, ["teacher"]],
      [`/class/${group}/history/export?format=json`, ["teacher"]],
      [`/class/${group}/history/export.csv`, ["teacher"]],
      [`/class/${group}/history/export.json`, ["teacher"]],
      [`/class/${group}/me`, ["student", "teacher"]],
    ];
    for (const [path, allowed] of pages) {
      for (const [name, context] of Object.entries(who)) {
        const answer = await context.get(path);
        const text = await answer.text();
        if (allowed.includes(name as keyof typeof who)) {
          expect(answer.status(), `${name} at ${path}`).toBe(200);
          expect(answer.headers()["cache-control"], path).toBe("no-store");
        } else {
          expect([401, 403], `${name} at ${path}`).toContain(answer.status());
          expect(text, `${name} at ${path}`).not.toContain("Biology 9B");
          expect(text, `${name} at ${path}`).not.toContain("Noor");
        }
      }
    }
    for (const context of [who.stranger, who.student, who.teacher]) {
      const answer = await context.get("/admin");
      expect(await answer.text()).not.toContain("Biology 9B");
    }

    // What changes something is an administrator's, and from this site's own pages.
    const forms: [path: string, form: Record<string, string>][] = [
      ["/do/delete-class", { group }],
      ["/do/erase-person", { group, member: ada }],
      ["/do/keep-days", { days: "1", sure: "yes" }],
    ];
    for (const [path, form] of forms) {
      for (const [name, context] of Object.entries(who)) {
        const headers = { origin: name === "admin" ? "https://evil.example" : handup.url };
        const answer = await context.post(path, { form, headers });
        expect([401, 403], `${name} at ${path}`).toContain(answer.status());
      }
    }
    await page.goto(`/admin/class/${group}`);
    await expect(page.locator(".people-table")).toContainText("Ada");

    // A teacher reads of others' one-to-one invitations that they were, and not what they said.
    const one = await Lesson.begin(request, "Physics 10C");
    const bea = await one.join("Bea");
    const mate = await one.join("Mr Okafor");
    await one.teacher.makeTeacher(mate);
    const talk = await one.teacher.call(bea, "about home");
    await bea.accept(talk, "at last");
    for (const [token, reads] of [
      [one.teacher.token, true],
      [mate.token, false],
    ] as const) {
      const context = await as(`handup=${token}`);
      for (const end of ["export.json", "export.csv", ""]) {
        const answer = await context.get(`/class/${one.group}/history/${end}`.replace(/\/$/, ""));
        const told = await answer.text();
        expect(told).toContain("Bea");
        expect(told.includes("about home"), end).toBe(reads);
        expect(told.includes("at last"), end).toBe(reads);
      }
      await context.dispose();
    }
    const mine = await who.student.get(`/class/${group}/me`);
    const text = await mine.text();
    expect(text).toContain("about the essay");
    expect(text).not.toContain("Noor");
    expect(text).not.toContain("no idea");
    await Promise.all(Object.values(who).map((context) => context.dispose()));
  });
});

test("a teacher's and a student's way to what happened", async ({ classroom }) => {
  const { teacher } = classroom;
  const ada = await classroom.student("Ada");
  await teacher.ask({ question: "Why is the sky blue?" });
  await ada.raise();

  const room = teacher.page.url();
  const menu = await teacher.menu();
  await menu.getByRole("link", { name: "What happened" }).click();
  await expect(teacher.page.getByText("Why is the sky blue?").first()).toBeVisible();
  await unfold(teacher.page);
  await expect(teacher.page.locator(".raised-table")).toContainText("Ada");
  await expect(teacher.page.getByRole("button", { name: "Delete the class" })).toHaveCount(0);
  await teacher.page.getByRole("link", { name: "Back to the class" }).click();
  await expect(teacher.page).toHaveURL(room);
  await teacher.isLive();

  await ada.menu();
  await ada.page.getByRole("link", { name: "My data" }).click();
  await expect(ada.page.getByText("Your name in this class is Ada.")).toBeVisible();
  await expect(ada.page.getByText("You raised your hand once and have not spoken yet.")).toBeVisible();
  await expect(ada.page.getByText(/"operation"/).first()).toBeHidden();
  await expect(ada.page.getByText("accepted, goes on")).toBeVisible();
  await ada.page.getByRole("link", { name: "Back to the class" }).click();
  await ada.isLive();

  // After the end the teacher is led to it, and the student finds it from the first page.
  await teacher.endClass();
  await ada.isOver();
  await expect(teacher.page.getByText("1 student, 1 hand, 0 turns.")).toBeVisible();
  await expect(teacher.page.getByRole("button", { name: "Teach it again" })).toBeVisible();
  await teacher.page.getByRole("link", { name: "See what happened" }).click();
  await expect(teacher.page.locator(".figure").filter({ hasText: "Hands" })).toHaveText("Hands1");
  await ada.page.goto("/");
  await ada.page.getByRole("link", { name: "Biology 9B" }).click();
  await expect(ada.page.getByRole("heading", { level: 1 })).toHaveText("What is stored about you");
});

test("on a phone a student is one row, and those who did nothing are one line @once", async ({
  handup,
  request,
  device,
}) => {
  const lesson = await Lesson.begin(request, "Biology 9B");
  const names = Array.from({ length: 16 }, (_, at) => `Student ${String.fromCharCode(65 + at)}`);
  const students = [];
  for (const name of names) students.push(await lesson.join(name));
  for (let round = 0; round < 3; round += 1) {
    const asked = await lesson.teacher.ask("Why is the sky blue?");
    for (const student of students.slice(0, 6)) await student.accept(asked);
  }
  const page = await device({ viewport: { width: 390, height: 844 } });
  await lesson.teacher.lendTo(page.context(), handup.url);
  await page.goto(`/class/${lesson.group}/history`);
  const rows = page.locator(".people-table tbody tr:visible");
  await expect(rows).toHaveText(names.slice(0, 6).map((name) => new RegExp(`^${name}.*3 hands · 0 turns`)));
  for (const row of await rows.all()) {
    expect((await row.boundingBox())?.height).toBeLessThanOrEqual(60);
  }
  await expect(page.locator(".idle-line")).toHaveText(
    `No hand and no turn: ${names.slice(6).join(", ")}. Show them in the table`,
  );
  // Sentences, figures, sixteen students, three rounds and the picture.
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  expect(height).toBeLessThan(2_600);
  await page.getByRole("link", { name: "Show them in the table" }).click();
  await expect(rows).toHaveCount(10);

  // Bars have an edge that stands out from paper, in both themes.
  const bar = page.locator(".people-table .hand-bar").first();
  await page.goto(`/class/${lesson.group}/history`);
  for (const [colorScheme, stroke] of [
    ["light", "rgb(160, 106, 0)"],
    ["dark", "rgb(255, 190, 61)"],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await expect(bar).toHaveCSS("stroke", stroke);
    await expect(bar).toHaveCSS("stroke-width", "1.5px");
  }
});

test("on paper nothing lies on a dark wash, and what is folded is there @once", async ({
  handup,
  request,
  device,
}) => {
  const { lesson } = await scripted(handup, request);
  const page = await device({ colorScheme: "dark" });
  await lesson.teacher.lendTo(page.context(), handup.url);
  await page.goto(`/class/${lesson.group}/history`);
  await page.emulateMedia({ colorScheme: "dark", media: "print" });
  const tokens = await page.evaluate(() => {
    const style = getComputedStyle(document.documentElement);
    return ["--hand-wash", "--floor-wash", "--paper", "--surface"].map((it) => style.getPropertyValue(it));
  });
  expect(new Set(tokens)).toEqual(new Set(["#ffffff"]));
  await expect(page.locator(".raised-table").first()).toBeVisible();
  await expect(page.locator(".in-page")).toBeHidden();
});

test("an administrator finds what goes on, what is over, and which of two of a name @once", async ({
  handup,
  request,
  page,
}) => {
  await Lesson.begin(request, "Biology 9B", "Ms Park");
  const over = await Lesson.begin(request, "Biology 9B", "Mr Okafor");
  await Lesson.begin(request, "Chemistry 8A");
  await over.teacher.end();
  await becomeAdmin(page, handup);
  const names = page.locator(".classes tbody th a");
  await expect(names).toHaveText([
    "Chemistry 8A",
    /^Biology 9B, Mr Okafor, \d+ \w+ \d{4}$/,
    /^Biology 9B, Ms Park, \d+ \w+ \d{4}$/,
  ]);
  await expect(page.getByRole("row").filter({ hasText: "Chemistry" })).toContainText("On now");
  await page.getByLabel("Which").selectOption("Over");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(names).toHaveText(["Biology 9B"]);
  await page.getByLabel("Which").selectOption("On now");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(names).toHaveText(["Chemistry 8A", "Biology 9B"]);
  await expect(page.getByText(/^2 classes, newest first/)).toBeVisible();
});
