// Members come, go and are replaced as Riak's do, in stages; bucket types become usable once every member knows them.
import { describe, expect, test } from "vitest";
import {
  acknowledgeTypes,
  activateType,
  createType,
  propsOf,
  setBucketProps,
  typeStatus,
  updateType,
} from "../../../../src/store/leaderless/gossip/bucket-types.js";
import { mergeRings, type ClusterState, type RingState } from "../../../../src/store/leaderless/gossip/cluster-state.js";
import {
  clear,
  commit,
  join,
  markBack,
  markDown,
  markGone,
  memberStatus,
  planStaged,
  presentMembers,
  stage,
  stagedChanges,
  withProgress,
} from "../../../../src/store/leaderless/gossip/membership.js";
import { Transition, transferName, type Transfer } from "../../../../src/store/leaderless/ring/transfers.js";
import { founded } from "./clusters.js";

function committed(state: RingState): RingState {
  const planned = planStaged(state, "n1", [3]);
  const result = planned.ok ? commit(state, planned.plan) : planned;
  if (!result.ok) throw new Error(result.why);
  return result.state;
}

function handedOver(state: RingState): RingState {
  const { transfers } = new Transition(state.ring, state.plan, state.progress);
  const done = { state: "done", moved: 9, total: 9 } as const;
  return withProgress(state, Object.fromEntries(transfers.map((transfer) => [transferName(transfer), done])));
}

const { ring: three } = founded(3);

test("a node that joins is valid with the commit and owns with the last transfer", () => {
  const joining = join(three, "n4", "n4:2380");
  expect(memberStatus(joining, "n4")).toBe("joining");
  expect(stagedChanges(joining)).toEqual([{ kind: "join", member: "n4" }]);
  const moving = committed(joining);
  expect(memberStatus(moving, "n4")).toBe("valid");
  expect(stagedChanges(moving)).toEqual([]);
  expect(moving.ring.owners).not.toContain("n4");
  const settled = handedOver(moving);
  expect(settled.plan).toBeUndefined();
  expect(settled.progress).toEqual({});
  expect(settled.ring).toMatchObject({ version: 2, committer: "n1", members: ["n1", "n2", "n3", "n4"] });
  expect(settled.ring.owners.filter((owner) => owner === "n4")).toHaveLength(4);
});

test("a node that leaves is leaving, exiting and gone, and may join again", () => {
  const { ring } = founded(4);
  const moving = committed(stage(ring, { kind: "leave", member: "n2" }, "n1"));
  expect(memberStatus(moving, "n2")).toBe("leaving");
  const exiting = handedOver(moving);
  expect(memberStatus(exiting, "n2")).toBe("exiting");
  expect(presentMembers(exiting)).toContain("n2");
  const gone = markGone(exiting, "n2");
  expect(memberStatus(gone, "n2")).toBe("gone");
  expect(presentMembers(gone)).toEqual(["n1", "n3", "n4"]);
  const again = join(gone, "n2", "elsewhere:2380");
  expect(memberStatus(again, "n2")).toBe("joining");
  expect(again.members["n2"]).toMatchObject({ incarnation: 2, address: "elsewhere:2380" });
});

test("who is forced out is gone at once, and comes to own nothing", () => {
  const { ring } = founded(4);
  const moving = committed(stage(ring, { kind: "force-remove", member: "n2" }, "n1"));
  expect(memberStatus(moving, "n2")).toBe("gone");
  const settled = handedOver(moving);
  expect(settled.members["n2"]?.standing).toBe("gone");
  expect(settled.ring.owners).not.toContain("n2");
});

test("who has left cannot be staged to leave once more by a node that had not heard of it, and holds up nobody", () => {
  const left = handedOver(committed(stage(founded(4).ring, { kind: "leave", member: "n2" }, "n1")));
  const late = mergeRings(
    left,
    stage(stage(founded(4).ring, { kind: "leave", member: "n2" }, "n3"), { kind: "leave", member: "n2" }, "n3"),
  );
  expect(late.staged["n2"]?.change).toEqual({ kind: "leave", member: "n2" });
  expect(stagedChanges(late)).toEqual([]);
  expect(planStaged(join(late, "n5", "n5:2380"), "n1", [3])).toMatchObject({ ok: true });
});

test("who replaces another takes what that one owned, and is not staged to join besides", () => {
  const staged = stage(join(three, "n4", "n4:2380"), { kind: "replace", member: "n1", by: "n4" }, "n2");
  expect(stagedChanges(staged)).toEqual([{ kind: "replace", member: "n1", by: "n4" }]);
  const settled = handedOver(committed(staged));
  expect(settled.ring.owners).toEqual(three.ring.owners.map((owner) => (owner === "n1" ? "n4" : owner)));
  expect(stagedChanges(settled)).toEqual([]);
});

test("what cannot be planned says why; what is cleared is not planned", () => {
  const stranger = stage(three, { kind: "replace", member: "n1", by: "n9" }, "n2");
  expect(planStaged(stranger, "n1", [3])).toEqual({ ok: false, why: "n9 has not asked to join" });
  expect(planStaged(clear(stranger, "n2"), "n1", [3])).toEqual({ ok: false, why: "nothing is staged" });
});

test("a plan that is another one by now is not committed", () => {
  const joining = join(three, "n4", "n4:2380");
  const shown = planStaged(joining, "n1", [3]);
  const other = join(joining, "n5", "n5:2380");
  expect(shown.ok && commit(other, shown.plan)).toEqual({ ok: false, why: "the plan has changed since it was shown" });
});

