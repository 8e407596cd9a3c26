// One member of one group: the verbs by their names, and what happens in the group.

import { systemClock, type Clock } from "./clock.ts";
import { Following } from "./follow.ts";
import type * as Api from "./types.ts";
import { Wire } from "./wire.ts";

/** How the package reaches the server; a browser's and Node's own by default. */
export interface Environment {
  fetch?: typeof fetch;
  clock?: Clock;
}

/** Who one is, and where: what a program keeps to come back as the same member. */
export interface Membership extends Environment {
  baseUrl: string;
  groupID: string;
  userID: string;
  /** The member's own; with `onBehalfOf` the key of an integration, which no browser may have. */
  token: string;
  /** The integration's id of the member on whose behalf it acts, or their `userID`. */
  onBehalfOf?: string;
  /** The code that joins the group, for whoever began it. */
  joinCode?: string;
  /** The page that joins it, for whoever began it. */
  joinURL?: string;
}

export interface Cancelable {
  signal?: AbortSignal;
}

export interface Change extends Cancelable {
  /** By default a new one for each call; it stays the same over all tries of it. */
  idempotencyKey?: string;
}

/** Which of one's own invitations. */
export interface Which {
  mine?: "inviter" | "invitee";
  state?: readonly Api.InviteeState[];
  /** The `next` of the page before. */
  after?: number;
}

export class Handup {
  readonly baseUrl: string;
  readonly groupID: string;
  readonly userID: string;
  readonly token: string;
  readonly joinCode: string | undefined;
  readonly joinURL: string | undefined;
  readonly #wire: Wire;

  constructor(membership: Membership) {
    this.baseUrl = membership.baseUrl;
    this.groupID = membership.groupID;
    this.userID = membership.userID;
    this.token = membership.token;
    this.joinCode = membership.joinCode;
    this.joinURL = membership.joinURL;
    this.#wire = wire(membership);
  }

  /** Starts a group, as its first teacher. */
  static createGroup(baseUrl: string, group: Api.CreateGroup, options: Environment & Cancelable = {}): Promise<Handup> {
    return become(baseUrl, "/groups", group, options);
  }

  /** Joins a group by its code, as a new student. */
  static join(baseUrl: string, how: Api.Join, options: Environment & Cancelable = {}): Promise<Handup> {
    return become(baseUrl, "/join", how, options);
  }

  /** Invites one member, unseen by the others. */
  invite(invitation: Api.Invite, options?: Change): Promise<Api.Invited> {
    return this.#change("POST", "/invite", invitation, options);
  }

  /** Invites several, or everybody of the other role by `"*"`. */
  inviteInGroup(invitation: Api.InviteInGroup, options?: Change): Promise<Api.Invited> {
    return this.#change("POST", "/inviteInGroup", invitation, options);
  }

  /** Takes an invitation back from all who have not answered. */
  cancel(inviteID: string, more: Api.OptionalData = {}, options?: Change): Promise<Api.Settlement> {
    return this.#change("POST", invitation(inviteID, "/cancel"), more, options);
  }

  accept(inviteID: string, answer: Api.Respond = {}, options?: Change): Promise<Api.Settlement> {
    return this.#change("POST", invitation(inviteID, "/accept"), answer, options);
  }

  reject(inviteID: string, answer: Api.Decline = {}, options?: Change): Promise<Api.Settlement> {
    return this.#change("POST", invitation(inviteID, "/reject"), answer, options);
  }

  /** Ends what an acceptance began. */
  finish(inviteID: string, more: Api.Finish = {}, options?: Change): Promise<Api.Settlement> {
    return this.#change("POST", invitation(inviteID, "/finish"), more, options);
  }

  /** Changes the `data` of an open invitation. */
  modifyInvitation(inviteID: string, to: Api.Data, options?: Change): Promise<Api.Invitation> {
    return this.#change("PATCH", invitation(inviteID), to, options);
  }

  /** An invitation as it stands, with one's own part as `you`: `getSignalingInfo` of the chat SDKs. */
  getInvitation(inviteID: string, options?: Cancelable): Promise<Api.ToldInvitation> {
    return this.#get(invitation(inviteID), options);
  }

  /** One's own invitations, live or not, oldest first, page by page as they are read. */
  async *listInvitations(which: Which = {}, options?: Cancelable): AsyncGenerator<Api.ToldInvitation, void> {
    let after = which.after;
    do {
      const page = await this.listInvitationsPage(after === undefined ? which : { ...which, after }, options);
      yield* page.invitations;
      after = page.next;
    } while (after !== undefined);
  }

  /** One page of them; its `next` is the `after` of the page that follows. */
  listInvitationsPage(which: Which = {}, options?: Cancelable): Promise<Api.InvitationPage> {
    const query = new URLSearchParams();
    if (which.mine) query.set("mine", which.mine);
    if (which.state) query.set("state", which.state.join());
    if (which.after !== undefined) query.set("after", String(which.after));
    return this.#get(`/invitations?${query}`, options);
  }

  /** Clears an invitation that stays once it has closed. */
  clear(inviteID: string, options?: Change): Promise<Api.Invitation> {
    return this.#change("POST", invitation(inviteID, "/clear"), {}, options);
  }

  /** Does what the application makes of `data`, as one. */
  perform(what: Api.Data, options?: Change): Promise<Api.PerformedNow> {
    return this.#change("POST", "/perform", what, options);
  }

