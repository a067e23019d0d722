// Shows the mistakes that can be made on purpose: what each one changes in the protocol, and how who applied too much is rolled back.
import { describe, expect, test } from "vitest";
import { Cluster, electionTicks } from "./cluster.js";

const three = { voters: [1, 2, 3] };

describe("replication: async", () => {
  test("a leader by itself commits, and who comes back with what nobody else has is rolled back", () => {
    const cluster = new Cluster({ ...three, raft: { replication: "async" } });
    cluster.elect(1);
    cluster.propose(1, "everywhere");
    cluster.settle();
    cluster.isolate(1);
    cluster.propose(1, "lost", "lost too");
    cluster.settle();
    expect(cluster.of(1).state).toEqual(["everywhere", "lost", "lost too"]);
    cluster.electAmong(2, [2, 3]);
    cluster.propose(2, "instead");
    cluster.settle();
    cluster.heal();
    cluster.tick(3 * electionTicks);
    for (const id of cluster.ids) expect(cluster.of(id).state).toEqual(["everywhere", "instead"]);
    expect(cluster.of(1).events.filter(({ event }) => event === "rolled-back")).toEqual([
      { event: "rolled-back", index: 3, lost: 2 },
    ]);
    // and what it holds from then on survives it
    cluster.restart(1);
    cluster.tick(3 * electionTicks);
    expect(cluster.of(1).state).toEqual(["everywhere", "instead"]);
  });

  test("with sync the same leader commits nothing, and nothing is lost", () => {
    const cluster = new Cluster(three);
    cluster.elect(1);
    cluster.isolate(1);
    cluster.propose(1, "not yet");
    cluster.settle();
    expect(cluster.of(1).state).toEqual([]);
  });

  test("a change of configuration waits for a majority all the same, and so does what follows it", () => {
    const cluster = new Cluster({ ...three, raft: { replication: "async" } });
    cluster.elect(1);
    cluster.isolate(1);
    const change = { changes: [{ kind: "remove", member: 3 }], context: new Uint8Array(0) } as const;
    cluster.input(1, { type: "proposeConf", id: 9, change });
    cluster.propose(1, "behind it");
    cluster.settle();
    expect(cluster.status(1).conf.voters).toEqual([1, 2, 3]);
    expect(cluster.of(1).state).toEqual([]);
  });
});

describe("commitRule: any", () => {
  const naive = { ...three, raft: { commitRule: "any" } } as const;

  test("a leader counts what an earlier one left, begins without an entry of its own, and loses what was committed (figure 8)", () => {
    const cluster = new Cluster(naive);
    cluster.elect(1);
    cluster.propose(1, "before");
    cluster.settle();
    // (a) leader 1 of term 2 keeps "old" to itself, (b) and leader 3 of term 3 keeps "newer" to itself
    cluster.isolate(1);
    cluster.propose(1, "old");
    cluster.settle();
    cluster.electAmong(3, [2, 3]);
    cluster.isolate(3);
    cluster.propose(3, "newer");
    cluster.settle();
    // (c) 1 leads again, and gets "old" to 2: that is a majority
    cluster.restart(1);
    cluster.electAmong(1, [1, 2]);
    cluster.tick(1, 1);
    for (const id of [1, 2]) expect(cluster.of(id).state).toEqual(["before", "old"]);
    // (d) 3 leads again, for the last term of its log is above theirs
    cluster.restart(3);
    cluster.electAmong(3, [2, 3]);
    cluster.tick(1, 3);
    for (const id of [2, 3]) expect(cluster.of(id).state).toEqual(["before", "newer"]);
    expect(cluster.of(2).events).toContainEqual({ event: "rolled-back", index: 2, lost: 1 });
  });

  test("it answers reads once it has committed what its log held when it was elected", () => {
    const cluster = new Cluster(naive);
    cluster.elect(1);
    // 2 gets the entry, and nobody hears of it
    cluster.lose = (m) => m.type === "appendReply" || m.to === 3;
    cluster.propose(1, "untold");
    cluster.settle();
    cluster.electAmong(2, [2, 3], (m) => m.type === "append");
    cluster.input(2, { type: "readIndex", id: 1 });
    cluster.tick(1, 2);
    expect(cluster.of(2).reads).toEqual([]);
    cluster.heal();
    cluster.tick(2, 2);
    expect(cluster.of(2).reads).toEqual([{ id: 1, index: 2 }]);
  });

  test("it answers reads at once where all of that is committed", () => {
    const cluster = new Cluster(naive);
    cluster.elect(1);
    cluster.input(1, { type: "readIndex", id: 1 });
    cluster.settle();
    expect(cluster.of(1).reads).toEqual([{ id: 1, index: 1 }]);
    expect(cluster.status(1).lastIndex).toBe(1);
  });
});

