// Shows three real nodes (one process) told to hurt themselves: a slow majority slows writes, a jump deposes a leader but not by way of a follower, skew is seen in log stamps alone, and a restart forgets it all.
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ClockTrouble, noClockTrouble, noDiskTrouble, noHooks } from "../../src/core/store-hooks.js";
import { type TestCluster, base64, testCluster, until } from "./cluster.js";

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await testCluster(3);
  await Promise.all([1, 2, 3].map((id) => cluster.start(id)));
  await put("before");
});
afterEach(() => cluster.destroy());

const put = async (key: string, member = 1): Promise<number> =>
  (await cluster.post(member, "/v3/kv/put", { key: base64(key), value: base64("v") })).status;

const clock = (part: Partial<ClockTrouble>) => ({ ...noHooks, clock: { ...noClockTrouble, ...part } });
const slowDisk = (fsyncDelayMs: number) => ({ ...noHooks, disk: { ...noDiskTrouble, fsyncDelayMs } });

async function termAndLeader(): Promise<{ term: number; leader: number }> {
  const ask = async (): Promise<{ term: number; leader: string | null }[]> =>
    (await Promise.all([1, 2, 3].map((id) => cluster.get(id, "/status")))).map(({ body }) => body as never);
  const agree = (all: { term: number; leader: string | null }[]): boolean =>
    all[0]?.leader !== null && new Set(all.map(({ term, leader }) => `${term} ${leader}`)).size === 1;
  const [first] = await until(ask, agree);
  return { term: first?.term ?? 0, leader: cluster.members.find(({ name }) => name === first?.leader)?.id ?? 0 };
}

type Line = { readonly ts: string; readonly node: string; readonly event: string } & Readonly<Record<string, unknown>>;
const said = (event: string): Line[] =>
  cluster.logLines.map((line) => JSON.parse(line) as Line).filter((line) => line.event === event);

it("a write waits for the disks of a majority: the leader's own slow disk does not slow it, its followers' do", async () => {
  const { leader } = await termAndLeader();
  await cluster.hurt(leader, slowDisk(60_000));
  expect(await put("one is slow", leader)).toBe(200);
  await cluster.hurt(leader, noHooks);

  for (const id of [1, 2, 3]) if (id !== leader) await cluster.hurt(id, slowDisk(150));
  const startedMs = performance.now();
  expect(await put("both followers are slow", leader)).toBe(200);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(149);
  for (const id of [1, 2, 3]) await cluster.hurt(id, noHooks);
  expect(await put("none is slow", leader)).toBe(200);
});

it("a leader whose clock jumps finds its followers silent for longer than a leader may, and steps down; the next term heals it", async () => {
  const before = await termAndLeader();
  await cluster.hurt(before.leader, clock({ jumpMs: 10_000 }));
  const after = await until(termAndLeader, ({ term }) => term > before.term);
  expect(after.term).toBeGreaterThan(before.term);
  expect(said("quorum-lost").map(({ node }) => node)).toEqual([`n${before.leader}`]);
  expect(await put("after", before.leader)).toBe(200);
});

it("a follower whose clock jumps stands for election, and the others, who hear their leader, do not let it in", async () => {
  const before = await termAndLeader();
  const follower = before.leader === 1 ? 2 : 1;
  await cluster.hurt(follower, clock({ jumpMs: 10_000 }));
  const stood = await until(
    () => said("role-changed").filter(({ node, role }) => node === `n${follower}` && role === "preCandidate"),
    (lines) => lines.length > 0,
  );
  expect(stood).toHaveLength(1);
  expect(await termAndLeader()).toEqual(before);
  expect(await put("after", follower)).toBe(200);
});

it("skew is seen in the node's own log stamps and has no other effect", async () => {
  const before = await termAndLeader();
  await cluster.hurt(before.leader, clock({ skewMs: -3_600_000 }));
  const [line] = said("hooks-changed");
  expect(line).toMatchObject({ level: "warn", node: `n${before.leader}`, clock: { skewMs: -3_600_000 } });
  expect(Date.now() - Date.parse(line?.ts ?? "")).toBeGreaterThanOrEqual(3_600_000);
  expect(await put("after", before.leader)).toBe(200);
  expect(await termAndLeader()).toEqual(before);
});

it("a follower whose clock runs ten times too fast keeps standing, until it runs right again", async () => {
  const before = await termAndLeader();
  const follower = before.leader === 1 ? 2 : 1;
  const stood = (): Line[] => said("role-changed").filter(({ node, role }) => node === `n${follower}` && role === "preCandidate");
  // its election time-out is now 20 ms of the others' time, and the leader is heard every 20 ms
  await cluster.hurt(follower, clock({ driftPercent: 900 }));
  expect((await until(stood, (lines) => lines.length >= 3)).length).toBeGreaterThanOrEqual(3);
  await cluster.hurt(follower, noHooks);
  expect(await put("after", follower)).toBe(200);
});

it("a restarted node has no trouble", async () => {
  await cluster.hurt(3, slowDisk(60_000));
  await cluster.hurt(3, { ...slowDisk(0), clock: { skewMs: 1, jumpMs: 2, driftPercent: 3 } });
  await cluster.stop(3);
  await cluster.start(3);
  const told = await fetch(`http://127.0.0.1:${cluster.nodes.get(3)?.adminPort}/hooks`);
  expect(await told.json()).toEqual(noHooks);
});
