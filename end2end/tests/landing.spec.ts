// The way in: the server answers, and a browser shows what it says.

import { createServer, request as ask } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { Lesson } from "./lesson.ts";
import { expect, type Handup, test } from "./server.ts";

test("the first page has a heading", async ({ page }) => {
  const response = await page.goto("/");
  expect(response?.status()).toBe(200);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

test("the style sheet and the scripts are there", async ({ page }) => {
  const broken: string[] = [];
  page.on("response", (response) => {
    if (response.status() >= 400) broken.push(`${response.status()} ${response.url()}`);
  });
  page.on("pageerror", (error) => broken.push(error.message));
  await page.goto("/", { waitUntil: "load" });
  expect(broken).toEqual([]);
});

/** A way to the server on which no cookie comes to the browser, as when it keeps none. */
async function wayWithoutCookies(handup: Handup): Promise<{ url: string; close: () => void }> {
  const { hostname, port } = new URL(handup.url);
  const way = createServer((request, response) => {
    const { method, url, headers } = request;
    const onward = ask({ hostname, port, method, path: url, headers }, (answer) => {
      const { "set-cookie": _, ...rest } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, rest);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => way.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(way.address() as AddressInfo).port}`;
  return {
    url,
    close: () => {
      way.close();
      way.closeAllConnections();
    },
  };
}

test("whoever keeps no cookies is told so, with what was typed still there", async ({
  page,
  handup,
}) => {
  const way = await wayWithoutCookies(handup);
  try {
    await page.goto(`${way.url}/start`);
    for (let presses = 0; presses < 2; presses += 1) {
      await page.getByLabel("Class name").fill("Biology 9B");
      await page.getByLabel("Your name").fill("Ms Haddad");
      await page.getByRole("button", { name: "Start the class" }).click();
      await expect(page.getByRole("alert")).toHaveText(/Allow cookies for this site/);
      await expect(page.getByLabel("Class name")).toHaveValue("Biology 9B");
      await expect(page.getByLabel("Your name")).toHaveValue("Ms Haddad");
    }
  } finally {
    way.close();
  }
});

test("a browser that has lost a page’s cookie goes on with a second press", async ({ page }) => {
  await page.goto("/start");
  await page.context().clearCookies();
  await page.getByLabel("Class name").fill("Biology 9B");
  await page.getByLabel("Your name").fill("Ms Haddad");
  const start = page.getByRole("button", { name: "Start the class" });
  await start.click();
  await expect(page.getByRole("alert")).toHaveText(/try again/);
  await start.click();
  await page.waitForURL(/\/class\/[^?]+$/);
});

test("several students of a class share a tablet", async ({ browser, page, handup }) => {
  const desk = await browser.newPage({ baseURL: handup.url });
  await desk.goto("/start");
  await desk.getByLabel("Class name").fill("Biology 9B");
  await desk.getByLabel("Your name").fill("Ms Haddad");
  await desk.getByRole("button", { name: "Start the class" }).click();
  await desk.waitForURL(/\/class\/[^?]+$/);
  const link = (await desk.getByRole("link", { name: /\/join\// }).getAttribute("href")) ?? "";

  const join = page.getByRole("button", { name: "Join the class" });
  const main = page.getByRole("main");
  await page.goto(link);
  await page.getByLabel("Your first name").fill("Ada");
  await join.click();
  await page.waitForURL(/\/class\/[^?]+$/);

  // The next one is told as whom the tablet is in, and comes in beside them.
  await page.goto(link);
  await expect(main.getByText("You are here as Ada.")).toBeVisible();
  await page.getByText("I’m somebody else").click();
  await page.getByLabel("Your first name").fill("Ben");
  await join.click();
  await page.waitForURL(/\/class\/[^?]+$/);
  await page.goto(link);
  await expect(main.getByText("You are here as Ben.")).toBeVisible();

  // Both are in, and the tablet goes from one to the other.
  await page.getByRole("button", { name: "Go on as Ada" }).click();
  await page.waitForURL(/\/class\/[^?]+$/);
  await page.goto(link);
  await expect(page.getByRole("link", { name: "Go on as Ada" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Go on as Ben" })).toBeVisible();
  await desk.reload();
  await desk.locator(".class-place").click();
  for (const name of ["Ada", "Ben"]) {
    await expect(desk.locator(".members li").filter({ hasText: name })).toHaveCount(1);
  }
  await desk.close();
});

/** The buttons of a page that are filled with ink. */
async function filled(page: Page): Promise<string[]> {
  const buttons = page.locator("main").locator("button, a.button").filter({ visible: true });
  const found: string[] = [];
  for (const button of await buttons.all()) {
    const [back, ink] = await button.evaluate((it) => {
      const probe = document.createElement("i");
      it.after(probe);
      probe.style.color = "var(--ink)";
      const colours = [getComputedStyle(it).backgroundColor, getComputedStyle(probe).color];
      probe.remove();
      return colours;
    });
    if (back === ink) found.push((await button.innerText()).trim());
  }
  return found;
}

test("the first page shows what it is, and one way first @once", async ({ page }) => {
  const picture = page.getByRole("img", { name: /^A list of three hands on a laptop; a phone says/ });
  for (const [width, first, isPictured] of [
    [320, "Join", false],
    [390, "Join", false],
    [820, "Start a class", true],
    [1366, "Start a class", true],
    [1920, "Start a class", true],
  ] as const) {
    await page.setViewportSize({ width, height: 768 });
    await page.goto("/");
    await expect(picture).toBeVisible({ visible: isPictured });
    expect(await filled(page), `${width}`).toEqual([first]);
    const [scrolled, shown] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    expect(scrolled, `${width}`).toBe(shown);
  }
  // Nobody is named who is not configured, and the rest of the foot leads somewhere.
  await expect(page.getByText("Run by")).toHaveCount(0);
  await page.getByRole("link", { name: "What is stored" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("What is stored");
  await page.goto("/");
  await page.getByRole("link", { name: "For administrators" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Administration");
});

test.describe("a server with an operator", () => {
  test.use({ serverArgs: ["--operator", "Example School"] });

  test("says who runs it @once", async ({ page }) => {
    await page.goto("/");
    await expect(page.getByText("Run by Example School")).toBeVisible();
  });
});

test("a code that is wrong is kept and selected, with what codes never have @once", async ({ page }) => {
  await page.goto("/");
  await page.getByLabel("Have a code?").fill("K0P-4MX");
  await page.getByRole("button", { name: "Join", exact: true }).click();
  const code = page.getByLabel("Class code");
  await expect(code).toHaveValue("K0P-4MX");
  await expect(code).toBeFocused();
  await expect(page.getByText("Codes never have 0, O, 1, I or L.")).toBeVisible();
  await page.keyboard.type("ABC");
  await expect(code).toHaveValue("ABC");
});

test("a class is taught again with its name, by the same name and settings @once", async ({
  handup,
  request,
  page,
}) => {
  const lesson = await Lesson.begin(request, "Biology 9B", "Ms Park");
  const { teacher, group } = lesson;
  const settings = await request.patch(`/api/v1/groups/${group}`, {
    headers: { authorization: `Bearer ${teacher.token}` },
    data: { settings: { locked: true, askAnytime: false } },
  });
  expect(settings.ok()).toBe(true);
  await lesson.teacher.end();
  await teacher.lendTo(page.context(), handup.url);

  // Who comes back to the class is told what it came to.
  await page.goto(`/class/${group}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Class is over");
  await expect(page.getByText("0 students, 0 hands, 0 turns.")).toBeVisible();
  await page.getByRole("link", { name: "See what happened" }).click();
  await expect(page).toHaveURL(/\/history$/);

  await page.goto("/");
  await page.getByRole("button", { name: "Teach it again: Biology 9B" }).click();
  await page.waitForURL(/\/class\/[^?/]+$/);
  expect(page.url()).not.toContain(group);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Biology 9B");
  const again = await page.context().request.get(`/api/v1/groups/${new URL(page.url()).pathname.split("/")[2]}`);
  expect((await again.json()).settings).toMatchObject({ locked: false, askAnytime: false });
  // The page for starting another knows one's name, which the browser's classes tell.
  await page.goto("/start");
  await expect(page.getByLabel("Your name")).toHaveValue("Ms Park");
  await expect(page.getByLabel("Class name")).toHaveValue("");
});

test("a class that one was never in offers the code, not a start @once", async ({ request, page }) => {
  const lesson = await Lesson.begin(request, "Biology 9B");
  await page.goto(`/class/${lesson.group}`);
  await expect(
    page.getByText("This page belongs to a class that you are not in on this device."),
  ).toBeVisible();
  await expect(page.getByText("any more")).toHaveCount(0);
  await page.getByRole("link", { name: "Join with a code" }).click();
  await page.getByLabel("Class code").fill(lesson.joinCode);
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Biology 9B");
  await expect(page.getByText("with Ms Park")).toBeVisible();
  await expect(page.getByLabel("Your first name")).toHaveAttribute("autocomplete", "given-name");
  await expect(page.getByText("The class sees it.")).toBeVisible();
});
