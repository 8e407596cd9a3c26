import type { Handup } from "handup-client";

export async function ring(me: Handup, invitee: string, show: (text: string) => void) {
  const { inviteID } = await me.invite({ invitee, data: "Have you a minute?", timeout: 30 });
  for await (const { name, data } of me.events()) {
    if (name === "onDisconnected") continue;
    if (name === "onInviteeRinging" && data.inviteID === inviteID) show("ringing");
    const [part] = (await me.getInvitation(inviteID)).invitees ?? [];
    // "accepted", "rejected" or "timedOut", with the `data` of whoever answered.
    if (part && part.state !== "pending") return part;
  }
  return undefined;
}
