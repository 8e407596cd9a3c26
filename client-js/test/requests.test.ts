// Requests that are repeated, and those that must not be.

import { type Environment, Handup, HandupError } from "handup-client";
import assert from "node:assert/strict";
import { test } from "node:test";
import { as, classroom, HANDS } from "./classroom.ts";
import { HeldClock } from "./held_clock.ts";
import { forward, giveOn, json, problem, StandIn } from "./stand_in.ts";

const TRY_MS = 20_000;
const INVITATION = { inviteeList: "*", data: "x", timeout: 0 } as const;

function member(baseUrl: string, environment: Environment): Handup {
  return new Handup({ baseUrl, groupID: "g/1", userID: "u", token: "secret", ...environment });
}

/** What a promise is rejected with. */
async function failure(promise: Promise<unknown>): Promise<HandupError> {
  const error = await promise.then(() => assert.fail("it went well"), (error: unknown) => error);
  assert.ok(error instanceof HandupError, String(error));
  return error;
}

test("the same key again makes one invitation", async (t) => {
  const { teacher } = await classroom(t);
  const first = await teacher.inviteInGroup({ ...INVITATION, data: HANDS }, { idempotencyKey: "sky-1" });
  const again = await teacher.inviteInGroup({ ...INVITATION, data: HANDS }, { idempotencyKey: "sky-1" });
  assert.equal(again.inviteID, first.inviteID);
  assert.equal((await teacher.snapshot()).invitations.length, 1);
  assert.equal((await failure(teacher.inviteInGroup(INVITATION, { idempotencyKey: "sky-1" }))).status, 422);
});

test("an answer that is lost on its way is fetched by the same request, which happens once", async (t) => {
  const { server, teacher } = await classroom(t);
  const cut = await StandIn.of(t, async (response, came, count) => {
    const answer = await forward(server.url, came, response);
    if (count === 0) response.destroy();
    else await giveOn(answer, response);
  });
  const clock = new HeldClock();
  const asked = as(teacher, { baseUrl: cut.url, clock }).inviteInGroup(INVITATION);
  await clock.pass(0);
  const { inviteID } = await asked;
  const [first, second] = cut.came;
  assert.equal(first?.headers["idempotency-key"], second?.headers["idempotency-key"]);
  assert.deepEqual((await teacher.snapshot()).invitations.map((it) => it.inviteID), [inviteID]);
});

test("who was removed, or has left, by a try whose answer was lost is gone, and that is no error", async (t) => {
  const { server, teacher, join } = await classroom(t);
  const [ada, noor] = [await join("Ada"), await join("Noor")];
  const cut = await StandIn.of(t, async (response, came, count) => {
    const answer = await forward(server.url, came, response);
    if (count % 2 === 0) response.destroy();
    else await giveOn(answer, response);
  });
  const clock = new HeldClock();
  const far = { baseUrl: cut.url, clock };
  const removed = as(teacher, far).remove(ada.userID);
  await clock.pass(0);
  await removed;
  const left = as(noor, far).leave();
  await clock.pass(0);
  await left;
  assert.deepEqual((await teacher.snapshot()).members.map(({ name }) => name), ["Ms Park"]);
  assert.equal((await failure(teacher.remove(ada.userID))).status, 404);
  assert.equal((await failure(noor.leave())).status, 401);
});

test("a request to a killed server is answered once it is back", async (t) => {
  const { server, teacher } = await classroom(t);
  await server.kill();
  const clock = new HeldClock();
  const asked = as(teacher, { clock }).inviteInGroup(INVITATION);
  await clock.sleeping(0);
  await server.start();
  clock.advance(0);
  const { inviteID } = await asked;
  assert.deepEqual((await teacher.snapshot()).invitations.map((it) => it.inviteID), [inviteID]);
});

test("a server that stays away is given up after a bounded number of tries", async (t) => {
  const away = await StandIn.of(t, (response) => void response.destroy());
  const clock = new HeldClock();
  clock.chance = 0.5;
  const asked = failure(member(away.url, { clock }).snapshot());
  const waits = [];
  for (const most of [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]) waits.push(await clock.pass(most / 2));
  const error = await asked;
  assert.deepEqual([error.status, error.code, away.came.length], [0, 0, waits.length + 1]);
  assert.ok(error.cause);
});

for (const status of [429, 503]) {
  test(`${status} with Retry-After is repeated after that time and not before`, async (t) => {
    const busy = await StandIn.of(t, (response, _, count) => {
      if (count === 0) problem(response, status, status === 429 ? 7008 : 10002, { "Retry-After": "7" });
      else json(response, 200, { joinCode: "RU9U8Y" });
    });
    const clock = new HeldClock();
    const asked = member(busy.url, { clock }).renewJoinCode();
    await clock.sleeping(7_000);
    clock.advance(6_999);
    assert.equal(await clock.sleeping(7_000), 7_000);
    assert.equal(busy.came.length, 1);
    clock.advance(1);
    assert.equal((await asked).joinCode, "RU9U8Y");
    const [first, second] = busy.came.map(({ headers }) => headers["idempotency-key"]);
    assert.ok(first);
    assert.equal(first, second);
  });
}

