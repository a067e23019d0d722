// Shows that the store answers any history of puts, deletes, nested transactions, compactions and ended leases as a plain list of all writes does: every request, every past revision, every event.
import fc from "fast-check";
import { expect, it } from "vitest";
import { MvccStore } from "../../../src/store/mvcc/mvcc-store.js";
import { leases, someQuery, someStep } from "./histories.js";
import type { Step } from "./histories.js";
import { PlainStore } from "./plain-store.js";
import { query } from "./words.js";

it("answers as a list of all writes does, whenever memory is given back", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ step: someStep, queries: fc.array(someQuery, { maxLength: 2 }), slices: fc.nat({ max: 2 }) }), {
        minLength: 1,
        maxLength: 25,
      }),
      (history) => {
        const store = new MvccStore((lease) => leases.has(lease));
        const plain = new PlainStore(leases);
        for (const { step, queries, slices } of history) {
          const { ours, expected } = take(store, plain, step);
          expect(ours).toEqual(expected);
          for (let slice = 0; slice < slices; slice++) store.compactSlice(() => false);
          for (const query of queries) expect(store.range(query)).toEqual(plain.range(query));
          expect(store.revision).toBe(plain.revision);
          expect(store.compactRevision).toBe(plain.compactRevision);
        }
        checkWhole(store, plain);
      },
    ),
    { numRuns: 2000 },
  );
});

/** What the two say to it. */
function take(store: MvccStore, plain: PlainStore, step: Step): { readonly ours: unknown; readonly expected: unknown } {
  switch (step.type) {
    case "command":
      return { ours: store.apply(step.op), expected: plain.apply(step.op) };
    case "compact": {
      const revision = plain.revision - step.back;
      return { ours: store.compact(revision), expected: plain.compact(revision) };
    }
    case "endLease":
      return { ours: store.endLease(step.lease), expected: plain.endLease(step.lease) };
  }
}

function checkWhole(store: MvccStore, plain: PlainStore): void {
  for (const lease of leases) expect(store.keysOf(lease)).toEqual(plain.keysOf(lease));
  for (let revision = Math.max(1, plain.compactRevision); revision <= plain.revision; revision++) {
    expect(store.range({ ...everything, revision })).toMatchObject({ kvs: plain.pairs(revision) });
    const events = [...store.changesFrom(revision)];
    expect(events).toEqual(plain.writes.filter(({ modRevision }) => modRevision >= revision));
    for (const event of events) expect(store.before(event)).toEqual(plain.before(event));
  }
  while (store.compactSlice(() => true));
  expect(store.bytes).toBe(plain.survivors().reduce((sum, { key, value }) => sum + key.length + value.length + 64, 0));
}

const everything = query("\0", "\0");
