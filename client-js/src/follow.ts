// Following a group: a stream that is resumed whenever it breaks, or asking where streams are held back.

import { backoff } from "./backoff.ts";
import { inTime, linked } from "./clock.ts";
import { HandupError, lost } from "./error.ts";
import { EventStreamParser, type Message } from "./event_stream.ts";
import { isInvited } from "./invited.ts";
import type { HandupEvent, Role, Snapshot, Told } from "./types.ts";
import type { Wire } from "./wire.ts";

/** A stream begins at once; one that says nothing for so long is held back on its way. */
const HELD_BACK_MS = 4_000;
/** A heartbeat comes every 15 s. */
const SILENCE_MS = 40_000;
const BACKOFF_CAP_MS = 30_000;
/** Asking keeps a member online for 15 s. */
const ASK_EVERY_MS = 2_000;
const ASK_JITTER_MS = 2_000;
/** After how many snapshots a stream is tried again. */
const ASKS_PER_STREAM = 20;

/** A stream that has begun to tell. */
interface Opened {
  connection: AbortController;
  reader: ReadableStreamDefaultReader<Uint8Array>;
  first: ReadableStreamReadResult<Uint8Array>;
}

const HELD_BACK = Symbol();

export class Following {
  readonly #wire: Wire;
  readonly #path: string;
  readonly #me: string;
  readonly #all: AbortController;
  readonly #roles = new Map<string, Role>();
  /** The resume cursor: the number of the last event that was told. */
  #cursor: string | undefined;
  /** What the server's `retry:` asks for. */
  #retryMs = 0;
  #failures = 0;
  #over = false;
  /** The 410 that asking met: the stream still tells how the group ended. */
  #gone: unknown;

  constructor(wire: Wire, path: string, me: string, signal: AbortSignal | undefined) {
    this.#wire = wire;
    this.#path = path;
    this.#me = me;
    this.#all = linked(signal);
  }

  /** Tells everything, until it is over or aborted; throws what is final. */
  async *events(): AsyncGenerator<HandupEvent, void> {
    const { signal } = this.#all;
    try {
      while (!this.#over) {
        yield* this.#attempt();
      }
    } catch (error) {
      // An abort is the follower's own wish, and no error.
      if (!signal.aborted) throw error;
    } finally {
      this.#all.abort();
    }
  }

  /** One connection until it breaks, and the wait after that. */
  async *#attempt(): AsyncGenerator<HandupEvent, void> {
    const { signal } = this.#all;
    try {
      const opened = (await this.#openUnlessHeldBack()) ?? (yield* this.#ask());
      if (opened) yield* this.#read(opened);
    } catch (error) {
      if (signal.aborted || (error instanceof HandupError && error.final)) throw error;
      const retryInMs = this.#wait(error);
      yield { name: "onDisconnected", data: { error, retryInMs } };
      await this.#wire.clock.sleep(retryInMs, signal);
    }
  }

  #wait(error: unknown): number {
    const after = error instanceof HandupError ? error.retryAfter : undefined;
    const told = after === undefined ? this.#retryMs : after * 1_000;
    return told + backoff(this.#wire.clock, this.#failures++, BACKOFF_CAP_MS);
  }

  async #openUnlessHeldBack(): Promise<Opened | undefined> {
    try {
      return await this.#open(this.#all.signal);
    } catch (error) {
      if (error !== HELD_BACK) throw error;
      if (this.#gone) throw this.#gone;
      return undefined;
    }
  }

  async #open(outer: AbortSignal): Promise<Opened> {
    const connection = linked(outer);
    try {
      return await inTime(this.#wire.clock, HELD_BACK_MS, outer, this.#begin(connection), () => HELD_BACK);
    } catch (error) {
      connection.abort();
      throw error;
    }
  }

