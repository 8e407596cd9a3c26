// The three tasks of the README and of the guide: they do what these say, and are what these show.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { classroom } from "./classroom.ts";
import { Recorder } from "./recorder.ts";
import { Server } from "./server.ts";
import { askAGroup } from "./tasks/ask_a_group.ts";
import { answerEverything } from "./tasks/follow_a_group.ts";
import { ring } from "./tasks/ring_one_person.ts";
import { Handup } from "handup-client";

test("the README and the guide show the tasks as they are tested", async () => {
  for (const [page, here] of [["README.md", ""], ["../docs/GUIDE.md", "client-js/"]] as const) {
    const shown = [...(await readFile(page, "utf8")).matchAll(/<!-- (\S+) -->\n```ts\n(.*?)```/gs)];
    assert.equal(shown.length, 3, page);
    for (const [, path = "", code] of shown) assert.equal(code, await readFile(path.replace(here, ""), "utf8"), path);
  }
  assert.ok((await readFile("README.md", "utf8")).split("\n").length < 90, "it is longer than a page");
});

test("ask a group", async (t) => {
  const server = await Server.of(t);
  const { teacher, inviteID } = await askAGroup(server.url);
  const ada = await Handup.join(server.url, { joinCode: teacher.joinCode ?? "", name: "Ada" });
  await ada.accept(inviteID);
  assert.equal((await teacher.getInvitation(inviteID)).invitees?.[0]?.state, "accepted");
});

test("ring one person", async (t) => {
  const { teacher, join, follow } = await classroom(t);
  const ada = await join("Ada");
  const atPark = follow(teacher);
  const shown: string[] = [];
  let isShown = () => {};
  const ringing = new Promise<void>((resolve) => (isShown = resolve));
  const answer = ring(ada, teacher.userID, (text) => {
    shown.push(text);
    isShown();
  });
  await atPark.next("onSnapshot");
  const { inviteID } = (await teacher.listInvitationsPage()).invitations[0] ?? (await atPark.next("onReceiveNewInvitation")).data;
  await teacher.ringing(inviteID);
  await ringing;
  await teacher.reject(inviteID, { data: "Later" });
  const part = await answer;
  assert.deepEqual([part?.state, part?.data, shown[0]], ["rejected", "Later", "ringing"]);
});

test("follow a group", async (t) => {
  const { teacher, join } = await classroom(t);
  const ada = await join("Ada");
  const atPark = new Recorder(teacher);
  await atPark.next("onSnapshot");
  const lines: unknown[] = [];
  t.mock.method(console, "log", (line: unknown) => lines.push(line));
  const stop = new AbortController();
  const following = answerEverything(ada, stop.signal);
  await atPark.next("onUserStatusChanged", ({ data }) => data.users.some(({ userID, online }) => online && userID === ada.userID));
  await teacher.inviteInGroup({ inviteeList: "*", data: "Who is here?", timeout: 0 });
  assert.equal((await atPark.next("onInviteeAccepted")).data.data, "Here I am");
  stop.abort();
  await following;
  assert.equal(lines[0], "2 are here");
  await atPark.stop();
});
