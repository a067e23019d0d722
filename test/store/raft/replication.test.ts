// Entries reach every log once and in order: batches, pipelining, repair of diverged logs, the commit rule, late disks, bounds.
import { expect, test } from "vitest";
import type { Effects, Message } from "../../../src/store/raft/types.js";
import { bytes, Cluster, electionTicks } from "./cluster.js";

type Append = Extract<Message, { readonly type: "append" }>;

function appendsTo(to: number, messages: readonly Message[]): Append[] {
  return messages.filter((m): m is Append => m.type === "append" && m.to === to);
}

test("proposals of one step leave as one append to each follower and one write", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  const texts = Array.from({ length: 100 }, (_, i) => `v${i}`);
  const effects = cluster.propose(1, ...texts);
  expect(effects.proposed).toHaveLength(100);
  expect(effects.persist?.entries).toHaveLength(100);
  for (const follower of [2, 3]) expect(appendsTo(follower, effects.send).map((m) => m.entries.length)).toEqual([100]);
  cluster.settle();
  for (const id of cluster.ids) expect(cluster.of(id).state).toEqual(texts);
});

test("an append holds no more bytes than it may, and at least one entry", () => {
  const cluster = new Cluster({ voters: [1, 2], raft: { appendBytesMax: 64 } });
  cluster.elect(1);
  const effects = cluster.propose(1, "a".repeat(20), "b".repeat(20), "c".repeat(500));
  expect(appendsTo(2, effects.send).map((m) => m.entries.length)).toEqual([1, 1, 1]);
  const small = cluster.propose(1, "a", "b", "c", "d", "e", "f");
  expect(appendsTo(2, small.send).map((m) => m.entries.length)).toEqual([3, 3]);
});

test("appends are sent ahead of their answers until the window is full, and go on when it empties", () => {
  const cluster = new Cluster({ voters: [1, 2], raft: { inflightAppendsMax: 3 } });
  cluster.elect(1);
  for (const word of ["a", "b", "c", "d", "e"]) cluster.propose(1, word);
  expect(appendsTo(2, cluster.wire)).toHaveLength(3);
  cluster.settle();
  expect(cluster.of(2).state).toEqual(["a", "b", "c", "d", "e"]);
});

test("the commit index alone is told without an answer, where it fits the follower's log", () => {
  const answersTo = (lost: boolean): Message[] => {
    const cluster = new Cluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    cluster.lose = (m) => m.type === "append" && m.to === 2 && (lost || m.entries.length === 0);
    cluster.propose(1, "a");
    cluster.settle();
    const { commit, term } = cluster.status(1);
    const message = { type: "append", from: 1, to: 2, term, prevIndex: commit, prevTerm: term, entries: [], commit } as const;
    const { send, sendAfterPersist, apply } = cluster.input(2, { type: "receive", message: { ...message, unanswered: true } });
    expect(apply).toHaveLength(lost ? 0 : 1);
    return [...send, ...sendAfterPersist];
  };
  expect(answersTo(false)).toEqual([]);
  expect(answersTo(true)).toMatchObject([{ type: "appendReply", rejected: true }]);
});

test("lost appends are found out by the next heartbeat", () => {
  const cluster = new Cluster({ voters: [1, 2, 3], raft: { inflightAppendsMax: 2 } });
  cluster.elect(1);
  cluster.lose = (m) => m.type === "append";
  for (const word of ["a", "b", "c", "d"]) cluster.propose(1, word);
  cluster.settle();
  expect(cluster.of(1).state).toEqual([]);
  cluster.heal();
  cluster.tick(2);
  for (const id of cluster.ids) expect(cluster.of(id).state).toEqual(["a", "b", "c", "d"]);
});

