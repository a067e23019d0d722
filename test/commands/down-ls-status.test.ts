// Shows `down`, `ls` and `status`: what goes and what stays, which cluster is meant, and that looking changes nothing.
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { label } from "../../src/core/labels.js";
import type { LogRecord } from "../../src/core/log-record.js";
import type { AboutArchive } from "../../src/cluster/archive.js";
import { readArchive } from "../../src/logs/archive-reader.js";
import { FakeWorld } from "../support/fake-world.js";

interface Downed {
  readonly clusters: readonly { readonly cluster: string; readonly kept: readonly string[]; readonly removed: object }[];
}

const plain = (text: string): string => text.replace(/127\.0\.0\.1:\d+/g, "ADDRESS");

test("down keeps the data and says where, --volumes does not, and twice is as good as once", async () => {
  const world = await FakeWorld.create("nodes: 2\n");
  await world.json("up");
  const { exitCode, stdout, stderr } = await world.run("down");
  expect(exitCode).toBe(0);
  const said =
    "demo is down; its data stays in devious.demo.n1.data, devious.demo.n2.data (--volumes deletes it); what it said is in ";
  expect(stdout.replace(/[\d-]+T\d+\.\d+Z/, "TIME")).toBe(`${said}.devious/demo/logs/TIME.ndjson.gz\n`);
  const steps = stderr.trimEnd().split("\n");
  expect(steps.map((line) => line.replace(/ \S+$/, ""))).toEqual(
    ["keep the logs", "remove the agent", "remove n1, n2", "remove the network", "remove the ledger"].map((step) => `✔ ${step}`),
  );
  expect(await world.remains()).toEqual(["devious.demo.n1.data", "devious.demo.n2.data"]);
  expect(await world.json<Downed>("down", "--volumes")).toEqual({
    clusters: [
      {
        cluster: "demo",
        removed: { containers: [], networks: [], volumes: ["devious.demo.n1.data", "devious.demo.n2.data"] },
        kept: [],
        archive: null,
        shipped: null,
        warnings: [],
      },
    ],
  });
  expect(await world.remains()).toEqual([]);
  expect(await world.run("down")).toEqual({ exitCode: 0, stdout: "nothing to remove\n", stderr: "" });
  expect(await world.run("down", "--cluster", "nosuch")).toMatchObject({ exitCode: 0, stdout: "nothing to remove\n" });
});

test("down takes paused nodes, strays with our label, and what was half removed by hand", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  await world.json("chaos", "pause", "all", "--for", "1m");
  await world.engine.removeContainer("devious.demo.n1");
  await world.engine.createContainer({
    name: "stray",
    image: (await world.engine.listImages(label.image))[0]?.references[0] ?? "",
    labels: { [label.cluster]: "demo" },
    command: [],
    environment: {},
    hostname: "stray",
    network: "devious.demo",
    aliases: [],
    volumes: [],
    ports: [],
  });
  await world.json("down", "--volumes");
  expect(await world.remains()).toEqual([]);
});

test("down never takes another folder's cluster unasked", async () => {
  const world = await FakeWorld.create("name: theirs\nnodes: 1\n");
  await world.json("up");
  await world.enter("elsewhere");
  const { exitCode, stderr } = await world.run("down");
  expect(exitCode).toBe(64);
  expect(stderr).toBe("error: No cluster belongs to this folder; there is theirs (of ~/demo).\n  --cluster NAME says which.\n");
  await world.json("down", "--all", "--volumes");
  expect(await world.remains()).toEqual([]);
  expect((await world.run("down", "--all", "--cluster", "theirs")).exitCode).toBe(64);
});

interface Kept {
  readonly clusters: readonly { readonly archive: string | null; readonly warnings: readonly string[] }[];
}

