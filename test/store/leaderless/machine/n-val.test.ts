// Shows that a bucket's n_val can be changed while it has keys: nothing that was acknowledged is hidden by it, nothing deleted comes back, and copies end where they belong.
import { describe, expect, test } from "vitest";
import type { Page, Request } from "../../../../src/store/leaderless/api.js";
import { Box, nameOf } from "./box.js";

const six = ["n1", "n2", "n3", "n4", "n5", "n6"];
const bucket = { type: "default", bucket: "b" };
const keysEach = 8;

/** Keys written while the bucket had this n_val for the `round`-th time. */
function keysOf(round: number): string[] {
  return Array.from({ length: keysEach }, (_, i) => `r${round}-${i}`);
}

function setNVal(box: Box, member: string, nVal: number): void {
  set(box, [member, { type: "setBucketProperties", bucket, properties: { nVal } }]);
}

/** Asks these at the same time. They are answered once all know it who can be reached, or did not say so in a second. */
function set(box: Box, ...asked: readonly (readonly [member: string, Request])[]): void {
  const ids = asked.map(([member, request]) => box.ask(member, request));
  if (ids.some((id) => box.answer(id) === undefined)) box.pass(1100);
  for (const id of ids) expect(box.answer(id)).toMatchObject({ ok: true });
}

function listed(box: Box, member: string, request: Request = { type: "listKeys", bucket, timeoutMs: undefined }): string[] {
  const id = box.ask(member, request);
  const keys: string[] = [];
  do {
    const answer = box.answer(id);
    if (answer?.ok !== true) throw new Error(JSON.stringify(answer));
    keys.push(...(answer.value as Page<string>).items);
  } while (box.more(member, id));
  return keys;
}

function remove(box: Box, member: string, key: string): void {
  const request = { type: "delete", name: nameOf(key), context: undefined, read: {}, write: {} } as const;
  expect(box.answer(box.ask(member, request))).toMatchObject({ ok: true });
}

/** By key: the places of all copies, homes and hints. */
function placesOf(box: Box): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [member, { storage }] of box.nodes) {
    for (const place of storage.places()) {
      for (const [stored] of storage.all(place)) {
        const key = stored.slice(stored.indexOf("r"));
        found.set(key, [...(found.get(key) ?? []), `${member} ${place.kind} ${place.n}`]);
      }
    }
  }
  return found;
}

const nVals = [3, 5, 2, 3];

describe("an n_val that is changed from 3 to 5, to 2, and to 3 again", () => {
  test.each([0, 300, 60_000])("hides nothing, where each lasts for %i ms", { timeout: 60_000 }, (lastsMs) => {
    const box = new Box(six);
    const expected = new Map<string, string>();
    const deleted: string[] = [];
    nVals.forEach((nVal, round) => {
      if (round > 0) setNVal(box, six[round] as string, nVal);
      box.pass(lastsMs);
      const look = (): void => {
        for (const [at, [key, value]] of [...expected].entries())
          expect([key, box.values(six[at % 6] as string, key)]).toEqual([key, [value]]);
        for (const key of deleted) expect([key, box.values("n1", key)]).toEqual([key, "notfound"]);
        for (const member of six)
          expect(
            listed(box, member)
              .filter((key) => !deleted.includes(key))
              .sort(),
          ).toEqual([...expected.keys()].sort());
      };
      look();
      for (const key of keysOf(round)) {
        expect(box.put("n2", key, key)).toMatchObject({ ok: true });
        expected.set(key, key);
      }
      // some of each earlier round are written anew, some are deleted
      for (let before = 0; before < round; before++) {
        const [first, second] = [`r${before}-${2 * round}`, `r${before}-${2 * round + 1}`];
        expect(box.put("n4", first, `again${round}`, { context: box.contextOf("n4", first) as Uint8Array })).toMatchObject({
          ok: true,
        });
        expected.set(first, `again${round}`);
        remove(box, "n5", second);
        expected.delete(second);
        deleted.push(second);
      }
      look();
      box.pass(lastsMs);
      look();
    });
    box.pass(120_000);
    for (const key of deleted) expect([key, box.values("n3", key)]).toEqual([key, "notfound"]);
    for (const [key, value] of expected) expect([key, box.values("n6", key)]).toEqual([key, [value]]);
    expect(listed(box, "n1").sort()).toEqual([...expected.keys()].sort());
    const places = placesOf(box);
    const homes = new Set([...places.values()].map((each) => each.map((place) => place.slice(3)).join()));
    expect([...homes]).toEqual(["home 3,home 3,home 3"]);
    expect([...places.keys()].sort()).toEqual([...expected.keys()].sort());
  });

  test(
    "brings nothing deleted back with a former owner that was away, and forgets the deletion in the end",
    { timeout: 60_000 },
    () => {
      const box = new Box(six);
      setNVal(box, "n1", 5);
      box.pass(5000);
      for (const key of keysOf(0)) box.put("n2", key, key);
      box.pass(5000);
      box.hears = (from, to) => from !== "n6" && to !== "n6";
      setNVal(box, "n1", 2);
      box.pass(10_000);
      for (const key of keysOf(0)) remove(box, "n3", key);
      for (const key of keysOf(0)) expect([key, box.values("n1", key)]).toEqual([key, "notfound"]);
      box.pass(60_000);
      box.hears = () => true;
      for (let i = 0; i < 30; i++) {
        box.pass(5000);
        for (const key of keysOf(0)) expect([key, box.values("n1", key)]).toEqual([key, "notfound"]);
      }
      expect(placesOf(box)).toEqual(new Map());
    },
  );

  test("is followed by copies that nobody asks for, also after a restart in the middle of it", () => {
    const box = new Box(six);
    for (const key of keysOf(0)) box.put("n2", key, key);
    setNVal(box, "n1", 5);
    for (const member of six) box.begin(member, box.of(member).storage);
    box.pass(120_000);
    const homes = new Set([...placesOf(box).values()].map((each) => each.map((place) => place.slice(3)).join()));
    expect([...homes]).toEqual([Array.from({ length: 5 }, () => "home 5").join()]);
  });
});

describe("an n_val of a bucket type", () => {
  test("hides nothing of its buckets when it is changed, nor when it is changed at two nodes at once", () => {
    const box = new Box(six);
    const bucketType = "t";
    set(box, ["n1", { type: "createBucketType", bucketType, properties: { nVal: 4 } }]);
    box.pass(5000);
    set(box, ["n1", { type: "activateBucketType", bucketType }]);
    box.pass(5000);
    const name = (key: string): Parameters<Box["put"]>[3] => ({ name: { ...bucket, type: bucketType, key } });
    for (const key of keysOf(0)) box.put("n2", key, key, name(key));
    box.hears = (from, to) => from === to;
    const change = (nVal: number): Request => ({ type: "setTypeProperties", bucketType, properties: { nVal } });
    set(box, ["n1", change(5)], ["n2", change(2)]);
    box.hears = () => true;
    const request = { type: "listKeys", bucket: { ...bucket, type: bucketType }, timeoutMs: undefined } as const;
    for (let i = 0; i < 20; i++) {
      box.pass(2000);
      for (const member of six) expect(listed(box, member, request).sort()).toEqual(keysOf(0).sort());
    }
    const ns = [...placesOf(box).values()].map((each) => each.map((place) => place.slice(3)).join());
    expect(new Set(ns)).toEqual(new Set(["home 2,home 2"]));
  });
});
