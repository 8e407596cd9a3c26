// Whether an invitation asks one member, who reads it off an event that is the same for all.

import type { InviteeList, Role } from "./types.ts";

/** `roles` are those of the moment of the event: `"*"` means everybody of the other role. */
export function isInvited(
  invitation: { inviter: string; inviteeList: InviteeList },
  me: string,
  roles: ReadonlyMap<string, Role>,
): boolean {
  const { inviter, inviteeList } = invitation;
  if (inviteeList !== "*") return inviteeList.includes(me);
  return inviter !== me && roles.get(inviter) !== roles.get(me);
}
