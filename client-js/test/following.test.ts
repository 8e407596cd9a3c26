// Following over a network that misbehaves: streams that are held back, fall silent, break or are refused.

import { Handup, type HandupError } from "handup-client";
import assert from "node:assert/strict";
import { test } from "node:test";
import { as, classroom, HANDS } from "./classroom.ts";
import { HeldClock } from "./held_clock.ts";
import { Recorder } from "./recorder.ts";
import { forward, giveOn, problem, StandIn } from "./stand_in.ts";

const HELD_BACK_MS = 4_000;
const SILENCE_MS = 40_000;
const ASK_MS = 2_000;
const ASKS_PER_STREAM = 20;

const EVENT_STREAM = { "Content-Type": "text/event-stream" };
const SNAPSHOT = { groupID: "g", name: "Biology", seq: 4, now: "", settings: {}, members: [], invitations: [] };
const BEGINNING = `retry: 1500\n\nid: 4\nevent: snapshot\ndata: ${JSON.stringify(SNAPSHOT)}\n\n`;

function member(baseUrl: string, clock: HeldClock): Handup {
  return new Handup({ baseUrl, groupID: "g", userID: "u", token: "secret", clock });
}

function changed(seq: number): string {
  return `id: ${seq}\nevent: onGroupChanged\ndata: ${JSON.stringify({ seq, at: "", name: `Biology ${seq}`, settings: {} })}\n\n`;
}

test("where a proxy holds streams back the snapshot is asked for, and streams are gone back to", async (t) => {
  const { server, teacher, join, follow } = await classroom(t);
  const ada = await join("Ada");
  let holds = true;
  const statuses: number[] = [];
  const proxy = await StandIn.of(t, async (response, came) => {
    const answer = await forward(server.url, came, response);
    if (came.url.endsWith("follow=asking")) statuses.push(answer.status);
    const isStream = answer.headers.get("Content-Type")?.startsWith("text/event-stream");
    if (holds || !isStream) return giveOn(answer, response).catch(() => {});
    response.writeHead(200, EVENT_STREAM);
    for await (const piece of answer.body ?? []) response.write(piece);
    response.end();
  });
  const atPark = follow(teacher);
  await atPark.next("onSnapshot");
  const clock = new HeldClock();
  const seen = follow(as(ada, { baseUrl: proxy.url, clock }));
  await clock.pass(HELD_BACK_MS);
  assert.equal((await seen.next("onConnected")).data.polling, true);
  assert.deepEqual((await seen.next("onSnapshot")).data.invitations, []);
  // Whoever follows so is there.
  await atPark.next("onUserStatusChanged", ({ data }) => data.users.some(({ userID, online }) => online && userID === ada.userID));

  // Being there has changed the snapshot; what is as it was after that costs a 304 and is not told.
  const asked = statuses.length;
  while (statuses.at(-1) !== 304) await clock.pass(ASK_MS);
  const told = seen.told.length;
  await clock.pass(ASK_MS);
  await clock.sleeping(ASK_MS);
  assert.equal(statuses.at(-1), 304);
  assert.equal(seen.told.length, told);
  assert.ok(statuses.length > asked);

  const round = await teacher.inviteInGroup({ inviteeList: "*", data: HANDS, timeout: 0 });
  await clock.pass(ASK_MS);
  const { invitations, seq } = (await seen.next("onSnapshot", ({ data }) => data.invitations.length > 0)).data;
  assert.equal(invitations[0]?.inviteID, round.inviteID);

  holds = false;
  while (statuses.length < ASKS_PER_STREAM) {
    await clock.pass(ASK_MS);
    await clock.sleeping(ASK_MS);
  }
  // The stream that is tried beside the asking has begun.
  await clock.awake(HELD_BACK_MS);
  await clock.pass(ASK_MS);
  assert.equal((await seen.next("onConnected")).data.polling, false);
  const { seq: accepted } = await ada.accept(round.inviteID);
  await seen.next("onInviteeAccepted");
  assert.ok(accepted > seq);
  assert.deepEqual(seen.numbers, [accepted]);
  assert.equal(seen.told.filter(({ name }) => name === "onDisconnected").length, 0);
});

test("the end of the class comes through a proxy that holds streams back", async (t) => {
  const { server, teacher, join, follow } = await classroom(t);
  const ada = await join("Ada");
  const proxy = await StandIn.of(t, async (response, came) => {
    const answer = await forward(server.url, came, response);
    await giveOn(answer, response).catch(() => {});
  });
  const clock = new HeldClock();
  const seen = follow(as(ada, { baseUrl: proxy.url, clock }));
  await clock.pass(HELD_BACK_MS);
  await seen.next("onSnapshot");
  await clock.sleeping(ASK_MS);
  await teacher.end();
  clock.advance(ASK_MS);
  assert.equal((await seen.next("onGroupEnded")).data.reason, "ended");
  await seen.over;
});