test("where waiting does not help, or would take too long, the refusal comes at once", async (t) => {
  const full = await StandIn.of(t, (response, _, count) => {
    problem(response, 429, 7008, count === 0 ? {} : { "Retry-After": "86400" });
  });
  const handup = member(full.url, { clock: new HeldClock() });
  assert.equal((await failure(handup.inviteInGroup(INVITATION))).retryAfter, undefined);
  assert.equal((await failure(handup.inviteInGroup(INVITATION))).retryAfter, 86_400);
  assert.equal(full.came.length, 2);
});

test("a Retry-After that is a date counts from now", async (t) => {
  const clock = new HeldClock();
  const busy = await StandIn.of(t, (response, _, count) => {
    if (count === 0) problem(response, 503, 10002, { "Retry-After": new Date(5_000).toUTCString() });
    else json(response, 200, {});
  });
  const asked = member(busy.url, { clock }).end();
  await clock.pass(5_000);
  await asked;
});

test("what might happen twice is not repeated when its answer is lost, but when it was refused", async (t) => {
  const odd = await StandIn.of(t, (response, _, count) => {
    if (count % 3 === 0) response.destroy();
    else if (count % 3 === 1) problem(response, 503, 10002, { "Retry-After": "1" });
    else json(response, 200, { groupID: "g", userID: "u", token: "t" });
  });
  const clock = new HeldClock();
  const handup = member(odd.url, { clock });
  const asks = [
    () => handup.relay("i", { data: "x" }),
    () => Handup.join(odd.url, { joinCode: "RU9U8Y", name: "Ada" }, { clock }),
    () => Handup.createGroup(odd.url, { name: "Biology", teacher: "Ms Park" }, { clock }),
  ];
  for (const ask of asks) {
    assert.equal((await failure(ask())).status, 0);
    const asked = ask();
    await clock.pass(1_000);
    await asked;
  }
  assert.equal(odd.came.length, 9);
  assert.ok(odd.came.every(({ headers }) => !("idempotency-key" in headers)));
});

test("a try that gets no answer ends, and the next one follows", async (t) => {
  const silent = await StandIn.of(t, (response, _, count) => {
    if (count > 0) json(response, 200, { seq: 5 });
  });
  const clock = new HeldClock();
  const asked = member(silent.url, { clock }).snapshot();
  await silent.until(1);
  await clock.pass(TRY_MS);
  await clock.pass(0);
  assert.equal((await asked).seq, 5);
});

test("a signal ends a request, under way or while it waits", async (t) => {
  const busy = await StandIn.of(t, (response, { url }) => {
    if (url.endsWith("/end")) problem(response, 503, 10002, { "Retry-After": "9" });
  });
  const clock = new HeldClock();
  const handup = member(busy.url, { clock });
  const isEnded = async (ask: (signal: AbortSignal) => Promise<unknown>, meanwhile: number) => {
    const stop = new AbortController();
    const asked = ask(stop.signal);
    await clock.sleeping(meanwhile);
    stop.abort(new Error("enough"));
    await assert.rejects(asked, /enough/);
  };
  await isEnded((signal) => handup.end({ signal }), 9_000);
  await isEnded((signal) => handup.snapshot({ signal }), TRY_MS);
  await assert.rejects(handup.snapshot({ signal: AbortSignal.abort(new Error("never")) }), /never/);
});

test("the token is in the header and in no address, and ids are quoted", async (t) => {
  const all = await StandIn.of(t, (response) => json(response, 200, {}));
  const handup = member(`${all.url}/`, {});
  await handup.accept("../i?", { data: "é" });
  const [came] = all.came;
  assert.equal(came?.url, "/api/v1/groups/g%2F1/invitations/..%2Fi%3F/accept");
  assert.equal(came?.headers.authorization, "Bearer secret");
  assert.equal(came?.headers["content-type"], "application/json");
  assert.equal(came?.body, '{"data":"é"}');
});

test("a page that did not come by https has keys as well", async (t) => {
  const all = await StandIn.of(t, (response) => json(response, 200, {}));
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  t.after(() => Reflect.deleteProperty(crypto, "randomUUID"));
  const handup = member(all.url, {});
  await handup.end();
  await handup.end();
  const [one, other] = all.came.map(({ headers }) => headers["idempotency-key"]);
  assert.match(String(one), /^[0-9a-f-]{31,47}$/);
  assert.notEqual(one, other);
});

test("what stands in the server's place is not taken for it", async (t) => {
  const portal = await StandIn.of(t, (response) => void response.writeHead(401, { "Content-Type": "text/html" }).end("<p>Sign in"));
  const error = await failure(member(portal.url, {}).snapshot());
  assert.deepEqual([error.status, error.code, error.final], [401, 0, false]);
});
