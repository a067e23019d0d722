// The configuration changes one step at a time, through a joint one where more moves at once, and the cluster goes on meanwhile.
import { expect, test } from "vitest";
import { Cluster, conf, confChange, electionTicks } from "./cluster.js";

test("a new voter is asked for its vote and counts as soon as the change is applied", () => {
  const cluster = new Cluster({ voters: [1] });
  cluster.elect(1);
  cluster.add(2);
  cluster.changeConf(1, confChange({ kind: "addVoter", member: 2 }));
  cluster.settle();
  expect(cluster.status(2).conf).toEqual(conf([1, 2]));
  cluster.isolate(2);
  cluster.propose(1, "a");
  cluster.settle();
  expect(cluster.of(1).state).toEqual([]);
  cluster.heal();
  cluster.tick(2);
  expect(cluster.of(2).state).toEqual(["a"]);
});

test("a learner gets everything, counts for nothing, and can be promoted", () => {
  const cluster = new Cluster({ voters: [1] });
  cluster.elect(1);
  cluster.add(2);
  cluster.changeConf(1, confChange({ kind: "addLearner", member: 2 }));
  cluster.settle();
  expect(cluster.status(2).role).toBe("learner");
  cluster.isolate(2);
  cluster.propose(1, "a");
  expect(cluster.of(1).state).toEqual(["a"]);
  cluster.heal();
  cluster.tick(2);
  expect(cluster.of(2).state).toEqual(["a"]);
  cluster.changeConf(1, confChange({ kind: "addVoter", member: 2 }));
  cluster.settle();
  expect(cluster.status(2)).toMatchObject({ role: "follower", conf: conf([1, 2]) });
  expect(cluster.of(2).events.filter(({ event }) => event === "role-changed")).toMatchObject([
    { role: "learner" },
    { role: "follower" },
  ]);
});

test("a new member that needs a snapshot older than itself catches up all the same", () => {
  const cluster = new Cluster({ voters: [1] });
  cluster.elect(1);
  cluster.propose(1, "a", "b");
  cluster.compact(1);
  cluster.add(2);
  cluster.changeConf(1, confChange({ kind: "addVoter", member: 2 }));
  cluster.settle();
  cluster.tick(2);
  expect(cluster.of(2)).toMatchObject({ state: ["a", "b"] });
  expect(cluster.status(2).conf).toEqual(conf([1, 2]));
});

test("one change at a time: a second is refused until the first is applied", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  const first = cluster.changeConf(1, confChange({ kind: "remove", member: 3 }));
  expect(first.proposed).toMatchObject([{ index: 3 }]);
  expect(cluster.changeConf(1, confChange({ kind: "remove", member: 2 })).dropped).toMatchObject([{ reason: "conf-pending" }]);
  cluster.settle();
  expect(cluster.changeConf(1, confChange({ kind: "remove", member: 2 })).proposed).toMatchObject([{ index: 4 }]);
});

test("a new leader takes no change before its log is applied: there may be one in it", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.lose = (m) => m.type === "append";
  cluster.input(1, { type: "campaign" });
  cluster.settle();
  cluster.restart(1);
  cluster.heal();
  cluster.tick(2 * electionTicks, 1);
  expect(cluster.status(1)).toMatchObject({ role: "leader", term: 3, commit: 3 });
  expect(cluster.changeConf(1, confChange({ kind: "remove", member: 3 })).proposed).toHaveLength(1);
});

test("a change that leaves no voter, or leaves a joint configuration that is none, is refused at once", () => {
  const cluster = new Cluster({ voters: [1] });
  cluster.elect(1);
  expect(cluster.changeConf(1, confChange({ kind: "remove", member: 1 })).dropped).toMatchObject([{ reason: "conf-invalid" }]);
  expect(cluster.changeConf(1, confChange()).dropped).toMatchObject([{ reason: "conf-invalid" }]);
});

