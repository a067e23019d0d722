// Shows how a member that was removed learns it and ends, once: by its own log, or by two of its peers where it has two; and that it disturbs nobody until then.
import { afterEach, expect, it } from "vitest";
import type { Log } from "../../src/core/log-line.js";
import { Removal } from "../../src/store/removal.js";
import { testCluster, until } from "./cluster.js";
import type { TestCluster } from "./cluster.js";

function removal(members: readonly number[]) {
  const ended: string[] = [];
  const rings: (() => void)[] = [];
  const replica = {
    members: new Map(members.map((id) => [id, { id, name: `n${id}`, host: `n${id}`, peerPort: 2380 }])),
    isRemoved: (id: number) => !replica.members.has(id),
  };
  const log: Log = (_level, _event, msg) => ended.push(msg);
  const news = new Removal({
    self: 3,
    clock: { every: (_ms, ring) => (rings.push(() => ring(1)), () => undefined) },
    log,
    replica: () => replica,
    nameOf: (id) => `n${id}`,
    onRemoved: () => ended.push("ends"),
  });
  return { news, ended, rings, replica };
}

it("believes two peers, not one of them twice", () => {
  const { news, ended } = removal([1, 2, 3]);
  news.told(1);
  news.told(1);
  expect(ended).toEqual([]);
  news.told(2);
  news.told(1);
  expect(ended).toEqual(["n3 ends: it was removed from the cluster as member 3 (n1 and n2 say so)", "ends"]);
});

it("believes its only peer", () => {
  const { news, ended } = removal([1, 3]);
  news.told(1);
  expect(ended.at(-1)).toBe("ends");
});

it("believes its own log, and stays long enough to say its last words", () => {
  const { news, ended, rings, replica } = removal([1, 2, 3]);
  news.changed();
  expect(rings).toEqual([]);
  replica.members.delete(3);
  news.changed();
  news.changed();
  expect(ended).toEqual(["n3 ends: it was removed from the cluster as member 3 (its own log says so)"]);
  for (const ring of rings) ring();
  expect(ended.at(-1)).toBe("ends");
  expect(ended).toHaveLength(2);
});

let cluster: TestCluster;
afterEach(() => cluster?.destroy());

async function startThree(): Promise<void> {
  cluster = await testCluster(3);
  await Promise.all([1, 2, 3].map((id) => cluster.start(id)));
}

const statusOf = async (id: number): Promise<Record<string, unknown>> => (await cluster.get(id, "/status")).body;
const ended = () =>
  until(
    () => cluster.removed,
    (removed) => removed.length === 1,
  );

async function leaderOf(ids: readonly number[]): Promise<number> {
  const leads = async () => (await Promise.all(ids.map(statusOf))).findIndex(({ role }) => role === "leader");
  return ids[await until(leads, (i) => i >= 0)] ?? 0;
}

it("a member that is removed while it is down ends when it comes back, and the others notice nothing", async () => {
  await startThree();
  const gone = (await leaderOf([1, 2, 3])) === 3 ? 2 : 3;
  const stays = [1, 2, 3].filter((id) => id !== gone);
  await cluster.stop(gone);
  const remove = () => cluster.post(1, "/v3/cluster/member/remove", { ID: String(gone) });
  // a leader that has only just taken over refuses
  expect((await until(remove, ({ status }) => status === 200)).status).toBe(200);
  const before = await Promise.all(stays.map(statusOf));
  await cluster.start(gone);
  expect(await ended()).toEqual([gone]);
  const after = await Promise.all(stays.map(statusOf));
  expect(after.map(({ term, leader }) => [term, leader])).toEqual(before.map(({ term, leader }) => [term, leader]));
  expect(cluster.logLines.filter((line) => line.includes(`"removed"`))).toHaveLength(1);
});

it("a leader that removes itself says so to its client, ends, and the others go on", async () => {
  await startThree();
  const gone = await leaderOf([1, 2, 3]);
  const stays = [1, 2, 3].filter((id) => id !== gone);
  const remove = () => cluster.post(gone, "/v3/cluster/member/remove", { ID: String(gone) });
  expect((await until(remove, ({ status }) => status === 200)).status).toBe(200);
  expect(await ended()).toEqual([gone]);
  expect(stays).toContain(await leaderOf(stays));
  const { body } = await cluster.post(stays[0] ?? 0, "/v3/cluster/member/list", {});
  expect((body["members"] as { ID: string }[]).map(({ ID }) => Number(ID))).toEqual(stays);
});
