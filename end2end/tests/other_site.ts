// Another site: the examples of the JavaScript client, served by somebody who is not Handup.

import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../client-js/", import.meta.url));
const TYPES: Record<string, string> = { html: "text/html", js: "text/javascript" };

/** A site with the pages of `client-js/examples`, at an origin of its own. */
export class OtherSite {
  #server: Server;

  constructor() {
    this.#server = createServer(async ({ url = "/" }, response) => {
      const path = new URL(url, "http://site").pathname.slice(1);
      // Nothing but what the pages are made of.
      const file = /^(examples|dist)\/[\w-]+\.(html|js)$/.exec(path);
      const content = file && (await readFile(FOLDER + path).catch(() => undefined));
      if (!file || !content) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { "Content-Type": TYPES[file[2] ?? ""] }).end(content);
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
}
