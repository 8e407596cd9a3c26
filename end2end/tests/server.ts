// The real server, one for each test: a fresh database, a port of its own.
//
// Import `test` and `expect` from here. A test that opens a page (or asks for
// `handup`) gets a server; `page.goto("/")` goes to it.

import { test as base } from "@playwright/test";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export { expect } from "@playwright/test";

/** How a process ended: its exit code, or the signal that ended it. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const READY = /^listening on (http:\/\/\S+?)\/?$/;
const START_MS = 20_000;
const STOP_MS = 20_000;

/** A server process, and what it keeps between its lives. */
export class Handup {
  /** All that the server has printed, in all its lives. */
  log = "";

  #binary: string;
  #database: string;
  #args: string[];
  #listen: string;
  #origin: string | undefined;
  #child: ChildProcess | undefined;
  #ended: Promise<Ending> | undefined;

  constructor(binary: string, database: string, args: string[], listen = "127.0.0.1:0") {
    this.#binary = binary;
    this.#database = database;
    this.#args = args;
    this.#listen = listen;
  }

  /** The server's address, without a slash at the end. */
  get url(): string {
    if (this.#origin === undefined) {
      throw new Error("the server has not been started");
    }
    return this.#origin;
  }

  /** The file of the database. */
  get database(): string {
    return this.#database;
  }

  /** Starts the server: on any port at first, then on that same one. */
  async start(): Promise<void> {
    if (this.#child) {
      throw new Error("the server runs already");
    }
    const listen = this.#origin ? new URL(this.#origin).host : this.#listen;
    const child = spawn(
      this.#binary,
      ["--listen", listen, "--database", this.#database, ...this.#args],
      { env: environment(), stdio: ["ignore", "pipe", "pipe"] },
    );
    const ended = new Promise<Ending>((resolve) => {
      // A program that cannot be started never exits, but it has an error.
      child.once("error", (error) => {
        this.log += `${error.message}\n`;
        resolve({ code: null, signal: null });
      });
      child.once("close", (code, signal) => resolve({ code, signal }));
    });
    this.#child = child;
    this.#ended = ended;

    const lines = createInterface({ input: child.stdout });
    const ready = new Promise<string>((resolve) => {
      lines.on("line", (line) => {
        this.log += `${line}\n`;
        const origin = READY.exec(line)?.[1];
        if (origin) resolve(origin);
      });
    });
    createInterface({ input: child.stderr }).on("line", (line) => {
      this.log += `${line}\n`;
    });

    const first = await Promise.race([ready, ended, limit(START_MS)]);
    if (typeof first !== "string") {
      const why = first ? `ended (${describe(first)})` : "kept silent";
      await this.kill();
      throw new Error(`the server ${why} before it listened:\n${this.log}`);
    }
    this.#origin = first;
  }

  /** Asks the server to end (SIGTERM), and tells how it did. */
  async stop(): Promise<Ending> {
    const ended = this.#signal("SIGTERM");
    const ending = await Promise.race([ended, limit(STOP_MS)]);
    if (!ending) {
      await this.kill();
      throw new Error(`the server did not end when asked to:\n${this.log}`);
    }
    this.#child = undefined;
    return ending;
  }

  /** Ends the server at once (SIGKILL), as a power cut would. */
  async kill(): Promise<void> {
    if (!this.#child) return;
    await this.#signal("SIGKILL");
    this.#child = undefined;
  }

  /** Stops the server's time (SIGSTOP): it keeps its connections and says nothing. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  /** Lets a paused server go on. */
  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Stops the server if it runs, and starts it with the same database and
   * on the same port. */
  async restart(): Promise<void> {
    if (this.#child) await this.stop();
    await this.start();
  }

  #signal(signal: NodeJS.Signals): Promise<Ending> {
    if (!this.#child || !this.#ended) {
      throw new Error("the server does not run");
    }
    this.#child.kill(signal);
    return this.#ended;
  }
}

/** This process's environment, without the developer's own settings of the
 * server. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("HANDUP_")),
  );
}

function describe({ code, signal }: Ending): string {
  return signal ?? (code === null ? "not started" : `exit code ${code}`);
}

/** Resolves to nothing after some time; it keeps no process alive. */
function limit(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms).unref();
  });
}

interface Options {
  /** More arguments for the server: `test.use({ serverArgs: ["--public-url", …] })`. */
  serverArgs: string[];
}

interface Fixtures {
  /** The server of this test. */
  handup: Handup;
}

export const test = base.extend<Options & Fixtures>({
  serverArgs: [[], { option: true }],

  handup: async ({ serverArgs }, use, testInfo) => {
    const binary = process.env.HANDUP_BIN;
    if (!binary) {
      throw new Error(
        "HANDUP_BIN does not say where the server is; run `cargo xtask test --only-browser`",
      );
    }
    const folder = await mkdtemp(join(tmpdir(), "handup-"));
    const handup = new Handup(binary, join(folder, "handup.sqlite3"), serverArgs);
    try {
      await handup.start();
      await use(handup);
    } finally {
      await handup.kill();
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach("server.log", { body: handup.log, contentType: "text/plain" });
      }
      await rm(folder, { recursive: true, force: true });
    }
  },

  // What `page.goto("/")` and `request.get("/")` start from.
  baseURL: async ({ handup }, use) => {
    await use(handup.url);
  },
});
