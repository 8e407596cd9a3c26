import { Handup } from "handup-client";

export async function askAGroup(baseUrl: string) {
  const teacher = await Handup.createGroup(baseUrl, { name: "Biology 9B", teacher: "Ms Park" });
  const data = JSON.stringify({ operation: "hand_raising", question: "Why is the sky blue?" });
  const { inviteID } = await teacher.inviteInGroup({ inviteeList: "*", data, timeout: 60 });
  return { teacher, inviteID };
}
