// A clock that a test holds in its hand: time passes when the test says so.

import type { Clock } from "handup-client";

interface Sleeper {
  ms: number;
  until: number;
  wake: () => void;
}

export class HeldClock implements Clock {
  /** What `random` gives. */
  chance = 0;
  #now = 0;
  #sleepers = new Set<Sleeper>();
  #watchers = new Set<() => void>();

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.chance;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const sleeper = { ms, until: this.#now + ms, wake: resolve };
      signal?.addEventListener("abort", () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
      this.#sleepers.add(sleeper);
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** Waits until somebody sleeps for a time from `from` up to `to`, and says for how long. */
  sleeping(from: number, to = from): Promise<number> {
    return new Promise((resolve) => {
      const look = () => {
        for (const { ms } of this.#sleepers) {
          if (ms < from || ms > to) continue;
          this.#watchers.delete(look);
          resolve(ms);
          return;
        }
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Lets time pass. */
  advance(ms: number): void {
    this.#now += ms;
    for (const sleeper of this.#sleepers) {
      if (sleeper.until > this.#now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }

  /** Waits until somebody sleeps so long, and lets that time pass. */
  async pass(from: number, to = from): Promise<number> {
    const ms = await this.sleeping(from, to);
    this.advance(ms);
    return ms;
  }
}