test("what was handed over for a plan that was overruled does not count for the other one", () => {
  const both = join(join(three, "n4", "n4:2380"), "n5", "n5:2380");
  const plan = (committer: string): RingState => {
    const planned = planStaged(both, committer, [3]);
    const result = planned.ok ? commit(both, planned.plan) : planned;
    if (!result.ok) throw new Error(result.why);
    return result.state;
  };
  const [losing, winning] = [plan("n1"), plan("n2")];
  const { transfers } = new Transition(losing.ring, losing.plan);
  const [first, second] = transfers as [Transfer, Transfer];
  const lost = withProgress(losing, { [transferName(first)]: { state: "done", moved: 5, total: 5 } });
  const kept = withProgress(winning, { [transferName(second)]: { state: "running", moved: 2, total: 5 } });
  expect(mergeRings(lost, kept).plan?.committer).toBe("n2");
  expect(mergeRings(lost, kept).progress).toEqual({ [transferName(second)]: { state: "running", moved: 2, total: 5 } });
});

test("progress only grows, and done stays done", () => {
  const moving = committed(join(three, "n4", "n4:2380"));
  const transfer = new Transition(moving.ring, moving.plan).transfers[0] as Transfer;
  const at = (state: "running" | "done", count: number): RingState =>
    withProgress(moving, { [transferName(transfer)]: { state, moved: count, total: 10 } });
  const merged = (a: RingState, b: RingState): unknown => mergeRings(a, b).progress[transferName(transfer)];
  expect(merged(at("running", 3), at("running", 7))).toEqual({ state: "running", moved: 7, total: 10 });
  expect(merged(at("done", 3), at("running", 7))).toEqual({ state: "done", moved: 3, total: 10 });
});

test("who is exiting does not come back by news that it had another address", () => {
  const { ring } = founded(4);
  const leaving = committed(stage(ring, { kind: "leave", member: "n2" }, "n1"));
  const moved = join(join(leaving, "n2", "a:2380"), "n2", "b:2380");
  expect(moved.members["n2"]).toMatchObject({ version: 3, address: "b:2380" });
  expect(memberStatus(mergeRings(moved, handedOver(leaving)), "n2")).toBe("exiting");
});

test("down is for as long as the node does not see it", () => {
  const down = markDown(three, "n3");
  expect(memberStatus(down, "n3")).toBe("down");
  expect(markBack(down, "n2")).toBe(down);
  expect(memberStatus(markBack(down, "n3"), "n3")).toBe("valid");
  expect(markDown(three, "n9")).toBe(three);
});

describe("bucket types", () => {
  const known = (state: ClusterState, ...members: readonly string[]): ClusterState => members.reduce(acknowledgeTypes, state);
  const created = (state: ClusterState): ClusterState => {
    const result = createType(state, "maps", { datatype: "map", n_val: 3 }, "n1");
    if (!result.ok) throw new Error(result.why);
    return result.state;
  };

  test("are created, ready, active", () => {
    const fresh = created(founded(3));
    expect(typeStatus(fresh, "maps")).toBe("created");
    expect(activateType(fresh, "maps", "n1")).toEqual({
      ok: false,
      why: "Not every member knows the bucket type maps yet: n2, n3",
    });
    expect(propsOf(fresh, "maps", "b")).toBeUndefined();
    const ready = known(fresh, "n2", "n3");
    expect(typeStatus(ready, "maps")).toBe("ready");
    const active = activateType(ready, "maps", "n2");
    expect(active.ok && typeStatus(active.state, "maps")).toBe("active");
    expect(active.ok && propsOf(active.state, "maps", "b")).toEqual({ datatype: "map", n_val: 3 });
    expect(active.ok && createType(active.state, "maps", {}, "n1")).toMatchObject({ ok: false });
  });

  test("wait for nobody who is down", () => {
    const fresh = created(founded(3));
    const withoutThird = known({ ...fresh, ring: markDown(fresh.ring, "n3") }, "n2");
    expect(typeStatus(withoutThird, "maps")).toBe("ready");
  });

  test("keep what their data depends on", () => {
    const active = activateType(known(created(founded(3)), "n2", "n3"), "maps", "n1");
    if (!active.ok) throw new Error(active.why);
    expect(updateType(active.state, "maps", { datatype: "set" }, "n1")).toMatchObject({ ok: false });
    const updated = updateType(active.state, "maps", { datatype: "map", r: 2 }, "n1");
    expect(updated.ok && propsOf(updated.state, "maps", "b")).toEqual({ datatype: "map", n_val: 3, r: 2 });
  });

  test("named like what every object has are none", () => {
    expect(typeStatus(founded(3), "constructor")).toBeUndefined();
    expect(propsOf(founded(3), "toString", "b")).toBeUndefined();
  });

  test("buckets override them, until they are reset", () => {
    const set = setBucketProps(founded(3), "default", "b", { n_val: 2 }, "n1");
    const both = setBucketProps(set, "default", "b", { r: 1 }, "n2");
    expect(propsOf(both, "default", "b")).toEqual({ n_val: 2, r: 1 });
    expect(propsOf(both, "default", "c")).toEqual({});
    expect(propsOf(setBucketProps(both, "default", "b", undefined, "n1"), "default", "b")).toEqual({});
  });
});
