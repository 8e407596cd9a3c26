// How long to wait before the next try: backoff with full jitter, on top of what the server asks for.

import type { Clock } from "./clock.ts";

const BASE_MS = 500;

/** A wait before try number `tries` + 1: anything up to a bound that doubles each time, so that those
 * who lost the server together do not come back together. */
export function backoff(clock: Clock, tries: number, capMs: number): number {
  return clock.random() * Math.min(capMs, BASE_MS * 2 ** tries);
}

/** The seconds of a `Retry-After`, which a proxy may also write as a date. */
export function retryAfter(header: string | null, clock: Clock): number | undefined {
  if (!header) return undefined;
  const seconds = Number(header);
  if (!Number.isNaN(seconds)) return Math.max(0, seconds);
  const until = Date.parse(header);
  return Number.isNaN(until) ? undefined : Math.max(0, (until - clock.now()) / 1000);
}
