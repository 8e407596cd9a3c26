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
      const stop = () => {
        this.#sleepers.delete(sleeper);
        this.#look();
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      const sleeper = { ms, until: this.#now + ms, wake };
      signal?.addEventListener("abort", stop);
      this.#sleepers.add(sleeper);
      this.#look();
    });
  }

  /** Waits until somebody sleeps for a time from `from` up to `to`, and says for how long. */
  sleeping(from: number, to = from): Promise<number> {
    return this.#sleeper(from, to, new Set());
  }

  /** Waits until somebody else than now sleeps for exactly so long. */
  sleepingAnew(ms: number): Promise<number> {
    return this.#sleeper(ms, ms, new Set(this.#sleepers));
  }

  /** Waits until nobody sleeps for exactly so long. */
  awake(of: number): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if ([...this.#sleepers].some(({ ms }) => ms === of)) return;
        this.#watchers.delete(look);
        resolve();
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

  #sleeper(from: number, to: number, besides: Set<Sleeper>): Promise<number> {
    return new Promise((resolve) => {
      const look = () => {
        for (const sleeper of this.#sleepers) {
          if (sleeper.ms < from || sleeper.ms > to || besides.has(sleeper)) continue;
          this.#watchers.delete(look);
          resolve(sleeper.ms);
          return;
        }
      };
      this.#watchers.add(look);
      look();
    });
  }

  #look(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}
