// What streams tell is what the API's description says: each event of a lesson, down to its last field.

import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { Handup } from "handup-client";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { type Classroom, classroom } from "./classroom.ts";
import { EventStreamParser, type Message } from "../src/event_stream.ts";

type Schema = { [word: string]: unknown };

const OPERATIONS = { hands: "hand_raising", speaking: "speaking", call: "call" };

function data(operation: string, more: object = {}): string {
  return JSON.stringify({ operation, ...more });
}

/** The schema with what it refers to in its place, in which no object has a field that it does not name. */
function closed(schema: unknown, schemas: Schema, isPart = false): unknown {
  if (Array.isArray(schema)) return schema.map((it) => closed(it, schemas, isPart));
  if (typeof schema !== "object" || schema === null) return schema;
  const { $ref, ...own } = schema as Schema;
  const name = typeof $ref === "string" ? $ref.split("/").at(-1) : undefined;
  const whole: Schema = name === undefined ? own : { ...(schemas[name] as Schema), ...own };
  if ("$ref" in whole) return closed(whole, schemas, isPart);
  const parts = ["allOf", "anyOf", "oneOf"].filter((word) => word in whole);
  const result: Schema = { ...whole };
  for (const word of parts) result[word] = closed(whole[word], schemas, true);
  for (const word of ["items", "additionalProperties"]) if (word in whole) result[word] = closed(whole[word], schemas);
  if (whole.properties) {
    const fields = Object.entries(whole.properties as Schema);
    result.properties = Object.fromEntries(fields.map(([field, of]) => [field, closed(of, schemas)]));
  }
  // What is put together of parts knows the fields of all of them.
  if (!isPart && (whole.properties || parts.length)) result.unevaluatedProperties = false;
  return result;
}

/** Follows, with heartbeats as events, and compares what is told with the description. */
class Checked {
  /** What was told last, by its name and by who was told it. */
  readonly seen = new Map<string, object>();
  readonly wrong: string[] = [];
  readonly #valid: Map<string, ValidateFunction>;
  readonly #streams: Promise<void>[] = [];
  #look = () => {};

  constructor(valid: Map<string, ValidateFunction>) {
    this.#valid = valid;
  }

  follow(member: Handup, who: string): void {
    this.#streams.push(this.#read(member, who));
  }

  /** Waits until this was told. */
  async saw(name: string, who: string): Promise<void> {
    while (!this.seen.has(`${name} ${who}`)) await new Promise<void>((resolve) => (this.#look = resolve));
  }

  /** Waits until the group is over. */
  async end(): Promise<void> {
    await Promise.all(this.#streams);
  }

  async #read({ baseUrl, groupID, token }: Handup, who: string): Promise<void> {
    const headers = { Authorization: `Bearer ${token}` };
    const response = await fetch(`${baseUrl}/api/v1/groups/${groupID}/events?heartbeat=event`, { headers });
    assert.equal(response.status, 200);
    const parser = new EventStreamParser();
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      for (const message of parser.push(piece)) this.#take(message, who);
    }
  }

  #take({ event, data }: Message, who: string): void {
    const told = JSON.parse(data);
    const check = this.#valid.get(event);
    if (!check?.(told)) this.wrong.push(`${event} ${data}: ${JSON.stringify(check?.errors ?? "it is not described")}`);
    this.seen.set(event, told).set(`${event} ${who}`, told);
    this.#look();
  }
}

/** A lesson in which everything happens that can be told. */
async function lesson({ teacher, join }: Classroom, checked: Checked): Promise<void> {
  checked.follow(teacher, "teacher");
  const [ada, noor] = [await join("Ada"), await join("Ada")];
  await teacher.changeGroup({ name: "Biology", settings: { names: "first", studentsMayCall: true, speakingLimit: 60 } });
  await teacher.changeRole(noor.userID, { role: "teacher" });
  await teacher.changeRole(noor.userID, { role: "student" });
  await teacher.renewJoinCode();

  // A question, a hand, a turn with another limit, which is taken back.
  const ask = { inviteeList: "*" as const, data: data(OPERATIONS.hands, { question: "Why?" }), timeout: 60 };
  const round = await teacher.inviteInGroup(ask);
  await teacher.modifyInvitation(round.inviteID, { data: data(OPERATIONS.hands, { question: "How?" }) });
  await ada.accept(round.inviteID, { data: "me" });
  await noor.reject(round.inviteID, { reason: "shy", data: "Not now" });
  const next = await teacher.perform({ data: data("next", { student: ada.userID }) });
  const turn = (await ada.snapshot()).invitations.find((it) => it.data.includes(OPERATIONS.speaking));
  assert.ok(turn, "Ada is called");
  await ada.accept(turn.inviteID);
  await teacher.perform({ data: data("limit_turn", { student: ada.userID, seconds: 30 }) });
  const ended = await teacher.perform({ data: data("end_turn", { student: ada.userID }) });
  assert.ok(ended.performed ?? next.performed, "what was performed can be undone");
  await teacher.undo({ performed: ended.performed ?? next.performed ?? 0 });
  await teacher.cancel(round.inviteID, { data: "The bell" });
  await teacher.perform({ data: data("clear") });

  // A call that nobody answers, and one that rings, is answered and hung up.
  await teacher.invite({ invitee: noor.userID, data: data(OPERATIONS.call), timeout: 1 });
  await checked.saw("onInvitationTimeout", "teacher");
  const call = await teacher.invite({ invitee: ada.userID, data: data(OPERATIONS.call, { media: "audio", room: "desk" }), timeout: 30 });
  await ada.ringing(call.inviteID);
  await checked.saw("onInviteeRinging", "teacher");
  await ada.accept(call.inviteID, { data: JSON.stringify({ device: "phone" }) });
  await ada.relay(call.inviteID, { data: "hello" });
  await checked.saw("onRelay", "teacher");
  await teacher.finish(call.inviteID);

  // Whoever comes now is told all that is live by a snapshot.
  await teacher.inviteInGroup(ask);
  checked.follow(ada, "Ada");
  await checked.saw("heartbeat", "Ada");
  await noor.leave();
  await teacher.end();
}

test("every event of a lesson is as the description says, and has no field beside", async (t) => {
  const { components } = JSON.parse(await readFile("../docs/openapi.json", "utf8"));
  const { schemas } = components;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const events = Object.entries<Schema>(schemas.Events.properties);
  const valid = new Map(events.map(([name, of]) => [name, ajv.compile(closed(of, schemas) as Schema)]));

  const checked = new Checked(valid);
  await lesson(await classroom(t), checked);
  await checked.end();

  const { seen, wrong } = checked;
  assert.deepEqual(wrong, []);
  // That takes packets of sound: server/tests/http/voice.rs sends them, and looks at the event.
  assert.ok(valid.delete("onVoice"));
  assert.deepEqual([...valid.keys()].filter((name) => !seen.has(name)), [], "these were never told");
  // A field that is not described is found, wherever it stands.
  for (const [name, check] of valid) assert.equal(check({ ...seen.get(name), more: 1 }), false, name);
  const snapshot = seen.get("snapshot Ada") as { members: object[]; invitations: object[] };
  for (const list of ["members", "invitations"] as const) {
    const [first, ...rest] = snapshot[list];
    assert.ok(first, list);
    assert.equal(valid.get("snapshot")?.({ ...snapshot, [list]: [{ ...first, more: 1 }, ...rest] }), false, list);
  }
});
