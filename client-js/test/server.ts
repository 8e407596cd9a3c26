// The real server, one for each test: a fresh database, a port of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";

const READY = /^listening on (http:\/\/\S+?)\/?$/;

export class Server {
  readonly #binary: string;
  readonly #database: string;
  readonly #flags: string[];
  #origin: string | undefined;
  #child: ChildProcess | undefined;
  #log = "";

  private constructor(binary: string, database: string, flags: string[]) {
    this.#binary = binary;
    this.#database = database;
    this.#flags = flags;
  }

  /** A server that ends with the test, with more flags where it is to do more than usual. */
  static async of(test: TestContext, ...flags: string[]): Promise<Server> {
    const binary = process.env.HANDUP_BIN;
    if (!binary) throw new Error("HANDUP_BIN does not say where the server is");
    const folder = await mkdtemp(join(tmpdir(), "handup-client-"));
    const server = new Server(binary, join(folder, "handup.sqlite3"), flags);
    test.after(async () => {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    });
    await server.start();
    return server;
  }

  /** The server's address, without a slash at the end. */
  get url(): string {
    if (this.#origin === undefined) throw new Error("the server has not been started");
    return this.#origin;
  }

  /** Starts it: on any port at first, then on that same one. */
  async start(): Promise<void> {
    const listen = this.#origin ? new URL(this.#origin).host : "127.0.0.1:0";
    const child = spawn(this.#binary, ["--listen", listen, "--database", this.#database, ...this.#flags], {
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#origin = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        this.#log += `${line}\n`;
        const origin = READY.exec(line)?.[1];
        if (origin) resolve(origin);
      });
      createInterface({ input: child.stderr }).on("line", (line) => (this.#log += `${line}\n`));
      child.once("error", reject);
      child.once("close", () => reject(new Error(`the server ended before it listened:\n${this.#log}`)));
    });
  }

  /** Ends it at once (SIGKILL), as a power cut would. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await closed;
  }
}

/** This process's environment, without the developer's own settings of the server. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HANDUP_")));
}