test("several changes go through a joint configuration that ends by itself", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  for (const id of [4, 5]) cluster.add(id);
  cluster.changeConf(
    1,
    confChange(
      { kind: "addVoter", member: 4 },
      { kind: "addVoter", member: 5 },
      { kind: "remove", member: 3 },
      { kind: "addLearner", member: 2 },
    ),
  );
  cluster.settle();
  cluster.tick(2);
  const seen = cluster.of(1).events.flatMap((it) => (it.event === "conf-changed" ? [it.conf] : []));
  expect(seen).toEqual([
    conf([1, 4, 5], { votersOutgoing: [1, 2, 3], learnersNext: [2], autoLeave: true }),
    conf([1, 4, 5], { learners: [2] }),
  ]);
  for (const id of [1, 2, 4, 5]) expect(cluster.status(id).conf).toEqual(conf([1, 4, 5], { learners: [2] }));
});

test("while joint, nothing is committed without both halves", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  for (const id of [4, 5]) cluster.add(id);
  cluster.isolate(4, 5);
  cluster.changeConf(
    1,
    confChange(
      ...[4, 5].map((member) => ({ kind: "addVoter" as const, member })),
      ...[2, 3].map((member) => ({ kind: "remove" as const, member })),
    ),
  );
  cluster.settle();
  cluster.propose(1, "a");
  cluster.settle();
  expect(cluster.of(1).state).toEqual([]);
  cluster.heal();
  cluster.tick(3);
  expect(cluster.status(1).conf).toEqual(conf([1, 4, 5]));
  expect(cluster.of(4).state).toEqual(["a"]);
});

test.each([
  ["currentTerm", 3],
  ["any", 2],
] as const)("a new leader ends the joint configuration that the old one entered; commitRule: %s", (commitRule, jointAt) => {
  const cluster = new Cluster({ voters: [1, 2, 3], raft: { commitRule } });
  cluster.elect(1);
  cluster.add(4);
  const joint = confChange({ kind: "addVoter", member: 4 }, { kind: "remove", member: 3 });
  // the entry that would leave it does not get out any more
  cluster.lose = (m) => m.type === "append" && m.entries.some((entry) => entry.kind === "conf" && entry.index > jointAt);
  cluster.changeConf(1, joint);
  cluster.settle();
  cluster.tick(1, 1);
  expect(cluster.of(1).proposed).toMatchObject([{ index: jointAt }]);
  expect(cluster.status(2).conf.votersOutgoing).toEqual([1, 2, 3]);
  cluster.isolate(1);
  cluster.tick(6 * electionTicks, 2, 3, 4);
  expect(cluster.status(2).conf).toEqual(conf([1, 2, 4]));
});

test("a leader that is removed tells of it, then steps down; the others go on", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.changeConf(1, confChange({ kind: "remove", member: 1 }));
  cluster.settle();
  expect(cluster.status(1)).toMatchObject({ role: "follower", conf: conf([2, 3]) });
  for (const id of [2, 3]) expect(cluster.status(id).conf).toEqual(conf([2, 3]));
  cluster.tick(4 * electionTicks);
  const [leader] = cluster.leaders();
  expect(leader).not.toBe(1);
  cluster.propose(leader ?? 0, "a");
  cluster.settle();
  expect([cluster.of(1).state, cluster.of(2).state]).toEqual([[], ["a"]]);
});

test("a removed member that does not know it disturbs nobody", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(3);
  cluster.changeConf(1, confChange({ kind: "remove", member: 3 }));
  cluster.settle();
  cluster.heal();
  cluster.tick(10 * electionTicks);
  expect(cluster.status(3).role).toBe("preCandidate");
  for (const id of [1, 2]) expect(cluster.status(id)).toMatchObject({ leader: 1, term: 2 });
});

test("a member that acknowledged a second change remembers after a crash that the first is committed", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  for (const id of [4, 5]) cluster.add(id);
  cluster.changeConf(1, confChange({ kind: "addVoter", member: 4 }));
  cluster.settle();
  cluster.changeConf(1, confChange({ kind: "addVoter", member: 5 }));
  for (const message of cluster.wire.filter((m) => m.to === 2)) cluster.deliver(message);
  cluster.restart(2);
  expect(cluster.status(2)).toMatchObject({ lastIndex: 4, conf: conf([1, 2, 3, 4]) });
});
