// A lesson on two servers, of which now one and now the other is killed.

import { Cluster, POSTGRES } from "./cluster.ts";
import { expect, test as base } from "./class.ts";

interface Fixtures {
  cluster: Cluster;
}

const test = base.extend<Fixtures>({
  cluster: async ({}, use, testInfo) => {
    const cluster = await Cluster.start(process.env.HANDUP_BIN ?? "", POSTGRES ?? "");
    try {
      await use(cluster);
    } finally {
      await cluster.stop();
      for (const { log } of cluster.nodes) {
        if (testInfo.status !== testInfo.expectedStatus) await testInfo.attach("server.log", { body: log });
      }
    }
  },

  baseURL: async ({ cluster }, use) => {
    await use(cluster.url);
  },
});

test.skip(!POSTGRES, "there is no PostgreSQL to try: `cargo xtask test` starts one");

test("a lesson goes on while now one server is killed and now the other", { tag: "@once" }, async ({
  cluster,
  classroom,
}) => {
  const { teacher } = classroom;
  const [ada, bo] = await classroom.studentsNamed("Ada", "Bo");
  await teacher.ask({ question: "Who knows?" });
  await ada.raise();
  await bo.raise();
  await classroom.everybodySees({ hands: ["Ada", "Bo"] });
  for (const node of cluster.nodes) {
    await node.kill();
    await classroom.everybodyIsLive();
    await ada.lower();
    await classroom.everybodySees({ hands: ["Bo"] });
    await ada.raise();
    await classroom.everybodySees({ hands: ["Bo", "Ada"] });
    await bo.lower();
    await bo.raise();
    await classroom.everybodySees({ hands: ["Ada", "Bo"] });
    await node.start();
  }
  await bo.reload();
  await classroom.everybodySees({ hands: ["Ada", "Bo"] });
  // Raised anew, it is a hand of its own.
  await teacher.take("Ada");
  await classroom.everybodySees({ hands: ["Bo"], speaking: ["Ada"] });
  for (const { log } of cluster.nodes) expect(log).not.toContain("panicked");
});
