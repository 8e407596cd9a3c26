// Between two: a ring that is answered, declined or missed, and what passes between them.

import { HandupError } from "handup-client";
import assert from "node:assert/strict";
import { test } from "node:test";
import { classroom } from "./classroom.ts";

test("one rings the other: shown, answered, a word each way, hung up", async (t) => {
  const { teacher, join, follow } = await classroom(t);
  const ada = await join("Ada");
  const atAda = follow(ada);
  const atPark = follow(teacher);
  await atAda.next("onSnapshot");
  await atPark.next("onSnapshot");
  const call = await teacher.invite({ invitee: ada.userID, data: JSON.stringify({ operation: "call", media: "audio" }), timeout: 60 });
  assert.equal((await atAda.next("onReceiveNewInvitation")).invited, true);
  await ada.ringing(call.inviteID);
  assert.equal((await atPark.next("onInviteeRinging")).data.invitee, ada.userID);
  await ada.accept(call.inviteID);
  await atPark.next("onInviteeAccepted");
  await teacher.keepAlive(call.inviteID);
  await ada.relay(call.inviteID, { data: "hello" });
  const word = await atPark.next("onRelay");
  assert.deepEqual(word.data, { inviteID: call.inviteID, from: ada.userID, data: "hello" });
  assert.deepEqual((await teacher.iceServers(call.inviteID)).iceServers, []);
  await ada.finish(call.inviteID);
  assert.equal((await atPark.next("onInviteeFinished")).data.reason, "hung_up");
});

test("a call is declined, another is missed and is in the list of those", async (t) => {
  const { teacher, join, follow } = await classroom(t);
  const ada = await join("Ada");
  const atAda = follow(ada);
  await atAda.next("onSnapshot");
  const declined = await ada.invite({ invitee: teacher.userID, data: "a question", timeout: 60 });
  await teacher.reject(declined.inviteID, { data: "Later" });
  assert.equal((await atAda.next("onInviteeRejected")).data.data, "Later");

  const missed = await ada.invite({ invitee: teacher.userID, data: "again", timeout: 1 });
  assert.equal((await atAda.next("onInvitationTimeout")).data.inviteID, missed.inviteID);
  const list = [];
  for await (const each of teacher.listInvitations({ mine: "invitee", state: ["timedOut", "cancelled"] })) list.push(each);
  assert.deepEqual(list.map(({ inviteID, you }) => [inviteID, you?.state]), [[missed.inviteID, "timedOut"]]);
});

test("a long list comes whole, page by page", async (t) => {
  const { teacher, join } = await classroom(t);
  const ada = await join("Ada");
  for (let i = 0; i < 120; i++) await teacher.invite({ invitee: ada.userID, data: String(i), timeout: 0 });
  const first = await ada.listInvitationsPage();
  assert.ok(first.next !== undefined && first.invitations.length < 120);
  const all = [];
  for await (const { data } of ada.listInvitations()) all.push(data);
  assert.deepEqual(all, Array.from({ length: 120 }, (_, i) => String(i)));
});

test("who is not one of the two sees nothing", async (t) => {
  const { teacher, join } = await classroom(t);
  const ada = await join("Ada");
  const noor = await join("Noor");
  const { inviteID } = await teacher.invite({ invitee: ada.userID, data: "for you", timeout: 0 });
  await assert.rejects(noor.getInvitation(inviteID), (error) => error instanceof HandupError && error.status === 404);
});
