// The time as this package knows it: what it waits by, and what makes its waits differ.

/** Given in the place of the machine's own where a program wants to hold time in its hand. */
export interface Clock {
  /** Milliseconds of any epoch. */
  now(): number;
  /** Resolves after so many milliseconds; rejects as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number from 0 up to 1. */
  random(): number;
}

export const systemClock: Clock = {
  now: Date.now,
  random: Math.random,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, ms);
      signal?.addEventListener("abort", stop, { once: true });
    }),
};

/** What the promise comes to, if it does within `ms` and before the signal aborts; else what `late` makes is thrown, or
 * the signal's reason. */
export async function inTime<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
  promise: Promise<T>,
  late: () => unknown,
): Promise<T> {
  const done = linked(signal);
  const limit = clock.sleep(ms, done.signal).then(() => {
    throw late();
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    done.abort();
  }
}

/** A controller that aborts when `outer` does, and can be aborted by itself. */
export function linked(outer: AbortSignal | undefined): AbortController {
  const inner = new AbortController();
  const stop = () => inner.abort(outer?.reason);
  if (outer?.aborted) stop();
  // The inner one's own end takes the listener off a signal that may live long.
  outer?.addEventListener("abort", stop, { once: true, signal: inner.signal });
  return inner;
}
