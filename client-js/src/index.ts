// What the package gives.

export type { Clock } from "./clock.ts";
export { HandupError } from "./error.ts";
export { type Cancelable, type Change, type Environment, Handup, type Membership, type Which } from "./member.ts";
export { isInvited } from "./invited.ts";
export type * from "./types.ts";
