// Shows that the queue wakes whoever is due, the earliest first, as a list does that is sorted each time.
import fc from "fast-check";
import { expect, it } from "vitest";
import { WakeQueue } from "../../../src/store/lease/wake-queue.js";

const step = fc.oneof(
  fc.record({ type: fc.constant("add" as const), atMs: fc.nat(20) }),
  fc.record({ type: fc.constant("take" as const), nowMs: fc.nat(25) }),
);

it("is a sorted list", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new WakeQueue<number>();
      let list: number[] = [];
      const taken: unknown[] = [];
      const due: unknown[] = [];
      for (const each of steps) {
        if (each.type === "add") {
          queue.add(each.atMs, each.atMs);
          list.push(each.atMs);
        } else {
          const [first] = list.toSorted((a, b) => a - b);
          const isDue = first !== undefined && first <= each.nowMs;
          taken.push(queue.take(each.nowMs));
          due.push(isDue ? first : undefined);
          if (isDue) list = list.toSpliced(list.indexOf(first), 1);
        }
      }
      expect([taken, queue.size]).toEqual([due, list.length]);
    }),
  );
});