  async #begin(connection: AbortController): Promise<Opened> {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (this.#cursor) headers["Last-Event-ID"] = this.#cursor;
    const { body, headers: told } = await this.#wire.fetch(`${this.#path}/events`, { headers, signal: connection.signal });
    if (!body || !told.get("Content-Type")?.startsWith("text/event-stream")) throw lost("The answer is not a stream.");
    const reader = body.getReader();
    return { connection, reader, first: await reader.read() };
  }

  async *#read({ connection, reader, first }: Opened): AsyncGenerator<HandupEvent, void> {
    const parser = new EventStreamParser();
    const decoder = new TextDecoder();
    try {
      yield this.#connected(false);
      for (let piece = first; !piece.done; piece = await this.#next(reader)) {
        for (const message of parser.push(decoder.decode(piece.value, { stream: true }))) {
          yield* this.#tell(message);
          if (this.#over) return;
          // Nothing is told after an abort, of what has come already either.
          this.#all.signal.throwIfAborted();
        }
        this.#retryMs = parser.retry ?? this.#retryMs;
      }
      throw lost("The stream ended.");
    } finally {
      connection.abort();
    }
  }

  #next(reader: Opened["reader"]): Promise<Opened["first"]> {
    return inTime(this.#wire.clock, SILENCE_MS, this.#all.signal, reader.read(), () => lost("The stream fell silent."));
  }

  /** Asks for the snapshot every few seconds, until a stream that is tried beside that tells something. */
  async *#ask(): AsyncGenerator<HandupEvent, Opened | undefined> {
    const { clock } = this.#wire;
    const trying = linked(this.#all.signal);
    let opened: Opened | undefined;
    let etag: string | null = null;
    try {
      for (let asked = 0; !opened; ) {
        const answer = await this.#snapshot(etag);
        if (asked++ === 0) yield this.#connected(true);
        if (answer.body) {
          etag = answer.etag;
          this.#cursor = String(answer.body.seq);
          yield this.#noted("onSnapshot", answer.body);
        }
        if (asked % ASKS_PER_STREAM === 0) {
          this.#open(trying.signal).then((it) => (opened = it)).catch(() => {});
        }
        await clock.sleep(ASK_EVERY_MS + clock.random() * ASK_JITTER_MS, this.#all.signal);
      }
      return opened;
    } catch (error) {
      trying.abort();
      if (!(error instanceof HandupError) || error.status !== 410) throw error;
      this.#gone = error;
      return undefined;
    }
  }

  #snapshot(etag: string | null) {
    return this.#wire.send<Snapshot>({
      method: "GET",
      path: `${this.#path}?follow=asking`,
      headers: etag ? { "If-None-Match": etag } : {},
      signal: this.#all.signal,
      repeatable: true,
    });
  }

  #connected(polling: boolean): HandupEvent {
    this.#failures = 0;
    return { name: "onConnected", data: { polling } };
  }

  *#tell({ event, data, id }: Message): Generator<HandupEvent> {
    const name = event === "snapshot" ? "onSnapshot" : event;
    const body = JSON.parse(data);
    // A stream that was opened while snapshots were asked for begins before the last of them.
    if (name !== "onSnapshot" && body.seq <= Number(this.#cursor)) return;
    this.#cursor = id || this.#cursor;
    if (name.startsWith("on")) yield this.#noted(name as keyof Told, body);
  }

  /** Keeps the roles by which it is told who is invited, and learns of the end. */
  #noted<Name extends keyof Told>(name: Name, data: Told[Name]): HandupEvent {
    const event = { name, data } as HandupEvent;
    switch (event.name) {
      case "onSnapshot":
        this.#roles.clear();
        for (const { userID, role } of event.data.members) this.#roles.set(userID, role);
        break;
      case "onMemberJoined":
      case "onMemberChanged":
        this.#roles.set(event.data.userID, event.data.role);
        break;
      case "onMemberLeft":
        this.#roles.delete(event.data.userID);
        this.#over = event.data.userID === this.#me;
        break;
      case "onGroupEnded":
        this.#over = true;
        break;
      case "onReceiveNewInvitation":
        event.invited = isInvited(event.data, this.#me, this.#roles);
        break;
    }
    return event;
  }
}
