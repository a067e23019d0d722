// Shows that nodes of the leaderless store answer curl as Riak's manual has it: values and what is said of them, siblings, conditions, counters, properties, statistics.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { curlAt, hasCurl, type Curled } from "../../support/clients/curl.js";
import { until } from "../cluster.js";
import { TestNodes } from "./nodes.js";

const run = promisify(execFile);

describe.skipIf(!hasCurl)("curl", () => {
  let nodes: TestNodes;
  beforeAll(async () => {
    nodes = await TestNodes.start(3);
    for (const name of ["n1", "n2", "n3"])
      await until(
        () => nodes.status(name),
        (status) => status.members.every(({ isReachable }) => isReachable),
      );
  }, 60_000);
  afterAll(async () => nodes.destroy(), 60_000);

  const curl = (node: string, path: string, ...args: string[]): Promise<Curled> =>
    curlAt(`${nodes.httpUrl(node)}${path}`, ...args);
  const put = (value: string, ...headers: string[]): string[] => [
    "-XPUT",
    ...headers.flatMap((each) => ["-H", each]),
    "-d",
    value,
  ];
  const plain = "Content-Type: text/plain";

  it("stores a value through one node and gets it through another, with all that was said of it", async () => {
    const said = [plain, "X-Riak-Meta-Colour: red", "x-riak-index-age_int: 7", 'Link: </buckets/b/keys/other>; riaktag="next"'];
    expect((await curl("n1", "/buckets/b/keys/doc", ...put("value", ...said))).status).toBe(204);
    const { status, headers, body } = await curl("n2", "/buckets/b/keys/doc");
    expect([status, body, headers.get("content-type"), headers.get("content-length")]).toEqual([200, "value", "text/plain", "5"]);
    expect([headers.get("x-riak-meta-colour"), headers.get("x-riak-index-age_int")]).toEqual(["red", "7"]);
    expect(headers.get("link")).toBe('</buckets/b/keys/other>; riaktag="next", </buckets/b>; rel="up"');
    const etag = headers.get("etag") ?? "";
    expect((await curl("n3", "/buckets/b/keys/doc", "-H", `If-None-Match: ${etag}`)).status).toBe(304);
    expect((await curl("n3", "/riak/b/doc", "-I")).headers.get("etag")).toBe(etag);
    expect((await curl("n1", "/buckets/b/keys/doc", ...put("x", plain, "If-None-Match: *"))).status).toBe(412);
  });

  it("shows siblings, one of them, all of them, and resolves them", async () => {
    const path = "/buckets/b/keys/both";
    await curl("n1", path, ...put("one", plain));
    await curl("n2", path, ...put("two", plain));
    const { status, headers, body } = await curl("n3", path);
    expect([status, body]).toEqual([300, expect.stringMatching(/^Siblings:\n\w+\n\w+\n$/)]);
    const [, first = "", second = ""] = body.split("\n");
    const each = await Promise.all([first, second].map(async (vtag) => (await curl("n1", `${path}?vtag=${vtag}`)).body));
    expect(each.sort()).toEqual(["one", "two"]);
    const all = await curl("n2", path, "-H", "Accept: multipart/mixed");
    expect([all.status, all.body.match(/\r\n\r\n(one|two)\r\n/g)?.length]).toEqual([300, 2]);
    const context = `X-Riak-Vclock: ${headers.get("x-riak-vclock")}`;
    expect(await curl("n1", `${path}?returnbody=true`, ...put("three", plain, context))).toMatchObject({
      status: 200,
      body: "three",
    });
    expect(await curl("n3", path)).toMatchObject({ status: 200, body: "three" });
  });

  it("deletes, and tells the context of the deletion", async () => {
    const path = "/buckets/b/keys/gone";
    await curl("n1", path, ...put("x", plain));
    expect((await curl("n2", path, "-XDELETE")).status).toBe(204);
    const { status, headers } = await curl("n3", path);
    expect([status, headers.get("x-riak-deleted"), headers.has("x-riak-vclock")]).toEqual([404, "true", true]);
    expect(await curl("n3", "/buckets/b/keys/never")).toMatchObject({ status: 404, body: "not found\n" });
  });

  it("makes up keys, counts, sets properties", async () => {
    const made = await curl("n1", "/buckets/b/keys", "-XPOST", "-H", plain, "-d", "made");
    const location = made.headers.get("location") ?? "";
    expect([made.status, location]).toEqual([201, expect.stringMatching(/^\/buckets\/b\/keys\/[\w-]+$/)]);
    expect((await curl("n2", location)).body).toBe("made");
    await curl("n1", "/buckets/c/counters/k", "-XPOST", "-d", "5");
    expect(await curl("n2", "/buckets/c/counters/k?returnvalue=true", "-XPOST", "-d", "-2")).toMatchObject({
      status: 200,
      body: "3",
    });
    const json = ["-H", "Content-Type: application/json"];
    expect((await curl("n1", "/buckets/p/props", "-XPUT", ...json, "-d", '{"props":{"n_val":2}}')).status).toBe(204);
    expect(JSON.parse((await curl("n1", "/buckets/p/props")).body)).toMatchObject({ props: { n_val: 2, name: "p" } });
    expect((await curl("n1", "/types/none/buckets/p/props")).status).toBe(404);
  });

  it("sends large values, which it asks for leave first", async () => {
    const { stdout } = await run("sh", [
      "-c",
      `head -c 3000000 /dev/zero | curl -s -o /dev/null -w '%{http_code}' -XPUT -H '${plain}' --data-binary @- ${nodes.httpUrl("n1")}/buckets/b/keys/large`,
    ]);
    expect(stdout).toBe("204");
    const got = await run("sh", ["-c", `curl -s ${nodes.httpUrl("n2")}/buckets/b/keys/large | wc -c`]);
    expect(got.stdout.trim()).toBe("3000000");
    const over = await run("sh", [
      "-c",
      `head -c 17000000 /dev/zero | curl -s -o /dev/null -w '%{http_code}' -XPUT -H '${plain}' --data-binary @- ${nodes.httpUrl("n1")}/buckets/b/keys/large`,
    ]);
    expect(over.stdout).toBe("413");
  });

  it("hears how the node is, in Riak's numbers", async () => {
    expect(await curl("n1", "/ping")).toMatchObject({ status: 200, body: "OK" });
    await curl("n1", "/buckets/b/keys/doc");
    const stats = JSON.parse((await curl("n1", "/stats")).body) as Record<string, number | string | string[]>;
    expect(stats).toMatchObject({ nodename: "n1@n1", ring_members: ["n1@n1", "n2@n2", "n3@n3"], ring_num_partitions: 64 });
    for (const name of [
      "node_gets",
      "node_gets_total",
      "node_puts_total",
      "vnode_gets",
      "vnode_puts_total",
      "node_get_fsm_time_100",
    ])
      expect(stats[name]).toBeGreaterThan(0);
    expect(stats["ring_ownership"]).toMatch(/^\[\{'n1@n1',\d+\},\{'n2@n2',\d+\},\{'n3@n3',\d+\}\]$/);
  });
});
