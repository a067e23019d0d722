// Shows that an owner answers what an exchange may ask, within bounds, and nothing else.
import { expect, test } from "vitest";
import { answerTo } from "../../../../src/store/leaderless/exchange/answering.js";
import {
  answerBytes,
  keysBytesMax,
  objectsBytesMax,
  type ExchangeAsk,
} from "../../../../src/store/leaderless/exchange/messages.js";
import { objectHash } from "../../../../src/store/leaderless/merkle/hash.js";
import { MemoryStorage } from "../machine/memory-storage.js";
import { place } from "./two-stores.js";

const everySegment = Array.from({ length: 1024 }, (_, segment) => segment);

test.each<Exclude<ExchangeAsk, { readonly type: "end" }>>([
  { type: "segments", branches: [32] },
  { type: "segments", branches: [1, 1] },
  { type: "keys", segments: [1024], after: undefined },
  { type: "keys", segments: [2, 1], after: undefined },
  { type: "keys", segments: [0.5], after: undefined },
  { type: "objects", keys: Array.from({ length: 65 }, () => ["k", 0] as const) },
])("what no exchange asks has no answer: %j", (ask) => {
  expect(answerTo(ask, place, new MemoryStorage())).toBeUndefined();
});

test("an answer is bounded, however much there is, and has one entry or object at least", () => {
  const storage = new MemoryStorage();
  for (let i = 0; i < 5000; i++) storage.put(place, `a key of some length, number ${i}`, Buffer.from(`v${i}`));
  const keys = answerTo({ type: "keys", segments: everySegment, after: undefined }, place, storage);
  expect(keys).toMatchObject({ type: "keys", areAll: false });
  expect(keys === undefined ? 0 : answerBytes(keys)).toBeLessThan(keysBytesMax + 100);

  const large = Buffer.alloc(objectsBytesMax, 1);
  for (const key of ["x", "y"]) storage.put(place, key, large);
  const asked = ["x", "y"].map((key) => [key, objectHash(large)] as const);
  const told = answerTo({ type: "objects", keys: asked }, place, storage);
  const objects = told?.type === "objects" ? told.objects : [];
  // byte by byte an expectation takes seconds
  expect(objects.map((object) => object instanceof Uint8Array && large.equals(object))).toEqual([true]);
});

test("of each key the object, where it is what it was, or that there is none, or that it has changed", () => {
  const storage = new MemoryStorage();
  const value = Buffer.from("v");
  for (const key of ["same", "other", "new"]) storage.put(place, key, value);
  const hash = objectHash(value);
  const asked = [
    ["same", hash],
    ["other", hash + 1],
    ["new", 0],
    ["none", 0],
    ["gone", hash],
  ] as const;
  const objects = [value, "changed", "changed", "none", "changed"];
  expect(answerTo({ type: "objects", keys: asked }, place, storage)).toEqual({ type: "objects", objects });
});
