// Shows a cluster whose logs are sent on, through `up`, `status`, `collect` and `down`; what the shipper does itself is in test/ship.
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { DownResult } from "../../src/cluster/down.js";
import type { Manifest } from "../../src/cluster/collect/collect.js";
import { shipEnv } from "../../src/core/ship-contract.js";
import { FakeWorld } from "../support/fake-world.js";

interface Upped {
  readonly steps: readonly string[];
}

const shipper = "devious.demo.shipper";
const spec = (otlp: string, headers = "{}"): string =>
  `nodes: 1\nlogging:\n  ship:\n    otlp: ${otlp}\n    headers: ${headers}\n`;
const quiet = "nodes: 1\n";

async function worldThatSends(): Promise<FakeWorld> {
  const world = await FakeWorld.create(spec("http://localhost:4318", '{ X-Team: "${TEAM_KEY}" }'));
  world.environment = { TEAM_KEY: "hunter2" };
  await world.json("up");
  return world;
}

/** A plus for every start that its bookmark knows of. */
async function startsOf(world: FakeWorld): Promise<string | undefined> {
  const { stdout } = await world.run("logs", "--event", "ship-began", "--json");
  return [...stdout.matchAll(/"starts":"(\+*)"/g)].at(-1)?.[1];
}

test("up makes the shipper with the nodes, tells it the user's variables, and does nothing the second time", async () => {
  const world = await FakeWorld.create(spec("http://localhost:4318", '{ X-Team: "${TEAM_KEY}" }'));
  world.environment = { TEAM_KEY: "hunter2" };
  expect((await world.run("up", "--dry-run")).stdout).toContain("create the agent\ncreate the shipper\ncreate n1\n");
  const { exitCode, stdout, stderr } = await world.run("up");
  expect(exitCode).toBe(0);
  expect(stderr).toContain("create the shipper");
  expect(stdout + stderr).not.toContain("hunter2");
  const inspected = JSON.stringify(await world.engine.inspectAll("container", shipper));
  expect(inspected).toContain(JSON.stringify(`${shipEnv.headers}={"X-Team":"hunter2"}`).slice(1, -1));
  expect(await world.json<Upped>("up")).toMatchObject({ steps: [] });
});

test("a variable that is not set is told at its place before anything is done, and only who sends needs it", async () => {
  const world = await FakeWorld.create(spec("http://localhost:4318", '{ X-Team: "${TEAM_KEY}" }'));
  const { exitCode, stderr } = await world.run("up");
  expect(exitCode).toBe(64);
  expect(stderr).toContain("devious.yaml:5:24 logging.ship.headers.X-Team: the variable TEAM_KEY is not set in your environment");
  expect(await world.remains()).toEqual([]);
  world.environment = { TEAM_KEY: "hunter2" };
  await world.json("up");
  world.environment = {};
  await world.json("status");
  await world.json("down");
});

test("another receiver and other headers remake the shipper alone, on its bookmark; none removes it, and the next finds the bookmark", async () => {
  const world = await FakeWorld.create(quiet);
  await world.json("up");
  const idOf = async (name: string) => (await world.engine.inspectContainer(`devious.demo.${name}`))?.id;
  const before = [await idOf("n1"), await idOf("chaos")];
  await world.writeSpec(spec("http://a"));
  expect((await world.json<Upped>("up")).steps).toEqual(["create the shipper"]);
  expect(await startsOf(world)).toBe("+");
  await world.writeSpec(spec("http://b"));
  expect((await world.json<Upped>("up")).steps).toEqual(["make the shipper anew"]);
  expect(await startsOf(world)).toBe("++");
  await world.writeSpec(spec("http://b", "{ a: b }"));
  expect((await world.json<Upped>("up")).steps).toEqual(["make the shipper anew"]);
  await world.engine.stopContainer(shipper, 1000);
  expect((await world.json<Upped>("up")).steps).toEqual(["start the shipper"]);
  await world.writeSpec(quiet);
  expect((await world.json<Upped>("up")).steps).toEqual(["remove the shipper"]);
  expect(await world.json("status")).toMatchObject({ shipping: null });
  await world.writeSpec(spec("http://b"));
  await world.json("up");
  expect(await startsOf(world)).toBe("+++++");
  expect([await idOf("n1"), await idOf("chaos")]).toEqual(before);
});

test("a shipper is no target of faults", async () => {
  const world = await worldThatSends();
  expect((await world.run("chaos", "pause", "shipper", "--for", "1s")).exitCode).toBe(64);
  await world.json("chaos", "pause", "all", "--for", "1m");
  expect(await world.stateOf("shipper")).toBe("running");
});

test("an up that fails takes the shipper and its bookmark down again", async () => {
  const world = await FakeWorld.create(spec("http://a"));
  world.stores.ailments.set("n1", "exits");
  expect((await world.run("up")).exitCode).toBe(3);
  expect(await world.remains()).toEqual([]);
});

