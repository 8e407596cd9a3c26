// The way in: the server answers, and a browser shows what it says.

import { expect, test } from "./server.ts";

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
