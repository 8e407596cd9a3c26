// What a browser, an extension or a device does to a page before the page's own scripts run: a way to
// the server on which one script more stands at the head of each page. No engine's protocol is asked
// for it, for not each has it.

import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const SCRIPT = "/altered-before.js";

export class Altered {
  #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** A way to the server whose pages begin with running a function, which must not use anything from
   * outside. */
  static async by(upstream: string, before: () => void): Promise<Altered> {
    const { hostname, port } = new URL(upstream);
    const server = createServer((asked, answer) => {
      if (asked.url === SCRIPT) {
        answer.setHeader("content-type", "text/javascript");
        answer.end(`(${before})();`);
        return;
      }
      // A page that is altered must be readable, and cannot be a part.
      const headers = { ...asked.headers, "accept-encoding": "identity" };
      const { method, url: path } = asked;
      const forwarded = request({ hostname, port, method, path, headers }, (given) => {
        if (!given.headers["content-type"]?.startsWith("text/html")) {
          answer.writeHead(given.statusCode ?? 502, given.headers);
          given.pipe(answer);
          return;
        }
        const pieces: Buffer[] = [];
        given.on("data", (piece: Buffer) => pieces.push(piece));
        given.on("end", () => {
          const page = Buffer.concat(pieces).toString();
          // What an extension runs is not asked whether the page allows it.
          const policy = String(given.headers["content-security-policy"] ?? "");
          const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
          const script = `<script src="${SCRIPT}" nonce="${nonce}"></script>`;
          const altered = page.replace(/<head[^>]*>/, (head) => head + script);
          const { "content-length": _, "transfer-encoding": __, ...kept } = given.headers;
          answer.writeHead(given.statusCode ?? 502, kept);
          answer.end(altered);
        });
      });
      forwarded.on("error", () => answer.destroy());
      answer.on("close", () => forwarded.destroy());
      asked.pipe(forwarded);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Altered(server);
  }

  /** Where browsers find it, without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}
