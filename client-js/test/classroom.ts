// A class on a real server, with those whom a test needs.

import { type Environment, Handup } from "handup-client";
import type { TestContext } from "node:test";
import { Recorder } from "./recorder.ts";
import { Server } from "./server.ts";

export const HANDS = JSON.stringify({ operation: "hand_raising" });

export interface Classroom {
  server: Server;
  teacher: Handup;
  /** Lets somebody join. */
  join(name: string, environment?: Environment): Promise<Handup>;
  /** Follows as somebody, as long as the test goes on. */
  follow(who: Handup): Recorder;
}

export async function classroom(test: TestContext, environment?: Environment): Promise<Classroom> {
  const server = await Server.of(test);
  const teacher = await Handup.createGroup(server.url, { name: "Biology 9B", teacher: "Ms Park" }, environment);
  return {
    server,
    teacher,
    join: (name, environment) => Handup.join(server.url, { joinCode: teacher.joinCode ?? "", name }, environment),
    follow: (who) => {
      const recorder = new Recorder(who);
      test.after(() => recorder.stop().catch(() => {}));
      return recorder;
    },
  };
}

/** The same member, with another way to the server. */
export function as(who: Handup, environment: Environment & { baseUrl?: string }): Handup {
  const { baseUrl, groupID, userID, token } = who;
  return new Handup({ baseUrl, groupID, userID, token, ...environment });
}
