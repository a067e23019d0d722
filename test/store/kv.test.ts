// Shows that the store's map behaves as etcd's: revisions, ranges in byte order, deletes; that a plain sorted list agrees with it on random commands; and that a snapshot holds everything.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCommand, Kv } from "../../src/store/kv.js";
import type { Command, KeyValue, RangeRequest } from "../../src/store/kv.js";

const put = (key: string, value = "v"): Command => ({ type: "put", key, value: Buffer.from(value) });
const del = (key: string, rangeEnd = ""): Command => ({ type: "deleteRange", key, rangeEnd });
const range = (key: string, rangeEnd = "", limit = 0, countOnly = false): RangeRequest => ({ key, rangeEnd, limit, countOnly });

function kvOf(...commands: Command[]): Kv {
  const kv = new Kv();
  for (const command of commands) kv.apply(encodeCommand(command));
  return kv;
}

const keysIn = (kv: Kv, request: RangeRequest): string[] => kv.range(request).kvs.map(({ key }) => key);

describe("revisions", () => {
  it("start at 1 and count puts", () => {
    expect(new Kv().revision).toBe(1);
    expect(kvOf(put("a"), put("b")).revision).toBe(3);
  });

  it("tell making from changing", () => {
    const [pair] = kvOf(put("a", "1"), put("b"), put("a", "2")).range(range("a")).kvs;
    expect(pair).toEqual({ key: "a", value: Buffer.from("2"), createRevision: 2, modRevision: 4, version: 2 });
  });

  it("begin again for a key that was deleted", () => {
    const [pair] = kvOf(put("a"), del("a"), put("a")).range(range("a")).kvs;
    expect(pair).toMatchObject({ createRevision: 4, modRevision: 4, version: 1 });
  });

  it("do not move for a delete of nothing, and move once for a delete of many", () => {
    expect(kvOf(del("a")).revision).toBe(1);
    expect(kvOf(put("a"), put("b"), del("a", "c")).revision).toBe(4);
  });
});

describe("outcomes", () => {
  it.each<[string, Command, string[]]>([
    ["a put says what it overwrote", put("a", "new"), ["a"]],
    ["a put of a new key says nothing", put("z"), []],
    ["a delete says what it deleted", del("b", "d"), ["b", "c"]],
    ["a delete of an absent key says nothing", del("x"), []],
  ])("%s", (_, command, expected) => {
    const kv = kvOf(put("a"), put("b"), put("c"), put("d"));
    expect(kv.apply(encodeCommand(command)).previous.map(({ key }) => key)).toEqual(expected);
  });
});

describe("ranges", () => {
  const kv = kvOf(put("b"), put("a"), put("\xff"), put("ab"), put("\x7f"), put("\x80"));
  it.each<[string, RangeRequest, string[]]>([
    ["one key", range("a"), ["a"]],
    ["an absent key", range("nope"), []],
    ["from a key to a key, the end left out", range("a", "b"), ["a", "ab"]],
    ["everything, ordered by byte", range("\0", "\0"), ["a", "ab", "b", "\x7f", "\x80", "\xff"]],
    ["everything from a key on", range("b", "\0"), ["b", "\x7f", "\x80", "\xff"]],
    ["an empty interval", range("b", "a"), []],
  ])("%s", (_, request, expected) => expect(keysIn(kv, request)).toEqual(expected));

  it("count all pairs whatever the limit", () => {
    expect(kv.range(range("\0", "\0", 2))).toMatchObject({ count: 6, more: true, kvs: [{ key: "a" }, { key: "ab" }] });
    expect(kv.range(range("\0", "\0", 6))).toMatchObject({ count: 6, more: false });
    expect(kv.range(range("\0", "\0", 0, true))).toMatchObject({ count: 6, more: false, kvs: [] });
  });
});

it("refuses an entry of a kind it does not know", () => {
  expect(() => new Kv().apply(Buffer.from([9, 0, 0, 0, 0]))).toThrow(/unknown kind 9/);
});

