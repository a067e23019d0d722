// Shows three real nodes (files, TCP, HTTP; one process) behaving as one store: any node answers, leaders are replaced, nothing acknowledged is lost, a minority refuses.
import { afterEach, expect, it } from "vitest";
import { base64, testCluster, until } from "./cluster.js";
import type { Timing } from "../../src/store/node-options.js";
import type { TestCluster } from "./cluster.js";

let cluster: TestCluster;
afterEach(() => cluster.destroy());

async function startAll(size: number, timing: Partial<Timing> = {}): Promise<void> {
  cluster = await testCluster(size, timing);
  await Promise.all(cluster.members.map(({ id }) => cluster.start(id)));
}

const put = (member: number, key: string, value: string) =>
  cluster.post(member, "/v3/kv/put", { key: base64(key), value: base64(value) });

async function read(member: number, key: string): Promise<string | undefined> {
  const { body } = await cluster.post(member, "/v3/kv/range", { key: base64(key) });
  const [pair] = (body["kvs"] ?? []) as { value: string }[];
  return pair === undefined ? undefined : Buffer.from(pair.value, "base64").toString();
}

/** The member that all running nodes take for the leader. */
async function leader(): Promise<number> {
  const named = async (): Promise<unknown[]> =>
    await Promise.all([...cluster.nodes.keys()].map(async (id) => (await cluster.get(id, "/status")).body["leader"]));
  const [name] = await until(named, (names) => names[0] !== null && new Set(names).size === 1);
  return cluster.members.find((member) => member.name === name)?.id ?? 0;
}

const hashes = async (): Promise<unknown[]> =>
  await Promise.all([...cluster.nodes.keys()].map(async (id) => (await cluster.get(id, "/status?hash=1")).body["hash"]));

it("any node writes, any node reads what was written before", async () => {
  await startAll(3);
  for (const writer of [1, 2, 3]) {
    expect((await put(writer, "k", `from ${writer}`)).status).toBe(200);
    for (const reader of [1, 2, 3]) expect(await read(reader, "k")).toBe(`from ${writer}`);
  }
  expect(new Set(await until(hashes, (all) => new Set(all).size === 1)).size).toBe(1);
  for (const id of [1, 2, 3]) expect((await cluster.get(id, "/health")).status).toBe(200);
});

it("many writers at once through all nodes: each put is there, once", async () => {
  await startAll(3);
  const puts = Array.from({ length: 300 }, (_, i) => put((i % 3) + 1, `k${i}`, `${i}`));
  expect((await Promise.all(puts)).map(({ status }) => status)).toEqual(puts.map(() => 200));
  const { body } = await cluster.post(2, "/v3/kv/range", { key: base64("k"), range_end: base64("l"), count_only: true });
  expect(body).toMatchObject({ count: "300", header: { revision: "301" } });
});

it("the leader stops: the others go on, and it catches up when it is back", async () => {
  await startAll(3);
  await put(1, "before", "1");
  const first = await leader();
  await cluster.stop(first);
  const other = first === 1 ? 2 : 1;
  expect((await put(other, "after", "2")).status).toBe(200);
  await cluster.start(first);
  expect(
    await until(
      () => read(first, "after"),
      (value) => value === "2",
    ),
  ).toBe("2");
  expect(new Set(await until(hashes, (all) => new Set(all).size === 1)).size).toBe(1);
});

it("the leader goes in the middle of writes through the others: each is carried out, once, and its client is told so", async () => {
  await startAll(3);
  await put(1, "before", "1");
  const first = await leader();
  const others = [1, 2, 3].filter((id) => id !== first);
  const puts = Array.from({ length: 200 }, (_, i) => put(others[i % 2] ?? 0, `k${i}`, `${i}`));
  const stopped = cluster.stop(first);
  puts.push(...Array.from({ length: 200 }, (_, i) => put(others[i % 2] ?? 0, `l${i}`, `${i}`)));
  expect((await Promise.all(puts)).map(({ status }) => status)).toEqual(puts.map(() => 200));
  await stopped;
  const { body } = await cluster.post(others[0] ?? 0, "/v3/kv/range", {
    key: base64("k"),
    range_end: base64("m"),
    count_only: true,
  });
  // one for the first put, one for each of the others, from 1 on
  expect(body).toMatchObject({ count: "400", header: { revision: "402" } });
});

