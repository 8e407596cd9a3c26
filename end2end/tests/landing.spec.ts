// The way in: the server answers, and a browser shows what it says.

import { createServer, request as ask } from "node:http";
import type { AddressInfo } from "node:net";
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
    await page.goto(way.url);
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
  await page.goto("/");
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
  await desk.goto("/");
  await desk.getByLabel("Class name").fill("Biology 9B");
  await desk.getByLabel("Your name").fill("Ms Haddad");
  await desk.getByRole("button", { name: "Start the class" }).click();
  await desk.waitForURL(/\/class\/[^?]+$/);
  const link = await desk.getByRole("link", { name: /\/join\// }).innerText();

  const join = page.getByRole("button", { name: "Join the class" });
  const main = page.getByRole("main");
  await page.goto(link);
  await page.getByLabel("Your name").fill("Ada");
  await join.click();
  await page.waitForURL(/\/class\/[^?]+$/);

  // The next one is told as whom the tablet is in, and comes in beside them.
  await page.goto(link);
  await expect(main.getByText("You are in this class as Ada.")).toBeVisible();
  await page.getByText("Somebody else?").click();
  await page.getByLabel("Your name").fill("Ben");
  await join.click();
  await page.waitForURL(/\/class\/[^?]+$/);
  await page.goto(link);
  await expect(main.getByText("You are in this class as Ben.")).toBeVisible();

  // Both are in, and the tablet goes from one to the other.
  await page.getByRole("button", { name: "Go on as Ada" }).click();
  await page.waitForURL(/\/class\/[^?]+$/);
  await page.goto(link);
  await expect(page.getByRole("link", { name: "Go on as Ada" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Go on as Ben" })).toBeVisible();
  await desk.reload();
  for (const name of ["Ada", "Ben"]) {
    await expect(desk.locator(".members li").filter({ hasText: name })).toHaveCount(1);
  }
  await desk.close();
});
