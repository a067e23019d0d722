// Shows that the ledger takes nothing into force that is not on disk, releases at once, and ends up on disk, however slow or full that is.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createLedgerStore } from "../../src/agent/ledger-store.js";
import { type Ledger, emptyLedger, noteHooked, noteUnhooked } from "../../src/chaos/ledger.js";
import { FakeClock } from "./fake-clock.js";

/** A disk that answers, keeps everybody waiting, or is full; what it says after a power cut is `content`. */
class Disk {
  content: Ledger = emptyLedger;
  isFull = false;
  #isSlow = false;
  #waiting: (() => void)[] = [];

  set isSlow(isSlow: boolean) {
    this.#isSlow = isSlow;
    if (!isSlow) for (const go of this.#waiting.splice(0)) go();
  }

  readonly save = async (ledger: Ledger): Promise<void> => {
    if (this.#isSlow) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.isFull) throw new Error("ENOSPC");
    this.content = ledger;
  };
}

function storeOn(disk: Disk, clock = new FakeClock()) {
  const said: string[] = [];
  const store = createLedgerStore({
    loaded: disk.content,
    file: disk,
    clock,
    onUnsaved: () => said.push("unsaved"),
    onSavedAgain: () => said.push("saved again"),
  });
  const admit = (name: string): Promise<string> =>
    store
      .admit((ledger) => ({ ledger: noteHooked(ledger, name, "p") }))
      .then(
        () => "in force",
        () => "refused",
      );
  const release = (name: string) => store.release((ledger) => ({ ledger: noteUnhooked(ledger, name) }));
  return { store, clock, said, admit, release };
}

const namesIn = (ledger: Ledger): readonly string[] => Object.keys(ledger.hooked).sort();

test("what leaves is out of force at once, though the disk is at something else", async () => {
  const disk = new Disk();
  const { store, clock, admit, release } = storeOn(disk);
  await admit("a");
  disk.isSlow = true;
  const second = admit("b");
  await clock.advance(0);
  void release("a");
  expect(namesIn(store.value)).toEqual([]);
  disk.isSlow = false;
  expect(await second).toBe("in force");
  await clock.advance(0);
  expect([namesIn(store.value), namesIn(disk.content)]).toEqual([["b"], ["b"]]);
});

test("what left while the disk was full is off the disk soon after there is room", async () => {
  const disk = new Disk();
  const { clock, said, admit, release } = storeOn(disk);
  await admit("a");
  disk.isFull = true;
  const { saved } = await release("a");
  await saved;
  await clock.advance(5000);
  expect(namesIn(disk.content)).toEqual(["a"]);
  disk.isFull = false;
  await clock.advance(1000);
  expect(namesIn(disk.content)).toEqual([]);
  expect(said).toEqual(["unsaved", "saved again"]);
});

test("a disk that does not answer refuses what is new within its time, and what it writes later is not in force", async () => {
  const disk = new Disk();
  const { store, clock, admit } = storeOn(disk);
  disk.isSlow = true;
  const first = admit("a");
  await clock.advance(5000);
  expect(await first).toBe("refused");
  const second = admit("b");
  await clock.advance(0);
  expect(await second).toBe("refused");
  disk.isSlow = false;
  await clock.advance(0);
  expect([namesIn(store.value), namesIn(disk.content)]).toEqual([[], []]);
});

const name = fc.constantFrom("a", "b", "c");

type Step =
  | { readonly act: "admit"; readonly name: string }
  | { readonly act: "release"; readonly name: string }
  | { readonly act: "disk"; readonly isSlow: boolean; readonly isFull: boolean }
  | { readonly act: "wait"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ act: fc.constant("admit"), name }),
  fc.record({ act: fc.constant("release"), name }),
  fc.record({ act: fc.constant("disk"), isSlow: fc.boolean(), isFull: fc.boolean() }),
  fc.record({ act: fc.constant("wait"), ms: fc.constantFrom(0, 400, 3000, 6000) }),
);

test("does as a twin that is a set of names and knows no disk, and nothing in force is ever missing on disk", async () => {
  const check = async (steps: readonly Step[]): Promise<void> => {
    const disk = new Disk();
    const { store, clock, admit, release } = storeOn(disk);
    const twin = new Set<string>();
    const asked: Promise<void>[] = [];
    const compare = (): void => {
      expect(namesIn(store.value)).toEqual([...twin].sort());
      expect(namesIn(disk.content)).toEqual(expect.arrayContaining([...twin]));
    };
    for (const each of steps) {
      switch (each.act) {
        case "admit":
          asked.push(admit(each.name).then((answer) => void (answer === "in force" && twin.add(each.name))));
          break;
        case "release":
          void release(each.name);
          twin.delete(each.name);
          compare();
          break;
        case "disk":
          Object.assign(disk, { isSlow: each.isSlow, isFull: each.isFull });
          break;
        case "wait":
          await clock.advance(each.ms);
          compare();
      }
    }
    Object.assign(disk, { isFull: false, isSlow: false });
    await clock.advance(2000);
    await Promise.all(asked);
    compare();
    expect(disk.content).toEqual(store.value);
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), check), { numRuns: 200 });
});
