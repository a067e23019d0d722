// What counts as on disk really is there, whatever was overwritten while writes were under way: checked against a disk of plain arrays.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Durability } from "../../../src/store/raft/durability.js";

const step = fc.oneof(
  fc.record({ type: fc.constant("append" as const) }),
  fc.record({ type: fc.constant("overwrite" as const), index: fc.nat(20) }),
  fc.record({ type: fc.constant("handOut" as const) }),
  fc.record({ type: fc.constant("confirm" as const), count: fc.integer({ min: 1, max: 3 }) }),
);

/** How far two logs agree from the front. */
function agreeTo(a: readonly number[], b: readonly number[]): number {
  const differ = a.findIndex((entry, i) => entry !== b[i]);
  return differ < 0 ? a.length : differ;
}

test("the durable index is never beyond what the disk holds of the present log, and reaches it when all writes are done", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const durability = new Durability({ term: 0, vote: 0, commit: 0 }, 0);
      const log: number[] = [];
      let disk: readonly number[] = [];
      const writes: { persistNumber: number; content: readonly number[] }[] = [];
      let entry = 0;
      const confirm = (): void => {
        const write = writes.shift();
        if (write === undefined) return;
        disk = write.content;
        durability.confirm(write.persistNumber);
      };
      for (const it of steps) {
        if (it.type === "append") log.push(++entry);
        else if (it.type === "overwrite" && it.index < log.length) {
          log.length = it.index;
          durability.cut(it.index + 1);
          log.push(++entry);
        } else if (it.type === "handOut") writes.push({ persistNumber: durability.handOut(log.length, 0, 0), content: [...log] });
        else if (it.type === "confirm") for (let i = 0; i < it.count; i++) confirm();
        expect(durability.index).toBeLessThanOrEqual(agreeTo(log, disk));
      }
      writes.push({ persistNumber: durability.handOut(log.length, 0, 0), content: [...log] });
      while (writes.length > 0) confirm();
      expect(durability.index).toBe(log.length);
    }),
  );
});

test("a leader's snapshot counts once it is written, and of the log before it only what was committed", () => {
  const durability = new Durability({ term: 1, vote: 0, commit: 3 }, 5);
  durability.replacedBy(10, 3);
  expect(durability.index).toBe(3);
  durability.confirm(durability.handOut(10, 2, 1));
  expect(durability).toMatchObject({ index: 10, term: 2, vote: 1 });
});