test("down keeps what everybody said, beside the spec, with the spec, the containers without their secrets, and the faults", async () => {
  const spec =
    "services:\n  api: { image: shop, nodes: 1, environment: { API_KEY: hunter2 } }\n  kv: { store: raft, nodes: 1 }\n";
  const world = await FakeWorld.create(spec);
  await world.buildImage("shop");
  await world.json("up");
  await world.json("chaos", "pause", "kv-1", "--until-healed");
  const shown = (await world.run("logs", "--json")).stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as LogRecord);
  await world.enter("elsewhere");
  const { clusters } = await world.json<Kept>("down", "--cluster", "demo");
  await world.enter("demo");
  const logs = path.join(world.folder, ".devious/demo/logs");
  const [about = "", records = "", ...more] = await readdir(logs);
  expect(more).toEqual([]);
  expect(clusters).toMatchObject([{ archive: `~/demo/.devious/demo/logs/${records}`, warnings: [] }]);
  const kept: LogRecord[] = [];
  for await (const batch of readArchive(path.join(logs, records))) kept.push(...batch);
  // what the engine tells is kept whether it is shown or not
  const said = (records: readonly LogRecord[]) => records.filter(({ stream }) => stream === "stdout" || stream === "stderr");
  expect(said(kept)).toEqual(said(shown));
  expect(said(kept).length).toBeGreaterThan(3);
  expect(new Set(kept.map(({ node }) => node))).toEqual(new Set(["chaos", "api-1", "kv-1"]));
  const text = await readFile(path.join(logs, about), "utf8");
  expect(JSON.parse(text)).toMatchObject({
    madeBy: "0.0.0",
    cluster: "demo",
    owner: world.folder,
    records: kept.length,
    from: kept[0]?.ts,
    to: kept.at(-1)?.ts,
    spec,
    faults: [{ id: "f1", fault: { kind: "pause", nodes: ["kv-1"] } }],
  });
  const { containers } = JSON.parse(text) as AboutArchive;
  expect(containers).toHaveLength(3);
  expect(JSON.stringify(containers)).toContain("API_KEY=***");
  expect(JSON.stringify(containers)).not.toContain("hunter2");
});

test("down --no-archive keeps nothing, and logs that cannot be kept do not keep a cluster up", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  await world.json("up");
  expect(await world.json("down", "--no-archive")).toMatchObject({ clusters: [{ archive: null, warnings: [] }] });
  expect(await readdir(world.folder)).toEqual(["devious.yaml"]);

  await world.json("up");
  await writeFile(path.join(world.folder, ".devious"), "in the way");
  const inTheWay = await world.run("down");
  expect(inTheWay).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("demo is down") });
  expect(inTheWay.stderr).toMatch(/✖ keep the logs.*\nThe logs of demo are not kept: .*\.devious.*\.\n/);

  await world.json("up");
  const { folder } = world;
  await world.enter("elsewhere");
  await rm(folder, { recursive: true });
  expect(await world.json("down", "--cluster", "demo", "--volumes")).toMatchObject({
    clusters: [{ archive: null, warnings: [`The logs of demo are not kept: the folder of its spec, ~/demo, is gone.`] }],
  });
  expect(await world.remains()).toEqual([]);
});

test("down keeps the last 20 logs of a cluster and says which it removed", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  await world.json("up");
  const logs = path.join(world.folder, ".devious/demo/logs");
  await mkdir(logs, { recursive: true });
  for (let day = 1; day <= 21; day++) {
    for (const end of ["ndjson.gz", "json"])
      await writeFile(path.join(logs, `2020-01-${String(day).padStart(2, "0")}T000000.000Z.${end}`), "");
  }
  const { stderr } = await world.run("down");
  expect(stderr).toContain("the logs of 2020-01-02T000000.000Z, 2020-01-01T000000.000Z are removed: the last 20 are kept\n");
  expect(await readdir(logs)).toHaveLength(40);
});

