// A log is cut short, and who needs what was cut gets the snapshot instead.
import { expect, test } from "vitest";
import { Cluster, confChange, electionTicks } from "./cluster.js";

function laggard(): Cluster {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(3);
  cluster.propose(1, "a", "b", "c");
  cluster.settle();
  cluster.compact(1);
  return cluster;
}

test("a member that lost much catches up through a snapshot, then through the log", () => {
  const cluster = laggard();
  expect(cluster.status(1)).toMatchObject({ firstIndex: 6, lastIndex: 5 });
  cluster.propose(1, "d");
  cluster.settle();
  cluster.heal();
  cluster.tick(3);
  expect(cluster.of(3)).toMatchObject({ state: ["a", "b", "c", "d"], applied: 6 });
  expect(cluster.of(3).events).toContainEqual({ event: "snapshot-received", from: 1, index: 5 });
  expect(cluster.of(3)).toMatchObject({ snapshot: { meta: { index: 5, term: 2 } }, entries: [{ index: 6 }] });
  cluster.propose(1, "e");
  cluster.settle();
  expect(cluster.of(3).state).toEqual(["a", "b", "c", "d", "e"]);
});

test("entries kept in memory spare a follower that is a little behind the snapshot", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.isolate(3);
  cluster.propose(1, "a", "b", "c");
  cluster.settle();
  cluster.compact(1, 3);
  expect(cluster.status(1)).toMatchObject({ firstIndex: 3, lastIndex: 5 });
  cluster.heal();
  cluster.tick(3);
  expect(cluster.of(3).state).toEqual(["a", "b", "c"]);
  expect(cluster.of(1).events.some(({ event }) => event === "snapshot-sent")).toBe(false);
});

test("the snapshot is acknowledged only once it is on disk", () => {
  const cluster = laggard();
  cluster.holdDisk(3);
  cluster.heal();
  cluster.tick(3);
  expect(cluster.of(3).state).toEqual(["a", "b", "c"]);
  expect(cluster.status(1).match.get(3)).toBe(2);
  cluster.releaseDisk(3);
  cluster.settle();
  expect(cluster.status(1).match.get(3)).toBe(5);
});

test("a snapshot that did not arrive is sent again when the transport says so, or after long silence", () => {
  for (const told of [true, false]) {
    const cluster = laggard();
    let lost = 0;
    cluster.lose = (m) => m.type === "snapshot" && lost++ === 0;
    cluster.tick(2);
    expect(lost).toBe(1);
    if (told) cluster.input(1, { type: "unreachable", member: 3 });
    cluster.tick(2);
    expect(cluster.of(3).applied).toBe(told ? 5 : 2);
    cluster.tick(12 * electionTicks);
    expect(cluster.of(3).applied).toBe(5);
  }
});

test("a follower that holds the snapshot's last entry keeps its log and only commits", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.propose(1, "a", "b");
  // 3 gets the entries, but never hears that they are committed
  cluster.lose = (m) => m.to === 3 && "commit" in m && m.commit > 2;
  cluster.settle();
  expect(cluster.status(3)).toMatchObject({ commit: 2, lastIndex: 4 });
  cluster.heal();
  const snapshot = { meta: { index: 3, term: 2, conf: cluster.status(1).conf }, data: new Uint8Array() };
  const { restore, apply } = cluster.input(3, {
    type: "receive",
    message: { type: "snapshot", from: 1, to: 3, term: 2, snapshot },
  });
  expect(restore).toBeUndefined();
  expect(apply).toMatchObject([{ index: 3 }]);
  expect(cluster.status(3)).toMatchObject({ commit: 3, lastIndex: 4, firstIndex: 2 });
});

test("a leader's snapshot throws a diverged log away, later entries too", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(3);
  cluster.isolate(3);
  cluster.propose(3, ...Array.from({ length: 20 }, (_, i) => `lost${i}`));
  cluster.electAmong(1, [1, 2]);
  cluster.propose(1, "a");
  cluster.settle();
  cluster.compact(1);
  cluster.heal();
  cluster.tick(5);
  expect(cluster.of(3)).toMatchObject({ state: ["a"], entries: [] });
  expect(cluster.status(3)).toMatchObject({ lastIndex: 4, firstIndex: 5 });
  cluster.restart(3);
  cluster.tick(3);
  expect(cluster.of(3).state).toEqual(["a"]);
});

test("a snapshot of an earlier index carries the configuration of that index", () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.propose(1, "a");
  cluster.settle();
  cluster.changeConf(1, confChange({ kind: "remove", member: 3 }));
  cluster.settle();
  const { persist } = cluster.input(1, { type: "compact", index: 3, data: new Uint8Array(), keep: 0 });
  expect(persist).toMatchObject({ snapshot: { meta: { index: 3, conf: { voters: [1, 2, 3] } } }, discardLog: false });
  cluster.compact(1);
  expect(cluster.of(1).snapshot.meta).toMatchObject({ index: 4, conf: { voters: [1, 2] } });
});

test("a member restarts from its snapshot and the entries after it", () => {
  const cluster = laggard();
  cluster.propose(1, "d");
  cluster.settle();
  cluster.restart(1);
  cluster.heal();
  cluster.tick(40);
  for (const id of cluster.ids) expect(cluster.of(id).state).toEqual(["a", "b", "c", "d"]);
});
