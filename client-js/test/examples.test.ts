// The examples' scripts, run against a real server in a page that has no more than they use.

import { transform } from "esbuild";
import * as client from "handup-client";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { classroom, HANDS } from "./classroom.ts";

/** An element, and who waits for what it says. */
class Element {
  value = "";
  hidden = false;
  disabled = false;
  onclick = () => {};
  onsubmit = (_: { preventDefault(): void }) => {};
  #text = "";
  #watchers = new Set<() => void>();

  get textContent(): string {
    return this.#text;
  }

  set textContent(text: string) {
    this.#text = text;
    for (const watcher of [...this.#watchers]) watcher();
  }

  says(text: string): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.#text !== text) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }
}

/** Opens an example, its address saying where the class is. */
async function open(file: string, server: string, code: string) {
  const page = await readFile(`examples/${file}`, "utf8");
  assert.ok(page.trimEnd().split("\n").length < 60);
  const script = /<script type="module">(.*)<\/script>/s.exec(page)?.[1] ?? "";
  const imported = 'import { Handup } from "../dist/handup.js";';
  assert.ok(script.includes(imported));
  const { code: body } = await transform(script.replace(imported, ""), { target: "es2022" });
  const elements = new Map([...page.matchAll(/ id="(\w+)"/g)].map(([, id = ""]) => [id, new Element()]));
  const document = { getElementById: (id: string) => elements.get(id) };
  const location = { hash: `#${new URLSearchParams({ server, code })}` };
  new Function("Handup", "document", "location", body)(client.Handup, document, location);
  const element = (id: string) => elements.get(id) ?? assert.fail(id);
  element("name").value = "Ada";
  element("join").onsubmit({ preventDefault: () => {} });
  return element;
}

test("the call button rings the teacher, and shows what comes of it", async (t) => {
  const { server, teacher, follow } = await classroom(t);
  const atPark = follow(teacher);
  const page = await open("call-button.html", server.url, teacher.joinCode ?? "");
  await atPark.next("onUserStatusChanged", ({ data }) => data.users.some(({ userID }) => userID !== teacher.userID));
  page("ring").onclick();
  const { inviteID } = (await atPark.next("onReceiveNewInvitation")).data;
  await page("status").says("Calling…");
  await teacher.ringing(inviteID);
  await page("status").says("Ringing…");
  await teacher.reject(inviteID, { data: "Later" });
  await page("status").says("Declined: Later");
  page("ring").onclick();
  const again = (await atPark.next("onReceiveNewInvitation")).data;
  await teacher.accept(again.inviteID);
  await page("status").says("Answered");
  await teacher.end();
  await page("status").says("The class has ended.");
});

test("the hand goes up and down, with and without a question, and knows its place", async (t) => {
  const { server, teacher, join } = await classroom(t);
  const noor = await join("Noor");
  const page = await open("raised-hand.html", server.url, teacher.joinCode ?? "");
  await page("status").says("0 hands are up");
  page("hand").onclick();
  await page("status").says("Your hand is up: number 1 of 1");
  assert.equal(page("hand").textContent, "Lower hand");
  page("hand").onclick();
  await page("status").says("0 hands are up");
  const { inviteID } = await teacher.inviteInGroup({ inviteeList: "*", data: HANDS, timeout: 0 });
  await noor.accept(inviteID);
  await page("status").says("1 hands are up");
  page("hand").onclick();
  await page("status").says("Your hand is up: number 2 of 2");
  page("hand").onclick();
  await page("status").says("1 hands are up");
  await teacher.end();
  await page("status").says("The class has ended.");
});
