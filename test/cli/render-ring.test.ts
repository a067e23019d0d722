// Shows how `devious ring` draws what nodes say of their ring: owners, disagreement, hints, handoffs and plans; golden files in test/golden/ring.
import { Chalk } from "chalk";
import fc from "fast-check";
import { expect, test } from "vitest";
import { asAscii } from "../../src/cli/glyphs.js";
import { renderRing } from "../../src/cli/render-ring.js";
import { drawCells, signsOf } from "../../src/cli/ring-cells.js";
import { type AskedNode, type ClusterRing, clusterRing } from "../../src/cluster/ring/cluster-ring.js";
import type { RingView } from "../../src/core/ring-contract.js";
import type { RingState } from "../../src/store/leaderless/gossip/cluster-state.js";
import { foundRing, join, stage, withProgress } from "../../src/store/leaderless/gossip/membership.js";
import { obey } from "../../src/store/leaderless/operator/commands.js";
import { ringViewOf } from "../../src/store/leaderless/operator/ring-view.js";
import { Transition, transferName } from "../../src/store/leaderless/ring/transfers.js";

const plain = new Chalk({ level: 0 });
const coloured = new Chalk({ level: 1 });
const five = foundRing(Object.fromEntries(["n1", "n2", "n3", "n4", "n5"].map((name) => [name, `${name}:2380`])), 64);

interface Situation {
  readonly unreachable?: readonly string[];
  readonly hints?: Readonly<Record<string, number>>;
}

function viewOf(node: string, ring: RingState, { unreachable = [], hints = {} }: Situation = {}): RingView {
  const transition = new Transition(ring.ring, ring.plan, ring.progress);
  const isReachable = (member: string): boolean => member === node || !unreachable.includes(member);
  const viewer = { node, cluster: "demo", n: 3, nVals: [3], hints: new Map(Object.entries(hints)), transition, isReachable };
  return ringViewOf({ ring }, viewer);
}

function ringOf(views: readonly (RingView | readonly [node: string, state: string])[]): ClusterRing {
  const asked = views.map((one): AskedNode => {
    return "owners" in one ? { node: one.node, state: "running", view: one } : { node: one[0], state: one[1], view: null };
  });
  const ring = clusterRing("demo", asked);
  if (ring === undefined) throw new Error("nobody answers");
  return ring;
}

function committed(state: RingState): RingState {
  const obeyed = obey(state, { command: "commit" }, { self: "n1", nVals: [3] });
  if (!obeyed.ok) throw new Error(obeyed.why);
  return obeyed.state;
}

const names = ["n1", "n2", "n3", "n4", "n5"];
const quiet = ringOf(names.map((name) => viewOf(name, five)));
const cut = ringOf([
  viewOf("n1", five, { unreachable: ["n3", "n4", "n5"], hints: { n3: 1204, n5: 1 } }),
  viewOf("n2", five, { unreachable: ["n3", "n4", "n5"], hints: { n4: 77 } }),
  viewOf("n3", five, { unreachable: ["n1", "n2", "n5"] }),
  viewOf("n4", five, { unreachable: ["n1", "n2"] }),
  ["n5", "paused"],
]);
const six = join(five, "n6", "n6:2380");
const planned = ringOf([...names, "n6"].map((name) => viewOf(name, stage(six, { kind: "leave", member: "n2" }, "n1"))));
const moving = committed(six);
const [first, second] = viewOf("n1", moving).transfers;
const halfway = [first, second].reduce(
  (state, transfer, i) =>
    transfer === undefined
      ? state
      : withProgress(state, {
          [transferName({ ...transfer, from: transfer.from ?? undefined })]:
            i === 0 ? { state: "done", moved: 90, total: 90 } : { state: "running", moved: 1500, total: 4000 },
        }),
  moving,
);
const handingOver = ringOf([...names.map((name) => viewOf(name, halfway)), viewOf("n6", moving)]);
const behind = ringOf([viewOf("n1", moving), viewOf("n2", moving), viewOf("n3", five), viewOf("n4", five), viewOf("n5", five)]);

test.each<[string, ClusterRing, number]>([
  ["quiet", quiet, 80],
  ["quiet-narrow", quiet, 40],
  ["cut", cut, 80],
  ["planned", planned, 80],
  ["handing-over", handingOver, 80],
  ["handing-over-wide", handingOver, 160],
  ["behind", behind, 80],
])("%s", async (name, ring, width) => {
  const text = renderRing(ring, { width, chalk: plain });
  await expect(`${text}\n`).toMatchFileSnapshot(`../golden/ring/${name}.txt`);
  const ascii = asAscii(text);
  expect(ascii).toMatch(/^[\0-\x7f]*$/);
  expect(ascii.split("\n").map((line) => line.length)).toEqual(text.split("\n").map((line) => line.length));
});

test("in colour", async () => {
  await expect(`${renderRing(cut, { width: 80, chalk: coloured })}\n`).toMatchFileSnapshot("../golden/ring/cut-colour.txt");
});

test("the latest ring is shown, not the one that most know", () => {
  expect(behind).toMatchObject({ toldBy: "n1", ring: "1@", nextRing: "2@n1" });
  expect(behind.views.map(({ nodes }) => nodes)).toEqual([
    ["n1", "n2"],
    ["n3", "n4", "n5"],
  ]);
});

test("of rings that are equally late the one that most know is shown", () => {
  const marked = stage(five, { kind: "leave", member: "n5" }, "n1");
  expect(ringOf([viewOf("n1", marked), viewOf("n2", five), viewOf("n3", five)]).toldBy).toBe("n2");
});

test("a transfer is as far as whoever knows most of it says", () => {
  const lateFirst = ringOf([viewOf("n6", moving), viewOf("n1", halfway)]);
  expect(lateFirst.transfers.slice(0, 2).map(({ state, moved }) => [state, moved])).toEqual([
    ["done", 90],
    ["running", 1500],
  ]);
});

test("nobody who answers is no ring", () => {
  expect(clusterRing("demo", [{ node: "n1", state: "exited", view: null }])).toBeUndefined();
});

test("signs are numbers where all names have one, else letters, all of one length", () => {
  expect([...signsOf(["kv-1", "kv-2"]).values()]).toEqual(["1", "2"]);
  expect([...signsOf(["n1", "n10"]).values()]).toEqual([" 1", "10"]);
  expect([...signsOf(["n1", "kv-1"]).values()]).toEqual(["a", "b"]);
  const many = signsOf(Array.from({ length: 30 }, (_, i) => `x${i}y`));
  expect([many.get("x0y"), many.get("x25y"), many.get("x26y")]).toEqual([" a", " z", "aa"]);
});

test("every partition is drawn once, in order, and no row is wider than the terminal", () => {
  const sizes = fc.constantFrom(8, 16, 32, 64, 128, 256, 512, 1024);
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 15 }), fc.integer({ min: 24, max: 300 }), (size, count, width) => {
      const members = Array.from({ length: count }, (_, i) => `n${i + 1}`);
      const owners = Array.from({ length: size }, (_, i) => members[(i * 7) % count] ?? "");
      const rows = drawCells({ owners, nextOwners: null, members, troubled: new Set() }, { width, chalk: plain });
      const drawn = rows.flatMap((row) => row.trim().split(/\s+/).slice(1));
      expect(drawn.map((sign) => `n${sign}`)).toEqual(owners);
      expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(width);
    }),
  );
});
