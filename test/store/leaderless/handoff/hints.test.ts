// Shows how hints go home: all of them, each removed only where the owner has it as it is, at a pace, and without walking the disk for each few of them.
import { describe, expect, test } from "vitest";
import { Hints } from "../../../../src/store/leaderless/handoff/hints.js";
import type { Outgoing } from "../../../../src/store/leaderless/messages.js";
import type { Place } from "../../../../src/store/leaderless/storage.js";
import { MemoryStorage } from "../machine/memory-storage.js";

const place: Place = { kind: "hint", partition: 3, n: 3, member: "owner" };
type Write = Extract<Outgoing, { readonly type: "write" }>;

class Bench {
  readonly storage = new MemoryStorage();
  readonly sent: Write[] = [];
  segmentsRead = 0;
  clients = 0;
  isReachable = true;
  nowMs = 0;
  readonly hints: Hints;

  constructor(count: number, bytes = 10) {
    const object = Buffer.alloc(bytes);
    for (let i = 0; i < count; i++) this.storage.put(place, `key ${i}`, object);
    const entries = this.storage.entries.bind(this.storage);
    this.storage.entries = (...of) => {
      this.segmentsRead++;
      return entries(...of);
    };
    let request = 0;
    this.hints = new Hints({
      storage: this.storage,
      send: (message) => this.sent.push(message as Write),
      newRequest: () => ++request,
      isReachable: () => this.isReachable,
      isStray: () => false,
      clientsWaiting: () => this.clients,
      nowMs: () => this.nowMs,
    });
  }

  /** The owner answers all that it is sent at once. */
  pass(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      this.nowMs += 100;
      this.hints.tick();
      for (let next = this.sent.shift(); next !== undefined; next = this.sent.shift()) {
        this.hints.replied("owner", next.request, true);
      }
    }
  }

  get left(): number {
    return this.storage.count(place);
  }
}

describe("a hundred thousand hints for one owner", () => {
  test("go home in time, five thousand a second at most, and each segment is read hardly more than once", () => {
    const bench = new Bench(100_000);
    bench.pass(1000);
    expect(bench.left).toBe(95_010);
    bench.pass(21_000);
    expect(bench.left).toBe(0);
    expect(bench.segmentsRead).toBeLessThan(1024 + 100);
  });

  test("are slower while many clients wait, and where objects are large", () => {
    const busy = new Bench(100_000);
    busy.clients = 1000;
    busy.pass(1000);
    expect(busy.left).toBe(99_010);
    const large = new Bench(1000, 64 * 1024);
    large.pass(100);
    expect(1000 - large.left).toBe(100);
  });
});

test("what has changed meanwhile stays, and goes again", () => {
  const bench = new Bench(1);
  bench.nowMs = 100;
  bench.hints.tick();
  bench.storage.put(place, "key 0", Buffer.from("newer"));
  const [first] = bench.sent.splice(0) as [Write];
  bench.hints.replied("owner", first.request, true);
  expect(bench.left).toBe(1);
  expect(bench.sent.map(({ object }) => Buffer.from(object).toString())).toEqual(["newer"]);
});

test("what the owner did not take, or did not answer, goes again", () => {
  const bench = new Bench(2);
  bench.nowMs = 100;
  bench.hints.tick();
  expect(bench.sent).toHaveLength(2);
  const [first] = bench.sent.splice(0) as [Write];
  bench.hints.replied("owner", first.request, false);
  bench.nowMs = 200;
  bench.hints.tick();
  expect(bench.sent.map(({ key }) => key)).toEqual([first.key]);
  bench.sent.length = 0;
  bench.nowMs = 5300;
  bench.hints.tick();
  expect(bench.sent).toHaveLength(2);
});

test("nothing is sent to who cannot be reached, and answers of others count for nothing", () => {
  const bench = new Bench(1);
  bench.isReachable = false;
  bench.pass(1000);
  expect(bench.left).toBe(1);
  bench.isReachable = true;
  bench.nowMs += 100;
  bench.hints.tick();
  const [first] = bench.sent as [Write];
  bench.hints.replied("somebody else", first.request, true);
  expect(bench.left).toBe(1);
  expect(bench.hints.waiting()).toEqual(new Map([["owner", 1]]));
});
