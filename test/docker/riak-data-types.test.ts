// Shows that bucket types are made at the command line, and that all data types, with contexts, are the same through any of five containers, for either client and curl; and that npm no-riak's own tests pass.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterBucketType } from "../../src/cluster/ring/bucket-types.js";
import { Riak } from "../support/clients/basho.js";
import { runNoRiakSuite } from "../support/clients/no-riak-suite.js";
import { RiakCluster, allReachAll } from "../support/riak-cluster.js";

type Untyped = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- what comes from libraries without types

const dataTypes = { counters: "counter", sets: "set", maps: "map", hlls: "hll", gsets: "gset" };

let riak: RiakCluster;
beforeAll(async () => {
  riak = await RiakCluster.up();
  for (const [name, datatype] of Object.entries(dataTypes)) await riak.createType(name, `datatype=${datatype}`);
});
afterAll(() => riak.destroy());

function each<T>(value: T): T[] {
  return riak.names.map(() => value);
}

/** `devious bucket-type …`: its exit code, and what it prints with `--json`. */
async function bucketType(...words: string[]): Promise<{ readonly exitCode: number | undefined; readonly json: Untyped }> {
  const { exitCode, stdout } = await riak.cluster.run("bucket-type", ...words, "--cluster", riak.cluster.name, "--json");
  return { exitCode, json: JSON.parse(stdout) as Untyped };
}

test("a bucket type is created, ready, active, changed, and listed, and known to all nodes each time", async () => {
  const created = await bucketType("create", "carts", "n_val=5", "r=1", "--node", "n2");
  expect(created).toMatchObject({ exitCode: 0, json: { name: "carts", status: "ready", waitsFor: [], behind: [] } });
  const refused = riak.through(async (name) => (await riak.curl(name, "/types/carts/buckets/b/keys/k")).status);
  expect(await refused).toEqual(each(404));
  await expect(riak.basho("n1").ask("fetchBucketTypeProps", { bucketType: "carts" })).rejects.toThrow(
    'Invalid bucket type: <<"carts">>',
  );
  expect(await bucketType("activate", "carts", "--node", "n4")).toMatchObject({ exitCode: 0, json: { status: "active" } });
  const props = async (name: string): Promise<Untyped> => riak.basho(name).ask("fetchBucketTypeProps", { bucketType: "carts" });
  expect(await riak.through(props)).toEqual(each(expect.objectContaining({ nVal: 5, r: 1 })));
  expect(await bucketType("update", "carts", "r=quorum", "w=all", "--node", "n5")).toMatchObject({
    exitCode: 0,
    json: { behind: [] },
  });
  await riak.basho("n3").ask("storeBucketTypeProps", { bucketType: "carts", notFoundOk: false });
  expect(await riak.json("n1", "/types/carts/props")).toMatchObject({
    props: { n_val: 5, r: "quorum", w: "all", notfound_ok: false },
  });
  const types = await riak.cluster.json<ClusterBucketType[]>("bucket-type", "list", "--cluster", riak.cluster.name);
  expect(types.map(({ name, status, behind }) => [name, status, behind])).toEqual(
    ["carts", "counters", "default", "gsets", "hlls", "maps", "sets"].map((name) => [name, "active", []]),
  );
});

test.each([
  [["create", "broken", "datatype=list"], 64, 'datatype cannot be "list"'],
  [["create", "broken", "w=9"], 3, "up to n_val (3)"],
  [["create", "broken", "datatype=set", "allow_mult=false"], 3, "allow_mult=true"],
  [["create", "broken", "consistent=true"], 3, "a cluster of design raft has"],
  [["create", "default"], 3, "default type cannot be created"],
  [["create", "sets", "datatype=set"], 3, "active already"],
  [["update", "sets", "datatype=map"], 3, "Cannot update datatype"],
  [["activate", "set"], 64, 'There is no bucket type "set"'],
  [["status", "nobody"], 64, 'There is no bucket type "nobody"'],
])("bucket-type %j ends with %i", async (words, exitCode, message) => {
  expect(await bucketType(...words)).toEqual({
    exitCode,
    json: { error: expect.objectContaining({ message: expect.stringContaining(message) as string, exitCode }) as object },
  });
});

test("a type waits for a node that is away, and says for whom", async () => {
  await riak.cluster.json("chaos", "pause", "n3", "--until-healed");
  expect(await bucketType("create", "late")).toMatchObject({
    json: { status: "created", waitsFor: expect.arrayContaining(["n3"]) as string[] },
  });
  const { exitCode, json } = await bucketType("activate", "late");
  expect([exitCode, json["error"].message]).toEqual([
    3,
    expect.stringMatching(/Not every member knows the bucket type late yet: .*n3/),
  ]);
  await riak.cluster.json("chaos", "heal");
  await allReachAll(riak.cluster);
  expect(await bucketType("activate", "late")).toMatchObject({ exitCode: 0, json: { status: "active", behind: [] } });
});

