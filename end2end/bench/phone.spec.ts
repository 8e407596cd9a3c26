// How soon the class room is of use on a phone with a slow network: when it paints, when a hand is
// up that was raised without waiting for the WASM, and when the page is live.
//
// `cargo xtask bench phone` runs it and prints medians. Nothing here fails for being slow.

import type { Page } from "@playwright/test";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Student, expect, test } from "../tests/class.ts";

const ROUNDS = Number(process.env.HANDUP_ROUNDS ?? 5);
const STUDENTS = 30;

/** Networks as WebPageTest names them: bits a second down and up, milliseconds there and back. */
const NETWORKS = {
  "3G": { down: 1_600_000, up: 768_000, latency: 300 },
  "3G fast": { down: 1_600_000, up: 768_000, latency: 150 },
  "3G slow": { down: 400_000, up: 400_000, latency: 400 },
} as const;

/** How many times slower the phone is than this machine. */
const SLOWER = 4;

type Network = keyof typeof NETWORKS;

/** Makes the page's network and processor those of a phone, with nothing in its cache. */
async function slow(page: Page, network: Network): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { down, up, latency } = NETWORKS[network];
  await session.send("Network.enable");
  await session.send("Network.clearBrowserCache");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency,
    downloadThroughput: down / 8,
    uploadThroughput: up / 8,
  });
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
}

/** Milliseconds from the beginning of the navigation to the first paint with something in it. */
async function firstPaint(page: Page): Promise<number> {
  const paint = await page.waitForFunction(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  );
  return (await paint.jsonValue()) as number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

test("the room on a slow phone", async ({ classroom }) => {
  test.setTimeout(1_200_000);
  const { teacher } = classroom;
  const names = Array.from({ length: STUDENTS }, (_, number) => `Student ${number + 1}`);
  const ada = await classroom.student("Ada");
  const link = await teacher.link();
  const code = link.slice(link.lastIndexOf("/") + 1);
  for (const name of names) {
    const joined = await teacher.page.request.post("/api/v1/join", { data: { joinCode: code, name } });
    expect(joined.ok()).toBe(true);
  }
  await teacher.ask();

  const figures = new Map<string, number[]>();
  const note = (what: string, network: Network, value: number) => {
    const key = `${what} | ${network}`;
    figures.set(key, [...(figures.get(key) ?? []), value]);
  };
  const device = async (network: Network): Promise<Page> => {
    const page = await classroom.device({
      viewport: { width: 360, height: 640 },
      storageState: await ada.page.context().storageState(),
    });
    await slow(page, network);
    return page;
  };
  const url = ada.page.url();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const network of Object.keys(NETWORKS) as Network[]) {
      const page = await device(network);
      const began = Date.now();
      await page.goto(url, { waitUntil: "commit" });
      note("first contentful paint", network, await firstPaint(page));
      await page.locator('[data-connection="live"]').waitFor({ timeout: 60_000 });
      note("live", network, Date.now() - began);
      await page.context().close();

      await withoutWasm(await device(network), url, network, ada, note);
    }
  }

  console.log(`\n| | network | median | least to most |\n|---|---|---|---|`);
  for (const [key, values] of [...figures].sort()) {
    const [least, most] = [Math.min(...values), Math.max(...values)].map(Math.round);
    console.log(`| ${key} | ${Math.round(median(values))} ms | ${least} to ${most} |`);
  }
  const file = process.env.HANDUP_FIGURES;
  if (file) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(Object.fromEntries(figures), null, 2));
  }
});

/** Raises a hand on a page whose WASM never comes. */
async function withoutWasm(
  page: Page,
  url: string,
  network: Network,
  ada: Student,
  note: (what: string, network: Network, value: number) => void,
): Promise<void> {
  // Not by a route of Playwright's: with one the page has no cache, and fetches all anew with each answer.
  const session = await page.context().newCDPSession(page);
  await session.send("Fetch.enable", { patterns: [{ urlPattern: "*.wasm" }] });
  const began = Date.now();
  await page.goto(url, { waitUntil: "commit" });
  await page.getByRole("button", { name: "Raise hand", exact: true }).click();
  await page.getByRole("button", { name: "Lower hand", exact: true }).waitFor();
  note("hand up, without WASM", network, Date.now() - began);
  await expect(ada.button("Lower hand")).toBeVisible();
  await page.context().close();
  await ada.lower();
}
