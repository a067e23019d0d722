// Shows that data types are stored in bytes that say the same everywhere, and that no other bytes are taken for one.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CanonicalReader, CanonicalWriter } from "../../../../src/store/leaderless/crdt/canonical.js";
import { clockOfContext, writeClock } from "../../../../src/store/leaderless/crdt/clock.js";
import { defer, writeDeferred } from "../../../../src/store/leaderless/crdt/deferred.js";
import { DataTypeError } from "../../../../src/store/leaderless/crdt/errors.js";
import { dataTypes, isDataType } from "../../../../src/store/leaderless/crdt/kinds.js";
import { mapDepthMax } from "../../../../src/store/leaderless/crdt/map.js";
import type { DataTypeOp, FieldOp, MapOp } from "../../../../src/store/leaderless/crdt/operations.js";
import { mergeValues, readValue, typeOfValue, updateValue } from "../../../../src/store/leaderless/crdt/stored-value.js";
import type { Kind } from "./histories.js";
import { hex, run, scenes, someMoves } from "./histories.js";

function apply(bytes: Uint8Array | undefined, op: DataTypeOp): Uint8Array {
  return updateValue(bytes, { op, actor: "n1", nowMicros: 1, context: undefined, hllPrecision: 14 });
}

/** What the type makes of a state's bytes, without mark, version and tag. */
function rewritten(kind: Kind, bytes: Uint8Array): Uint8Array {
  const input = new CanonicalReader(bytes.subarray(3));
  const state = dataTypes[kind].read(input);
  input.end();
  const out = new CanonicalWriter();
  dataTypes[kind].write(state, out);
  return out.finish();
}

describe.each(scenes.filter(({ scene, kind }) => scene === kind))("$kind", ({ scene, kind }) => {
  test("states come back from their bytes, and only bytes that they have are read", () => {
    const damage = fc.array(fc.record({ at: fc.nat(), cut: fc.nat(2), put: fc.uint8Array({ maxLength: 2 }) }), { maxLength: 2 });
    fc.assert(
      fc.property(someMoves(scene, true), fc.nat(), damage, (moves, pick, wounds) => {
        const { snapshots } = run(moves);
        const whole = snapshots[pick % snapshots.length]?.bytes;
        if (whole === undefined) return;
        expect(typeOfValue(whole)).toBe(kind);
        let bytes = Buffer.from(whole);
        for (const { at, cut, put } of wounds) {
          const from = 3 + (at % Math.max(bytes.length - 3, 1));
          bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + cut)]);
        }
        checkRead(kind, bytes, wounds.length > 0);
      }),
      { numRuns: 1500 },
    );
  });

  test("any bytes at all are read or refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (rest) => {
        checkRead(kind, Uint8Array.from([69, 1, dataTypes[kind].tag, ...rest]), true);
      }),
      { numRuns: 3000 },
    );
  });

  test("the object's content type says that it is one", () => {
    expect(dataTypes[kind].contentType).toBe(`application/riak_${kind}`);
    expect(isDataType(dataTypes[kind].contentType)).toBe(true);
  });
});

function checkRead(kind: Kind, bytes: Uint8Array, mayBeRefused: boolean): void {
  try {
    expect(hex(rewritten(kind, bytes))).toBe(hex(bytes.subarray(3)));
    readValue(bytes);
    mergeValues(bytes, bytes);
  } catch (error) {
    if (!mayBeRefused || !(error instanceof DataTypeError)) throw error;
  }
}

test("what claims to be long does not cost memory", () => {
  const claims = Buffer.from([69, 1, 2, 0xff, 0xff, 0xff, 0xff, 0x0f]);
  expect(() => readValue(claims)).toThrow(DataTypeError);
});

test.each([
  ["twice", ["x", "x"]],
  ["out of order", ["y", "x"]],
])("an element %s is refused", (_title, elements) => {
  const entries = elements.flatMap((element) => [1, element.charCodeAt(0)]);
  expect(() => readValue(Buffer.from([69, 1, 5, 2, ...entries]))).toThrow(DataTypeError);
});

test.each([
  ["few registers in the dense form", [4, 1, ...Array.from({ length: 12 }, () => 0)]],
  ["many registers in the sparse form", [4, 0, 4, 0, 1, 0, 1, 0, 1, 0, 1]],
  ["a rank that no hash has", [4, 0, 1, 0, 62]],
  ["a register behind the last", [4, 0, 1, 16, 1]],
])("a HyperLogLog with %s is refused", (_title, bytes) => {
  expect(() => readValue(Uint8Array.from([69, 1, 4, ...bytes]))).toThrow(DataTypeError);
});

