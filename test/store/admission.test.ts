// Shows what an empty disk means: founders found together, and a voter that lost its disk votes no more under its number but comes back under another.
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { decideAdmission, lateAfterMs } from "../../src/store/admission.js";
import { testCluster, until } from "./cluster.js";
import type { TestCluster } from "./cluster.js";
import { base64 } from "./cluster.js";

describe("the decision", () => {
  const heard = (empty: readonly number[], logs: readonly number[] = []) =>
    new Map([...empty, ...logs].map((id) => [id, { isEmpty: !logs.includes(id) }]));
  const check = (founders: number, empty: readonly number[], logs: readonly number[], waitedMs: number) =>
    decideAdmission({
      self: 1,
      clusterState: "new",
      founders: Array.from({ length: founders }, (_, i) => i + 1),
      heard: heard(empty, logs),
      waitedMs,
    });

  it.each([
    ["alone", 1, [], [], 0, "found"],
    ["nobody heard", 3, [], [], lateAfterMs, "wait"],
    ["one of two others is empty: the third may hold what this one forgot", 3, [2], [], lateAfterMs, "wait"],
    ["all are empty", 3, [2, 3], [], 0, "found"],
    ["one holds a log", 3, [2], [3], 0, "ask"],
    ["a late one is waited for", 5, [2, 3, 4], [], lateAfterMs - 1, "wait"],
    ["a late one is not waited for long", 5, [2, 3, 4], [], lateAfterMs, "found"],
    ["half of the others is too few", 5, [2, 3], [], lateAfterMs, "wait"],
  ] as const)("%s", (_, founders, empty, logs, waitedMs, decision) => {
    expect(check(founders, empty, logs, waitedMs)).toBe(decision);
  });

  it("whoever joins asks, whatever the others hold", () => {
    const state = { self: 3, clusterState: "existing", founders: [1, 2, 3], waitedMs: 0 } as const;
    expect(decideAdmission({ ...state, heard: heard([1, 2]) })).toBe("ask");
  });

  it("nobody founds beside a log that a majority once held, this one among them", () => {
    const cluster = fc
      .integer({ min: 1, max: 9 })
      .chain((size) =>
        fc.record({ size: fc.constant(size), order: fc.shuffledSubarray([...Array(size).keys()].map((i) => i + 1)) }),
      );
    fc.assert(
      fc.property(cluster, fc.nat(), fc.integer({ min: 0, max: 2 * lateAfterMs }), ({ size, order }, cut, waitedMs) => {
        const others = Array.from({ length: size }, (_, i) => i + 1).filter((id) => id !== 1);
        // a majority held it, and one of them, member 1, has lost it; `order` is who of the others held it first
        const holders = order.filter((id) => id !== 1).slice(0, Math.floor(size / 2));
        fc.pre(holders.length === Math.floor(size / 2) && holders.length > 0);
        const reached = others.filter((_, i) => ((cut >> i) & 1) === 1);
        const [logs, empty] = [reached.filter((id) => holders.includes(id)), reached.filter((id) => !holders.includes(id))];
        expect(check(size, empty, logs, waitedMs)).not.toBe("found");
      }),
    );
  });
});

let cluster: TestCluster;
afterEach(() => cluster?.destroy());

async function startAll(size: number): Promise<void> {
  cluster = await testCluster(size);
  await Promise.all(cluster.members.map(({ id }) => cluster.start(id)));
}

const put = (member: number, key: string, value: string) =>
  cluster.post(member, "/v3/kv/put", { key: base64(key), value: base64(value) });
const status = async (member: number) => (await cluster.get(member, "/status")).body;
/** Once the member votes: until then it refuses to tell. */
const read = async (member: number, key: string): Promise<string | undefined> => {
  const ask = () => cluster.post(member, "/v3/kv/range", { key: base64(key) });
  const { body } = await until(ask, ({ status: code }) => code === 200);
  const [pair] = (body["kvs"] ?? []) as { value: string }[];
  return pair && Buffer.from(pair.value, "base64").toString();
};
const votersAt = (member: number, count: number) =>
  until(
    async () => ((await status(member))["voters"] ?? []) as string[],
    (voters) => voters.length === count,
  );
const ids = async (member: number): Promise<number[]> => {
  const { body } = await cluster.post(member, "/v3/cluster/member/list", {});
  return ((body["members"] ?? []) as { ID: string }[]).map(({ ID }) => Number(ID));
};

it("a voter that lost its disk comes back under a new number, catches up, votes again, and keeps the number", async () => {
  await startAll(3);
  for (let i = 0; i < 20; i++) await put(1, `k${i}`, `${i}`);
  await cluster.loseDisk(2);
  await cluster.start(2);
  expect(
    await until(
      () => ids(1),
      (all) => !all.includes(2),
    ),
  ).toEqual([1, 3, 4]);
  expect(await votersAt(2, 3)).toHaveLength(3);
  expect(await status(2)).toMatchObject({ node: "n2", member: 4 });
  expect(await read(2, "k19")).toBe("19");
  await cluster.stop(2);
  await cluster.start(2);
  expect(await status(2)).toMatchObject({ member: 4 });
  // and once more, though its environment still says 2
  await cluster.loseDisk(2);
  await cluster.start(2);
  expect(
    await until(
      () => ids(1),
      (all) => !all.includes(4),
    ),
  ).toEqual([1, 3, 5]);
  expect(await votersAt(2, 3)).toHaveLength(3);
  expect(cluster.removed).toEqual([]);
});

it("a voter that lost its disk helps nobody to a majority before it has caught up", async () => {
  await startAll(3);
  expect((await put(1, "k", "v")).status).toBe(200);
  await cluster.stop(1);
  await cluster.loseDisk(2);
  const back = cluster.start(2);
  // it knows only member 3, which cannot be elected by itself
  await until(
    async () => (await status(3))["role"],
    (role) => role !== "leader",
  );
  const { term } = await status(3);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(await status(3)).toMatchObject({ term, leader: null });
  await cluster.start(1);
  await back;
  expect(await votersAt(2, 3)).toHaveLength(3);
  expect(await status(2)).toMatchObject({ member: 4 });
  expect(await read(2, "k")).toBe("v");
});

it("founders wait for each other, and then found under the numbers they were given", async () => {
  cluster = await testCluster(3);
  const early = [1, 2].map((id) => cluster.start(id));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(cluster.nodes.size).toBe(0);
  await Promise.all([...early, cluster.start(3)]);
  expect(
    await until(
      () => ids(3),
      (all) => all.length === 3,
    ),
  ).toEqual([1, 2, 3]);
  expect(
    (
      await until(
        () => put(3, "k", "v"),
        ({ status: code }) => code === 200,
      )
    ).status,
  ).toBe(200);
});