test("appends that arrive twice or in another order change nothing and lose nothing", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  for (const word of ["a", "b", "c"]) cluster.propose(1, word);
  const sent = cluster.wire;
  cluster.wire = [];
  for (const message of [...sent.toReversed(), ...sent, ...sent.toReversed()]) cluster.deliver(message);
  cluster.settle();
  // an old append arrives once more, long after
  for (const message of sent) cluster.deliver(message);
  expect(cluster.terms(2)).toBe("2 2 2 2");
  cluster.tick(2);
  for (const id of cluster.ids) expect(cluster.of(id).state).toEqual(["a", "b", "c"]);
});

test("a follower with other entries than the leader's loses those, and only those", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.propose(1, "both");
  cluster.settle();
  cluster.isolate(1);
  cluster.propose(1, "lost-1", "lost-2", "lost-3");
  cluster.settle();
  cluster.tick(40, 2, 3);
  const [leader] = cluster.leaders().filter((id) => id !== 1);
  cluster.propose(leader ?? 0, "kept");
  cluster.settle();
  cluster.heal();
  cluster.tick(3);
  expect(cluster.of(1).events).toContainEqual({ event: "log-truncated", fromIndex: 4, lastIndex: 6 });
  for (const id of cluster.ids) {
    expect(cluster.of(id).state).toEqual(["both", "kept"]);
    expect(cluster.terms(id)).toBe("2 2 3 3");
  }
});

test("a whole term of conflicting entries is skipped in one round trip", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(1);
  cluster.propose(1, ...Array.from({ length: 50 }, (_, i) => `lost${i}`));
  cluster.settle();
  cluster.electAmong(2, [2, 3]);
  cluster.propose(2, ...Array.from({ length: 50 }, (_, i) => `kept${i}`));
  cluster.settle();
  cluster.heal();
  let rejections = 0;
  cluster.lose = (m) => {
    if (m.type === "appendReply" && m.rejected) rejections++;
    return false;
  };
  cluster.tick(3);
  expect(cluster.of(1).state).toEqual(cluster.of(2).state);
  expect(rejections).toBeLessThanOrEqual(2);
});

test("a leader counts itself only once its own disk is done", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(3);
  cluster.holdDisk(1);
  cluster.propose(1, "a");
  cluster.settle();
  expect(cluster.status(1)).toMatchObject({
    commit: 2,
    match: new Map([
      [1, 2],
      [2, 3],
      [3, 2],
    ]),
  });
  cluster.releaseDisk(1);
  expect(cluster.status(1).commit).toBe(3);
});

test("a leader commits what its followers hold while its own disk is still busy", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.holdDisk(1);
  cluster.propose(1, "a");
  cluster.settle();
  expect(cluster.status(1)).toMatchObject({ commit: 3 });
  for (const id of cluster.ids) expect(cluster.of(id).state).toEqual(["a"]);
});

test("a follower acknowledges nothing that is not on disk; but for the mistake that does", () => {
  const committed = (ackBeforePersist: boolean): number => {
    const cluster = new Cluster({ voters: [1, 2, 3], bugs: { ackBeforePersist } });
    cluster.elect(1);
    cluster.isolate(3);
    cluster.holdDisk(2);
    cluster.propose(1, "a");
    cluster.settle();
    return cluster.status(1).commit;
  };
  expect(committed(false)).toBe(2);
  expect(committed(true)).toBe(3);
});