// Few keys, so that commands meet; bytes above 0x7f, so that a text order would show.
const someKey = fc
  .array(fc.constantFrom(0, 0x61, 0x7f, 0x80, 0xff), { minLength: 1, maxLength: 3 })
  .map((bytes) => Buffer.from(bytes).toString("latin1"));
const someEnd = fc.oneof(fc.constant(""), fc.constant("\0"), someKey);
const someCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("put" as const), key: someKey, value: fc.uint8Array({ maxLength: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("deleteRange" as const), key: someKey, rangeEnd: someEnd }) },
);

/** The same store without any cleverness. */
class PlainKv {
  pairs: KeyValue[] = [];
  revision = 1;

  within(key: string, rangeEnd: string): KeyValue[] {
    const bytes = Buffer.from(key, "latin1");
    const end = Buffer.from(rangeEnd, "latin1");
    return this.pairs
      .map((pair) => ({ pair, at: Buffer.from(pair.key, "latin1") }))
      .filter(({ at }) => {
        if (rangeEnd === "") return at.equals(bytes);
        return at.compare(bytes) >= 0 && (rangeEnd === "\0" || at.compare(end) < 0);
      })
      .sort((a, b) => a.at.compare(b.at))
      .map(({ pair }) => pair);
  }

  apply(command: Command): void {
    if (command.type === "put") {
      const { key } = command;
      const before = this.pairs.find((pair) => pair.key === key);
      this.revision++;
      const version = (before?.version ?? 0) + 1;
      this.pairs = this.pairs.filter((pair) => pair !== before);
      this.pairs.push({
        key,
        value: command.value,
        createRevision: before?.createRevision ?? this.revision,
        modRevision: this.revision,
        version,
      });
    } else {
      const gone = this.within(command.key, command.rangeEnd);
      this.pairs = this.pairs.filter((pair) => !gone.includes(pair));
      if (gone.length > 0) this.revision++;
    }
  }
}

const plain = (pairs: readonly KeyValue[]): unknown[] => pairs.map((pair) => ({ ...pair, value: [...pair.value] }));

it("agrees with a plain list, also after a snapshot in the middle", () => {
  fc.assert(
    fc.property(fc.array(someCommand, { maxLength: 60 }), fc.nat(60), someKey, someEnd, (commands, restartAt, key, rangeEnd) => {
      let kv = new Kv();
      const twin = new PlainKv();
      for (const [i, command] of commands.entries()) {
        if (i === restartAt) kv = Kv.restore(kv.snapshot());
        kv.apply(encodeCommand(command));
        twin.apply(command);
      }
      expect(kv.revision).toBe(twin.revision);
      expect(kv.bytes).toBe(twin.within("\0", "\0").reduce((sum, { key, value }) => sum + key.length + value.length, 0));
      expect(plain(kv.range(range("\0", "\0")).kvs)).toEqual(plain(twin.within("\0", "\0")));
      expect(plain(kv.range(range(key, rangeEnd)).kvs)).toEqual(plain(twin.within(key, rangeEnd)));
    }),
    { numRuns: 200 },
  );
});

it("gives equal bytes for equal states, however they came about", () => {
  const snapshot = kvOf(put("a"), put("b"), put("c")).snapshot();
  expect(Kv.restore(snapshot).snapshot()).toEqual(snapshot);
  expect(kvOf(put("a"), put("b"), put("d")).snapshot()).not.toEqual(snapshot);
});

it("stays ordered over many more keys than fit in one chunk", () => {
  const numbers = Array.from({ length: 3000 }, (_, i) => (i * 7919) % 3000);
  const kv = kvOf(...numbers.map((n) => put(String(n).padStart(6, "0"))), del("000100", "000200"));
  const keys = keysIn(kv, range("\0", "\0"));
  expect(keys).toEqual([...keys].sort());
  expect(keys).toHaveLength(2900);
});
