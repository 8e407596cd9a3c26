// A class: it is joined, hands go up and come down, roles change.

import { HandupError } from "handup-client";
import assert from "node:assert/strict";
import { test } from "node:test";
import { classroom, HANDS } from "./classroom.ts";

test("hands are raised in an order, and lowered", async (t) => {
  const { teacher, join, follow } = await classroom(t);
  const ada = await join("Ada");
  const noor = await join("Noor");
  const park = follow(teacher);
  const seen = follow(ada);
  const { data: group } = await park.next("onSnapshot");
  assert.deepEqual(group.members.map(({ name, role }) => [name, role]), [["Ms Park", "teacher"], ["Ada", "student"], ["Noor", "student"]]);
  await seen.next("onSnapshot");

  const round = await teacher.inviteInGroup({ inviteeList: "*", data: HANDS, timeout: 0 });
  const asked = await seen.next("onReceiveNewInvitation");
  assert.equal(asked.data.inviteID, round.inviteID);
  assert.equal(asked.invited, true);
  assert.equal((await park.next("onReceiveNewInvitation")).invited, false);

  await noor.accept(round.inviteID);
  await ada.accept(round.inviteID, { data: "me too" });
  assert.equal((await park.next("onInviteeAccepted")).data.invitee, noor.userID);
  const second = await park.next("onInviteeAccepted");
  assert.deepEqual([second.data.invitee, second.data.data], [ada.userID, "me too"]);

  await teacher.modifyInvitation(round.inviteID, { data: JSON.stringify({ operation: "hand_raising", question: "Why?" }) });
  assert.match((await seen.next("onInvitationModified")).data.data, /Why\?/);

  await ada.finish(round.inviteID);
  const down = await park.next("onInviteeFinished");
  assert.deepEqual([down.data.invitee, down.data.reason], [ada.userID, "lowered"]);
  const now = await ada.getInvitation(round.inviteID);
  assert.equal(now.you?.state, "finished");

  await teacher.cancel(round.inviteID);
  await seen.next("onInvitationCancelled");
  await teacher.clear(round.inviteID);
  await seen.next("onInvitationCleared");
  await teacher.finish(round.inviteID);
  assert.equal((await seen.next("onInviteeFinished")).data.invitee, noor.userID);
  assert.deepEqual((await teacher.snapshot()).invitations, []);
});

test("who is invited follows the roles", async (t) => {
  const { teacher, join, follow } = await classroom(t);
  const ada = await join("Ada");
  const noor = await join("Noor");
  const seen = follow(ada);
  await seen.next("onSnapshot");
  await noor.inviteInGroup({ inviteeList: "*", data: "a word", timeout: 0 });
  assert.equal((await seen.next("onReceiveNewInvitation")).invited, false);
  await teacher.changeRole(ada.userID, { role: "teacher" });
  await seen.next("onMemberChanged");
  const ben = await join("Ben");
  await ben.inviteInGroup({ inviteeList: "*", data: "and mine", timeout: 0 });
  assert.equal((await seen.next("onReceiveNewInvitation")).invited, true);
  await teacher.inviteInGroup({ inviteeList: "*", data: "to students", timeout: 0 });
  assert.equal((await seen.next("onReceiveNewInvitation")).invited, false);
  await teacher.inviteInGroup({ inviteeList: [ada.userID], data: "to Ada", timeout: 0 });
  assert.equal((await seen.next("onReceiveNewInvitation")).invited, true);
});

test("a teacher keeps the class: performs, undoes, renames, renews the code", async (t) => {
  const { teacher, join, follow } = await classroom(t);
  const ada = await join("Ada");
  const seen = follow(ada);
  await seen.next("onSnapshot");
  const round = await teacher.inviteInGroup({ inviteeList: "*", data: HANDS, timeout: 0 });
  await ada.accept(round.inviteID);
  const lowered = await teacher.perform({ data: JSON.stringify({ operation: "lower_all" }) });
  const performed = await seen.next("onPerformed");
  assert.equal(performed.data.seq, lowered.performed);
  await teacher.undo({ performed: performed.data.seq });
  await seen.next("onUndone");
  assert.equal((await teacher.changeGroup({ name: "Biology 9C", settings: { locked: true } })).settings.locked, true);
  assert.equal((await seen.next("onGroupChanged")).data.name, "Biology 9C");
  const { joinCode } = await teacher.renewJoinCode();
  assert.notEqual(joinCode, teacher.joinCode);
  await assert.rejects(join("Noor"), (error) => error instanceof HandupError && error.status === 404 && error.code === 10010);
});

test("a listener is told by the callbacks' names, until the end", async (t) => {
  const { teacher, join } = await classroom(t);
  const ada = await join("Ada");
  const heard: string[] = [];
  let ready = () => {};
  const connected = new Promise<void>((resolve) => (ready = resolve));
  const following = ada.follow({
    onConnected: ({ polling }) => heard.push(`connected, polling ${polling}`),
    onSnapshot: ({ members }) => {
      heard.push(`${members.length} members`);
      ready();
    },
    onReceiveNewInvitation: ({ data }, { invited }) => heard.push(`${data}, invited ${invited}`),
    onGroupEnded: ({ reason }) => heard.push(reason),
  });
  await connected;
  await teacher.inviteInGroup({ inviteeList: "*", data: "hello", timeout: 0 });
  await teacher.end();
  await following;
  assert.deepEqual(heard, ["connected, polling false", "2 members", "hello, invited true", "ended"]);
});

test("following stops in the middle of what has come, when it is aborted", async (t) => {
  const { teacher, join } = await classroom(t);
  const ada = await join("Ada");
  const stop = new AbortController();
  let told = 0;
  await ada.follow({ onSnapshot: () => stop.abort(), onUserStatusChanged: () => told++ }, { signal: stop.signal });
  assert.equal(told, 0);
  for await (const { name } of teacher.events()) if (name === "onSnapshot") break;
});

test("what a callback throws goes to onError, or to whoever waits", async (t) => {
  const { teacher } = await classroom(t);
  const mine = new Error("mine");
  const onSnapshot = () => {
    throw mine;
  };
  await assert.rejects(teacher.follow({ onSnapshot }), mine);
  let taken: unknown;
  await teacher.follow({ onSnapshot, onError: (error) => (taken = error) });
  assert.equal(taken, mine);
});

test("a refusal is an error with the server's words", async (t) => {
  const { teacher, join } = await classroom(t);
  const ada = await join("Ada");
  const round = await teacher.inviteInGroup({ inviteeList: "*", data: HANDS, timeout: 0 });
  await ada.reject(round.inviteID, { reason: "shy", data: "Not now" });
  await assert.rejects(ada.accept(round.inviteID), (error: HandupError) => {
    assert.ok(error instanceof HandupError);
    assert.deepEqual([error.status, error.code, error.state, error.final], [409, 8010, "rejected", true]);
    assert.equal(error.message, error.detail);
    return true;
  });
  await assert.rejects(teacher.changeGroup({ settings: { speakingLimit: 5000 } }), (error: HandupError) => {
    assert.deepEqual([error.status, error.field], [400, "settings.speakingLimit"]);
    return true;
  });
});