test("a counter is the sum of what was counted through all nodes at a time", async () => {
  const at = { bucketType: "counters", bucket: "b", key: "k" };
  const path = "/types/counters/buckets/b/datatypes/k";
  const counted = riak.names.flatMap((name, i) => [
    riak.basho(name).ask("updateCounter", { ...at, increment: 10 * (i + 1) }),
    riak
      .noRiak(name)
      ["dtUpdate"]({ bucket: "b", key: "k", type: "counters", op: { counter_op: { increment: -1 } } }) as Promise<unknown>,
    riak.post(name, path, '{"increment":2}'),
  ]);
  await Promise.all(counted);
  expect(await riak.through(async (name) => Number((await riak.basho(name).ask("fetchCounter", at))["counterValue"]))).toEqual(
    each(155),
  );
  expect(await riak.through((name) => riak.json(name, path))).toEqual(each({ type: "counter", value: 155 }));
});

test("a set: additions win over removals that had not seen them, and a removal needs to have seen what it removes", async () => {
  const at = { bucketType: "sets", bucket: "b", key: "k" };
  const elements = async (name: string): Promise<string[]> =>
    ((await riak.basho(name).ask("fetchSet", at))["values"] as string[]).sort();
  await riak.basho("n1").ask("updateSet", { ...at, additions: ["apple", "pear"] });
  const { context } = await riak.basho("n2").ask("fetchSet", at);
  await riak.basho("n3").ask("updateSet", { ...at, additions: ["apple", "plum"] });
  await riak.basho("n4").ask("updateSet", { ...at, removals: ["apple", "pear"], context });
  expect(await riak.through(elements)).toEqual(each(["apple", "plum"]));
  await expect(riak.basho("n5").ask("updateSet", { ...at, removals: ["quince"] })).rejects.toThrow(
    '{precondition,{not_present,<<"quince">>}}',
  );
  const path = "/types/sets/buckets/b/datatypes/k";
  const refused = await riak.post("n1", path, '{"remove":"quince"}');
  expect([refused.status, refused.body]).toEqual([400, expect.stringContaining('{precondition,{not_present,<<"quince">>}}')]);
  const told = (await riak.json("n2", path)) as Untyped;
  expect(
    (await riak.post("n3", path, JSON.stringify({ remove: "plum", add_all: ["cherry", "fig"], context: told["context"] })))
      .status,
  ).toBe(204);
  expect(await riak.through(elements)).toEqual(each(["apple", "cherry", "fig"]));
  const made = await riak.post("n4", "/types/sets/buckets/b/datatypes?returnbody=true", '{"add":"x"}');
  expect([made.status, JSON.parse(made.body)]).toEqual([201, expect.objectContaining({ type: "set", value: ["x"] })]);
  expect((await riak.json("n5", made.headers.get("location") ?? "")) as object).toMatchObject({ value: ["x"] });
});

test("a map holds all the others, maps too, and updates win over removals that had not seen them", async () => {
  const at = { bucketType: "maps", bucket: "b", key: "k" };
  const path = "/types/maps/buckets/b/datatypes/k";
  const op = (): Untyped => new Riak["Commands"].CRDT.UpdateMap.MapOperation() as Untyped;
  const first = op();
  first["incrementCounter"]("n", 3).addToSet("s", "a").setRegister("r", Buffer.from("one")).setFlag("f", true);
  first["map"]("inner").incrementCounter("n", 1).map("deep").addToSet("s", "x");
  await riak.basho("n1").ask("updateMap", { ...at, op: first });
  const { context } = await riak.basho("n2").ask("fetchMap", at);
  const second = op();
  second["incrementCounter"]("n", 4).addToSet("s", "b").setRegister("r", Buffer.from("two"));
  second["map"]("inner")["map"]("deep").addToSet("s", "y");
  await riak.basho("n3").ask("updateMap", { ...at, op: second });
  // has seen the first update only
  const removal = op();
  removal["removeSet"]("s").removeFlag("f").removeMap("inner");
  await riak.basho("n4").ask("updateMap", { ...at, op: removal, context });
  const left = { n_counter: 7, r_register: "two", s_set: ["b"], inner_map: { deep_map: { s_set: ["y"] } } };
  expect(await riak.through((name) => riak.json(name, path))).toEqual(
    each(expect.objectContaining({ type: "map", value: left })),
  );
  const { map } = await riak.basho("n5").ask("fetchMap", at);
  expect([Number(map.counters.n), map.sets.s.map(String), String(map.registers.r), map.flags]).toEqual([7, ["b"], "two", {}]);
  expect(map.maps.inner.maps.deep.sets.s.map(String)).toEqual(["y"]);

  await expect(riak.noRiak("n1")["dtUpdate"](withoutContext)).rejects.toThrow("precondition");
  const told = (await riak.json("n2", path)) as Untyped;
  const body = {
    update: { f_flag: "enable", n_counter: { decrement: 2 }, inner_map: { update: { r_register: "in" } } },
    remove: ["s_set"],
    context: told["context"],
  };
  expect((await riak.post("n3", path, JSON.stringify(body))).status).toBe(204);
  expect(((await riak.json("n4", path)) as Untyped)["value"]).toEqual({
    f_flag: true,
    n_counter: 5,
    r_register: "two",
    inner_map: { r_register: "in", deep_map: { s_set: ["y"] } },
  });
  // a flag that is enabled elsewhere at the same time stays so
  const flags = { ...at, key: "flags" };
  await riak.basho("n1").ask("updateMap", { ...flags, op: op()["setFlag"]("f", true) });
  const { context: seen } = await riak.basho("n2").ask("fetchMap", flags);
  await riak.basho("n3").ask("updateMap", { ...flags, op: op()["setFlag"]("f", true) });
  await riak.basho("n4").ask("updateMap", { ...flags, op: op()["setFlag"]("f", false), context: seen });
  expect(await riak.through(async (name) => (await riak.basho(name).ask("fetchMap", flags))["map"].flags)).toEqual(
    each({ f: true }),
  );
});

