// Shows that faults end by themselves whoever dies: the CLI, the agent, or the node they are on.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, eventually, rulesIn, startCli, TestCluster } from "../support/cli.js";
import { type Condition, conditionOf } from "../support/node-condition.js";

let cluster: TestCluster;
let untouched: readonly Condition[];
beforeAll(async () => {
  cluster = await TestCluster.create("nodes: 5\n");
  await cluster.up();
  untouched = await conditions();
});
afterAll(() => cluster.destroy());

const nodes = ["n1", "n2", "n3", "n4", "n5"];

function conditions(): Promise<readonly Condition[]> {
  return Promise.all(nodes.map((node) => conditionOf(cluster.container(node))));
}

/** Nothing of any fault is left: every node runs, no rule, no limit, no trouble of a store, an empty ledger. */
async function expectClean(): Promise<void> {
  expect(await conditions()).toEqual(untouched);
  expect(await cluster.json("chaos", "ls")).toEqual({ faults: [], links: [] });
}

/** How often the agent has said this of a fault of this kind. */
async function told(event: string, kind: string): Promise<number> {
  const lines = (await docker("logs", cluster.container("chaos"))).split("\n");
  return lines.filter((line) => line.includes(`"event":"${event}"`) && line.includes(`"kind":"${kind}"`)).length;
}

/** Side by side, so that together they take no longer than one of them; those of one round do not get in each other's way. */
const rounds: readonly (readonly [kind: string, ...words: readonly string[]])[][] = [
  [
    ["kill", "n1"],
    ["stop", "n2"],
    ["memory", "n3", "--limit", "300mb"],
    ["disk", "n4", "--slow", "5ms"],
    ["partition", "isolate n5"],
    ["slow", "n4", "--rate", "2mbit"],
  ],
  [
    ["crash-loop", "n1", "--every", "1s"],
    ["restart", "n2"],
    ["pause", "n3"],
    ["cpu", "n4", "--cpus", "0.5"],
    ["clock", "n5", "--skew", "5s"],
  ],
];
const forSeconds = 3;

describe.each(rounds.map((faults) => [faults.map(([kind]) => kind).join(", "), faults] as const))("chaos %s", (_, faults) => {
  const start = ([kind, ...words]: readonly string[]) => {
    const time = kind === "restart" ? [] : ["--for", `${forSeconds}s`];
    return startCli(["chaos", kind ?? "", ...words, ...time], cluster.folder);
  };

  test.each<[string, (cli: ReturnType<typeof start>, kind: string, index: number) => Promise<unknown>]>([
    ["while it looks at the cluster", (_cli, _kind, index) => sleep(150 + 50 * index)],
    ["while it asks the agent", (_cli, _kind, index) => sleep(400 + 100 * index)],
    ["as soon as the fault is there", (_cli, kind) => applied(kind)],
  ])("the CLI is killed %s: clean at the deadline and two seconds", async (_phase, moment) => {
    await Promise.all(
      faults.map(async (fault, index) => {
        const cli = start(fault);
        await moment(cli, fault[0], index);
        cli.kill("SIGKILL");
        await cli;
      }),
    );
    await sleep((forSeconds + 2) * 1000);
    await expectClean();
  });

  async function applied(kind: string): Promise<void> {
    const before = await told("fault-applied", kind);
    await eventually(`${kind} is applied`, 15_000, async () => (await told("fault-applied", kind)) > before);
  }

  test("the agent is killed and started again in the middle: in force until its time, and then clean", async () => {
    await Promise.all(faults.map((fault) => start(fault)));
    await docker("kill", cluster.container("chaos"));
    await docker("start", cluster.container("chaos"));
    expect(await conditions()).not.toEqual(untouched);
    await sleep((forSeconds + 2) * 1000);
    await expectClean();
  });

  test("the agent is down when the time is over: clean as soon as it is back", async () => {
    await Promise.all(faults.map((fault) => start(fault)));
    await docker("kill", cluster.container("chaos"));
    await sleep(forSeconds * 1000);
    await docker("start", cluster.container("chaos"));
    await eventually("all is clean", 5000, async () => JSON.stringify(await conditions()) === JSON.stringify(untouched));
    await expectClean();
  });
});

test("a node restarted during a partition is still under it", async () => {
  await cluster.json("chaos", "partition", "isolate n3", "--for", "20s");
  await docker("restart", "-t", "1", cluster.container("n3"));
  await eventually("the rules are back", 5000, async () => (await rulesIn(cluster.container("n3"))).length > 0);
  await sleep(1500);
  expect((await cluster.node("n3")).health).not.toBe("ready");
  await cluster.json("chaos", "heal");
  await eventually("n3 is back", 10_000, async () => (await cluster.node("n3")).health === "ready");
  await expectClean();
});

test("a node restarted while it is paused is paused again", async () => {
  await cluster.json("chaos", "pause", "n2", "--for", "20s");
  await docker("kill", cluster.container("n2")).catch(() => undefined);
  await docker("unpause", cluster.container("n2")).catch(() => undefined);
  await docker("start", cluster.container("n2")).catch(() => undefined);
  const state = (): Promise<string> => docker("inspect", "--format", "{{.State.Status}}", cluster.container("n2"));
  await eventually("n2 is frozen again", 5000, async () => (await state()) === "paused");
  const { healed } = await cluster.json<{ healed: readonly { id: string }[] }>("chaos", "heal", "--node", "n2");
  expect(healed).toHaveLength(1);
  await eventually("n2 is back", 10_000, async () => (await cluster.node("n2")).health === "ready");
});

test("two faults stack, and healing one leaves the other", async () => {
  const cut = await cluster.json<{ id: string }>("chaos", "partition", "n1 | n2,n3,n4,n5", "--for", "30s");
  await cluster.json("chaos", "partition", "isolate n2", "--for", "30s");
  await cluster.json("chaos", "heal", cut.id);
  expect(await rulesIn(cluster.container("n2"))).not.toEqual([]);
  const { faults: left } = await cluster.status();
  expect(left?.map(({ description }) => description)).toEqual(["partition n2 | n1,n3,n4,n5"]);
  await cluster.json("chaos", "heal");
  await expectClean();
  expect(await cluster.json("chaos", "heal")).toEqual({ healed: [] });
});