test("ls lists what runs, and what is down with its data", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  expect(await world.run("ls")).toEqual({ exitCode: 0, stdout: "no clusters; `devious up` boots one\n", stderr: "" });
  await world.json("up");
  await world.enter("two");
  await world.json("up");
  await world.json("down");
  expect((await world.run("ls")).stdout).toBe(
    "CLUSTER  NODES  RUNNING          OWNER\ndemo     1      1                ~/demo\ntwo      0      down, data kept  ~/two\n",
  );
  expect(await world.json("ls")).toMatchObject({
    clusters: [
      { cluster: "demo", nodes: ["n1"], running: 1 },
      { cluster: "two", nodes: [], running: 0 },
    ],
  });
});

test("status shows every node and the faults, from any folder while there is one cluster", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  await world.json("chaos", "pause", "n3", "--until-healed");
  await world.engine.signalContainer("devious.demo.n2", "SIGKILL");
  await world.enter("elsewhere");
  const { exitCode, stdout, stderr } = await world.run("status");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(
    plain(stdout)
      .replace(/\d+m?s$/gm, "TIME")
      .replace(/\ds ago  /, "just now"),
  ).toBe(
    [
      "demo ~/demo",
      "NODE  HEALTH  ROLE    TERM  APPLIED  LEADER  ADDRESS          UPTIME",
      "n1    ready   leader  1     1        n1      ADDRESS  TIME",
      "n2    exited  -       -     -        -       -                -",
      "n3    paused  -       -     -        -       ADDRESS  TIME",
      "FAULT  WHAT   WHERE  SINCE     LEFT          PROOF",
      "f1     pause  n3     just now  until healed  read back",
      "",
    ].join("\n"),
  );
});

test("status changes nothing, and --hash shows equal data", async () => {
  const world = await FakeWorld.create();
  await world.json("up");
  await world.json("put", "k", "v");
  const look = async (): Promise<string> =>
    JSON.stringify(await world.engine.listContainers([])) + (await world.remains()).join();
  const before = await look();
  const { nodes } = await world.json<{ nodes: { store: { hash?: string } }[] }>("status", "--hash");
  expect(new Set(nodes.map(({ store }) => store.hash))).toEqual(new Set(['[["aw==","dg=="]]']));
  for (let i = 0; i < 20; i++) await world.json("status");
  expect(await look()).toBe(before);
});

test("status says so when the agent does not answer", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  await world.json("up");
  await world.engine.stopContainer("devious.demo.chaos", 1000);
  expect((await world.run("status")).stdout).toContain("The agent does not answer; `devious up` starts it again.");
  expect(await world.json("status")).toMatchObject({ faults: null });
});

test("a cluster is found by name, and a slip gets a hint", async () => {
  const world = await FakeWorld.create("nodes: 1\n");
  expect(await world.run("status")).toMatchObject({
    exitCode: 64,
    stderr: "error: No cluster is up.\n  `devious up` boots one.\n",
  });
  await world.json("up");
  const { exitCode, stdout } = await world.run("status", "--cluster", "dmo", "--json");
  expect(exitCode).toBe(64);
  expect(JSON.parse(stdout)).toEqual({
    error: {
      code: "UNKNOWN_CLUSTER",
      message: 'There is no cluster "dmo".',
      hint: 'Did you mean "demo"?',
      details: [],
      exitCode: 64,
    },
  });
});

test("status repeats why a node could not go on, and is silent about nodes that were killed", async () => {
  const world = await FakeWorld.create();
  world.stores.ailments.set("n2", "exits");
  expect((await world.run("up", "--keep")).exitCode).toBe(3);
  expect((await world.run("status")).stdout).toContain("\nn2 ended with exit code 3: the disk is made of cheese\n");
  expect(await world.json("status")).toMatchObject({
    lastWords: [{ node: "n2", exitCode: 3, said: "the disk is made of cheese" }],
  });
  world.stores.ailments.clear();
  await world.json("up");
  await world.json("chaos", "kill", "n3");
  expect(await world.json("status")).toMatchObject({ lastWords: [], nodes: [{}, {}, { node: "n3", state: "exited" }] });
});
