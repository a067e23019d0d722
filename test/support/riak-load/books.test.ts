// Shows that the books of the clients accept a ring that keeps what it acknowledged, and find one that loses, invents, or brings back.
import { expect, test } from "vitest";
import { createPrng } from "../../../src/core/prng.js";
import { CounterBook } from "./counters.js";
import { ObjectBook } from "./objects.js";
import type { Outcome, Sent } from "./riak-http.js";
import { SetBook } from "./sets.js";

interface Lies {
  /** What an update that is acknowledged does not do. */
  readonly forgets?: (sent: Sent) => boolean;
}

/** A ring of one, without contexts: counters and sets. */
class FakeRing {
  readonly name = "c0";
  readonly counters = new Map<string, number>();
  readonly sets = new Map<string, Set<string>>();
  readonly #lies: Lies;

  constructor(lies: Lies = {}) {
    this.#lies = lies;
  }

  ask(sent: Sent): Promise<Outcome> {
    const text = sent.path.startsWith("/types/") ? this.#set(sent) : this.#counter(sent);
    return Promise.resolve({ type: "done", status: 200, headers: {}, text });
  }

  #counter({ method, path, body }: Sent): string {
    const value = this.counters.get(path) ?? 0;
    if (method === "GET") return String(value);
    this.counters.set(path, value + Number(body));
    return "";
  }

  #set(sent: Sent): string {
    const set = this.sets.get(sent.path) ?? new Set();
    this.sets.set(sent.path, set);
    if (sent.method === "GET") return JSON.stringify({ value: [...set], context: "all" });
    if (this.#lies.forgets?.(sent) === true) return "";
    const { add, remove } = JSON.parse(sent.body ?? "") as { readonly add?: string; readonly remove?: string };
    if (add !== undefined) set.add(add);
    if (remove !== undefined) set.delete(remove);
    return "";
  }
}

async function told(book: CounterBook | SetBook, ring: FakeRing): Promise<readonly string[]> {
  const prng = createPrng(1);
  for (let turn = 0; turn < 200; turn++) await book.turn(ring, prng);
  return book.faults(ring);
}

test("counters: the sum of what was acknowledged", async () => {
  const ring = new FakeRing();
  const book = new CounterBook(2);
  expect(await told(book, ring)).toEqual([]);
  for (const [key, value] of ring.counters) ring.counters.set(key, value + 1);
  expect(await book.faults(ring)).toHaveLength(2);
});

test("sets: what no removal has seen stays, and what was removed does not come back", async () => {
  expect(await told(new SetBook(3), new FakeRing())).toEqual([]);
  const isAdd = ({ body = "" }: Sent): boolean => body.includes('"add":"e');
  expect((await told(new SetBook(3), new FakeRing({ forgets: isAdd }))).join()).toContain("has lost e");
  const isRemoval = ({ body = "" }: Sent): boolean => body.includes('"remove":"once');
  expect((await told(new SetBook(3), new FakeRing({ forgets: isRemoval }))).join()).toContain("is back in");
});

test("objects: present, or followed by what is", () => {
  const book = new ObjectBook(1);
  book.begin("a", "k", []).outcome = "ok";
  book.begin("b", "k", ["a"]).outcome = "unknown";
  book.begin("c", "k", ["b"]).outcome = "ok";
  book.begin("d", "k", ["a"]).outcome = "ok";
  book.begin("e", "k", ["d"]).outcome = "refused";
  book.begin("f", "other", []).outcome = "ok";
  expect(book.faultsOf("k", ["c", "d"])).toEqual([]);
  expect(book.faultsOf("k", ["c"])).toEqual(["k has lost d"]);
  expect(book.faultsOf("k", ["c", "d", "a"])).toEqual(["a is back in k"]);
  expect(book.faultsOf("k", ["c", "d", "e"])).toEqual(["d is back in k", "nobody wrote e to k"]);
  expect(book.faultsOf("k", ["c", "d", "f"])).toEqual(["nobody wrote f to k"]);
});