test("a late answer of the disk does not count for a tail that was overwritten meanwhile", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const append = (term: number, from: number, prevIndex: number, prevTerm: number, ...terms: number[]): Effects => {
    const entries = terms.map((entryTerm, i) => ({
      index: prevIndex + 1 + i,
      term: entryTerm,
      kind: "normal" as const,
      data: bytes("x"),
    }));
    return cluster.input(3, {
      type: "receive",
      message: { type: "append", from, to: 3, term, prevIndex, prevTerm, entries, commit: 1 },
    });
  };
  cluster.holdDisk(3);
  const first = append(2, 1, 1, 1, 2, 2, 2);
  expect(first.persist).toMatchObject({ persistNumber: 2, entries: [{ index: 2 }, { index: 3 }, { index: 4 }] });
  // a leader of term 3 keeps entry 2 and overwrites 3 and 4; now this member stands, and all its writes are still under way
  const second = append(3, 2, 2, 2, 3, 3);
  expect(second.persist).toMatchObject({ persistNumber: 3, entries: [{ index: 3 }, { index: 4 }] });
  cluster.input(3, { type: "receive", message: { type: "timeoutNow", from: 2, to: 3, term: 3 } });
  for (const from of [1, 2]) {
    cluster.input(3, { type: "receive", message: { type: "voteReply", from, to: 3, term: 4, granted: true } });
  }
  expect(cluster.status(3)).toMatchObject({ role: "leader", term: 4, lastIndex: 5 });
  const onDisk = (): number | undefined => cluster.status(3).match.get(3);
  expect(onDisk()).toBe(1);
  cluster.input(3, { type: "persisted", persistNumber: 2 });
  expect(onDisk()).toBe(2);
  cluster.input(3, { type: "persisted", persistNumber: 3 });
  expect(onDisk()).toBe(4);
});

test("entries of earlier terms are not committed by counting (thesis, figure 3.7)", () => {
  // one entry a message, so that an old entry can be acknowledged without the new leader's own
  const cluster = new Cluster({ voters: [1, 2, 3, 4, 5], raft: { appendBytesMax: 1 } });
  cluster.elect(1);
  // (a) leader 1 of term 2 gets "old" to 2 only
  cluster.partition([1, 2], [3, 4, 5]);
  cluster.propose(1, "old");
  cluster.settle();
  // (b) 5 leads term 3 and keeps its entry to itself
  cluster.electAmong(5, [3, 4, 5], (m) => m.type === "append");
  // (c) 1 leads again and gets "old" to 3 and 4, but nothing of its own term: they refuse that once, then it is lost
  cluster.isolate(1);
  cluster.tick(2 * electionTicks, 1);
  const refused = new Set<number>();
  cluster.electAmong(1, [1, 3, 4], (m) => {
    if (m.type !== "append" || m.entries.every((entry) => entry.term === 2)) return false;
    return refused.size === refused.add(m.to).size;
  });
  expect(cluster.status(5)).toMatchObject({ role: "leader", term: 3, lastIndex: 3 });
  expect(cluster.terms(3)).toBe("2 2");
  expect(cluster.status(1)).toMatchObject({ commit: 2, term: 4 });
});

test("proposals beyond the uncommitted bound are dropped, and taken again once there is room", () => {
  const cluster = new Cluster({ voters: [1, 2, 3], raft: { uncommittedBytesMax: 10 } });
  cluster.elect(1);
  const effects = cluster.propose(1, "12345", "67890", "x");
  expect(effects.proposed.map((it) => it.index)).toEqual([3, 4]);
  expect(effects.dropped).toMatchObject([{ reason: "overloaded" }]);
  cluster.settle();
  expect(cluster.propose(1, "longer than the bound").dropped).toEqual([]);
});

test("only a leader takes proposals", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  expect(cluster.propose(2, "a")).toMatchObject({ proposed: [], dropped: [{ reason: "not-leader" }] });
});

test("everything committed comes back after all members crash", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.propose(1, "a", "b");
  cluster.settle();
  for (const id of cluster.ids) cluster.restart(id);
  cluster.tick(30);
  for (const id of cluster.ids) expect(cluster.of(id).state).toEqual(["a", "b"]);
});

test("heartbeats tell no more of the commit index than the follower is known to hold", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.lose = (m) => m.to === 3 && m.type === "append";
  cluster.propose(1, "a");
  cluster.settle();
  const { send } = cluster.input(1, { type: "tick" });
  const commits = send.filter((m) => m.type === "heartbeat").map((m) => [m.to, m.commit]);
  expect(commits).toEqual([
    [2, 3],
    [3, 2],
  ]);
});
