// What an operator asks of the ring is done or refused with a sentence, and what the ring is then can be read.
import { expect, test } from "vitest";
import type { RingCommand } from "../../../../src/core/ring-contract.js";
import type { RingState } from "../../../../src/store/leaderless/gossip/cluster-state.js";
import { join, memberStatus, withProgress } from "../../../../src/store/leaderless/gossip/membership.js";
import { obey } from "../../../../src/store/leaderless/operator/commands.js";
import { parseRingCommand } from "../../../../src/store/leaderless/operator/parse-command.js";
import { nValsOf, ringViewOf } from "../../../../src/store/leaderless/operator/ring-view.js";
import { Transition, transferName } from "../../../../src/store/leaderless/ring/transfers.js";
import { founded } from "../gossip/clusters.js";

const { ring: three } = founded(3);
const four = join(three, "n4", "n4:2380");

function after(state: RingState, ...commands: readonly RingCommand[]): RingState {
  return commands.reduce((next, command) => {
    const obeyed = obey(next, command, { self: "n1", nVals: [3] });
    if (!obeyed.ok) throw new Error(obeyed.why);
    return obeyed.state;
  }, state);
}

function view(ring: RingState, node = "n1"): ReturnType<typeof ringViewOf> {
  const transition = new Transition(ring.ring, ring.plan, ring.progress);
  const isReachable = (member: string): boolean => member !== "n2";
  return ringViewOf({ ring }, { node, cluster: "c", n: 3, nVals: [3], hints: new Map([["n2", 7]]), transition, isReachable });
}

test.each([
  [{ command: "join", member: "n9" }, "nobody has heard of n9; start it as a node of this cluster, and it announces itself"],
  [{ command: "join", member: "n2" }, "n2 is valid already, so it cannot join"],
  [{ command: "leave", member: "n4" }, "n4 is joining and owns nothing yet; commit its join, or remove it by force"],
  [{ command: "leave", member: "n9" }, "nobody has heard of n9; look at the ring for the names of its members"],
  [{ command: "force-remove", member: "n9" }, "nobody has heard of n9; look at the ring for the names of its members"],
  [{ command: "replace", member: "n1", by: "n2" }, "n2 is valid: only a node that is joining can replace n1"],
  [
    { command: "force-replace", member: "n1", by: "n9" },
    "nobody has heard of n9; start it as a node of this cluster, and it announces itself",
  ],
  [{ command: "down", member: "n1" }, "n1 itself was asked, so it is not down; ask another node"],
  [{ command: "commit", plan: "0123456789ab" }, "the plan has changed since it was shown; look at it again"],
] as const)("%j is refused: %s", (command, why) => {
  expect(obey(four, command, { self: "n1", nVals: [3] })).toEqual({ ok: false, why });
});

test("without anything staged there is no plan", () => {
  for (const command of ["plan", "commit"] as const) {
    expect(obey(three, { command }, { self: "n1", nVals: [3] })).toEqual({ ok: false, why: "nothing is staged" });
  }
  expect(view(three)).toMatchObject({ staged: [], plan: null, planProblem: null });
});

test("a join is staged by the node that announces itself, shown as a plan, and committed as shown on any node", () => {
  const shown = view(four, "n3");
  expect(shown.staged).toEqual([{ kind: "join", member: "n4" }]);
  expect(shown.plan).toMatchObject({ changes: [{ kind: "join", member: "n4" }], moves: 4, fewestMoves: 4 });
  expect(shown.plan?.members.at(-1)).toEqual({ name: "n4", before: 0, after: 4 });
  expect(shown.members.at(-1)).toEqual({
    name: "n4",
    status: "joining",
    isReachable: true,
    partitions: 0,
    nextPartitions: 4,
    index: 3,
  });
  const moving = after(four, { command: "commit", plan: shown.plan?.id ?? "" });
  const seen = view(moving);
  expect(seen).toMatchObject({ ring: "1@", nextRing: "2@n1", plan: null, staged: [], hints: [{ owner: "n2", keys: 7 }] });
  expect(seen.nextOwners?.filter((owner) => owner === "n4")).toHaveLength(4);
  expect(seen.members.map(({ status, isReachable }) => [status, isReachable])).toEqual([
    ["valid", true],
    ["valid", false],
    ["valid", true],
    ["valid", true],
  ]);
});

test("transfers are told with how far they are", () => {
  const moving = after(four, { command: "commit" });
  const waiting = view(moving).transfers;
  expect(new Set(waiting.map(({ state }) => state))).toEqual(new Set(["waiting"]));
  const [first] = waiting;
  if (first === undefined) throw new Error("nothing moves");
  const { partition, to } = first;
  const transfer = { partition, from: first.from ?? undefined, to };
  const running = withProgress(moving, { [transferName(transfer)]: { state: "running", moved: 3, total: 9 } });
  expect(view(running).transfers[0]).toEqual({ ...first, state: "running", moved: 3, total: 9 });
});

test("what waits for nothing is forgotten at once", () => {
  expect(memberStatus(after(four, { command: "force-remove", member: "n4" }), "n4")).toBe("gone");
  expect(view(after(four, { command: "force-remove", member: "n4" }))).toMatchObject({ staged: [], plan: null });
});

test("what was cleared can be staged again", () => {
  const cleared = after(four, { command: "clear" });
  expect(view(cleared).staged).toEqual([]);
  expect(view(after(cleared, { command: "join", member: "n4" })).staged).toEqual([{ kind: "join", member: "n4" }]);
});

test("during a change others are staged, and wait: only what is forced is planned", () => {
  const moving = after(four, { command: "commit" }, { command: "leave", member: "n2" });
  expect(view(moving).planProblem).toContain("only forced changes are possible, not leave n2");
  const forced = after(moving, { command: "clear" }, { command: "force-remove", member: "n2" });
  expect(view(forced).plan?.changes).toEqual([{ kind: "force-remove", member: "n2" }]);
});

test("nodes that know the same have the same digest", () => {
  expect(view(four, "n1").digest).toBe(view(four, "n3").digest);
  expect(view(four).digest).not.toBe(view(three).digest);
});

test("every N that keys may have counts", () => {
  const state = { ...founded(3), types: { t: { version: 1, by: "n1", props: { nVal: 5 }, isActive: true, seen: [] } } };
  expect(nValsOf(state, 3, [{ n: 1 }, { n: 3 }])).toEqual([1, 3, 5]);
});

test.each([
  [{ command: "plan" }, { command: "plan" }],
  [
    { command: "replace", member: "n1", by: "n4", more: 1 },
    { command: "replace", member: "n1", by: "n4" },
  ],
  [
    { command: "commit", plan: "x" },
    { command: "commit", plan: "x" },
  ],
  [{ command: "commit", plan: 3 }, 'commit takes the id of a plan, as "plan", or nothing'],
  [{ command: "join" }, 'join needs the name of a member, as "member"'],
  [{ command: "replace", member: "n1" }, 'replace needs the names of two members, as "member" and "by"'],
  [null, 'a command is a JSON object, such as {"command": "plan"}'],
  [{}, "the command is one of join, leave, force-remove, replace, force-replace, down, plan, commit, clear"],
])("%j is read as %j", (value, command) => {
  expect(parseRingCommand(value)).toEqual(command);
});
