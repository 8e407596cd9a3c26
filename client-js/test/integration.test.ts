// An integration acts on behalf of those whom it has brought in.

import { Handup, HandupError } from "handup-client";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { Recorder } from "./recorder.ts";
import { Server } from "./server.ts";

const run = promisify(execFile);

test("by its key an integration answers for a member, and hears what they hear", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "handup-integration-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "integrations.toml");
  const { stdout, stderr } = await run(process.env.HANDUP_BIN ?? "", ["integration-key", "moodle"]);
  await writeFile(file, stdout);
  const key = /handup_key_\S+/.exec(stderr)?.[0];
  assert.ok(key, stderr);
  const server = await Server.of(t, "--integrations", file);

  const post = async (path: string, body: object) => {
    const headers = { Authorization: `Bearer ${key}` };
    const answer = await fetch(`${server.url}/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 201);
    return (await answer.json()) as { groupID: string; userID: string; token: string };
  };
  const begun = await post("/groups", { name: "Biology 9B", teacher: "Ms Park", teacherID: "staff/1" });
  const ada = await post(`/groups/${begun.groupID}/members`, { id: "pupil/7", name: "Ada" });
  const teacher = new Handup({ baseUrl: server.url, ...begun });
  const forAda = new Handup({ baseUrl: server.url, groupID: ada.groupID, userID: ada.userID, token: key, onBehalfOf: "pupil/7" });

  const heard = new Recorder(forAda);
  await heard.next("onSnapshot");
  const { inviteID } = await teacher.inviteInGroup({ inviteeList: "*", data: "Who is here?", timeout: 0 });
  assert.equal((await heard.next("onReceiveNewInvitation")).invited, true);
  await forAda.accept(inviteID);
  const { data } = await heard.next("onInviteeAccepted");
  assert.equal(data.invitee, ada.userID);
  await assert.rejects(forAda.end(), (error) => error instanceof HandupError && error.status === 403);
  await heard.stop();
});
