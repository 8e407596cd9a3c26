// Following over what breaks, and what ends it for good.

import { HandupError } from "handup-client";
import assert from "node:assert/strict";
import { test } from "node:test";
import { as, classroom, HANDS } from "./classroom.ts";
import { HeldClock } from "./held_clock.ts";

/** From the server's `retry:`, up to what comes before a limit of time. */
const RETRY = [1_000, 3_000] as const;

function refusal(status: number, code: number) {
  return (error: unknown) => {
    assert.ok(error instanceof HandupError);
    assert.deepEqual([error.status, error.code], [status, code]);
    return true;
  };
}

test("a server that is killed and comes back loses no event and tells none twice", async (t) => {
  const { server, teacher, join, follow } = await classroom(t);
  const ada = await join("Ada");
  const clock = new HeldClock();
  const seen = follow(as(ada, { clock }));
  const from = (await seen.next("onSnapshot")).data.seq;
  const rounds = [];
  let last = from;
  for (let life = 0; life < 3; life++) {
    const before = await teacher.inviteInGroup({ inviteeList: "*", data: HANDS, timeout: 0 });
    await seen.next("onReceiveNewInvitation");
    await server.kill();
    const gone = await seen.next("onDisconnected");
    await clock.sleeping(gone.data.retryInMs);
    await server.start();
    // This happens while nobody follows.
    const settled = await ada.accept(before.inviteID);
    rounds.push(before.inviteID);
    last = settled.seq;
    clock.advance(gone.data.retryInMs);
    await seen.next("onConnected");
    assert.equal((await seen.next("onInviteeAccepted")).data.inviteID, before.inviteID);
  }
  const expected = Array.from({ length: last - from }, (_, i) => from + 1 + i);
  assert.deepEqual(seen.numbers, expected);
  assert.equal(seen.told.filter(({ name }) => name === "onSnapshot").length, 1);
});

test("the wait before coming again is the server's `retry:`, and doubles by chance after that", async (t) => {
  const { server, teacher, follow } = await classroom(t);
  const clock = new HeldClock();
  clock.chance = 0.5;
  const seen = follow(as(teacher, { clock }));
  await seen.next("onSnapshot");
  await server.kill();
  const waits = [];
  for (let i = 0; i < 4; i++) {
    const { retryInMs } = (await seen.next("onDisconnected")).data;
    waits.push(retryInMs);
    await clock.pass(retryInMs);
  }
  const [first = 0] = waits;
  const retry = first - 250;
  assert.ok(retry >= RETRY[0] && retry <= RETRY[1], `${retry}`);
  assert.deepEqual(waits.map((ms) => ms - retry), [250, 500, 1_000, 2_000]);
});

test("who is removed is told so and nothing more; a new stream is refused for good", async (t) => {
  const { teacher, join, follow } = await classroom(t);
  const ada = await join("Ada");
  const seen = follow(ada);
  await seen.next("onSnapshot");
  await teacher.remove(ada.userID);
  assert.equal((await seen.next("onMemberLeft")).data.reason, "removed");
  await seen.over;
  await assert.rejects(follow(ada).over, refusal(401, 6014));
});

test("who is removed while the server is away learns of it by a 401, which is final", async (t) => {
  const { server, teacher, join, follow } = await classroom(t);
  const ada = await join("Ada");
  const clock = new HeldClock();
  const seen = follow(as(ada, { clock }));
  await seen.next("onSnapshot");
  await server.kill();
  await seen.next("onDisconnected");
  await server.start();
  await teacher.remove(ada.userID);
  await clock.pass(...RETRY);
  await assert.rejects(seen.over, refusal(401, 6014));
});

test("the end of the class ends following, and a new stream meets a 410", async (t) => {
  const { teacher, join, follow } = await classroom(t);
  const ada = await join("Ada");
  const seen = follow(ada);
  await seen.next("onSnapshot");
  await teacher.end();
  assert.equal((await seen.next("onGroupEnded")).data.reason, "ended");
  await seen.over;
  await assert.rejects(follow(ada).over, refusal(410, 10010));
  let taken: unknown;
  await ada.follow({ onError: (error) => (taken = error) });
  assert.ok(refusal(410, 10010)(taken));
});

test("leaving ends one's own following", async (t) => {
  const { join, follow } = await classroom(t);
  const ada = await join("Ada");
  const seen = follow(ada);
  await seen.next("onSnapshot");
  await ada.leave();
  assert.equal((await seen.next("onMemberLeft")).data.reason, "left");
  await seen.over;
});
