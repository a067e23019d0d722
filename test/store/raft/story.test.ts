// The protocol as it goes over the wire, told in lines: first an election with a write, then a leader that comes back to a newer term.
import { expect, test } from "vitest";
import type { Message } from "../../../src/store/raft/types.js";
import { Cluster, text } from "./cluster.js";

function tell(m: Message): string {
  const head = `${m.from}>${m.to} ${m.type} t${m.term}`;
  switch (m.type) {
    case "preVote":
    case "vote":
      return `${head} last ${m.lastIndex}/t${m.lastTerm}`;
    case "preVoteReply":
    case "voteReply":
      return `${head} ${m.granted ? "yes" : "no"}`;
    case "append": {
      const entries = m.entries.map(
        (entry) => `${entry.index}/t${entry.term}${entry.data.length > 0 ? ` ${text(entry.data)}` : ""}`,
      );
      return `${head} after ${m.prevIndex}/t${m.prevTerm} [${entries.join(", ")}] commit ${m.commit}`;
    }
    case "appendReply":
      return m.rejected ? `${head} no at ${m.index}, try ${m.hintIndex}/t${m.hintTerm}` : `${head} yes to ${m.index}`;
    case "heartbeat":
      return `${head} commit ${m.commit}`;
    case "heartbeatReply":
    case "timeoutNow":
    case "snapshotWanted":
      return head;
    case "snapshot":
      return `${head} at ${m.snapshot.meta.index}/t${m.snapshot.meta.term}`;
  }
}

/** Every message that arrives while `act` plays out. */
function told(cluster: Cluster, act: () => void): string[] {
  const lines: string[] = [];
  const { lose } = cluster;
  cluster.lose = (m) => {
    const lost = lose(m);
    if (!lost) lines.push(tell(m));
    return lost;
  };
  act();
  cluster.lose = lose;
  return lines;
}

test("two members elect a leader, and it gets a write committed", () => {
  const cluster = new Cluster({ voters: [1, 2] });
  const story = told(cluster, () => {
    cluster.elect(1);
    cluster.propose(1, "hello", "world");
    cluster.settle();
  });
  expect(story).toMatchInlineSnapshot(`
    [
      "1>2 preVote t2 last 1/t1",
      "2>1 preVoteReply t2 yes",
      "1>2 vote t2 last 1/t1",
      "2>1 voteReply t2 yes",
      "1>2 append t2 after 1/t1 [2/t2] commit 1",
      "2>1 appendReply t2 yes to 2",
      "1>2 append t2 after 2/t2 [] commit 2",
      "1>2 append t2 after 2/t2 [3/t2 hello, 4/t2 world] commit 2",
      "2>1 appendReply t2 yes to 4",
      "1>2 append t2 after 4/t2 [] commit 4",
    ]
  `);
});

test("a leader that was cut off gives way, and its log is put right", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(1);
  cluster.propose(1, "lost");
  cluster.settle();
  cluster.electAmong(2, [2, 3]);
  cluster.propose(2, "kept");
  cluster.settle();
  cluster.heal();
  const story = told(cluster, () => cluster.tick(2, 2));
  const between = story.filter((line) => line.startsWith("1>2") || line.startsWith("2>1"));
  expect(between).toMatchInlineSnapshot(`
    [
      "2>1 heartbeat t3 commit 0",
      "1>2 heartbeatReply t3",
      "2>1 append t3 after 2/t2 [3/t3, 4/t3 kept] commit 4",
      "1>2 appendReply t3 yes to 4",
      "2>1 heartbeat t3 commit 4",
      "1>2 heartbeatReply t3",
    ]
  `);
});
