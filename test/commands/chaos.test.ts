// Shows the `chaos` commands: whom a fault means, when it ends, what is listed and healed, and what is refused before anything happens.
import { expect, test } from "vitest";
import { FakeWorld } from "../support/fake-world.js";

interface Listed {
  readonly faults: readonly { readonly id: string; readonly description: string; readonly timeLeftMs: number | null }[];
}

async function booted(spec = "nodes: 3\n"): Promise<FakeWorld> {
  const world = await FakeWorld.create(spec);
  await world.json("up");
  return world;
}

test.each([
  [["pause", "leader", "--for", "10s"], "f1 pause n1 for 10s\n"],
  [["pause", "followers"], "f1 pause n2,n3 for 1m\n"],
  [["pause", "n3,n1", "--for", "500ms"], "f1 pause n1,n3 for 500ms\n"],
  [["pause", "all", "--until-healed"], "f1 pause n1,n2,n3 until `devious chaos heal f1`\n"],
  [["partition", "n1 | n2,n3", "--for", "30s"], "f1 partition n1 | n2,n3 for 30s\n"],
  [["partition", "isolate n2"], "f1 partition n2 | n1,n3 for 1m\n"],
  [["partition", "isolate", "n2"], "f1 partition n2 | n1,n3 for 1m\n"],
  [["partition", "leader | followers"], "f1 partition n1 | n2,n3 for 1m\n"],
  [["delay", "n2", "--time", "100ms", "--jitter", "10ms"], "f1 delay n2 by 100ms ± 10ms normal for 1m\n"],
  [
    ["delay", "all", "--time", "1s", "--jitter", "1ms", "--distribution", "pareto"],
    "f1 delay n1,n2,n3 by 1s ± 1ms pareto for 1m\n",
  ],
] as const)("chaos %j says: %s", async (words, said) => {
  const world = await booted();
  expect(await world.run("chaos", ...words)).toEqual({ exitCode: 0, stdout: said, stderr: "" });
});

test("a fault ends by itself", async () => {
  const world = await booted();
  await world.json("chaos", "pause", "n2", "--for", "100ms");
  expect(await world.stateOf("n2")).toBe("paused");
  await expect.poll(() => world.stateOf("n2")).toBe("running");
  expect(await world.json("chaos", "ls")).toEqual({ faults: [] });
});

test("ls lists them, heal ends one, those of a node, or all", async () => {
  const world = await booted();
  expect(await world.run("chaos", "ls")).toEqual({ exitCode: 0, stdout: "no active faults\n", stderr: "" });
  await world.json("chaos", "pause", "n1", "--for", "1h");
  await world.json("chaos", "partition", "n1,n2 | n2,n3");
  await world.json("chaos", "pause", "n2", "--until-healed");
  const listed = (await world.run("chaos", "ls")).stdout.split("\n").map((line) => line.replace(/ \S+ left$/, " TIME left"));
  expect(listed).toEqual([
    "f1  pause n1                 TIME left",
    "f2  partition n1,n2 | n2,n3  TIME left",
    "f3  pause n2                 until healed",
    "",
  ]);
  expect((await world.json<Listed>("chaos", "ls")).faults.map(({ id }) => id)).toEqual(["f1", "f2", "f3"]);
  expect(await world.run("chaos", "heal", "f1")).toEqual({ exitCode: 0, stdout: "healed f1 pause n1\n", stderr: "" });
  expect(await world.stateOf("n1")).toBe("running");
  expect(await world.run("chaos", "heal", "--node", "n2")).toMatchObject({ stdout: "healed f3 pause n2\n" });
  expect(await world.json("chaos", "heal")).toMatchObject({ healed: [{ id: "f2" }] });
  expect(await world.run("chaos", "heal")).toMatchObject({ exitCode: 0, stdout: "nothing to heal\n" });
  expect(await world.run("chaos", "heal", "f1")).toMatchObject({ exitCode: 0, stdout: "nothing to heal\n" });
});

test("an agent that was stopped is started again, and knows what it held", async () => {
  const world = await booted();
  await world.json("chaos", "pause", "n3", "--for", "1m");
  await world.engine.stopContainer("devious.demo.chaos", 1000);
  expect(await world.json<Listed>("chaos", "ls")).toMatchObject({ faults: [{ id: "f1", description: "pause n3" }] });
  await world.json("chaos", "heal");
  expect(await world.stateOf("n3")).toBe("running");
});

test("a kernel without netem is exit code 3 with the fix, and no fault stays", async () => {
  const world = await booted();
  world.kernel.netem = false;
  const { exitCode, stderr } = await world.run("chaos", "delay", "n2", "--time", "100ms");
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: "error: This kernel has no netem.\n  modprobe sch_netem\n" });
  expect(await world.json("chaos", "ls")).toEqual({ faults: [] });
});

test.each([
  [["pause", "n9"], 'There is no node "n9" in this cluster'],
  [["pause", "leadr"], 'did you mean "leader"?'],
  [["pause", "n1,,n2"], "a node's name is missing"],
  [["pause", "n1", "--for", "5"], '--for: "5" has no unit.'],
  [["pause", "n1", "--for", "0s"], "--for must be longer than zero."],
  [["pause", "n1", "--for", "5s", "--until-healed"], "--until-healed"],
  [["pause"], "target"],
  [["partition", "n1 |"], "one side is empty"],
  [["partition", "n1,n2,n3"], "cuts nothing"],
  [["delay", "n1", "--time", "10ms", "--jitter", "20ms"], "Jitter 20ms is larger than the delay 10ms"],
  [["delay", "n1"], "time"],
  [["delay", "n1", "--time", "1ms", "--distribution", "flat"], "distribution"],
  [["heal", "f99"], 'There has been no fault "f99"'],
  [["heal", "f1", "--node", "n1"], "Name a fault or a node, not both."],
  [["heal", "--node", "n9"], 'no node "n9"'],
] as const)("chaos %j is refused with 64: %s", async (words, said) => {
  const world = await booted();
  const { exitCode, stdout, stderr } = await world.run("chaos", ...words);
  expect(stderr).toContain(said);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect({ exitCode, stdout }).toEqual({ exitCode: 64, stdout: "" });
  expect(await world.json("chaos", "ls")).toEqual({ faults: [] });
});

test("without a leader, or with several, `leader` means nobody", async () => {
  const world = await booted();
  await world.engine.signalContainer("devious.demo.n2", "SIGKILL");
  await world.engine.signalContainer("devious.demo.n3", "SIGKILL");
  expect(await world.run("chaos", "pause", "leader")).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining("no leader"),
  });
  const two = await booted("services:\n  a: { store: raft, nodes: 1 }\n  b: { store: raft, nodes: 1 }\n");
  expect(await two.run("chaos", "pause", "leader")).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("(a, b)") });
});
