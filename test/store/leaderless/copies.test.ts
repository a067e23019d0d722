// What a copy becomes by an object from elsewhere stands on the disk as the two together do, by whichever rules and whichever of them knows more.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Copies } from "../../../src/store/leaderless/copies.js";
import { DurableQueue } from "../../../src/store/leaderless/durable-queue.js";
import type { ConflictRules } from "../../../src/store/leaderless/objects/conflict.js";
import { merge } from "../../../src/store/leaderless/objects/merge.js";
import { decodeObject, encodeObject } from "../../../src/store/leaderless/objects/object-codec.js";
import type { Place } from "../../../src/store/leaderless/storage.js";
import { namedActor } from "../../../src/store/leaderless/versions/actor.js";
import { MemoryStorage } from "./machine/memory-storage.js";
import { played, roughSteps, rules } from "./objects/world.js";

const now: Place = { kind: "home", partition: 1, n: 3 };
const before: Place = { kind: "home", partition: 1, n: 5 };
const key = "k";

function copiesOn(storage: MemoryStorage, given: ConflictRules): Copies {
  return new Copies({
    storage,
    writers: { of: () => namedActor("n1"), arrived: () => undefined },
    durable: new DurableQueue(),
    rulesOf: () => given,
    watcher: { copyChanged: () => undefined, deleted: () => undefined, mayForget: () => true },
  });
}

test.each(["dvv", "vclock", "wall"] as const)("by %s", (clock) => {
  const given = { ...rules, clock };
  const maybe = fc.option(fc.nat(), { nil: undefined });
  fc.assert(
    fc.property(roughSteps, fc.nat(), maybe, maybe, (steps, drawn, here, elsewhere) => {
      const { pool } = played(steps, given);
      if (pool.length === 0) return;
      const from = (at: number): Buffer => encodeObject(pool[at % pool.length] as (typeof pool)[number]);
      const storage = new MemoryStorage();
      const had = [here, elsewhere].map((at) => (at === undefined ? undefined : from(at)));
      [now, before].forEach((place, i) => had[i] !== undefined && storage.put(place, key, had[i]));
      const came = from(drawn);
      const { bytes, object } = copiesOn(storage, given).take(now, key, Buffer.from(came), given);
      // as Copies goes about it: what stands in the place, then what stood in others
      const local = had.flatMap((each) => (each === undefined ? [] : [decodeObject(each)]));
      const together = [...local, decodeObject(came)].reduce((a, b) => merge(a, b, given));
      expect(Buffer.from(bytes).toString("hex")).toBe(encodeObject(together).toString("hex"));
      expect(encodeObject(object).equals(bytes)).toBe(true);
      expect(storage.get(now, key)).toEqual(bytes);
    }),
    { numRuns: 150 },
  );
});
