// Shows when a node counts on in an epoch and when it takes a new one, and that none is given out twice. (That this is enough, the causal
// histories in ../objects/causality.test.ts show.)
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { actorOf, epochOf, epochRange } from "../../../../src/store/leaderless/versions/actor.js";
import { MalformedBytes } from "../../../../src/store/leaderless/versions/binary.js";
import { Epochs, leaseEpochs, outdatedMax } from "../../../../src/store/leaderless/versions/epochs.js";
import type { VersionVector } from "../../../../src/store/leaderless/versions/version-vector.js";
import { emptyVector } from "../../../../src/store/leaderless/versions/version-vector.js";

const disk = "\u0000\u00ffdisk-1";

function ready(stored?: Uint8Array, freshDiskId = (): string => disk): { epochs: Epochs; stored: Uint8Array } {
  const epochs = new Epochs(stored, freshDiskId);
  const lease = epochs.lease() as Uint8Array;
  epochs.leased();
  return { epochs, stored: lease };
}

function vectorOf(...entries: readonly (readonly [actor: string, counter: number])[]): VersionVector {
  return entries.map(([actor, counter]) => ({ actor, counter, seconds: 0 })).sort((a, b) => (a.actor < b.actor ? -1 : 1));
}

test("an actor is the id of a disk and an epoch, and of no other disk", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: epochRange - 1 }), (epoch) => {
      const actor = actorOf(disk, epoch);
      expect(actor).toHaveLength(12);
      expect(epochOf(actor, disk)).toBe(epoch);
      expect(epochOf(actor, "another!")).toBeUndefined();
      expect(epochOf(`${actor}x`, disk)).toBeUndefined();
    }),
  );
});

describe("a write", () => {
  test("takes a new epoch without a copy, and counts on with one", () => {
    const { epochs } = ready();
    const first = epochs.of("k").choose(undefined, emptyVector);
    expect(epochOf(first, disk)).toBe(0);
    expect(epochs.of("k").choose(vectorOf([first, 1]), emptyVector)).toBe(first);
    expect(epochs.of("k").choose(vectorOf([first, 2], ["somebody", 9]), vectorOf([first, 1]))).toBe(first);
  });

  test("takes a new one of what only others have written", () => {
    const { epochs } = ready();
    expect(epochOf(epochs.of("k").choose(vectorOf(["somebody", 3]), emptyVector), disk)).toBe(0);
    expect(epochOf(epochs.of("l").choose(vectorOf(["somebody", 3]), emptyVector), disk)).toBe(1);
  });

  test("takes a new one where its client has seen more of this disk than there is", () => {
    const { epochs } = ready();
    const first = epochs.of("k").choose(undefined, emptyVector);
    const second = epochs.of("k").choose(vectorOf([first, 3]), vectorOf([first, 4]));
    expect(epochOf(second, disk)).toBe(1);
    expect(epochs.of("k").choose(vectorOf([first, 4], [second, 1]), emptyVector)).toBe(second);
  });

  test("takes a new one after a copy arrived that has more of this disk, once", () => {
    const { epochs } = ready();
    const first = epochs.of("k").choose(undefined, emptyVector);
    epochs.arrived("k", undefined, vectorOf([first, 1]));
    const second = epochs.of("k").choose(vectorOf([first, 1]), emptyVector);
    expect(epochOf(second, disk)).toBe(1);
    expect(epochs.of("k").choose(vectorOf([first, 1], [second, 1]), emptyVector)).toBe(second);
    epochs.arrived("k", vectorOf([first, 1], [second, 1]), vectorOf([first, 1], ["somebody", 5]));
    expect(epochs.of("k").choose(vectorOf([first, 1], [second, 1]), emptyVector)).toBe(second);
  });

  test("in one place never counts on in the epoch of another place, of which it learnt by a client", () => {
    const { epochs } = ready();
    const home = epochs.of("home").choose(undefined, emptyVector);
    const hint = epochs.of("hint").choose(undefined, emptyVector);
    const next = epochs.of("home").choose(vectorOf([home, 1]), vectorOf([hint, 3]));
    expect([home, hint]).not.toContain(next);
    expect(epochs.of("home").choose(vectorOf([home, 1], [hint, 3], [next, 1]), emptyVector)).toBe(next);
  });

  test("takes a new one in each life of the program", () => {
    const { epochs, stored } = ready();
    const first = epochs.of("k").choose(undefined, emptyVector);
    const next = ready(stored)
      .epochs.of("k")
      .choose(vectorOf([first, 1]), emptyVector);
    expect(epochOf(next, disk)).toBe(leaseEpochs);
  });

  test("does not believe in epochs that were never given out", () => {
    const { epochs } = ready();
    const made = epochs.of("k").choose(undefined, vectorOf([actorOf(disk, 77), 5]));
    expect(epochOf(made, disk)).toBe(0);
    const copy = vectorOf([made, 1], [actorOf(disk, 77), 5]);
    expect(epochs.of("k").choose(copy, copy)).toBe(made);
  });
});

test("when more copies came back than can be remembered, all keys begin a new epoch", () => {
  const { epochs } = ready();
  const first = epochs.of("k").choose(undefined, emptyVector);
  for (let i = 0; i <= outdatedMax; i++) epochs.arrived(`lost${i}`, undefined, vectorOf([first, 1]));
  expect(epochOf(epochs.of("k").choose(vectorOf([first, 1]), emptyVector), disk)).toBe(1);
  expect(epochOf(epochs.of("lost5").choose(vectorOf([first, 1]), emptyVector), disk)).toBe(2);
});

describe("leases", () => {
  test("nothing is given out before the first is durable", () => {
    const epochs = new Epochs(undefined, () => disk);
    expect(epochs.available).toBe(0);
    expect(() => epochs.of("k").choose(undefined, emptyVector)).toThrow("leased");
    expect(epochs.lease()).toBeInstanceOf(Uint8Array);
    expect(epochs.lease()).toBeUndefined();
    epochs.leased();
    expect(epochs.available).toBe(leaseEpochs);
  });

  test("the next one is asked for in time; no epoch is given out twice, whenever the disk stops", () => {
    const seen = new Set<string>();
    let { epochs, stored } = ready();
    for (let i = 0; i < 5; i++) {
      for (let taken = 0; taken < leaseEpochs * 0.6; taken++) {
        const lease = epochs.lease();
        if (lease !== undefined) {
          stored = lease;
          if (i % 2 === 0) epochs.leased();
        }
        seen.add(epochs.of("k").choose(undefined, emptyVector));
      }
      ({ epochs, stored } = ready(stored));
    }
    expect(seen.size).toBe(5 * Math.ceil(leaseEpochs * 0.6));
  });

  test("when a disk has used up all epochs, it takes another id", () => {
    const last = ready().stored;
    Buffer.from(last.buffer, last.byteOffset, last.length).writeUInt32BE(epochRange - leaseEpochs, 9);
    const { epochs, stored } = ready(last, () => "disk-two");
    expect(epochOf(epochs.of("k").choose(undefined, emptyVector), "disk-two")).toBe(0);
    const copy = vectorOf([actorOf(disk, 5), 3]);
    expect(epochOf(ready(stored).epochs.of("k").choose(copy, emptyVector), "disk-two")).toBe(leaseEpochs);
  });

  test.each([
    ["nothing", ""],
    ["too short", "0101"],
    ["of another version", "02".repeat(13)],
  ])("%s is no lease", (_title, hex) => {
    expect(() => new Epochs(Buffer.from(hex, "hex"), () => disk)).toThrow(MalformedBytes);
  });
});
