// Two servers on one PostgreSQL, and what stands in front of them.

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { promisify } from "node:util";
import { freePort } from "./proxy.ts";
import { Handup } from "./server.ts";

const run = promisify(execFile);

/** A PostgreSQL to try, as `cargo xtask test` starts one. */
export const POSTGRES = process.env.HANDUP_TEST_POSTGRES;

/** A front that hands each connection to the next server that takes it. */
class Front {
  #nodes: Handup[];
  #server: Server;
  #open = new Set<Socket>();
  #turn = 0;

  constructor(nodes: Handup[]) {
    this.#nodes = nodes;
    this.#server = createServer((socket) => this.#take(socket, nodes.length));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  #take(socket: Socket, tries: number): void {
    const node = this.#nodes[this.#turn++ % this.#nodes.length];
    if (!node || tries === 0) {
      socket.destroy();
      return;
    }
    const { hostname, port } = new URL(node.url);
    const behind = connect(Number(port), hostname);
    behind.once("error", () => this.#take(socket, tries - 1));
    behind.once("connect", () => {
      behind.removeAllListeners("error");
      for (const [one, other] of [[socket, behind], [behind, socket]] as const) {
        this.#open.add(one);
        one.on("error", () => other.destroy());
        one.once("close", () => {
          this.#open.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
  }
}

/** The servers, and the address at which browsers find them. */
export class Cluster {
  private constructor(
    readonly nodes: readonly [Handup, Handup],
    readonly url: string,
    readonly front: Front,
  ) {}

  static async start(binary: string, postgres: string): Promise<Cluster> {
    const schema = `browser_${randomBytes(8).toString("hex")}`;
    await run("psql", [postgres, "--quiet", "--command", `CREATE SCHEMA ${schema}`]);
    const mark = postgres.includes("?") ? "&" : "?";
    const database = `${postgres}${mark}options[search_path]=${schema}`;
    const node = async () => {
      const port = await freePort();
      const args = ["--node-address", `http://127.0.0.1:${port}`, "--node-secret", "what both nodes know"];
      args.push("--trusted-proxy", "127.0.0.1");
      const handup = new Handup(binary, database, args, `127.0.0.1:${port}`);
      await handup.start();
      return handup;
    };
    const nodes = [await node(), await node()] as const;
    const front = new Front([...nodes]);
    return new Cluster(nodes, await front.start(), front);
  }

  async stop(): Promise<void> {
    this.front.stop();
    for (const node of this.nodes) await node.kill();
  }
}
