import type { Handup } from "handup-client";

export function answerEverything(me: Handup, signal: AbortSignal) {
  return me.follow(
    {
      onSnapshot: ({ members }) => console.log(`${members.length} are here`),
      onReceiveNewInvitation: ({ inviteID }, { invited }) => {
        if (invited) void me.accept(inviteID, { data: "Here I am" });
      },
      onDisconnected: ({ retryInMs }) => console.log(`back in ${retryInMs} ms`),
      onError: (error) => console.error("It is over:", error),
    },
    { signal },
  );
}