it("all stop and start again: everything acknowledged is there", async () => {
  await startAll(3, { snapshotEntries: 20 });
  for (let i = 0; i < 50; i++) await put((i % 3) + 1, `k${i}`, `${i}`);
  await cluster.stopAll();
  cluster.nodes.clear();
  await Promise.all([1, 2, 3].map((id) => cluster.start(id)));
  expect(
    await until(
      () => read(2, "k49"),
      (value) => value === "49",
    ),
  ).toBe("49");
  const { body } = await cluster.post(3, "/v3/kv/range", { key: base64("k"), range_end: base64("l"), count_only: true });
  expect(body["count"]).toBe("50");
  expect(cluster.logLines.some((line) => line.includes(`"snapshot-saved"`) && line.includes("bytes"))).toBe(true);
});

it("a node that missed more than the log keeps gets a snapshot", async () => {
  await startAll(3, { snapshotEntries: 20, keepEntries: 5 });
  await put(1, "a", "1");
  await cluster.stop(3);
  for (let i = 0; i < 60; i++) await put(1, `k${i}`, `${i}`);
  await cluster.start(3);
  expect(
    await until(
      () => read(3, "k59"),
      (value) => value === "59",
    ),
  ).toBe("59");
  expect(cluster.logLines.some((line) => line.includes(`"snapshot-installed"`))).toBe(true);
  expect(new Set(await until(hashes, (all) => new Set(all).size === 1)).size).toBe(1);
});

it("a node alone refuses in time and says that nothing happened, but answers stale reads where asked to", async () => {
  await startAll(3, { requestTimeoutMs: 300 });
  await put(1, "k", "v");
  await until(
    async () => (await cluster.get(3, "/status")).body["revision"],
    (revision) => revision === 2,
  );
  await cluster.stop(1);
  await cluster.stop(2);
  await until(
    async () => (await cluster.get(3, "/status")).body["leader"],
    (name) => name === null,
  );
  const startedMs = performance.now();
  const [write, linearizable] = await Promise.all([put(3, "k", "w"), cluster.post(3, "/v3/kv/range", { key: base64("k") })]);
  // far sooner than unless told otherwise
  expect(performance.now() - startedMs).toBeLessThan(2400);
  for (const { status, body } of [write, linearizable]) {
    expect([status, body["code"], body["definite"]]).toEqual([503, 14, true]);
  }
  expect((await cluster.get(3, "/health")).status).toBe(503);
  const stale = await cluster.post(3, "/v3/kv/range", { key: base64("k"), serializable: true });
  expect(stale.body["count"]).toBe("1");
});

/** All that are to be have told where clients reach them: only then does the cluster count on them when members change. */
const allStarted = (count: number) =>
  until(
    async () => (await cluster.post(1, "/v3/cluster/member/list", {})).body["members"] as { name?: string }[],
    (members) => members.filter(({ name = "" }) => name !== "").length === count,
  );

it("a member is added as a learner, catches up, is promoted, and another is removed", async () => {
  cluster = await testCluster(4);
  const founders = cluster.members.slice(0, 3);
  await Promise.all(founders.map(({ id }) => cluster.start(id, "new", founders)));
  await put(1, "k", "v");
  await allStarted(3);
  const peer = `http://127.0.0.1:${cluster.members[3]?.peerPort}`;
  const added = await cluster.post(2, "/v3/cluster/member/add", { peerURLs: [peer], isLearner: true });
  // it has no name before it has started
  expect(added.body["member"]).toEqual({ ID: "4", peerURLs: [peer], isLearner: true });
  await cluster.start(4, "existing");
  const held = () => cluster.post(4, "/v3/kv/range", { key: base64("k"), serializable: true });
  const { body: holds } = await until(held, ({ body }) => body["kvs"] !== undefined);
  expect(holds["kvs"]).toMatchObject([{ value: base64("v") }]);
  await allStarted(4);
  const { body: list } = await cluster.post(1, "/v3/cluster/member/list", {});
  // named after its host, and all of ours have the same one here
  const clientURLs = [`http://127.0.0.1:${cluster.nodes.get(4)?.clientPort}`];
  expect(list["members"]).toContainEqual({ ID: "4", name: "127.0.0.1", peerURLs: [peer], clientURLs, isLearner: true });
  expect((await cluster.get(1, "/status")).body).toMatchObject({ voters: ["n1", "n2", "n3"], learners: ["127.0.0.1"] });
  expect(
    (
      await until(
        () => cluster.post(3, "/v3/cluster/member/promote", { ID: "4" }),
        ({ status }) => status === 200,
      )
    ).status,
  ).toBe(200);
  const gone = (await leader()) === 1 ? 2 : 1;
  // it may hear of its promotion later than member 3, and as a learner it takes no such call
  const voters = async () => (await cluster.get(4, "/status")).body["voters"] as readonly string[];
  await until(voters, (names) => names.length === 4);
  expect((await cluster.post(4, "/v3/cluster/member/remove", { ID: String(gone) })).status).toBe(200);
  await cluster.stop(gone);
  const listed = async (): Promise<string[]> => {
    const { body } = await cluster.post(3, "/v3/cluster/member/list", {});
    return (body["members"] as { ID: string }[]).map(({ ID }) => ID);
  };
  // member 4 was asked, so member 3 may hear of it later
  const remaining = ["1", "2", "3", "4"].filter((id) => id !== String(gone));
  expect(await until(listed, (ids) => ids.length === remaining.length)).toEqual(remaining);
  expect((await put(4, "k", "w")).status).toBe(200);
});

