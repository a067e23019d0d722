// Shows that a crash costs nothing that was told to be durable and makes nothing up, whichever byte of whichever write it comes at, and that what it leaves can be gone on with.
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createPrng, type Prng } from "../../../../src/core/prng.js";
import type { Bitcask } from "../../../../src/store/io/bitcask/bitcask.js";
import { MemoryFolder } from "./memory-folder.js";
import { addresses, contentOf, openStore, type Content, type Opened } from "./store.js";

interface Run {
  readonly folder: MemoryFolder;
  /** What was there after each write; the first is what was there before. */
  readonly states: readonly Content[];
  /** When the folder had done so many steps, the first so many writes had been told to be durable. */
  readonly told: readonly { readonly steps: number; readonly writes: number }[];
  readonly merges: number;
}

const options = { fileBytesMax: 250, fileRecordsMax: 6 };
const metaName = "meta";

/** Lives of a store: groups of writes, removals and a little metadata, in many small files that are merged meanwhile. */
async function record(prng: Prng, groups: number): Promise<Run> {
  const folder = new MemoryFolder();
  const states: Content[] = [new Map()];
  const lives: { readonly opened: Opened; readonly before: number }[] = [];
  const begin = async (): Promise<Opened> => {
    const opened = await openStore(folder, options);
    lives.push({ opened, before: states.length - 1 });
    return opened;
  };
  let { store } = await begin();
  for (let group = 0; group < groups; group++) {
    for (let left = prng.int(1, 4); left > 0; left--) states.push(change(store, prng, states));
    // some writes come while those before them are on their way
    if (prng.chance(0.6)) await turn();
    if (!prng.chance(0.1)) continue;
    await store.close();
    ({ store } = await begin());
  }
  await turn();
  await store.close();
  const told = lives.flatMap(({ opened, before }) =>
    opened.durable.map(({ number, steps }) => ({ steps, writes: before + number })),
  );
  return { folder, states, told, merges: lives.reduce((sum, { opened }) => sum + opened.merged.length, 0) };
}

function change(store: Bitcask, prng: Prng, states: readonly Content[]): Content {
  const state = new Map(states.at(-1));
  const { place, key, name } = prng.pick(addresses);
  const value = `${states.length}${"v".repeat(prng.int(0, 40))}${"\0".repeat(prng.int(0, 9))}`;
  const dice = prng.next();
  if (dice < 0.1) {
    store.putMeta("ring", Buffer.from(value));
    state.set(metaName, value);
  } else if (dice < 0.45) {
    store.remove(place, key);
    state.delete(name);
  } else {
    store.put(place, key, Buffer.from(value));
    state.set(name, value);
  }
  return state;
}

/** All that the folder holds. */
async function reopened(folder: MemoryFolder): Promise<{ readonly content: Content; readonly opened: Opened }> {
  const opened = await openStore(folder, options);
  const content = new Map(contentOf(opened.store));
  const meta = opened.store.getMeta("ring");
  if (meta !== undefined) content.set(metaName, Buffer.from(meta).toString());
  return { content, opened };
}

function durableAt({ told }: Run, steps: number): number {
  return told.reduce((most, each) => (each.steps <= steps ? Math.max(most, each.writes) : most), 0);
}

/** Names of what is neither as it was told to be durable nor as any later write has made it. */
function wrong({ states }: Run, durable: number, content: Content): readonly string[] {
  const names = [...addresses.map(({ name }) => name), metaName];
  return names.filter((name) => !states.slice(durable).some((state) => state.get(name) === content.get(name)));
}

it("killed at every byte of every write", { timeout: 120_000 }, async () => {
  const run = await record(createPrng(7), 22);
  expect(run.merges).toBeGreaterThan(3);
  const { folder, states } = run;
  const strange: unknown[] = [];
  let points = 0;
  for (const [steps, step] of folder.steps.entries()) {
    for (let bytes = 0; bytes === 0 || (step.type === "append" && bytes < step.bytes.length); bytes++) {
      points++;
      const durable = durableAt(run, steps);
      const { content, opened } = await reopened(folder.killedAt(steps, bytes));
      const keys = new Map([...content].filter(([name]) => name !== metaName));
      // what a killed process leaves is what it had written up to some moment
      const isMoment = states.slice(durable).some((state) => sameKeys(state, keys));
      if (!isMoment || wrong(run, durable, content).length > 0 || opened.found.damages.length > 0) strange.push({ steps, bytes });
    }
  }
  expect(points).toBeGreaterThan(5000);
  expect(strange).toEqual([]);
});

it("power lost at any moment, with any part of what was not synced", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const prng = createPrng(seed);
      const run = await record(prng, 30);
      for (let point = 0; point < 12; point++) {
        const steps = prng.int(0, run.folder.steps.length);
        const durable = durableAt(run, steps);
        const left = run.folder.powerLostAt(steps, prng);
        const { content, opened } = await reopened(left);
        expect(wrong(run, durable, content)).toEqual([]);
        // and again, now that what was found has been tidied, a little has been added and the power fails once more
        const { place, key, name } = addresses[0] as (typeof addresses)[number];
        opened.store.put(place, key, Buffer.from("new"));
        await turn();
        await opened.store.idle();
        const second = await reopened(left.powerLostAt(left.steps.length, prng));
        const expected = new Map(content).set(name, "new");
        expect(second.content).toEqual(expected);
        expect(second.opened.failures).toEqual([]);
      }
    }),
    { numRuns: 25 },
  );
});

function sameKeys(state: Content, keys: Content): boolean {
  const names = [...state.keys()].filter((name) => name !== metaName);
  return names.length === keys.size && names.every((name) => state.get(name) === keys.get(name));
}
