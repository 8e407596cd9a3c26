// A server that answers what a test tells it to, or stands between a client and the real one.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { TestContext } from "node:test";

/** A request as it came. */
export interface Came {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** Answers a request, the `count`th one from 0 on. */
export type Answering = (response: ServerResponse, came: Came, count: number) => void | Promise<void>;

export class StandIn {
  readonly came: Came[] = [];
  readonly url: string;
  #watchers = new Set<() => void>();

  private constructor(url: string) {
    this.url = url;
  }

  static async of(test: TestContext, answering: Answering): Promise<StandIn> {
    const server = createServer((request, response) => {
      void buffer(request).then((body) => {
        const { method = "", url = "", headers } = request;
        const came = { method, url, headers, body: body.toString() };
        standIn.came.push(came);
        for (const watcher of [...standIn.#watchers]) watcher();
        return answering(response, came, standIn.came.length - 1);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const standIn = new StandIn(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    test.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return standIn;
  }

  /** Waits until so many requests have come. */
  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.came.length < count) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const type = status < 400 ? "application/json" : "application/problem+json";
  response.writeHead(status, { "Content-Type": type, ...headers }).end(JSON.stringify(body));
}

export function problem(response: ServerResponse, status: number, code: number, headers: Record<string, string> = {}): void {
  json(response, status, { type: "about:blank", title: "No", status, detail: "Told so.", code }, headers);
}

/** Asks the real server the same, and stops when whoever asked is gone. */
export async function forward(upstream: string, came: Came, response: ServerResponse): Promise<Response> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const { host: _host, connection: _connection, "content-length": _length, ...headers } = came.headers;
  const body = came.body ? { body: came.body } : {};
  return fetch(upstream + came.url, {
    method: came.method,
    headers: headers as Record<string, string>,
    signal: gone.signal,
    ...body,
  });
}

/** Gives an answer on once it is whole. */
export async function giveOn(answer: Response, response: ServerResponse): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer());
  const { "transfer-encoding": _encoding, "content-encoding": _coding, "content-length": _length, ...headers } = Object.fromEntries(answer.headers);
  response.writeHead(answer.status, headers).end(body);
}