test("nobody waits for a receiver, nor for a shipper that fails", async () => {
  const world = await FakeWorld.create(spec("http://a"));
  world.shipper.ailment = "fails";
  await world.json("up");
  expect((await world.run("status")).stdout).toContain(
    "logs to http://a: the shipper is exited (sending broke off: no engine), `devious up` starts it again; 0 records sent\n",
  );
});

test("status says how sending goes", async () => {
  const world = await worldThatSends();
  expect((await world.run("status")).stdout).toContain(
    "logs to http://localhost:4318: sending; 12,345 records sent, up to date\n",
  );
  expect(await world.json("status")).toMatchObject({
    shipping: {
      otlp: "http://localhost:4318",
      state: "sending",
      since: null,
      why: null,
      whyDropped: null,
      sent: 12_345,
      dropped: 0,
      gaps: 0,
      waiting: 0,
      sentUpTo: "2026-11-21T10:00:00.123456789Z",
    },
  });
});

test("status says why sending does not go, for how long, and up to when all is sent", async () => {
  const world = await FakeWorld.create(spec("http://a"));
  Object.assign(world.shipper, { stalled: "503 Service Unavailable", dropped: "400 Bad Request" });
  const sentUpTo = new Date(Date.now() - 3_600_000).toISOString();
  world.shipper.counts = { sent: 1000, dropped: 2, gaps: 1, waiting: 5, sentUpTo };
  await world.json("up");
  const { stdout } = await world.run("status");
  expect(stdout).toMatch(
    /^logs to http:\/\/a: stalled for \d+s \(503 Service Unavailable\); 1,000 records sent, 2 refused \(400 Bad Request\), 1 gap, 5 waiting, up to 1h(\d+m)?(\d+s)? ago$/m,
  );
  expect(await world.json("status")).toMatchObject({
    shipping: { state: "stalled", why: "503 Service Unavailable", waiting: 5 },
  });
});

test("down lets it send the rest while the nodes stand, says what was sent, and takes the bookmark along", async () => {
  const world = await worldThatSends();
  const { stdout, stderr } = await world.run("down");
  expect(stdout).toMatch(/; what it said is in \S+; sent to http:\/\/localhost:4318: 12,345 of its records\n$/);
  expect(stderr.replace(/ \S+$/gm, "").trimEnd().split("\n")).toEqual(
    [
      "keep the logs",
      "send the rest of the logs",
      "remove the shipper",
      "remove the agent",
      "remove n1",
      "remove the network",
      "remove the ledger and the bookmark",
    ].map((step) => `✔ ${step}`),
  );
  expect(await world.remains()).toEqual(["devious.demo.n1.data"]);
});

test("down warns of what did not arrive, with --no-archive too", async () => {
  const world = await FakeWorld.create(spec("http://a"));
  Object.assign(world.shipper, { stalled: "connect ECONNREFUSED 127.0.0.1:4318", dropped: "400 Bad Request" });
  world.shipper.counts = { ...world.shipper.counts, dropped: 1, waiting: 7 };
  await world.json("up");
  const warnings = [
    "7 records were not sent to http://a: connect ECONNREFUSED 127.0.0.1:4318.",
    "1 record was refused by http://a for good: 400 Bad Request.",
  ];
  const { clusters } = await world.json<{ readonly clusters: readonly DownResult[] }>("down", "--no-archive");
  expect(clusters).toMatchObject([
    { archive: null, warnings, shipped: { otlp: "http://a", sent: 12_345, dropped: 1, waiting: 7 } },
  ]);
  await world.json("up");
  expect((await world.run("down", "--no-archive")).stderr).toContain(`${warnings.join("\n")}\n`);
});

test("what collect and down keep has what the shipper said, and nothing of the headers' values", async () => {
  const world = await worldThatSends();
  await world.writeSpec(spec("http://localhost:4318", "{ X-Team: hunter2, X-Honest: hunter2 }"));
  const { files, problems } = await world.json<Manifest>("collect", "out");
  expect(problems).toEqual([]);
  const texts = await Promise.all(files.map(async ({ name }) => readFile(path.join(world.folder, "out", name), "latin1")));
  const textOf = (name: string): string => texts[files.findIndex((file) => file.name === name)] ?? "";
  expect(textOf("raw/shipper.log")).toContain("ship-began");
  expect(textOf(`inspect/${shipper}.json`)).toContain(`${shipEnv.headers}=***`);
  expect(textOf("spec.yaml")).toContain('X-Honest: "***"');
  expect(JSON.parse(textOf("status.json"))).toMatchObject({ shipping: { state: "sending" } });
  expect(texts.join("\n")).not.toContain("hunter2");

  await world.writeSpec(quiet);
  await world.json("down");
  const logs = path.join(world.folder, ".devious/demo/logs");
  const about = (await readdir(logs)).find((name) => name.endsWith(".json")) ?? "";
  const text = await readFile(path.join(logs, about), "utf8");
  expect(text).toContain(`${shipEnv.headers}=***`);
  expect(text).not.toContain("hunter2");
});