  /** Takes back what was performed last. */
  undo(what: Api.Undo, options?: Change): Promise<Api.PerformedNow> {
    return this.#change("POST", "/undo", what, options);
  }

  /** The group as it is now. */
  snapshot(options?: Cancelable): Promise<Api.Snapshot> {
    return this.#get("", options);
  }

  /** Changes the group's name or settings. */
  changeGroup(to: Api.ChangeGroup, options?: Change): Promise<Api.GroupNow> {
    return this.#change("PATCH", "", to, options);
  }

  /** Gives the group a new join code; the old one is dead. */
  renewJoinCode(options?: Change): Promise<Api.NewJoinCode> {
    return this.#change("POST", "/joinCode", {}, options);
  }

  changeRole(userID: string, to: Api.ChangeRole, options?: Change): Promise<Api.MemberNow> {
    return this.#change("PATCH", member(userID), to, options);
  }

  /** Leaves the group; the token is worth nothing after that. */
  leave(options?: Cancelable): Promise<void> {
    return this.#delete(this.userID, 401, options);
  }

  /** Removes a member. */
  remove(userID: string, options?: Cancelable): Promise<void> {
    return this.#delete(userID, 404, options);
  }

  /** Ends the group for all. */
  end(options?: Change): Promise<Api.GroupEnd> {
    return this.#change("POST", "/end", {}, options);
  }

  /** Says that this device really shows a one-to-one invitation. */
  async ringing(inviteID: string, options?: Cancelable): Promise<void> {
    await this.#send("POST", invitation(inviteID, "/ringing"), {}, true, options);
  }

  /** Sends a word to the other end, which nothing keeps. Where its answer is lost it is not sent again: it might come twice. */
  async relay(inviteID: string, word: Api.Data, options?: Cancelable): Promise<void> {
    await this.#send("POST", invitation(inviteID, "/relay"), word, false, options);
  }

  /** A sign of life, which a `call` wants every five seconds. */
  async keepAlive(inviteID: string, options?: Cancelable): Promise<void> {
    await this.#send("POST", invitation(inviteID, "/keepAlive"), {}, true, options);
  }

  /** The STUN and TURN servers for a call, as `RTCPeerConnection` takes them. */
  iceServers(inviteID: string, options?: Cancelable): Promise<Api.IceServers> {
    return this.#get(invitation(inviteID, "/iceServers"), options);
  }

  /** Everything that happens, from a snapshot on, with nothing missed and nothing twice, until the group or one's own
   * membership ends, or the signal aborts. Throws a `HandupError` when the server refuses for good. */
  events({ signal }: Cancelable = {}): AsyncGenerator<Api.HandupEvent, void> {
    return new Following(this.#wire, this.#path(""), this.userID, signal).events();
  }

  /** Tells a listener the same. The promise comes when it is over; it rejects with what nobody took by `onError`. */
  async follow(listener: Api.Listener, options?: Cancelable): Promise<void> {
    try {
      for await (const event of this.events(options)) tell(listener, event);
    } catch (error) {
      if (!listener.onError) throw error;
      listener.onError(error);
    }
  }

  #path(rest: string): string {
    return `/groups/${encodeURIComponent(this.groupID)}${rest}`;
  }

  #get<T>(path: string, options?: Cancelable): Promise<T> {
    return this.#send("GET", path, undefined, true, options);
  }

  #change<T>(method: string, path: string, body: unknown, options?: Change): Promise<T> {
    const key = { "Idempotency-Key": options?.idempotencyKey ?? newKey() };
    return this.#send(method, path, body, true, options, key);
  }

  async #delete(userID: string, done: number, options?: Cancelable): Promise<void> {
    await this.#wire.send({ method: "DELETE", path: this.#path(member(userID)), signal: options?.signal, repeatable: true, done });
  }

  async #send<T>(method: string, path: string, body: unknown, repeatable: boolean, options?: Cancelable, headers = {}) {
    const ask = { method, path: this.#path(path), body, headers, repeatable, signal: options?.signal };
    return (await this.#wire.send<T>(ask)).body as T;
  }
}

/** Neither request has a credential, so neither can be known again: a lost answer is the caller's to judge. */
async function become(baseUrl: string, path: string, body: unknown, options: Environment & Cancelable): Promise<Handup> {
  const ask = { method: "POST", path, body, repeatable: false, signal: options.signal };
  const answer = await wire({ ...options, baseUrl }).send<Api.Credential>(ask);
  return new Handup({ ...options, ...(answer.body as Api.Credential), baseUrl });
}

function wire({ baseUrl, token, onBehalfOf, fetch = globalThis.fetch, clock = systemClock }: Partial<Membership> & { baseUrl: string }): Wire {
  return new Wire(baseUrl, token, onBehalfOf, fetch, clock);
}

function tell(listener: Api.Listener, event: Api.HandupEvent): void {
  if (event.name === "onReceiveNewInvitation") {
    listener.onReceiveNewInvitation?.(event.data, { invited: event.invited });
  } else {
    // The name and the data belong together, which the compiler cannot follow through a variable.
    (listener[event.name] as ((data: unknown) => void) | undefined)?.call(listener, event.data);
  }
}

function invitation(inviteID: string, verb = ""): string {
  return `/invitations/${encodeURIComponent(inviteID)}${verb}`;
}

function member(userID: string): string {
  return `/members/${encodeURIComponent(userID)}`;
}

/** A page that did not come by https has no `randomUUID`, but a school's own server may be reached so. */
function newKey(): string {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join("-");
}
