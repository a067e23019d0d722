// Shows how properties of buckets and bucket types are set at any node, known to all of them soon, and refused where Riak refuses them.
import { describe, expect, test } from "vitest";
import type { Answer, BucketProperties, Request } from "../../../../src/store/leaderless/api.js";
import { propsFrom, withDefaults } from "../../../../src/store/leaderless/buckets/known.js";
import { defaultProperties } from "../../../../src/store/leaderless/buckets/properties.js";
import { answerSettings } from "../../../../src/store/leaderless/coordinator/settings.js";
import { bucketName } from "../../../../src/store/leaderless/gossip/cluster-state.js";
import { foundRing } from "../../../../src/store/leaderless/gossip/membership.js";
import { Box } from "./box.js";

const three = ["n1", "n2", "n3"];
const defaults = defaultProperties({ n: 3, r: "quorum", w: "quorum", conflict: "siblings", clock: "dvv" });
const bucket = { type: "default", bucket: "b" };

function asked(box: Box, member: string, request: Request): Answer<Request["type"]> | undefined {
  return box.answer(box.ask(member, request));
}

function refusal(why: string | RegExp): unknown {
  return { ok: false, failure: { definite: true, reason: { type: "invalid", why: expect.stringMatching(why) as string } } };
}

function noSuchType(bucketType: string): unknown {
  return { ok: false, failure: { definite: true, reason: { type: "noSuchType", bucketType } } };
}

describe("buckets", () => {
  test("have the cluster's properties until some are set, and again when they are reset", () => {
    const box = new Box(three);
    const before = asked(box, "n1", { type: "bucketProperties", bucket });
    expect(before).toMatchObject({ ok: true, value: { nVal: 3, allowMult: true, datatype: undefined } });
    const properties = { allowMult: false, r: "one" } as const;
    expect(asked(box, "n2", { type: "setBucketProperties", bucket, properties })).toEqual({ ok: true, value: true });
    box.pass(5000);
    for (const member of three) {
      const value = { nVal: 3, allowMult: false, r: "one" };
      expect(asked(box, member, { type: "bucketProperties", bucket })).toMatchObject({ ok: true, value });
    }
    expect(asked(box, "n3", { type: "resetBucketProperties", bucket })).toEqual({ ok: true, value: true });
    box.pass(5000);
    for (const member of three) expect(asked(box, member, { type: "bucketProperties", bucket })).toEqual(before);
  });

  test("of one kept value give one, however many were written", () => {
    const box = new Box(three);
    asked(box, "n1", { type: "setBucketProperties", bucket, properties: { allowMult: false } });
    box.pass(5000);
    box.put("n1", "k", "one");
    box.put("n2", "k", "two");
    expect(box.values("n3", "k")).toEqual(["two"]);
  });

  test("are refused what cannot be, and what would fill every node's memory", () => {
    const ring = foundRing({ n1: "n1" }, 8);
    const entry = { version: 1, by: "n1", props: { w: "one" } };
    const names = Array.from({ length: 1000 }, (_, i) => [bucketName("default", `b${i}`), entry] as const);
    const state = { ring, types: {}, buckets: Object.fromEntries(names) };
    const set = (name: string, properties: Partial<BucketProperties>): unknown =>
      answerSettings(
        { type: "setBucketProperties", bucket: { type: "default", bucket: name }, properties },
        { self: "n1", state, defaults },
      ).answer;
    expect(set("b7", { nVal: 0 })).toEqual(refusal("n_val must be"));
    expect(set("b7", { datatype: "set" })).toEqual(refusal("Cannot add datatype"));
    expect(set("b", { w: "one" })).toEqual(refusal("properties are set for 1000 buckets already"));
    expect(set("b7", { w: "all" })).toMatchObject({ ok: true });
  });

  test("of a bucket are known to all nodes that can be reached once the client is answered", () => {
    const box = new Box(["n1", "n2", "n3", "n4", "n5"]);
    const named = { type: "default", bucket: "b" };
    const rOf = (member: string): unknown => {
      const answer = asked(box, member, { type: "bucketProperties", bucket: named });
      return answer?.ok === true && (answer.value as BucketProperties).r;
    };
    const change = (r: number): Request => ({ type: "setBucketProperties", bucket: named, properties: { r } });
    expect(asked(box, "n4", change(1))).toEqual({ ok: true, value: true });
    expect([...box.nodes.keys()].map(rOf)).toEqual([1, 1, 1, 1, 1]);
    // nobody waits for long for one that does not say so
    box.hears = (from, to) => from !== "n3" && to !== "n3";
    const id = box.ask("n1", change(3));
    expect(box.answer(id)).toBeUndefined();
    box.pass(1100);
    expect(box.answer(id)).toEqual({ ok: true, value: true });
    expect([...box.nodes.keys()].map(rOf)).toEqual([3, 3, 1, 3, 3]);
  });

  test("of a type that is not active are not there", () => {
    const box = new Box(three);
    const inType = { type: "sets", bucket: "b" };
    asked(box, "n1", { type: "createBucketType", bucketType: "sets", properties: { datatype: "set" } });
    for (const request of [
      { type: "bucketProperties", bucket: inType },
      { type: "setBucketProperties", bucket: inType, properties: {} },
      { type: "resetBucketProperties", bucket: inType },
    ] as const)
      expect(asked(box, "n1", request)).toEqual(noSuchType("sets"));
  });
});