it("whoever answers a change of members shows it from then on, also a follower, which hears later that it is committed", async () => {
  await startAll(3);
  await put(1, "k", "v");
  const follower = (await leader()) === 1 ? 2 : 1;
  const listed = async (): Promise<string[]> => {
    const { body } = await cluster.post(follower, "/v3/cluster/member/list", {});
    return (body["members"] as { ID: string }[]).map(({ ID }) => ID);
  };
  // learners that never come: they are no part of any quorum, and there may be one
  for (let id = 4; id <= 13; id++) {
    const add = { peerURLs: [`http://127.0.0.1:${id}`], isLearner: true };
    const { body } = await cluster.post(follower, "/v3/cluster/member/add", add);
    expect((body["members"] as { ID: string }[]).map(({ ID }) => ID)).toContain(String(id));
    expect(await listed()).toContain(String(id));
    const update = { ID: String(id), peerURLs: [`http://127.0.0.2:${id}`] };
    const updated = (await cluster.post(follower, "/v3/cluster/member/update", update)).body;
    expect(JSON.stringify(updated["members"])).toContain(`http://127.0.0.2:${id}`);
    expect((await cluster.post(follower, "/v3/cluster/member/remove", { ID: String(id) })).status).toBe(200);
    expect(await listed()).not.toContain(String(id));
  }
});

it("a follower that is removed through itself says so without waiting to hear of it", async () => {
  await startAll(3, { requestTimeoutMs: 10_000 });
  await put(1, "k", "v");
  await allStarted(3);
  const follower = (await leader()) === 1 ? 2 : 1;
  const startedMs = performance.now();
  expect((await cluster.post(follower, "/v3/cluster/member/remove", { ID: String(follower) })).status).toBe(200);
  expect(performance.now() - startedMs).toBeLessThan(8000);
});

it("a member whom nobody tells who the members are says so in its log after some seconds, once", async () => {
  cluster = await testCluster(2);
  const started = cluster.start(2, "existing");
  const waiting = () => {
    cluster.clock.aheadMs += 1000;
    return cluster.logLines.filter((line) => line.includes(`"waiting-for-leader"`));
  };
  expect(await until(waiting, (lines) => lines.length > 0)).toHaveLength(1);
  cluster.clock.aheadMs += 100_000;
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(waiting()).toHaveLength(1);
  expect(JSON.parse(waiting()[0] ?? "")).toMatchObject({ level: "warn", node: "n2" });
  // a cluster that never heard of it: it ends
  await cluster.start(1, "new", cluster.members.slice(0, 1));
  await expect(started).rejects.toThrow("n2 ends: its disk is empty, and the cluster has no such member any more");
});

it("a leader that loses its followers in the middle of a write does not say that the write failed", async () => {
  await startAll(3, { requestTimeoutMs: 300 });
  await put(1, "k", "v");
  const first = await leader();
  for (const { id } of cluster.members) if (id !== first) void cluster.stop(id);
  // still the leader, as far as it knows
  const { status, body } = await put(first, "k", "w");
  expect([status, body["code"], body["definite"]]).toEqual([503, 14, false]);
});
