// Requests to one server as one member: sent, repeated where that is safe, and read.

import { backoff, retryAfter } from "./backoff.ts";
import { type Clock, inTime, linked } from "./clock.ts";
import { HandupError, lost } from "./error.ts";
import type { Problem } from "./types.ts";

const TRIES = 8;
const BACKOFF_CAP_MS = 8_000;
/** How long all tries of a request may take together. */
const PATIENCE_MS = 60_000;
/** How long one try may take: a dead connection says nothing. */
const TRY_MS = 20_000;

/** What says nothing of whether the server did it. */
const UNKNOWN = [0, 500, 502, 503, 504];

export interface Ask {
  method: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Whether doing it twice is as good as once. */
  repeatable: boolean;
  /** The refusal that says that a try whose answer was lost has done it. */
  done?: number | undefined;
}

export interface Answer<T> {
  /** Nothing, for a 204 and a 304. */
  body: T | undefined;
  etag: string | null;
}

export class Wire {
  readonly clock: Clock;
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #onBehalfOf: string | undefined;
  readonly #fetch: typeof fetch;

  constructor(baseUrl: string, token: string | undefined, onBehalfOf: string | undefined, fetching: typeof fetch, clock: Clock) {
    this.#base = `${baseUrl.replace(/\/+$/, "")}/api/v1`;
    this.#token = token;
    this.#onBehalfOf = onBehalfOf;
    this.#fetch = fetching;
    this.clock = clock;
  }

  /** Sends a request until it is answered, it makes no sense to repeat it, or patience is at its end. */
  async send<T>(ask: Ask): Promise<Answer<T>> {
    const { clock } = this;
    // The body is made once: a repeated key asks for the same bytes.
    const body = ask.body === undefined ? null : JSON.stringify(ask.body);
    const until = clock.now() + PATIENCE_MS;
    let unknown = false;
    for (let tries = 0; ; ) {
      try {
        return await this.#once<T>(ask, body);
      } catch (error) {
        ask.signal?.throwIfAborted();
        if (!(error instanceof HandupError)) throw error;
        if (unknown && error.code && error.status === ask.done) return { body: undefined, etag: null };
        unknown ||= UNKNOWN.includes(error.status);
        if (!mayRepeat(error, ask.repeatable)) throw error;
        const wait = (error.retryAfter ?? 0) * 1_000 + backoff(clock, tries, BACKOFF_CAP_MS);
        if (++tries === TRIES || clock.now() + wait > until) throw error;
        await clock.sleep(wait, ask.signal);
      }
    }
  }

  /** One request with the member's token; the answer may be any, and a refusal is thrown. */
  async fetch(path: string, init: { headers: Record<string, string> } & RequestInit): Promise<Response> {
    // The token goes into the header and nowhere else: addresses are logged.
    if (this.#token) init.headers.Authorization = `Bearer ${this.#token}`;
    if (this.#onBehalfOf) init.headers["On-Behalf-Of"] = this.#onBehalfOf;
    let response;
    try {
      // Called by itself, as a browser's own insists on.
      const fetching = this.#fetch;
      response = await fetching(this.#base + path, { ...init, cache: "no-store", credentials: "omit" });
    } catch (error) {
      throw lost("The server cannot be reached.", error);
    }
    if (!response.ok && response.status !== 304) throw await this.#refusal(response);
    return response;
  }

  async #once<T>(ask: Ask, body: string | null): Promise<Answer<T>> {
    const attempt = linked(ask.signal);
    try {
      const answer = this.#exchange<T>(ask, body, attempt.signal);
      return await inTime(this.clock, TRY_MS, ask.signal, answer, () => lost("The server did not answer in time."));
    } finally {
      attempt.abort();
    }
  }

  async #exchange<T>({ method, path, headers }: Ask, body: string | null, signal: AbortSignal): Promise<Answer<T>> {
    const type: Record<string, string> = body === null ? {} : { "Content-Type": "application/json" };
    const response = await this.fetch(path, { method, body, signal, headers: { ...type, ...headers } });
    const text = await response.text().catch((error: unknown) => {
      throw lost("The answer broke off.", error);
    });
    return { body: text ? (parse(text) as T) : undefined, etag: response.headers.get("ETag") };
  }

  /** The server's problem, or that of whatever answered in its place. */
  async #refusal(response: Response): Promise<HandupError> {
    const { status } = response;
    const text = await response.text().catch(() => "");
    const after = retryAfter(response.headers.get("Retry-After"), this.clock);
    const ours = response.headers.get("Content-Type")?.startsWith("application/problem+json");
    const told = ours ? (parse(text) as Problem) : { detail: `The answer was ${status}, and not the server's.` };
    return new HandupError({ ...told, status }, { retryAfter: after });
  }
}

/** A 429 without `Retry-After` is one where waiting does not help. */
function mayRepeat({ status, retryAfter }: HandupError, repeatable: boolean): boolean {
  const notDone = retryAfter !== undefined && (status === 429 || status === 503);
  return notDone || (repeatable && UNKNOWN.includes(status));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw lost("The answer is not the server's.", error);
  }
}