describe("bucket types", () => {
  const create = { type: "createBucketType", bucketType: "sets", properties: { datatype: "set" } } as const;
  const activate = { type: "activateBucketType", bucketType: "sets" } as const;
  const status = { type: "bucketTypeStatus", bucketType: "sets" } as const;

  test("are created, known to all, activated and used", () => {
    const box = new Box(three);
    expect(asked(box, "n1", status)).toEqual(noSuchType("sets"));
    expect(asked(box, "n1", activate)).toEqual(noSuchType("sets"));
    expect(asked(box, "n1", create)).toEqual({ ok: true, value: true });
    box.pass(5000);
    expect(asked(box, "n2", status)).toMatchObject({
      ok: true,
      value: { status: "ready", properties: { datatype: "set", nVal: 3 } },
    });
    expect(asked(box, "n2", { type: "typeProperties", bucketType: "sets" })).toEqual(noSuchType("sets"));
    expect(asked(box, "n3", activate)).toEqual({ ok: true, value: true });
    box.pass(5000);
    for (const member of three) {
      expect(asked(box, member, { type: "typeProperties", bucketType: "sets" })).toMatchObject({
        ok: true,
        value: { datatype: "set" },
      });
      const types = [
        { bucketType: "default", status: "active", waitsFor: [] },
        { bucketType: "sets", status: "active", waitsFor: [], properties: { datatype: "set" } },
      ];
      expect(asked(box, member, { type: "listBucketTypes" })).toMatchObject({ ok: true, value: types });
    }
    expect(asked(box, "n1", activate)).toEqual({ ok: true, value: true });
    expect(asked(box, "n1", create)).toEqual(refusal("is active already"));
  });

  test("are not activated while a member has not heard of them", () => {
    const box = new Box(three);
    box.hears = (from, to) => from !== "n3" && to !== "n3";
    asked(box, "n1", create);
    box.pass(5000);
    expect(asked(box, "n1", status)).toMatchObject({ ok: true, value: { status: "created", waitsFor: ["n3"] } });
    expect(asked(box, "n1", activate)).toEqual(refusal("Not every member knows the bucket type sets yet: n3"));
    box.hears = () => true;
    box.pass(10_000);
    expect(asked(box, "n1", status)).toMatchObject({ ok: true, value: { status: "ready" } });
  });

  test("change, but for their data type; their buckets follow", () => {
    const box = new Box(["n1"]);
    asked(box, "n1", create);
    expect(asked(box, "n1", { type: "setTypeProperties", bucketType: "sets", properties: { r: 1 } })).toEqual(
      refusal("is not active"),
    );
    asked(box, "n1", activate);
    const set = (properties: Partial<BucketProperties>): unknown =>
      asked(box, "n1", { type: "setTypeProperties", bucketType: "sets", properties });
    expect(set({ r: 1 })).toEqual({ ok: true, value: true });
    expect(asked(box, "n1", { type: "bucketProperties", bucket: { type: "sets", bucket: "x" } })).toMatchObject({
      value: { r: 1, datatype: "set" },
    });
    expect(set({ datatype: "map" })).toEqual(refusal("Cannot update datatype"));
    expect(set({ allowMult: false })).toEqual(refusal("must be allow_mult=true"));
    expect(set({ consistent: true })).toEqual(refusal("no strong consistency"));
  });

  test.each([
    ["default", {}, "The default type cannot be created"],
    ["any", {}, "No type can be called any"],
    ["", {}, "has 1 to 255 bytes"],
    ["x".repeat(256), {}, "has 1 to 255 bytes"],
    ["strong", { consistent: true }, "no strong consistency"],
    ["sets", { datatype: "set", allowMult: false }, "must be allow_mult=true"],
  ] as const)("%s with %j is refused", (bucketType, properties, why) => {
    expect(asked(new Box(["n1"]), "n1", { type: "createBucketType", bucketType, properties })).toEqual(refusal(why));
  });

  test("of data types keep siblings also where the cluster does not", () => {
    const box = new Box(["n1"], { defaults: { n: 3, r: "quorum", w: "quorum", conflict: "lww", clock: "dvv" } });
    asked(box, "n1", create);
    expect(asked(box, "n1", status)).toMatchObject({ value: { properties: { allowMult: true, lastWriteWins: false } } });
  });

  test("the default type is what each node's options say", () => {
    const box = new Box(["n1"]);
    expect(asked(box, "n1", { type: "typeProperties", bucketType: "default" })).toMatchObject({ value: { nVal: 3 } });
    const setDefault = { type: "setTypeProperties", bucketType: "default", properties: { nVal: 2 } } as const;
    expect(asked(box, "n1", setDefault)).toEqual(refusal("The default type cannot be updated"));
  });
});

