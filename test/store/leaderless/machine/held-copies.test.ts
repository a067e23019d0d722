// Shows that what nodes tell of their copies is equal exactly where the copies are, byte by byte, whatever was written through whom and heard by whom.
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareReplicas, type Replicas } from "../../../../src/cluster/ring/replicas.js";
import { Box } from "./box.js";

const members = ["n1", "n2", "n3", "n4", "n5"];

function told(box: Box): Replicas {
  const asked = members.map((node) => ({ node, state: "running", copies: box.of(node).node.ringCopies }));
  return compareReplicas("box", asked);
}

/** The dumb twin: for each place whether all of its owners have the same bytes of the same keys. */
function differing(box: Box): readonly string[] {
  const contents = new Map<string, Set<string>>();
  for (const node of members) {
    const { storage, node: machine } = box.of(node);
    for (const { partition, n, owners } of machine.ringCopies.places) {
      if (!owners.includes(node)) continue;
      const place = { kind: "home", partition, n } as const;
      const held = Array.from(storage.all(place), ([key]) => [key, Buffer.from(storage.get(place, key) ?? []).toString("hex")]);
      const name = `${partition}/${n}`;
      contents.set(name, (contents.get(name) ?? new Set()).add(JSON.stringify(held.map((one) => one.join("=")).sort())));
    }
  }
  return [...contents].filter(([, each]) => each.size > 1).map(([name]) => name);
}

const step = fc.oneof(
  fc.record({ does: fc.constant("put" as const), by: fc.constantFrom(...members), key: fc.nat(5), value: fc.nat(3) }),
  fc.record({ does: fc.constant("cut" as const), off: fc.subarray(members, { minLength: 1, maxLength: 2 }) }),
  fc.record({ does: fc.constantFrom("heal" as const, "pass" as const) }),
);

test("places that are told to differ are those whose owners hold other bytes; in the end none do", () => {
  let differed = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 3, maxLength: 25 }), (steps) => {
      const box = new Box(members, { exchangeIntervalMs: 1000 });
      for (const one of steps) {
        if (one.does === "put") box.put(one.by, `k${one.key}`, String(one.value));
        else if (one.does === "cut") box.hears = (from, to) => one.off.includes(from) === one.off.includes(to);
        else if (one.does === "heal") box.hears = () => true;
        else box.pass(2000);
        const expected = differing(box);
        differed += expected.length;
        expect(
          told(box)
            .different.map(({ partition, n }) => `${partition}/${n}`)
            .sort(),
        ).toEqual([...expected].sort());
      }
      box.hears = () => true;
      box.pass(10_000);
      expect(told(box)).toMatchObject({ verdict: "equal", different: [], waiting: [], places: 16 });
    }),
    { numRuns: 12, seed: 7 },
  );
  expect(differed).toBeGreaterThan(50);
});
