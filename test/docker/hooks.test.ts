// Shows on a real engine what the store does to its own disk and clock: each trouble has its effect, none takes an acknowledged write, and after each all is healthy again.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Operation } from "../../src/check/history.js";
import { checkLinearizability } from "../../src/check/linearizability.js";
import { type KvInput, type KvOutput, kv } from "../../src/check/models/kv.js";
import type { FaultView } from "../../src/chaos/protocol.js";
import { type StoreClient, createStoreClient } from "../../src/cluster/store-client.js";
import { docker, eventually, TestCluster } from "../support/cli.js";

const nodes = ["n1", "n2", "n3"];

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.create("nodes: 3\n");
  await cluster.up();
});
afterAll(() => cluster.destroy());

/** `chaos disk …` or `chaos clock …`, for longer than a test lasts. */
async function hurt(...fault: readonly string[]): Promise<FaultView> {
  return cluster.json("chaos", ...fault, "--for", "5m");
}

async function heal(): Promise<void> {
  await cluster.json("chaos", "heal");
}

async function clientOf(node: string): Promise<StoreClient> {
  const { address } = await cluster.node(node);
  const [host = "", port = ""] = (address ?? "").split(":");
  return createStoreClient(node, { host, port: Number(port) });
}

interface Line {
  /** The engine's stamp and the node's own, ms since the epoch. */
  readonly engineMs: number;
  readonly ownMs: number;
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

async function said(node: string): Promise<Line[]> {
  const text = await docker("logs", "--timestamps", cluster.container(node));
  return text.split("\n").map((line) => {
    const space = line.indexOf(" ");
    const { ts, level, event, ...fields } = JSON.parse(line.slice(space + 1)) as Record<string, unknown>;
    const engineMs = Date.parse(line.slice(0, space));
    return { engineMs, ownMs: Date.parse(String(ts)), level: String(level), event: String(event), fields };
  });
}

const saidOf = async (node: string, event: string): Promise<Line[]> => (await said(node)).filter((line) => line.event === event);

async function termAndLeader(): Promise<{ readonly term: number; readonly leader: string }> {
  const { nodes: all } = await cluster.status();
  return { term: Math.max(...all.map(({ store }) => store?.term ?? 0)), leader: (await cluster.leader()) ?? "nobody" };
}

async function isHealthy(): Promise<boolean> {
  const { nodes: all } = await cluster.status(true);
  return all.every(({ health, store }) => health === "ready" && store !== null && store.hash === all[0]?.store?.hash);
}

const allHealthy = (): Promise<void> => eventually("all nodes are ready and hold the same data", 30_000, isHealthy);

async function endedWith(node: string): Promise<{ exitCode: string; last: Line | undefined }> {
  await eventually(`${node} ends`, 15_000, async () => (await cluster.node(node)).state === "exited");
  const exitCode = await docker("inspect", "--format", "{{.State.ExitCode}}", cluster.container(node));
  return { exitCode, last: (await said(node)).at(-1) };
}

test("slow fsync: a write waits for it on a majority, and no longer once it is over", async () => {
  expect((await hurt("disk", "all", "--slow", "200ms")).troubles).toEqual({});
  const client = await clientOf((await termAndLeader()).leader);
  const took = async (): Promise<number> => {
    const startedMs = performance.now();
    await client.put("k", "slow");
    return performance.now() - startedMs;
  };
  const slowMs = await took();
  expect(slowMs).toBeGreaterThanOrEqual(150);
  await heal();
  expect(Math.min(await took(), await took(), await took())).toBeLessThan(slowMs / 2);
  await allHealthy();
});

test("failing fsync: the node says why and ends, and comes back with all it had promised", async () => {
  const { leader } = await termAndLeader();
  const follower = nodes.find((node) => node !== leader) ?? "";
  await hurt("disk", follower, "--fail");
  await cluster.json("put", "k", "after the disk failed");
  const { exitCode, last } = await endedWith(follower);
  expect(exitCode).toBe("3");
  expect(last).toMatchObject({ level: "fatal", event: "disk-failed", fields: { msg: expect.stringContaining("EIO") } });
  await heal();
  await docker("start", cluster.container(follower));
  await allHealthy();
});

test("a jump: a leader's costs it its office, a follower's costs nobody anything", async () => {
  const first = await termAndLeader();
  await hurt("clock", "leader", "--jump", "30s");
  await eventually("another term", 15_000, async () => (await termAndLeader()).term > first.term);
  expect(await saidOf(first.leader, "quorum-lost")).not.toEqual([]);
  await heal();
  await allHealthy();

  const before = await termAndLeader();
  const follower = nodes.find((node) => node !== before.leader) ?? "";
  await hurt("clock", follower, "--jump", "30s");
  const stood = (lines: readonly Line[]): Line[] =>
    lines.filter(({ event, fields }) => event === "role-changed" && fields["role"] === "preCandidate");
  const ordered = (await saidOf(follower, "hooks-changed")).at(-1);
  await eventually("the follower stands", 15_000, async () =>
    stood(await said(follower)).some(({ engineMs }) => engineMs >= (ordered?.engineMs ?? Infinity)),
  );
  await heal();
  await allHealthy();
  expect(await termAndLeader()).toEqual(before);
});

test("skew: seen in the node's own stamps and not in the engine's, until it is over", async () => {
  const off = ({ ownMs, engineMs }: Line): number => ownMs - engineMs;
  await hurt("clock", "n2", "--skew", "1h");
  await heal();
  const [skewed, normal] = (await saidOf("n2", "hooks-changed")).slice(-2);
  expect(skewed).toMatchObject({ level: "warn", fields: { clock: { skewMs: 3_600_000 } } });
  expect(off(skewed as Line)).toBeGreaterThan(3_500_000);
  expect(Math.abs(off(normal as Line))).toBeLessThan(60_000);
  await allHealthy();
});

test(
  "power cuts of all nodes that lose and tear what was not synced: every acknowledged write is there",
  { timeout: 180_000 },
  async () => {
    const history: Operation<KvInput, KvOutput>[] = [];
    const keys = ["a", "b", "c", "d"];
    let acknowledged = 0;

    async function make(process: string, client: StoreClient, input: KvInput): Promise<boolean> {
      const invokedAt = performance.now();
      try {
        const output =
          input.op === "put" ? (await client.put(input.key, input.value), null) : ((await client.get(input.key))?.value ?? null);
        history.push({ process, input, invokedAt, type: "ok", output, returnedAt: performance.now() });
        acknowledged += Number(input.op === "put");
        return true;
      } catch {
        // a write that was not answered may have been made, now or later
        history.push({ process, input, invokedAt, type: input.op === "put" ? "info" : "fail" });
        return false;
      }
    }

    /** Writes and reads until the node is gone. */
    async function use(name: string, node: string): Promise<void> {
      const client = await clientOf(node);
      for (let i = 0; ; i++) {
        const key = keys[i % keys.length] as string;
        const input: KvInput = i % 3 === 2 ? { op: "get", key } : { op: "put", key, value: `${name}-${i}` };
        if (!(await make(name, client, input))) return;
      }
    }

    for (let round = 0; round < 3; round++) {
      await hurt("disk", "all", "--lose-unsynced", "--slow", "40ms", ...(round > 0 ? ["--torn"] : []));
      const users = nodes.map((node) => use(`u${round}-${node}`, node));
      await sleep(2500);
      await docker("kill", ...nodes.map((node) => cluster.container(node)));
      await Promise.all(users);
      await docker("start", ...nodes.map((node) => cluster.container(node)));
      await heal();
      await allHealthy();
      const client = await clientOf("n1");
      for (const key of keys) expect(await make(`reader-${round}`, client, { op: "get", key })).toBe(true);
    }

    expect(acknowledged).toBeGreaterThan(50);
    const torn = (await Promise.all(nodes.map((node) => saidOf(node, "wal-torn-tail")))).flat();
    expect(torn.filter(({ level, fields }) => level === "warn" && (fields["droppedBytes"] as number) > 0).length).toBeGreaterThan(
      0,
    );
    const verdict = checkLinearizability(history, kv);
    expect(verdict).toMatchObject({ verdict: "ok" });
  },
);

test("a flipped bit: turned back it does no harm; found at a start, the node refuses with file and offset", async () => {
  await hurt("disk", "n3", "--flip-bit");
  expect(await saidOf("n3", "bit-flipped")).toHaveLength(1);
  await heal();
  expect(await saidOf("n3", "bit-restored")).toHaveLength(1);
  await docker("restart", "--time", "10", cluster.container("n3"));
  await allHealthy();

  await hurt("disk", "n3", "--flip-bit");
  const flipped = (await saidOf("n3", "bit-flipped")).at(-1);
  await docker("kill", cluster.container("n3"));
  await docker("start", cluster.container("n3"));
  const { exitCode, last } = await endedWith("n3");
  expect(exitCode).toBe("3");
  expect(last).toMatchObject({ level: "fatal", event: "wal-corrupt", fields: { file: flipped?.fields["file"] } });
  expect(last?.fields["offset"]).toBeLessThanOrEqual(flipped?.fields["offset"] as number);

  await heal();
  // what it had promised is gone with the file: it comes back as another member
  await docker("rm", "-f", cluster.container("n3"));
  await docker("volume", "rm", `${cluster.container("n3")}.data`);
  await cluster.up();
  await allHealthy();
});