/** A field that is not there is removed by one who has not looked. */
const withoutContext = {
  bucket: "b",
  key: "k",
  type: "maps",
  op: { map_op: { removes: [{ name: Buffer.from("nothing"), type: 2 }] } },
};

test("a HyperLogLog counts what is different, a set that grows only grows", async () => {
  const at = { bucketType: "hlls", bucket: "b", key: "k" };
  await Promise.all(
    riak.names.map((name, i) => {
      const additions = Array.from({ length: 200 }, (_, j) => `visitor ${i * 100 + j}`);
      return riak.basho(name).execute("CRDT", "UpdateHll", { ...at, additions, returnBody: false });
    }),
  );
  // 600 different ones, each within the error of 2^14 registers
  const counts = await riak.through(
    async (name) => (await riak.basho(name).execute("CRDT", "FetchHll", at))["cardinality"] as number,
  );
  expect(counts).toEqual(each(counts[0]));
  expect(Math.abs((counts[0] as number) - 600)).toBeLessThan(20);
  expect((await riak.post("n2", "/types/hlls/buckets/b/datatypes/k", '{"add_all":["visitor 1","visitor 2"]}')).status).toBe(204);
  expect(await riak.json("n3", "/types/hlls/buckets/b/datatypes/k")).toMatchObject({ type: "hll", value: counts[0] });

  const path = "/types/gsets/buckets/b/datatypes/k";
  await riak.noRiak("n1")["dtUpdate"]({ bucket: "b", key: "k", type: "gsets", op: { gset_op: { adds: ["a", "b"] } } });
  await riak.post("n2", path, '{"add":"c"}');
  expect(await riak.through((name) => riak.json(name, path))).toEqual(each({ type: "gset", value: ["a", "b", "c"] }));
  const { value } = await riak.noRiak("n4")["dtFetch"]({ bucket: "b", key: "k", type: "gsets" });
  expect(value.gset_value.map(String).sort()).toEqual(["a", "b", "c"]);
  expect((await riak.post("n5", path, '{"remove":"c"}')).status).toBe(400);
});

test("what is no operation of the bucket's type is refused, and what is not there is not found", async () => {
  const update = riak.basho("n1").ask("updateCounter", { bucketType: "sets", bucket: "b", key: "k", increment: 1 });
  await expect(update).rejects.toThrow("bucket type is `set`");
  expect(await riak.basho("n2").ask("fetchSet", { bucketType: "sets", bucket: "b", key: "nothing" })).toMatchObject({
    isNotFound: true,
  });
  const absent = await riak.curl("n3", "/types/counters/buckets/b/datatypes/nothing");
  expect([absent.status, JSON.parse(absent.body)]).toEqual([404, { type: "counter", error: "notfound" }]);
  expect((await riak.post("n4", "/types/maps/buckets/b/datatypes/k", '{"update":{"x_list":1}}')).status).toBe(400);
  expect((await riak.curl("n5", "/buckets/b/datatypes/k")).status).toBe(404);
  await expect(riak.basho("n1").ask("fetchSet", { bucketType: "nobody", bucket: "b", key: "k" })).rejects.toThrow("nobody");
});

test("npm no-riak's own tests pass, through all nodes in turn", async () => {
  for (const datatype of ["counter", "set", "map"])
    await riak.createType(`no_riak_test_crdt_${datatype}`, `datatype=${datatype}`);
  await riak.createType("no_riak_test_bucket_type");
  const { passed, failed } = await runNoRiakSuite(riak.addresses);
  // buckets of the default type keep siblings here, of which the manual tells
  expect(failed).toEqual({ "Buckets API: resetBucket": expect.stringContaining("'allow_mult'") as string });
  expect(passed).toBe(76);
});
