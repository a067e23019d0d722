// Shows that objects under dotted version vectors are exactly what the causal history of their writes says, and what each other choice loses.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConflictRules } from "../../../../src/store/leaderless/objects/conflict.js";
import { coordinate } from "../../../../src/store/leaderless/objects/coordinate.js";
import type { StoredObject } from "../../../../src/store/leaderless/objects/stored-object.js";
import { namedActor } from "../../../../src/store/leaderless/versions/actor.js";
import type { VersionVector } from "../../../../src/store/leaderless/versions/version-vector.js";
import { emptyVector } from "../../../../src/store/leaderless/versions/version-vector.js";
import type { Step } from "./world.js";
import { World, calmSteps, played, roughSteps, rules, text, valuesOf } from "./world.js";

/** After every step, each node has the siblings of its twin. */
function agrees(steps: readonly Step[], given: ConflictRules, hasEpochs: boolean): boolean {
  const world = new World(3, given, hasEpochs);
  return steps.every((step) => {
    world.take(step);
    return [0, 1, 2].every((node) => valuesOf(world.copy(node).object).join() === world.expected(node).join());
  });
}

describe("dotted version vectors", () => {
  test("keep what no write has overwritten, and nothing else, whatever nodes forget", () => {
    fc.assert(
      fc.property(roughSteps, (steps) => agrees(steps, rules, true)),
      { numRuns: 1000 },
    );
  });

  test("never give two writes one dot, whatever nodes forget", () => {
    fc.assert(
      fc.property(roughSteps, (steps) => {
        const events = [...played(steps, rules).writtenAt.values()];
        expect(events.filter(({ length }) => length > 1)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["an older copy comes back after the own one is lost", "put0 send01 put0 send02 forget0 send10 put0 put0! send20"],
    ["a client has seen more than the copy that came back", "put0 send01 put0 send02 forget0 send10 read2 put0? put0! send20"],
    ["the power fails before the disk has it", "put0 send01 put0 send02 crash0 put0 put0! send20"],
    ["nothing has come back yet", "put0 put0 send01 forget0 put0 put0 put0! send10"],
  ])("lose nothing when %s", (_title, story) => {
    const world = played(story.split(" ").map(stepOf), rules);
    expect(valuesOf(world.copy(0).object)).toEqual(world.expected(0));
    for (const events of world.writtenAt.values()) expect(events).toHaveLength(1);
  });

  /** `put0`: a write on node 0 that has seen nothing; `put0!`: all that is there; `put0?`: what was read before. `send01`: from 0 to 1. */
  function stepOf(text: string): Step {
    const [, kind, first, second] = /^([a-z]+)(\d)(.?)$/.exec(text) ?? [];
    const at = Number(first);
    if (kind === "send") return { kind, from: at, to: Number(second) };
    if (kind === "crash") return { kind, node: at, lost: 1 };
    if (kind === "forget" || kind === "read") return { kind, node: at };
    return { kind: "put", node: at, context: second === "!" ? "fresh" : second === "?" ? 0 : "none" };
  }

  test("do so without epochs, too, as long as nobody forgets", () => {
    fc.assert(
      fc.property(calmSteps, (steps) => agrees(steps, rules, false)),
      { numRuns: 300 },
    );
  });

  test("never have more siblings than writers, if each knows its own last write", () => {
    const writes = fc.array(fc.record({ writer: fc.nat(3), node: fc.nat(2), sends: fc.array(fc.tuple(fc.nat(2), fc.nat(2))) }), {
      maxLength: 50,
      size: "max",
    });
    fc.assert(
      fc.property(writes, (all) => {
        const world = new World(3, rules, true);
        const writers = new Set<number>();
        // What a writer has last read, as the number of the read: its own write, there and then.
        const lastRead = new Map<number, number>();
        let reads = 0;
        for (const { writer, node, sends } of all) {
          writers.add(writer);
          world.take({ kind: "put", node, context: lastRead.get(writer) ?? "none" });
          world.take({ kind: "read", node });
          lastRead.set(writer, reads++);
          for (const [from, to] of sends) world.take({ kind: "send", from, to });
          for (const at of [0, 1, 2]) expect(valuesOf(world.copy(at).object).length).toBeLessThanOrEqual(writers.size);
        }
      }),
    );
  });
});

describe("actors without epochs", () => {
  const lossy: readonly Step[] = [
    { kind: "put", node: 0, context: "none" },
    { kind: "put", node: 0, context: "fresh" },
    { kind: "send", from: 0, to: 1 },
    { kind: "forget", node: 0 },
    { kind: "put", node: 0, context: "none" },
    { kind: "send", from: 1, to: 0 },
  ];

  test("lose a write that was made after the disk forgot: it looks like one that was overwritten", () => {
    const world = played(lossy, rules, false);
    expect(world.expected(0)).toEqual(["w1", "w2"]);
    expect(valuesOf(world.copy(0).object)).toEqual(["w1"]);
    expect(valuesOf(played(lossy, rules, true).copy(0).object)).toEqual(["w1", "w2"]);
  });

  test("are told from those with epochs by random histories", () => {
    const { failed } = fc.check(
      fc.property(roughSteps, (steps) => agrees(steps, rules, false)),
      { numRuns: 1000, seed: 1 },
    );
    expect(failed).toBe(true);
  });
});

describe("two writers in turn, who know each their own last write only", () => {
  function siblingsAfter(rounds: number, clock: ConflictRules["clock"]): number {
    let object: StoredObject | undefined;
    const contexts: VersionVector[] = [emptyVector, emptyVector];
    for (let round = 0; round < rounds; round++) {
      const own = contexts[round % 2] as VersionVector;
      object = coordinate(object, own, text(`w${round}`), namedActor("n"), round, { ...rules, clock });
      contexts[round % 2] = object.vector;
    }
    return object?.siblings.length ?? 0;
  }

  test("make two siblings with dots", () => expect(siblingsAfter(20, "dvv")).toBe(2));
  test("make ever more siblings with plain vectors", () => {
    // From the third write on, each is beside all others: none of them has seen what the other writer just did.
    expect([2, 3, 10, 20].map((rounds) => siblingsAfter(rounds, "vclock"))).toEqual([2, 3, 10, 20]);
  });
  test("lose all but one by the wall clock", () => expect(siblingsAfter(20, "wall")).toBe(1));
});

test("plain vectors lose nothing as long as nobody forgets: what the twin has is there, among others", () => {
  fc.assert(
    fc.property(calmSteps, (steps) => {
      const world = played(steps, { ...rules, clock: "vclock" });
      for (const node of [0, 1, 2])
        expect(valuesOf(world.copy(node).object)).toEqual(expect.arrayContaining(world.expected(node)));
    }),
  );
});

describe("wall clocks", () => {
  const wall: ConflictRules = { ...rules, clock: "wall" };

  test("lose one of two writes that did not know of each other", () => {
    const world = played(
      [
        { kind: "put", node: 0, context: "none" },
        { kind: "put", node: 1, context: "none" },
        { kind: "send", from: 0, to: 1 },
      ],
      wall,
    );
    expect(world.expected(1)).toEqual(["w0", "w1"]);
    expect(valuesOf(world.copy(1).object)).toHaveLength(1);
  });

  test("let a node whose clock is behind swallow a write that has seen all others", () => {
    const before = coordinate(undefined, emptyVector, text("before"), namedActor("a"), 5000, wall);
    const after = coordinate(before, before.vector, text("after"), namedActor("b"), 2000, wall);
    expect(valuesOf(after)).toEqual(["before"]);
  });

  test("keep the last of what one node writes within a millisecond", () => {
    let object: StoredObject | undefined;
    for (const value of ["z", "y", "x", "a", "m"]) {
      object = coordinate(object, emptyVector, text(value), namedActor("a"), 7.5, wall);
      expect(valuesOf(object)).toEqual([value]);
    }
    expect(object?.siblings[0]?.lastModifiedUs).toBe(7004);
  });
});