test("what another node calls properties and is none is left out", () => {
  const props = { nVal: -1, allowMult: "yes", r: { all: 1 }, datatype: "toString", hllPrecision: 99, colour: "red", w: "one" };
  expect(withDefaults(props, defaults)).toEqual({ ...defaults, w: "one" });
  expect(withDefaults(propsFrom({ ...defaults, nVal: 5 }), defaults)).toEqual({ ...defaults, nVal: 5 });
});

test("who was answered that something is set, or that a command was carried out, finds it so after a crash at that moment", () => {
  const box = new Box(["n1", "n2"]);
  const { node, storage } = box.of("n1");
  const clock = { type: "clock", nowMs: box.nowMs, wallMs: box.nowMs } as const;
  const properties = { r: "one" } as const;
  const early = node.step([
    clock,
    { type: "ask", id: 1, request: { type: "setBucketProperties", bucket, properties } },
    { type: "command", id: 2, command: { command: "leave", member: "n2" } },
  ]);
  expect([early.answers, early.outcomes]).toEqual([[], []]);
  const durable = node.step([clock, { type: "durable", writeNumber: storage.written }]);
  expect(durable.outcomes).toEqual([{ id: 2, outcome: { ok: true } }]);
  box.begin("n1", storage);
  box.settle();
  expect(asked(box, "n1", { type: "bucketProperties", bucket })).toMatchObject({ value: properties });
  expect(box.of("n1").node.ringView("c").staged).toMatchObject([{ kind: "leave", member: "n2" }]);
});