test("a removal that has nothing to wait for is refused", () => {
  const setWith = (seen: number): Uint8Array => {
    const out = new CanonicalWriter();
    out.raw(Uint8Array.from([69, 1, 2]));
    writeClock(out, new Map([["n1", seen]]));
    out.uint(0);
    writeDeferred(out, defer(new Map(), new Map([["n1", 2]]), [["x"]]));
    return out.finish();
  };
  expect(readValue(setWith(1)).value).toEqual({ kind: "set", elements: [] });
  expect(() => readValue(setWith(2))).toThrow(DataTypeError);
});

test("numbers that are written endlessly are refused", () => {
  for (const tag of [1, 2]) {
    const endless = Buffer.concat([Buffer.from([69, 1, tag]), Buffer.alloc(500, 0x80), Buffer.from([1])]);
    expect(() => readValue(endless)).toThrow(DataTypeError);
  }
});

test.each<[string, Uint8Array]>([
  ["nothing", Buffer.alloc(0)],
  ["a text", Buffer.from("hello")],
  ["another version", Buffer.from([69, 2, 1, 0])],
  ["another type", Buffer.from([69, 1, 9, 0])],
])("%s is no data type", (_title, bytes) => {
  expect(typeOfValue(bytes)).toBeUndefined();
  expect(() => readValue(bytes)).toThrow(DataTypeError);
});

test("two data types do not merge, and take no operation of the other", () => {
  const set = apply(undefined, { kind: "set", adds: ["x"], removes: [] });
  const gset = apply(undefined, { kind: "gset", adds: ["x"] });
  expect(() => mergeValues(set, gset)).toThrow(DataTypeError);
  expect(() => apply(set, { kind: "gset", adds: ["y"] })).toThrow(DataTypeError);
});

test("other content types are values", () => {
  for (const contentType of [undefined, "", "text/plain", "application/riak_register"])
    expect(isDataType(contentType)).toBe(false);
});

test("a context that is none is refused", () => {
  expect(() => clockOfContext(Buffer.from("what is this"))).toThrow(DataTypeError);
  const op: DataTypeOp = { kind: "set", adds: ["x"], removes: [] };
  const update = { op, actor: "n1", nowMicros: 1, context: Buffer.from([1]), hllPrecision: 14 };
  expect(() => updateValue(undefined, update)).toThrow(DataTypeError);
});

test("a context says what the client has seen of an actor", () => {
  const { context } = readValue(
    apply(apply(undefined, { kind: "set", adds: ["x"], removes: [] }), { kind: "set", adds: ["y"], removes: [] }),
  );
  expect([...clockOfContext(context)]).toEqual([["n1", 2]]);
});

test("counters count to 64 bits and beyond, and take no larger steps", () => {
  const most = 2n ** 63n - 1n;
  const counted = apply(apply(undefined, { kind: "counter", increment: most }), { kind: "counter", increment: most });
  expect(readValue(counted).value).toEqual({ kind: "counter", value: 2n * most });
  expect(() => apply(undefined, { kind: "counter", increment: 2n ** 63n })).toThrow(DataTypeError);
});

test("maps are nested so deep and no deeper", () => {
  const nested = (depth: number): MapOp => {
    const op: FieldOp = depth === 1 ? { kind: "flag", enable: true } : nested(depth - 1);
    return { kind: "map", removes: [], updates: [{ name: "m", op }] };
  };
  const deepest = apply(undefined, nested(mapDepthMax));
  expect(hex(mergeValues(deepest, deepest))).toBe(hex(deepest));
  expect(() => apply(undefined, nested(mapDepthMax + 1))).toThrow(DataTypeError);
});

test("a register takes an assignment that knows of another, whatever the clock says", () => {
  const assign = (bytes: Uint8Array | undefined, value: string, nowMicros: number): Uint8Array => {
    const op: DataTypeOp = { kind: "map", removes: [], updates: [{ name: "r", op: { kind: "register", value } }] };
    return updateValue(bytes, { op, actor: "n1", nowMicros, context: undefined, hllPrecision: 14 });
  };
  const late = assign(assign(undefined, "first", 1_000_000), "second", 5);
  expect(readValue(late).value).toEqual({ kind: "map", entries: [{ name: "r", value: { kind: "register", value: "second" } }] });
});
