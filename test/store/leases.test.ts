// Shows on three real nodes in this process that leases end with their keys and not before their time, that any member takes renewals, and that leases outlive leaders, restarts and leaps of the clock.
import { afterAll, beforeAll, expect, it } from "vitest";
import { base64, testCluster, until } from "./cluster.js";
import type { TestCluster } from "./cluster.js";

const patienceMs = 20_000;

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await testCluster(3);
  await startAll();
});
afterAll(() => cluster.destroy());

async function startAll(): Promise<void> {
  await Promise.all(cluster.members.map(({ id }) => cluster.start(id)));
  await leader();
}

async function leader(): Promise<number> {
  const { body } = await until(
    () => cluster.get([...cluster.nodes.keys()][0] ?? 1, "/status"),
    (status) => status.body["leader"] !== null,
  );
  return Number(String(body["leader"]).slice(1));
}

async function post(member: number, path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await cluster.post(member, path, body);
  if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer.body;
}

const grant = async (member: number, ttl: number): Promise<string> =>
  String((await post(member, "/v3/lease/grant", { TTL: ttl }))["ID"]);
const put = (member: number, key: string, lease: string): Promise<unknown> =>
  post(member, "/v3/kv/put", { key: base64(key), lease });
const isThere = async (member: number, key: string): Promise<boolean> =>
  "kvs" in (await post(member, "/v3/kv/range", { key: base64(key) }));
const timeToLive = async (member: number, id: string): Promise<Record<string, unknown>> => {
  const { header: _, ...answer } = await post(member, "/v3/lease/timetolive", { ID: id, keys: true });
  return answer;
};
const secondsLeft = async (id: string): Promise<number> => Number((await timeToLive(1, id))["TTL"]);
const renew = async (member: number, id: string): Promise<unknown> => {
  const { result } = await post(member, "/v3/lease/keepalive", { ID: id });
  return (result as Record<string, unknown>)["TTL"];
};

/** Waits until the key is gone; how long after `sinceMs` that was, at most. */
async function goneAfterMs(member: number, key: string, sinceMs: number): Promise<number> {
  while (performance.now() < sinceMs + patienceMs) {
    if (!(await isThere(member, key))) return performance.now() - sinceMs;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${key} is still there`);
}

it("a lease ends with its keys, and not before its time", async () => {
  const sinceMs = performance.now();
  const id = await grant(2, 1);
  await put(3, "short", id);
  expect(await timeToLive(1, id)).toMatchObject({ ID: id, grantedTTL: "1", keys: [base64("short")] });
  expect(await goneAfterMs(1, "short", sinceMs)).toBeGreaterThanOrEqual(1000);
  expect(await timeToLive(2, id)).toEqual({ ID: id, TTL: "-1" });
  expect(await renew(3, id)).toBeUndefined();
  expect(cluster.logLines.some((line) => line.includes(`lease ${id} is over: nobody renewed it`))).toBe(true);
});

it("any member takes renewals, and they count for all", async () => {
  const id = await grant(1, 60);
  for (const member of [1, 2, 3]) {
    // in steps that no lessor takes for a leap
    const before = await until(
      async () => {
        cluster.clock.aheadMs += 400;
        await new Promise((resolve) => setTimeout(resolve, 60));
        return secondsLeft(id);
      },
      (left) => left < 56,
    );
    expect(await renew(member, id)).toBe("60");
    expect(await secondsLeft(id)).toBeGreaterThan(before);
  }
  await post(2, "/v3/lease/revoke", { ID: id });
});

it("a lease that nobody renews outlives its leader by no less than its time, and ends under the next one", async () => {
  const old = await leader();
  const id = await grant(old, 2);
  await put(old, "kept", id);
  const sinceMs = performance.now();
  expect(await renew(old, id)).toBe("2");
  await cluster.stop(old);
  const member = (old % 3) + 1;
  expect(await goneAfterMs(member, "kept", sinceMs)).toBeGreaterThanOrEqual(2000);
  await cluster.start(old);
  await leader();
});

it("a leap of the clock ends no lease", async () => {
  const id = await grant(1, 60);
  cluster.clock.aheadMs += 3_600_000;
  for (const member of [1, 2, 3]) expect(await renew(member, id)).toBe("60");
  cluster.clock.aheadMs += 3_600_000;
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await secondsLeft(id)).toBeGreaterThan(30);
});

it("leases are there after all members were down, with their keys and all their time", async () => {
  const id = await grant(1, 600);
  await put(1, "there", id);
  await cluster.stopAll();
  cluster.nodes.clear();
  await startAll();
  const { TTL: left, ...rest } = await timeToLive(2, id);
  expect([rest, Number(left) > 500]).toEqual([{ ID: id, grantedTTL: "600", keys: [base64("there")] }, true]);
  expect((await post(3, "/v3/lease/leases", {}))["leases"]).toContainEqual({ ID: id });
});
