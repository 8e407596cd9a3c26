// Pages of another site use Handup by its JavaScript client, where the operator allows that site.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { OtherSite } from "./other_site.ts";
import { expect, Handup, test as base } from "./server.ts";

interface Credential {
  groupID: string;
  joinCode: string;
  userID: string;
  token: string;
}

/** A teacher who is a program. */
class Teacher {
  #handup: Handup;
  readonly credential: Credential;

  constructor(handup: Handup, credential: Credential) {
    this.#handup = handup;
    this.credential = credential;
  }

  static async begins(handup: Handup): Promise<Teacher> {
    const body = JSON.stringify({ name: "Biology 9B", teacher: "Ms Park" });
    const answer = await fetch(`${handup.url}/api/v1/groups`, { method: "POST", body });
    return new Teacher(handup, (await answer.json()) as Credential);
  }

  async asks(method: string, path: string, body?: object): Promise<{ invitations: { inviteID: string }[] }> {
    const { groupID, token } = this.credential;
    const answer = await fetch(`${this.#handup.url}/api/v1/groups/${groupID}${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}` },
      body: body ? JSON.stringify(body) : null,
    });
    const text = await answer.text();
    return text ? JSON.parse(text) : { invitations: [] };
  }

  /** The one invitation that is live, once there is one. */
  async invitation(): Promise<string> {
    let found: string | undefined;
    await expect
      .poll(async () => {
        const { invitations } = await this.asks("GET", "");
        found = invitations[0]?.inviteID;
        return found;
      })
      .toBeDefined();
    return found ?? "";
  }
}

const test = base.extend<{ site: OtherSite; allowing: Handup }>({
  site: async ({}, use) => {
    const site = new OtherSite();
    await site.start();
    await use(site);
    site.stop();
  },

  /** A server that allows the site. */
  allowing: async ({ site }, use) => {
    const folder = await mkdtemp(join(tmpdir(), "handup-"));
    const args = ["--allow-origin", site.origin];
    const handup = new Handup(process.env.HANDUP_BIN ?? "", join(folder, "handup.sqlite3"), args);
    try {
      await handup.start();
      await use(handup);
    } finally {
      await handup.kill();
      await rm(folder, { recursive: true, force: true });
    }
  },
});

async function joins(page: Page, site: OtherSite, example: string, handup: Handup, code: string): Promise<void> {
  await page.goto(`${site.origin}/examples/${example}.html#server=${handup.url}&code=${code}`);
  await page.getByLabel("Your name").fill("Ada");
  await page.getByRole("button", { name: "Join" }).click();
}

test("a hand is raised on a page of another site @once", async ({ page, site, allowing }) => {
  const teacher = await Teacher.begins(allowing);
  await joins(page, site, "raised-hand", allowing, teacher.credential.joinCode);
  await expect(page.getByText("0 hands are up")).toBeVisible();
  await page.getByRole("button", { name: "Raise hand" }).click();
  await expect(page.getByText("Your hand is up: number 1 of 1")).toBeVisible();
  const hand = await teacher.invitation();
  await teacher.asks("POST", `/invitations/${hand}/reject`, {});
  await expect(page.getByText("0 hands are up")).toBeVisible();
  await teacher.asks("POST", "/end", {});
  await expect(page.getByText("The class has ended.")).toBeVisible();
});

test("the teacher is called from a page of another site @once", async ({ page, site, allowing }) => {
  const teacher = await Teacher.begins(allowing);
  await joins(page, site, "call-button", allowing, teacher.credential.joinCode);
  await page.getByRole("button", { name: "Call the teacher" }).click();
  await expect(page.getByText("Calling…")).toBeVisible();
  const call = await teacher.invitation();
  await teacher.asks("POST", `/invitations/${call}/ringing`, {});
  await expect(page.getByText("Ringing…")).toBeVisible();
  await teacher.asks("POST", `/invitations/${call}/accept`, { data: "On my way" });
  await expect(page.getByText("Answered: On my way")).toBeVisible();
});

test("a site that is not allowed is told nothing @once", async ({ page, site, handup }) => {
  const teacher = await Teacher.begins(handup);
  await joins(page, site, "raised-hand", handup, teacher.credential.joinCode);
  await expect(page.getByText("The server cannot be reached.")).toBeVisible();
});