test("preVote: false: whoever comes back from a cut deposes a leader that is well", () => {
  const leaderAfter = (preVote: boolean): unknown => {
    const cluster = new Cluster({ ...three, raft: { preVote } });
    cluster.elect(1);
    cluster.isolate(3);
    cluster.tick(6 * electionTicks);
    const before = cluster.status(1);
    cluster.heal();
    cluster.tick(1);
    const after = cluster.status(1);
    return after.role === "leader" && after.term === before.term;
  };
  expect([leaderAfter(true), leaderAfter(false)]).toEqual([true, false]);
});

test("checkQuorum: false: a leader that hears nobody leads on for ever", () => {
  const roleAfter = (checkQuorum: boolean): string => {
    const cluster = new Cluster({ ...three, raft: { checkQuorum } });
    cluster.elect(1);
    cluster.isolate(1);
    cluster.tick(10 * electionTicks, 1);
    return cluster.status(1).role;
  };
  expect(roleAfter(true)).not.toBe("leader");
  expect(roleAfter(false)).toBe("leader");
});

describe("leaderGone", () => {
  const told = (raft: object): Cluster => {
    const cluster = new Cluster({ ...three, raft });
    cluster.elect(1);
    cluster.isolate(1);
    for (const id of [2, 3]) cluster.input(id, { type: "leaderGone", member: 1 });
    // two machines' ticks do not fall together
    cluster.tick(2, 2);
    cluster.tick(2, 3);
    return cluster;
  };
  const leads = (cluster: Cluster): boolean => [2, 3].some((id) => cluster.status(id).role === "leader");

  test("followers who are told do not wait out an election timeout", () => {
    expect(leads(told({}))).toBe(true);
  });

  test("but with leases, or without pre-votes, they do", () => {
    expect([leads(told({ leaseMs: 100 })), leads(told({ preVote: false }))]).toEqual([false, false]);
  });

  test("where it is wrong, the leader goes on", () => {
    const cluster = new Cluster(three);
    cluster.elect(1);
    cluster.input(2, { type: "leaderGone", member: 1 });
    cluster.tick(3 * electionTicks);
    expect(cluster.status(1)).toMatchObject({ role: "leader", term: 2 });
    expect(cluster.status(2).leader).toBe(1);
  });

  test("of who does not lead it says nothing", () => {
    const cluster = new Cluster(three);
    cluster.elect(1);
    cluster.input(2, { type: "leaderGone", member: 3 });
    expect(cluster.status(2).leader).toBe(1);
  });
});

describe("reads: lease", () => {
  const at = (nowMs: number) => ({ type: "clock", nowMs }) as const;
  const read = (id: number) => ({ type: "readIndex", id }) as const;
  const leased = (): Cluster => {
    const cluster = new Cluster({ ...three, raft: { leaseMs: 100 } });
    cluster.elect(1);
    cluster.input(1, at(1000), { type: "tick" });
    cluster.settle();
    return cluster;
  };

  test("a leader answers by itself while its lease lasts, and asks when it is over", () => {
    const cluster = leased();
    expect(cluster.input(1, at(1099), read(1)).reads).toMatchObject([{ id: 1 }]);
    cluster.isolate(1);
    expect(cluster.input(1, at(1100), read(2)).reads).toEqual([]);
  });

  test("a lease counts from when the heartbeat left, not from its answer", () => {
    const cluster = leased();
    cluster.input(1, at(1090));
    expect(cluster.input(1, at(1105), read(1)).reads).toEqual([]);
  });

  test("whoever answered refuses others its vote, a restarted one as well; a leader that hands over reads as if it had none", () => {
    const cluster = leased();
    cluster.restart(3);
    const vote = { type: "vote", from: 2, to: 3, term: 9, lastIndex: 99, lastTerm: 8, transfer: false } as const;
    expect(cluster.input(3, { type: "receive", message: vote }).sendAfterPersist).toEqual([]);
    cluster.input(1, { type: "transferLeader", member: 2 });
    cluster.lose = () => true;
    cluster.settle();
    expect(cluster.input(1, at(1001), read(1)).reads).toEqual([]);
  });
});

test("fsync: off: a follower that forgot what it acknowledged is brought up again, and the leader does not take it for dead", () => {
  const cluster = new Cluster({ ...three, raft: { fsync: "off" } });
  cluster.elect(1);
  cluster.propose(1, "a", "b");
  cluster.settle();
  const member = cluster.of(3);
  member.entries = member.entries.filter(({ index }) => index <= 2);
  cluster.restart(3);
  expect(cluster.status(3).lastIndex).toBe(2);
  cluster.propose(1, "c");
  cluster.tick(3 * electionTicks);
  expect(cluster.of(3).state).toEqual(["a", "b", "c"]);
});
