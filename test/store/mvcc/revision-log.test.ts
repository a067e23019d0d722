// Shows that the log of revisions finds, reads and forgets as a plain list does, over its chunks' borders.
import fc from "fast-check";
import { expect, it } from "vitest";
import { tombstone } from "../../../src/store/mvcc/key-value.js";
import type { Version } from "../../../src/store/mvcc/key-value.js";
import { RevisionLog } from "../../../src/store/mvcc/revision-log.js";

const someStep = fc.oneof(
  // So many writes, each a revision or a change of the same one as before.
  fc.record({
    type: fc.constant("append" as const),
    count: fc.integer({ min: 0, max: 5000 }),
    changes: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ type: fc.constant("drop" as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
);

it("is a list", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.array(someStep, { maxLength: 8 }), (steps) => {
      const log = new RevisionLog();
      const list: Version[] = [];
      let start = 0;
      for (const step of steps) {
        if (step.type === "append") {
          for (let i = 0; i < step.count; i++) {
            const sub = i % step.changes;
            const version = tombstone("k", (list.at(-1)?.modRevision ?? 1) + (sub === 0 ? 1 : 0), sub);
            list.push(version);
            log.append(version);
          }
        } else {
          start += Math.floor((list.length - start) * step.part);
          log.dropBefore(start);
        }
        expect([log.start, log.end]).toEqual([start, list.length]);
        const rest = list.slice(start);
        const middle = rest[rest.length >>> 1]?.modRevision ?? 0;
        for (const revision of [0, middle, middle + 1, (rest.at(-1)?.modRevision ?? 0) + 1]) {
          const expected = rest.filter(({ modRevision }) => modRevision >= revision);
          const found = [...log.from(revision)];
          expect(found.length).toBe(expected.length);
          expect(found.every((version, i) => version === expected[i])).toBe(true);
        }
        for (const position of [start - 1, list.length]) expect(() => log.at(position)).toThrow(/between/);
      }
    }),
    { numRuns: 60 },
  );
});
