// Shows that the clocks on a node's lines say exactly what caused what, whatever is sent, lost or restarted and however wrong the wall clocks are.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { CausalFields } from "../../src/core/log-record.js";
import { type CausalStamp, Causality } from "../../src/store/causality.js";

const nodes = ["n1", "n2", "n3"] as const;
const startMs = 1_700_000_000_000;

const act = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant("line" as const), node: fc.nat(2) }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("message" as const), node: fc.nat(2), to: fc.nat(2), lost: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("restart" as const), node: fc.nat(2) }) },
);
const world = fc.record({
  skewsMs: fc.array(fc.integer({ min: -1e6, max: 1e7 }), { minLength: 3, maxLength: 3 }),
  acts: fc.array(act),
});

interface Line extends CausalFields {
  readonly node: string;
  /** Indices of the lines that happened before it, kept by hand. */
  readonly before: ReadonlySet<number>;
}

/** A dumb twin beside the real thing: each node carries the set of lines that it can have heard of. */
function play({
  skewsMs,
  acts,
}: {
  skewsMs: readonly number[];
  acts: readonly (typeof act extends fc.Arbitrary<infer T> ? T : never)[];
}): Line[] {
  let nowMs = startMs;
  const clockOf = (node: number) => () => nowMs + (skewsMs[node] ?? 0);
  const causality = nodes.map((name, node) => new Causality(name, clockOf(node)));
  const heard: Set<number>[] = nodes.map(() => new Set());
  const lines: Line[] = [];
  for (const each of acts) {
    // a process that writes a line has lived for a millisecond at least
    nowMs += 2;
    const own = causality[each.node] as Causality;
    const known = heard[each.node] as Set<number>;
    if (each.type === "line") {
      lines.push({ ...own.line(), node: nodes[each.node] ?? "", before: new Set(known) });
      known.add(lines.length - 1);
    } else if (each.type === "message") {
      // as msgpack brings it
      const stamp = structuredClone(own.send());
      if (each.lost) continue;
      causality[each.to]?.receive(stamp);
      for (const line of known) heard[each.to]?.add(line);
    } else {
      causality[each.node] = new Causality(nodes[each.node] ?? "", clockOf(each.node));
      heard[each.node] = new Set([...lines.keys()].filter((line) => lines[line]?.node === nodes[each.node]));
    }
  }
  return lines;
}

const isBefore = (a: Line, b: Line): boolean => (b.vc[a.node] ?? 0) >= (a.vc[a.node] ?? 0) && a !== b;

test("a line names every line that it can have heard of, also over restarts", () => {
  fc.assert(
    fc.property(world, (history) => {
      const lines = play(history);
      for (const later of lines) {
        const named = new Set([...lines.keys()].filter((i) => isBefore(lines[i] as Line, later)));
        // what a node heard before a restart, it has forgotten; what it said itself then, it goes on from
        for (const cause of later.before) expect(named).toContain(cause);
      }
    }),
  );
});

test("without restarts it names no others, and whatever it names has the smaller hybrid stamp", () => {
  fc.assert(
    fc.property(world, ({ skewsMs, acts }) => {
      const lines = play({ skewsMs, acts: acts.filter(({ type }) => type !== "restart") });
      for (const later of lines) {
        const named = new Set([...lines.keys()].filter((i) => isBefore(lines[i] as Line, later)));
        expect(named).toEqual(later.before);
        for (const cause of named) expect((lines[cause] as Line).hlc < later.hlc).toBe(true);
      }
    }),
  );
});

test("a node's own entry rises by one a line, and only with lines", () => {
  const n1 = new Causality("n1", () => 1000);
  const stamps: CausalStamp[] = [n1.send()];
  const first = n1.line();
  stamps.push(n1.send());
  n1.receive({ ms: 1, counter: 0, vector: { n2: 7 } });
  expect([first.vc, n1.line().vc]).toEqual([{ n1: 1001 }, { n1: 1002, n2: 7 }]);
  expect(stamps.map(({ vector }) => vector)).toEqual([{ n1: 1000 }, { n1: 1001 }]);
});

test("a restarted node whose wall clock was set back goes on above what a peer has heard of it", () => {
  const n1 = new Causality("n1", () => 500);
  n1.receive({ ms: 2000, counter: 0, vector: { n1: 1002, n2: 3 } });
  expect(n1.line().vc).toEqual({ n1: 1003, n2: 3 });
});

test("a node may be called like something that every object has", () => {
  const node = new Causality("n1", () => 0);
  node.receive({ ms: 0, counter: 0, vector: { constructor: 4 } });
  expect(node.line().vc).toEqual({ n1: 1, constructor: 4 });
});
