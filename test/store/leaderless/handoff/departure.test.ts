// Shows that copies leave a node only once all who are to have them do, that what they have already is not sent, and that a departure which fails removes nothing more.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Departure } from "../../../../src/store/leaderless/handoff/departure.js";
import { missingOf } from "../../../../src/store/leaderless/handoff/holdings.js";
import { keysOf } from "../../../../src/store/leaderless/handoff/walk.js";
import { objectHash } from "../../../../src/store/leaderless/merkle/hash.js";
import type { Outgoing } from "../../../../src/store/leaderless/messages.js";
import type { Place } from "../../../../src/store/leaderless/storage.js";
import { MemoryStorage } from "../machine/memory-storage.js";

const place: Place = { kind: "home", partition: 1, n: 3 };

/** A node with copies to give up, and those who are to have them. */
class World {
  readonly own = new MemoryStorage();
  readonly others = new Map<string, MemoryStorage>();
  readonly departure: Departure;
  readonly mail: Outgoing[] = [];
  /** Of each write: to whom, and which key. */
  readonly sent: string[] = [];
  nowMs = 0;
  #requests = 0;

  constructor(own: Readonly<Record<string, string>>, others: Readonly<Record<string, Readonly<Record<string, string>>>>) {
    fill(this.own, own);
    for (const [member, held] of Object.entries(others)) {
      const storage = new MemoryStorage();
      fill(storage, held);
      this.others.set(member, storage);
    }
    this.departure = new Departure({
      place,
      to: Object.keys(others).map((member) => ({ member, place })),
      storage: this.own,
      send: (message) => this.mail.push(message),
      newRequest: () => ++this.#requests,
      nowMs: () => this.nowMs,
      remove: (key, hash) => {
        const bytes = this.own.get(place, key);
        if (bytes !== undefined && objectHash(bytes) === hash) this.own.remove(place, key);
      },
    });
    this.departure.start();
  }

  /** All others answer, and time passes, until there is nothing to answer and nothing left to remove. */
  run(): void {
    for (let turns = 0; turns < 100 && this.departure.end === undefined; turns++) {
      for (let message = this.mail.shift(); message !== undefined; message = this.mail.shift()) this.answer(message);
      this.departure.tick();
    }
  }

  answer(message: Outgoing, isDurable = true): void {
    const { to } = message;
    const storage = this.others.get(to) as MemoryStorage;
    if (message.type === "holds") {
      this.departure.answered(to, message.request, missingOf(message.ask, message.place, storage));
    } else if (message.type === "write") {
      this.sent.push(`${to} ${message.key}`);
      if (isDurable) storage.put(message.place, message.key, message.object);
      this.departure.written(to, message.request, isDurable);
    }
  }

  get left(): string[] {
    return keysIn(this.own);
  }
}

function fill(storage: MemoryStorage, held: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(held)) storage.put(place, key, Buffer.from(value));
}

function keysIn(storage: MemoryStorage): string[] {
  return [...keysOf(storage, place)].map(([key]) => key).sort();
}

const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`k${i}`, `v${i}`]));

describe("a place whose copies others have", () => {
  test("is removed after one question to each of them", () => {
    const world = new World(many, { n2: many, n3: { ...many, more: "of its own" } });
    // of the segment that differs the keys are asked for too
    const asked = (): number => world.mail.filter(({ type }) => type === "holds").length;
    expect(asked()).toBe(2);
    world.run();
    expect([world.departure.end, world.left, world.sent]).toEqual(["done", [], []]);
  });

  test("keeps what has changed since it was compared", () => {
    const world = new World({ a: "1", b: "1" }, { n2: { a: "1", b: "1" } });
    const [ask] = world.mail.splice(0);
    fill(world.own, { a: "2" });
    world.answer(ask as Outgoing);
    world.run();
    expect(world.left).toEqual(["a"]);
  });
});

test("what was there once and is lost again is sent again", () => {
  const { k7: _lost, ...others } = many;
  const world = new World(many, { n2: others, n3: many });
  world.run();
  expect([world.departure.end, world.left]).toEqual(["done", []]);
  expect(world.sent).toEqual(["n2 k7", "n3 k7"]);
  expect(keysIn(world.others.get("n2") as MemoryStorage)).toEqual(Object.keys(many).sort());
});

test("who cannot take something ends it, and so does who does not answer; what is not elsewhere stays", () => {
  const refusing = new World({ a: "1", b: "1" }, { n2: { b: "1" } });
  for (let message = refusing.mail.shift(); message !== undefined; message = refusing.mail.shift())
    refusing.answer(message, false);
  expect([refusing.departure.end, refusing.left]).toEqual(["failed", ["a", "b"]]);

  const silent = new World({ a: "1" }, { n2: { a: "1" }, n3: { a: "1" } });
  silent.answer(silent.mail.shift() as Outgoing);
  silent.nowMs += 10_000;
  silent.departure.tick();
  silent.answer(silent.mail.shift() as Outgoing);
  silent.departure.tick();
  expect([silent.departure.end, silent.left]).toEqual(["failed", ["a"]]);
});

test("whatever others hold, they hold all of it in the end, and nobody is sent what all have", () => {
  const values = fc.dictionary(fc.stringMatching(/^[a-d]{1,2}$/), fc.constantFrom("1", "2"), { maxKeys: 12 });
  fc.assert(
    fc.property(values, values, values, (own, n2, n3) => {
      const world = new World(own, { n2, n3 });
      world.run();
      expect([world.departure.end, world.left]).toEqual(["done", []]);
      for (const [key, value] of Object.entries(own)) {
        for (const storage of world.others.values()) expect(Buffer.from(storage.get(place, key) ?? []).toString()).toBe(value);
        const isSent = world.sent.includes(`n2 ${key}`);
        expect(isSent).toBe(n2[key] !== value || n3[key] !== value);
      }
    }),
  );
});
