// What is published: small, without dependencies, and with types that are those of the API.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { brotliCompressSync, constants } from "node:zlib";

const run = promisify(execFile);
const MOST_BYTES = 6 * 1024;

test("the bundle is at most 6 KB, and has no dependency", async (t) => {
  const bundle = await readFile("dist/handup.js");
  const { length } = brotliCompressSync(bundle, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  t.diagnostic(`${length} bytes`);
  assert.ok(length <= MOST_BYTES, `${length} bytes`);
  assert.doesNotMatch(bundle.toString(), /\bimport\b/);
  assert.equal("dependencies" in JSON.parse(await readFile("package.json", "utf8")), false);
});

test("the types are those of the API's description", async () => {
  await run("npm", ["run", "--silent", "types", "--", "--check"]);
});

test("a strict program is checked against the types that are published", async (t) => {
  const folder = await mkdtemp(join("build", "strict-"));
  t.after(() => rm(folder, { recursive: true }));
  const [right, wrong] = [join(folder, "right.ts"), join(folder, "wrong.ts")];
  await writeFile(right, `import { Handup } from "handup-client";
export const hear = (me: Handup) => me.follow({ onReceiveNewInvitation: ({ inviteID }, { invited }) => { if (invited) void me.accept(inviteID); } });
`);
  await writeFile(wrong, `import { Handup } from "handup-client";
export const hear = (me: Handup) => me.follow({ onInviteeAccepted: ({ nobody }) => nobody });
`);
  const options = ["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext"];
  const { stdout } = await run("npx", ["tsc", ...options, right, wrong]).then(() => assert.fail("it is all right"), (error: { stdout: string }) => error);
  assert.match(stdout, /^[^\n]*wrong\.ts[^\n]*'nobody' does not exist[^\n]*\n$/);
});
