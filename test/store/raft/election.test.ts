// Who leads, and who must not: elections, pre-votes, leases, check-quorum, transfers, and votes that are on disk before they count.
import { expect, test } from "vitest";
import { Cluster, confChange, electionTicks } from "./cluster.js";

test("three members elect one leader when time passes", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.tick(2 * electionTicks);
  expect(cluster.leaders()).toHaveLength(1);
  const [leader] = cluster.leaders();
  for (const id of cluster.ids) expect(cluster.status(id)).toMatchObject({ leader, term: 2, commit: 2, applied: 2 });
});

test("a single voter elects itself, but not before its vote is on disk", () => {
  const cluster = new Cluster({ voters: [1] });
  cluster.holdDisk(1);
  cluster.input(1, { type: "campaign" });
  expect(cluster.status(1)).toMatchObject({ role: "candidate", term: 2 });
  cluster.releaseDisk(1);
  expect(cluster.status(1)).toMatchObject({ role: "leader", term: 2, commit: 2 });
});

test("nothing of a new term leaves before the term is on disk", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.holdDisk(1);
  cluster.input(1, { type: "campaign" });
  cluster.settle();
  expect(cluster.status(1)).toMatchObject({ role: "candidate", term: 2 });
  expect(cluster.status(2).term).toBe(1);
  cluster.releaseDisk(1);
  cluster.settle();
  expect(cluster.status(1).role).toBe("leader");
});

test("a vote leaves only once it is on disk, and outlives a crash", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.isolate(3);
  cluster.holdDisk(2);
  cluster.input(1, { type: "campaign" });
  cluster.settle();
  expect(cluster.status(1).role).toBe("candidate");
  expect(cluster.status(2).vote).toBe(1);
  cluster.releaseDisk(2);
  cluster.settle();
  expect(cluster.status(1).role).toBe("leader");
  cluster.restart(2);
  expect(cluster.status(2)).toMatchObject({ term: 2, vote: 1 });
});

test("a member that cannot be elected does not raise anybody's term, however long it tries", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(3);
  cluster.tick(10 * electionTicks);
  expect(cluster.status(3)).toMatchObject({ role: "preCandidate", term: 2 });
  cluster.heal();
  cluster.tick(2 * electionTicks);
  for (const id of cluster.ids) expect(cluster.status(id)).toMatchObject({ leader: 1, term: 2 });
});

test("members that hear from a leader do not answer candidates", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  for (const type of ["preVote", "vote"] as const) {
    cluster.deliver({ type, from: 3, to: 2, term: 10, lastIndex: 9, lastTerm: 9, transfer: false });
    expect(cluster.wire).toEqual([]);
    expect(cluster.status(2)).toMatchObject({ term: 2, leader: 1 });
  }
});

test("a vote goes to a candidate whose log is at least as long and new", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(3);
  cluster.propose(1, "a");
  cluster.settle();
  cluster.isolate(1);
  cluster.tick(4 * electionTicks, 2, 3);
  // 3 lacks an entry, so only 2 can win
  expect(cluster.status(2).role).toBe("leader");
  expect(cluster.of(3).state).toEqual(["a"]);
});

test("a leader that hears no quorum for an election timeout steps down and keeps its term", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(1);
  cluster.tick(2 * electionTicks, 1);
  expect(cluster.status(1).role).not.toBe("leader");
  expect(cluster.status(1).term).toBe(2);
  expect(cluster.of(1).events).toContainEqual({ event: "quorum-lost", term: 2 });
});

test("a leader that was away learns of the newer term and follows", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(1);
  cluster.tick(2 * electionTicks, 2, 3);
  const [leader] = cluster.leaders().filter((id) => id !== 1);
  expect(cluster.status(1).role).toBe("leader");
  cluster.heal();
  cluster.tick(1);
  expect(cluster.status(1)).toMatchObject({ role: "follower", term: 3, leader });
});

test("leadership moves to the voter it is handed to, leases notwithstanding", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.input(1, { type: "transferLeader", member: 2 });
  cluster.settle();
  expect(cluster.leaders()).toEqual([2]);
  expect(cluster.status(2).term).toBe(3);
});

test("a transfer to a voter that is away is given up after an election timeout", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(3);
  cluster.propose(1, "a");
  cluster.settle();
  cluster.input(1, { type: "transferLeader", member: 3 });
  expect(cluster.propose(1, "b").dropped).toMatchObject([{ reason: "not-leader" }]);
  cluster.tick(electionTicks);
  cluster.propose(1, "c");
  cluster.settle();
  expect(cluster.of(2).state).toEqual(["a", "c"]);
});

test("a leader without a quorum steps down, however often it is told to hand over", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(1);
  for (let ticks = 0; ticks < 2 * electionTicks; ticks++) {
    cluster.input(1, { type: "transferLeader", member: 2 });
    cluster.tick(1, 1);
  }
  expect(cluster.status(1).role).not.toBe("leader");
});

test("learners and strangers never stand", () => {
  const cluster = new Cluster({ voters: [1] });
  cluster.elect(1);
  cluster.add(2);
  cluster.changeConf(1, confChange({ kind: "addLearner", member: 2 }));
  cluster.settle();
  cluster.add(3);
  cluster.isolate(1);
  cluster.tick(5 * electionTicks, 2, 3);
  expect(cluster.status(2)).toMatchObject({ role: "learner", term: 2 });
  expect(cluster.status(3)).toMatchObject({ role: "follower", term: 0 });
});

test("a member that cannot stand itself still stops waiting for a leader that is gone", () => {
  const cluster = new Cluster({ voters: [1, 2] });
  cluster.elect(1);
  cluster.add(3);
  // 3 hears heartbeats, but has not got the change that makes it a voter
  cluster.lose = (m) => m.to === 3 && m.type !== "heartbeat";
  cluster.changeConf(1, confChange({ kind: "addVoter", member: 3 }));
  cluster.settle();
  cluster.tick(2, 1);
  cluster.isolate(1);
  cluster.tick(3 * electionTicks, 2, 3);
  expect(cluster.status(2).role).toBe("leader");
});

test("election timeouts differ from member to member and from time to time", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.isolate(1);
  const waits: number[] = [];
  for (let waited = 1; waits.length < 8; waited++) {
    const { events } = cluster.input(1, { type: "tick" });
    if (events.some((event) => event.event === "role-changed") || cluster.wire.length > 0) {
      waits.push(waited);
      waited = 0;
      cluster.settle();
    }
  }
  for (const wait of waits) {
    expect(wait).toBeGreaterThanOrEqual(electionTicks);
    expect(wait).toBeLessThan(2 * electionTicks);
  }
  expect(new Set(waits).size).toBeGreaterThan(1);
});

test("a member that forgot its vote gives it twice (planted bug), an honest one does not", () => {
  const grants = (forgetVote: boolean): boolean[] => {
    const cluster = new Cluster({ voters: [1, 2, 3], bugs: { forgetVote } });
    const ask = (from: number): boolean => {
      cluster.deliver({ type: "vote", from, to: 3, term: 2, lastIndex: 1, lastTerm: 1, transfer: false });
      const reply = cluster.wire.find((m) => m.type === "voteReply" && m.to === from);
      return reply?.type === "voteReply" && reply.granted;
    };
    const first = ask(1);
    cluster.restart(3);
    return [first, ask(2)];
  };
  expect(grants(false)).toEqual([true, false]);
  expect(grants(true)).toEqual([true, true]);
});
