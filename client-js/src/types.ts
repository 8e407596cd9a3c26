// The words of the API, as its OpenAPI description has them, and the events by their names.

import type { components } from "./api.ts";

type Schemas = components["schemas"];

export type ChangeGroup = Schemas["ChangeGroup"];
export type ChangeRole = Schemas["ChangeRole"];
export type Code = Schemas["Code"];
export type CreateGroup = Schemas["CreateGroup"];
export type Credential = Schemas["Credential"];
export type Data = Schemas["Data"];
export type Decline = Schemas["Decline"];
export type Finish = Schemas["Finish"];
export type GroupEnd = Schemas["GroupEnd"];
export type GroupNow = Schemas["GroupNow"];
export type IceServers = Schemas["IceServers"];
export type Invitation = Schemas["Invitation"];
export type InvitationPage = Schemas["InvitationPage"];
export type Invite = Schemas["Invite"];
export type Invited = Schemas["Invited"];
export type Invitee = Schemas["Invitee"];
export type InviteeList = Schemas["InviteeList"];
export type InviteeState = Schemas["InviteeState"];
export type InviteInGroup = Schemas["InviteInGroup"];
export type Join = Schemas["Join"];
export type MemberNow = Schemas["MemberNow"];
export type MemberView = Schemas["MemberView"];
export type NewJoinCode = Schemas["NewJoinCode"];
export type OptionalData = Schemas["OptionalData"];
export type PerformedNow = Schemas["PerformedNow"];
export type Problem = Schemas["Problem"];
export type Respond = Schemas["Respond"];
export type Role = Schemas["Role"];
export type Settings = Schemas["Settings"];
export type Settlement = Schemas["Settlement"];
export type Snapshot = Schemas["Snapshot"];
export type ToldInvitation = Schemas["ToldInvitation"];
export type Undo = Schemas["Undo"];

/** How the group is followed from now on: by a stream, or by asking for the snapshot. */
export interface Connected {
  polling: boolean;
}

/** Why the group is not followed at this moment, and when that is tried again. */
export interface Disconnected {
  error: unknown;
  retryInMs: number;
}

/** The `data` of everything that following tells, by its name. */
export type Told = Required<Omit<Schemas["Events"], "snapshot">> & {
  onSnapshot: Snapshot;
  onConnected: Connected;
  onDisconnected: Disconnected;
};

/** Whether a new invitation asks oneself. */
export interface Concern {
  invited: boolean;
}

/** One thing that following tells. */
export type HandupEvent = {
  [Name in keyof Told]: { name: Name; data: Told[Name] } & (Name extends "onReceiveNewInvitation" ? Concern : unknown);
}[keyof Told];

/** Who is told, each thing by the callback of its name. */
export type Listener = {
  [Name in keyof Told]?: Name extends "onReceiveNewInvitation"
    ? (data: Told[Name], concern: Concern) => void
    : (data: Told[Name]) => void;
} & {
  /** Following ended by this: the server's final refusal, or what a callback threw. */
  onError?: (error: unknown) => void;
};
