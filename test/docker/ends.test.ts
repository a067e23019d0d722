// Shows that faults end by themselves whoever dies: the CLI, the agent, or the node they are on.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, eventually, rulesIn, startCli, TestCluster } from "../support/cli.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.create();
  await cluster.up();
});
afterAll(() => cluster.destroy());

const nodes = ["n1", "n2", "n3"];

/** Nothing of any fault is left: no frozen container, no rule, an empty ledger. */
async function expectClean(): Promise<void> {
  const states = await Promise.all(
    nodes.map((node) => docker("inspect", "--format", "{{.State.Status}}", cluster.container(node))),
  );
  expect(states).toEqual(["running", "running", "running"]);
  expect((await Promise.all(nodes.map((node) => rulesIn(cluster.container(node))))).flat()).toEqual([]);
  expect(await cluster.json("chaos", "ls")).toEqual({ faults: [] });
}

async function isHurt(): Promise<boolean> {
  const states = await Promise.all(
    nodes.map((node) => docker("inspect", "--format", "{{.State.Status}}", cluster.container(node))),
  );
  return (
    states.includes("paused") || (await Promise.all(nodes.map((node) => rulesIn(cluster.container(node))))).flat().length > 0
  );
}

const faults = [
  ["pause", "leader"],
  ["partition", "isolate n2"],
] as const;

describe.each(faults)("chaos %s %s --for 5s", (kind, what) => {
  test("the CLI is killed as soon as the fault is there: clean within 7 s", async () => {
    const cli = startCli(["chaos", kind, what, "--for", "5s"], cluster.folder);
    await eventually("the fault has an effect", 5000, isHurt);
    cli.kill("SIGKILL");
    await cli;
    await sleep(7000);
    await expectClean();
  });

  test.each([150, 300])("the CLI is killed %i ms after it was started: clean within 7 s", async (afterMs) => {
    const cli = startCli(["chaos", kind, what, "--for", "5s"], cluster.folder);
    await sleep(afterMs);
    cli.kill("SIGKILL");
    await cli;
    await sleep(7000);
    await expectClean();
  });

  test("the agent is killed and started again in the middle: clean in time", async () => {
    await cluster.json("chaos", kind, what, "--for", "5s");
    await docker("kill", cluster.container("chaos"));
    await sleep(1000);
    expect(await isHurt()).toBe(true);
    await docker("start", cluster.container("chaos"));
    await sleep(6000);
    await expectClean();
  });

  test("the agent is down when the time is over: clean as soon as it is back", async () => {
    await cluster.json("chaos", kind, what, "--for", "2s");
    await docker("kill", cluster.container("chaos"));
    await sleep(3000);
    await docker("start", cluster.container("chaos"));
    await sleep(2000);
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
  const cut = await cluster.json<{ id: string }>("chaos", "partition", "n1 | n2,n3", "--for", "30s");
  await cluster.json("chaos", "partition", "isolate n2", "--for", "30s");
  await cluster.json("chaos", "heal", cut.id);
  expect(await rulesIn(cluster.container("n2"))).not.toEqual([]);
  const { faults: left } = await cluster.status();
  expect(left?.map(({ description }) => description)).toEqual(["partition n2 | n1,n3"]);
  await cluster.json("chaos", "heal");
  await expectClean();
  expect(await cluster.json("chaos", "heal")).toEqual({ healed: [] });
});
