// What went wrong with a request, in the server's words where it had any.

import type { Code, InviteeState, Problem } from "./types.ts";

export class HandupError extends Error {
  override readonly name = "HandupError";
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The server's number for it, to be read with the status; 0 when it is not the server's word. */
  readonly code: Code | 0;
  /** What happened, for a person. */
  readonly detail: string;
  /** The state that won, where another transition did. */
  declare readonly state?: InviteeState;
  /** The field of the request that is wrong. */
  declare readonly field?: string;
  /** After how many seconds to come again, where the server said so. */
  declare readonly retryAfter?: number;

  constructor(told: Partial<Problem> & { detail: string }, more: { retryAfter?: number | undefined; cause?: unknown } = {}) {
    super(told.detail, "cause" in more ? { cause: more.cause } : {});
    this.status = told.status ?? 0;
    this.code = told.code ?? 0;
    this.detail = told.detail;
    if (told.state) this.state = told.state;
    if (told.field) this.field = told.field;
    if (more.retryAfter !== undefined) this.retryAfter = more.retryAfter;
  }

  /** Whether asking again cannot help: the server itself refused, and not for now only. */
  get final(): boolean {
    const { status } = this;
    return this.code !== 0 && status >= 400 && status < 500 && status !== 408 && status !== 429;
  }
}

/** No answer came, or it broke off. */
export function lost(detail: string, cause?: unknown): HandupError {
  return new HandupError({ detail }, { cause });
}
