// What may stand between a browser and the server: nginx as Debian ships it, and a wire that
// somebody can hold or cut.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What nginx does besides forwarding. */
export interface NginxOptions {
  /** The port that it listens on. */
  port: number;
  /** The server behind it, as `http://127.0.0.1:3000`. */
  upstream: string;
  /** Whether browsers come by https, and so by HTTP/2. */
  tls?: boolean;
  /** More lines for the location, such as `proxy_buffering off;`. */
  lines?: string;
}

/** nginx with Debian's settings, and for Handup the lines of docs/PROXY.md. */
export class Nginx {
  /** Where browsers find it, without a slash at the end. */
  readonly url: string;
  #log = "";
  #folder: string;
  #child: ChildProcess;
  #ended: Promise<void>;

  private constructor(url: string, folder: string, child: ChildProcess) {
    this.url = url;
    this.#folder = folder;
    this.#child = child;
    child.stderr?.on("data", (data: Buffer) => (this.#log += data.toString()));
    this.#ended = new Promise((resolve) => {
      child.once("error", (error) => {
        this.#log += error.message;
        resolve();
      });
      child.once("close", () => resolve());
    });
  }

  static async start(options: NginxOptions): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), "handup-nginx-"));
    if (options.tls) {
      const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
      const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
      const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
      await run(process.env.OPENSSL ?? "/usr/bin/openssl", ["req", "-x509", "-days", "2", ...kind, ...files, ...name]);
    }
    await writeFile(join(folder, "nginx.conf"), config(folder, options));
    const child = spawn(process.env.NGINX ?? "/usr/sbin/nginx", ["-p", folder, "-c", join(folder, "nginx.conf")], {
      // Debian's is where only root's PATH leads.
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const url = options.tls ? `https://localhost:${options.port}` : `http://127.0.0.1:${options.port}`;
    const nginx = new Nginx(url, folder, child);
    await nginx.#listens(options.port);
    return nginx;
  }

  /** Answers everything itself with this status, until it is told none. */
  async refuse(status?: 503): Promise<void> {
    const flag = join(this.#folder, "refuse");
    await (status ? writeFile(flag, "") : rm(flag));
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#ended;
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #listens(port: number): Promise<void> {
    let isOver = false;
    void this.#ended.then(() => (isOver = true));
    while (!isOver) {
      const answers = await new Promise<boolean>((resolve) => {
        const socket = connect(port, "127.0.0.1");
        socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
        socket.once("connect", () => socket.destroy());
      });
      if (answers) return;
    }
    throw new Error(`nginx does not run:\n${this.#log}`);
  }
}

/** What Debian's /etc/nginx/nginx.conf says, in a folder of its own, and one site. */
function config(folder: string, { port, upstream, tls, lines }: NginxOptions): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const listen = tls
    ? `listen 127.0.0.1:${port} ssl http2;
       ssl_certificate ${folder}/cert.pem;
       ssl_certificate_key ${folder}/key.pem;`
    : `listen 127.0.0.1:${port};`;
  return `
    ${process.getuid?.() === 0 ? "user root;" : ""}
    daemon off;
    worker_processes auto;
    pid ${folder}/nginx.pid;
    error_log stderr;
    events { worker_connections 768; }
    http {
      ${temporary.map((what) => `${what}_temp_path ${folder}/${what};`).join("\n      ")}
      sendfile on;
      tcp_nopush on;
      types_hash_max_size 2048;
      include /etc/nginx/mime.types;
      default_type application/octet-stream;
      access_log off;
      gzip on;
      server {
        ${listen}
        server_name localhost;
        location / {
          if (-f ${folder}/refuse) { return 503; }
          proxy_pass ${upstream};
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          ${lines ?? ""}
        }
      }
    }`;
}

type State = "open" | "held" | "swallowing";

/** A wire between browsers and the server. It may be held: then nothing passes, nothing is closed,
 * and what was said comes late. It may also swallow what the server says. */
export class Wire {
  #server: Server;
  #state: State = "open";
  #pairs = new Set<[browser: Socket, server: Socket]>();
  /** What the server said while the wire was held. */
  #late = new Map<Socket, Buffer[]>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(upstream: string): Promise<Wire> {
    const { hostname, port } = new URL(upstream);
    const server = createServer({ pauseOnConnect: true });
    const wire = new Wire(server);
    server.on("connection", (browser) => wire.#carry(browser, connect(Number(port), hostname)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return wire;
  }

  /** Where browsers find it, without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Nothing passes any more, and nobody is told. */
  hold(): void {
    this.#set("held");
  }

  /** What browsers say passes; what the server says is lost, and nobody is told. */
  swallow(): void {
    this.#set("swallowing");
  }

  /** Everything passes again. */
  release(): void {
    this.#set("open");
    this.deliver();
  }

  /** What the server said while the wire was held comes now. */
  deliver(): void {
    for (const [browser, said] of this.#late) for (const piece of said) browser.write(piece);
    this.#late.clear();
  }

  /** Whether the server has said something that is held. */
  get holdsSomething(): boolean {
    return this.#late.size > 0;
  }

  /** Breaks every connection that there is. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  #set(state: State): void {
    this.#state = state;
    for (const [browser] of this.#pairs) this.#listen(browser);
  }

  #listen(browser: Socket): void {
    if (this.#state === "held") browser.pause();
    else browser.resume();
  }

  #carry(browser: Socket, server: Socket): void {
    const pair: [Socket, Socket] = [browser, server];
    this.#pairs.add(pair);
    this.#listen(browser);
    browser.on("data", (piece) => server.write(piece));
    server.on("data", (piece) => {
      if (this.#state === "open") browser.write(piece);
      if (this.#state === "held") {
        this.#late.set(browser, [...(this.#late.get(browser) ?? []), piece]);
      }
    });
    for (const socket of pair) {
      // A connection that breaks is closed as well.
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#pairs.delete(pair);
        this.#late.delete(browser);
        for (const end of pair) end.destroy();
      });
    }
  }
}
