// Somebody who follows a group and keeps what they are told.

import type { Handup, HandupEvent } from "handup-client";

type Named<Name> = Extract<HandupEvent, { name: Name }>;

export class Recorder {
  readonly told: HandupEvent[] = [];
  /** Comes when following is over; rejects with what ended it. */
  readonly over: Promise<void>;
  readonly #all = new AbortController();
  #watchers = new Set<() => void>();
  #read = 0;
  #ended: { error?: unknown } | undefined;

  constructor(handup: Handup) {
    this.over = this.#follow(handup);
    // A test that does not look at the end is failed by what it waits for.
    this.over.catch(() => {});
  }

  /** The next event of this name, after the one that was asked for before; what comes between is passed over. */
  next<Name extends HandupEvent["name"]>(name: Name, where: (event: Named<Name>) => boolean = () => true): Promise<Named<Name>> {
    return new Promise((resolve, reject) => {
      const look = () => {
        while (this.#read < this.told.length) {
          const event = this.told[this.#read++];
          if (event?.name !== name || !where(event as Named<Name>)) continue;
          this.#watchers.delete(look);
          resolve(event as Named<Name>);
          return;
        }
        if (this.#ended) {
          this.#watchers.delete(look);
          reject(new Error(`${name} was not told before the end`, { cause: this.#ended.error }));
        }
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** The numbers of all durable events, in the order in which they were told. */
  get numbers(): number[] {
    return this.told.flatMap(({ name, data }) => (name !== "onSnapshot" && "seq" in data ? [data.seq] : []));
  }

  async stop(): Promise<void> {
    this.#all.abort();
    await this.over;
  }

  async #follow(handup: Handup): Promise<void> {
    try {
      for await (const event of handup.events({ signal: this.#all.signal })) {
        this.told.push(event);
        this.#look();
      }
      this.#ended = {};
    } catch (error) {
      this.#ended = { error };
      throw error;
    } finally {
      this.#look();
    }
  }

  #look(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}