test("where no stream gets through at all, the end of the class is the 410 that asking meets", async (t) => {
  const server = await StandIn.of(t, (response, { url }) => {
    if (url.endsWith("follow=asking")) problem(response, 410, 10010);
  });
  const clock = new HeldClock();
  const seen = new Recorder(member(server.url, clock));
  await server.until(1);
  await clock.pass(HELD_BACK_MS);
  await server.until(3);
  await clock.pass(HELD_BACK_MS);
  await assert.rejects(seen.over, (error: HandupError) => error.status === 410);
  assert.deepEqual(seen.told, []);
});

test("a stream that falls silent is given up after two heartbeats, and resumed; a heartbeat keeps it", async (t) => {
  let beat = (_: string): void => {};
  const server = await StandIn.of(t, (response, _, count) => {
    response.writeHead(200, EVENT_STREAM).write(count === 0 ? BEGINNING : changed(5) + changed(6));
    beat = (text) => void response.write(text);
  });
  const clock = new HeldClock();
  const seen = new Recorder(member(server.url, clock));
  await seen.next("onSnapshot");
  await clock.sleeping(SILENCE_MS);
  clock.advance(SILENCE_MS - 1);
  const anew = clock.sleepingAnew(SILENCE_MS);
  beat(":\n");
  await anew;
  clock.advance(SILENCE_MS - 1);
  beat(changed(5));
  await seen.next("onGroupChanged");
  await clock.sleeping(SILENCE_MS);
  clock.advance(SILENCE_MS);
  const { error, retryInMs } = (await seen.next("onDisconnected")).data;
  assert.match(String(error), /silent/);
  assert.equal(retryInMs, 1_500);
  await clock.pass(retryInMs);
  await seen.next("onGroupChanged");
  assert.deepEqual(server.came.map(({ url, headers }) => [url, headers["last-event-id"], headers.authorization]), [
    ["/api/v1/groups/g/events", undefined, "Bearer secret"],
    ["/api/v1/groups/g/events", "5", "Bearer secret"],
  ]);
  // What the second stream told again is not told twice.
  assert.deepEqual(seen.numbers, [5, 6]);
  await seen.stop();
});

test("a refused stream is opened again after Retry-After; a portal's 401 is not the server's word", async (t) => {
  const server = await StandIn.of(t, (response, _, count) => {
    if (count === 0) problem(response, 503, 10002, { "Retry-After": "12" });
    else if (count === 1) problem(response, 429, 7008);
    else if (count === 2) response.writeHead(401).end("Sign in");
    else if (count === 3) response.writeHead(200, { "Content-Type": "text/html" }).end("Sign in");
    else response.writeHead(200, EVENT_STREAM).write(BEGINNING);
  });
  const clock = new HeldClock();
  const seen = new Recorder(member(server.url, clock));
  assert.equal((await seen.next("onDisconnected")).data.retryInMs, 12_000);
  await clock.pass(12_000);
  for (let i = 0; i < 3; i++) {
    assert.equal((await seen.next("onDisconnected")).data.retryInMs, 0);
    await clock.pass(0);
  }
  await seen.next("onSnapshot");
  await seen.stop();
});

test("a stream that is cut inside an event tells that event once, when it is resumed", async (t) => {
  const event = changed(5);
  const server = await StandIn.of(t, (response, { headers }) => {
    response.writeHead(200, EVENT_STREAM);
    if (headers["last-event-id"]) response.write(event);
    else response.end(BEGINNING + event.slice(0, -1));
  });
  const clock = new HeldClock();
  const seen = new Recorder(member(server.url, clock));
  await seen.next("onDisconnected");
  await clock.pass(1_500);
  assert.equal((await seen.next("onGroupChanged")).data.name, "Biology 5");
  assert.deepEqual(seen.numbers, [5]);
  await seen.stop();
});

test("what this version does not know moves the cursor and harms nobody", async (t) => {
  const server = await StandIn.of(t, (response) => {
    response.writeHead(200, EVENT_STREAM).write(`${BEGINNING}id: 5\nevent: heartbeat\ndata: {}\n\nevent: onNews\nid: 6\ndata: {"seq":6}\n\n${changed(7)}`);
  });
  const seen = new Recorder(member(server.url, new HeldClock()));
  await seen.next("onGroupChanged");
  assert.deepEqual(seen.told.map(({ name }) => name), ["onConnected", "onSnapshot", "onNews", "onGroupChanged"]);
  await seen.stop();
});

test("streams are followed without a word of the network's, piece by piece of a character", async (t) => {
  const bytes = Buffer.from(`${BEGINNING}${changed(5).replace("Biology 5", "Żółw 🙋")}`);
  const pieces = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
    },
  });
  const answer = new Response(pieces, { headers: EVENT_STREAM });
  const handup = new Handup({ baseUrl: "http://nowhere", groupID: "g", userID: "u", token: "t", fetch: async () => answer });
  const seen = new Recorder(handup);
  t.after(() => seen.stop());
  assert.equal((await seen.next("onGroupChanged")).data.name, "Żółw 🙋");
});
