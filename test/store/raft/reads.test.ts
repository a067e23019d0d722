// A linearizable read is answered after a quorum confirmed the leader, and only after the read arrived.
import { expect, test } from "vitest";
import { Cluster, electionTicks } from "./cluster.js";

function read(cluster: Cluster, id: number, ...ids: number[]): void {
  cluster.input(id, ...ids.map((it) => ({ type: "readIndex" as const, id: it })));
}

test("reads that arrive together cost one round of heartbeats", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.propose(1, "a");
  cluster.settle();
  read(cluster, 1, 7, 8, 9);
  expect(cluster.wire.map((m) => [m.type, m.to])).toEqual([
    ["heartbeat", 2],
    ["heartbeat", 3],
  ]);
  expect(cluster.of(1).reads).toEqual([]);
  cluster.settle();
  expect(cluster.of(1).reads).toEqual([7, 8, 9].map((id) => ({ id, index: 3 })));
});

test("reads send no appends to followers that keep up", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.tick(2);
  cluster.propose(1, "a");
  // its answer to the append waits for the disk, that to the heartbeat does not
  cluster.holdDisk(2);
  read(cluster, 1, 7);
  const empty: number[] = [];
  cluster.lose = (m) => {
    if (m.type === "append" && m.to === 2 && m.entries.length === 0) empty.push(m.commit);
    return false;
  };
  cluster.settle();
  expect(cluster.of(1).reads).toMatchObject([{ id: 7 }]);
  // one that tells of the commit of "a"
  expect(empty).toEqual([3]);
});

test("a single voter answers at once", () => {
  const cluster = new Cluster({ voters: [1] });
  cluster.elect(1);
  read(cluster, 1, 7);
  expect(cluster.of(1).reads).toEqual([{ id: 7, index: 2 }]);
});

test("a leader without a quorum answers no read, and gives it up when it steps down", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(1);
  read(cluster, 1, 7);
  cluster.tick(2 * electionTicks);
  expect(cluster.of(1)).toMatchObject({ reads: [], dropped: [{ id: 7, reason: "no-quorum" }] });
});

test("a deposed leader gives its reads back", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(1);
  read(cluster, 1, 7);
  cluster.electAmong(2, [2, 3]);
  cluster.heal();
  cluster.tick(2);
  expect(cluster.of(1)).toMatchObject({ reads: [], dropped: [{ id: 7, reason: "not-leader" }] });
});

test("an answer to a heartbeat that left before the read arrived confirms nothing", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  read(cluster, 1, 7);
  const early = cluster.wire;
  cluster.wire = [];
  for (const message of early) cluster.deliver(message);
  const replies = cluster.wire;
  cluster.wire = [];
  read(cluster, 1, 8);
  cluster.wire = [];
  for (const message of replies) cluster.deliver(message);
  expect(cluster.of(1).reads).toEqual([{ id: 7, index: 2 }]);
});

test("a read waits until the leader has committed an entry of its own term", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.lose = (m) => m.type === "append";
  cluster.input(1, { type: "campaign" });
  cluster.settle();
  read(cluster, 1, 7);
  cluster.settle();
  expect(cluster.status(1)).toMatchObject({ role: "leader", commit: 1 });
  expect(cluster.of(1).reads).toEqual([]);
  cluster.heal();
  cluster.tick(2);
  expect(cluster.of(1).reads).toEqual([{ id: 7, index: 2 }]);
});

test("reads at anyone else are dropped", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  read(cluster, 2, 7);
  expect(cluster.of(2).dropped).toEqual([{ id: 7, reason: "not-leader" }]);
});

test("in a joint configuration both halves must confirm", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  for (const id of [4, 5, 6]) cluster.add(id);
  cluster.changeConf(1, {
    changes: ([4, 5, 6] as const).map((member) => ({ kind: "addVoter" as const, member })),
    context: new Uint8Array(),
  });
  // the joint configuration is entered, but cannot be left: of the new half only a minority is there
  cluster.isolate(4, 5, 6);
  cluster.settle();
  expect(cluster.status(1).conf).toMatchObject({ voters: [1, 2, 3, 4, 5, 6], votersOutgoing: [1, 2, 3] });
  read(cluster, 1, 7);
  cluster.settle();
  expect(cluster.of(1).reads).toEqual([]);
  cluster.heal();
  cluster.tick(3);
  expect(cluster.of(1).reads).toMatchObject([{ id: 7 }]);
});

test("the planted bug answers without asking anybody", () => {
  const cluster = new Cluster({ voters: [1, 2, 3], bugs: { readWithoutQuorum: true } });
  cluster.elect(1);
  cluster.isolate(1);
  read(cluster, 1, 7);
  expect(cluster.of(1).reads).toEqual([{ id: 7, index: 2 }]);
});
