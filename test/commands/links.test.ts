// Shows the links of a spec to who types: made by up, told by status, ls and --dry-run, left by heal, changed with the spec, gone with down.
import { expect, test } from "vitest";
import { FakeWorld } from "../support/fake-world.js";

const spec = (links: string, nodes = 3): string => `nodes: ${nodes}
network:
  zones: { eu: [n1], us: [n2, n3] }
  links: [${links}]
`;
const slow = "{ between: [eu, us], delay: 80ms, jitter: 5ms }";
const told = "eu <-> us delay 80ms jitter 5ms";

interface Said {
  readonly faults: readonly unknown[];
  readonly links: readonly { readonly description: string; readonly nodes: readonly (readonly string[])[] }[];
}
interface Upped {
  readonly steps: readonly string[];
}

async function linksOf(world: FakeWorld): Promise<readonly string[]> {
  const { links } = await world.json<Said>("chaos", "ls");
  return links.map(({ description }) => description);
}

test("up makes them last of all, and a second up has nothing to do", async () => {
  const world = await FakeWorld.create(spec(slow));
  const { steps } = await world.json<Upped>("up");
  expect(steps.at(-1)).toBe(`make links ${told}`);
  expect(await linksOf(world)).toEqual([told]);
  const { stdout } = await world.run("up");
  expect(stdout).toContain("demo is as its spec asks: nothing to do");
  const { stdout: log } = await world.run("logs", "chaos", "--json");
  expect(log).toContain(`"event":"links-applied"`);
});

test("status and ls show them apart from faults, and chaos heal leaves them", async () => {
  const world = await FakeWorld.create(spec(slow));
  await world.json("up");
  await world.json("chaos", "delay", "n1", "--time", "10ms");
  expect((await world.run("status")).stdout).toContain(`links: ${told}\n`);
  const { stdout } = await world.run("chaos", "ls");
  expect(stdout.split("\n").filter((line) => line.includes("80ms"))).toEqual([`links: ${told}`]);
  await world.json("chaos", "heal", "--node", "n1");
  await world.json("chaos", "heal");
  expect((await world.run("chaos", "ls")).stdout).toBe(`no active faults\nlinks: ${told}\n`);
});

test("up with another spec changes what differs, says so, and --dry-run says it before", async () => {
  const world = await FakeWorld.create(spec(slow));
  await world.json("up");
  await world.writeSpec(spec("{ between: [eu, us], delay: 20ms }, { between: [n2, n3], rate: 1mbit }"));
  const steps = ["change links eu <-> us delay 20ms", "make links n2 <-> n3 rate 1mbit"];
  expect((await world.run("up", "--dry-run")).stdout).toBe(`${steps.join("\n")}\n`);
  expect(await linksOf(world)).toEqual([told]);
  expect(await world.json<Upped>("up")).toMatchObject({ steps });
  expect(await linksOf(world)).toEqual(["eu <-> us delay 20ms", "n2 <-> n3 rate 1mbit"]);
  await world.writeSpec("nodes: 3\n");
  expect((await world.json<Upped>("up", "--dry-run")).steps).toContain("no longer hold links n2 <-> n3 rate 1mbit");
  await world.json("up");
  expect(await linksOf(world)).toEqual([]);
});

test("a node that comes has its links as the others have", async () => {
  const world = await FakeWorld.create(spec(slow));
  await world.json("up");
  await world.writeSpec(spec(slow, 4).replace("[n2, n3]", "[n2, n3, n4]"));
  await world.json("up");
  const { links } = await world.json<Said>("chaos", "ls");
  expect(links.map(({ nodes }) => nodes)).toEqual([[["n1"], ["n2", "n3", "n4"]]]);
});

test("a cluster that boots again boots on plain links, and has its own at the end", async () => {
  const world = await FakeWorld.create(spec(slow));
  await world.json("up");
  for (const node of ["n1", "n2", "n3"]) await world.engine.stopContainer(`devious.demo.${node}`, 0);
  const { steps } = await world.json<Upped>("up");
  expect(steps).toEqual(["start n1", "start n2", "start n3", `make links ${told}`]);
  const { stdout: log } = await world.run("logs", "chaos", "--json");
  expect(log.match(/"event":"links-applied"/g)).toHaveLength(3);
  expect(await linksOf(world)).toEqual([told]);
});

test("down takes them along", async () => {
  const world = await FakeWorld.create(spec(slow));
  await world.json("up");
  await world.json("down");
  await world.writeSpec("nodes: 3\n");
  await world.json("up");
  expect(await linksOf(world)).toEqual([]);
});

test("without netem, up fails with the sentence and the fix, and nothing stays", async () => {
  const world = await FakeWorld.create(spec(slow));
  world.kernel.netem = false;
  const { exitCode, stderr } = await world.run("up");
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringContaining("modprobe sch_netem") });
  expect(stderr).toContain("This kernel has no netem (sch_netem), so links cannot be slowed.");
  expect(await world.remains()).toEqual([]);
});

test("on a cluster that is up, nothing is begun where they cannot be had", async () => {
  const world = await FakeWorld.create("nodes: 3\n");
  await world.json("up");
  const before = await world.remains();
  world.kernel.netem = false;
  await world.writeSpec(spec(slow, 4));
  expect(await world.run("up")).toMatchObject({ exitCode: 3 });
  expect(await world.remains()).toEqual(before);
});

test("a rate alone needs no netem", async () => {
  const world = await FakeWorld.create(spec("{ between: [eu, us], rate: 10mbit }"));
  world.kernel.netem = false;
  await world.json("up");
  expect(await linksOf(world)).toEqual(["eu <-> us rate 10mbit"]);
});

test("a cluster without links never has its agent told of any", async () => {
  const world = await FakeWorld.create("nodes: 3\n");
  await world.json("up");
  expect((await world.run("logs", "chaos", "--json")).stdout).not.toContain("links-applied");
});
