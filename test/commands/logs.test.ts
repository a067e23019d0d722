// Shows `logs`: one story of all nodes and the agent, its filters, its forms, following until interrupted, and plain text without a terminal.
import { expect, test, vi } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { FakeWorld } from "../support/fake-world.js";

async function booted(): Promise<FakeWorld> {
  const world = await FakeWorld.create();
  await world.json("up");
  return world;
}

/** What nodes and agent said: all but what the engine told of their containers, and the last record, which tells of the reading. */
function records(stdout: string): readonly LogRecord[] {
  return all(stdout).filter(({ stream }) => stream !== "engine");
}

function all(stdout: string): readonly LogRecord[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as LogRecord);
}

test("--json gives every record of every node, one a line, in the order of their stamps", async () => {
  const world = await booted();
  await world.json("chaos", "pause", "n2", "--for", "1m");
  const { exitCode, stdout } = await world.run("logs", "--json");
  expect(exitCode).toBe(0);
  const told = records(stdout);
  const stamps = all(stdout).map(({ ts }) => ts);
  expect(stamps).toEqual(stamps.toSorted());
  const events = (node: string): readonly string[] => told.filter((one) => one.node === node).map(({ event }) => event);
  for (const node of ["n1", "n2", "n3"]) expect(events(node)).toEqual(["environment-read", "node-started"]);
  expect(events("chaos")).toEqual(["agent-started", "fault-applied"]);
  expect(told[0]).toMatchObject({ cluster: "demo", stream: "stdout", seq: 1 });
});

test("what the engine tells of containers stands among what their programs say, and the last record counts all that was read", async () => {
  const world = await booted();
  await world.engine.stopContainer("devious.demo.n2", 1000);
  const told = all((await world.run("logs", "n2", "--json")).stdout);
  expect(told.map(({ event }) => event)).toEqual([
    "container-started",
    "environment-read",
    "node-started",
    "node-stopping",
    "container-died",
    "log-read",
  ]);
  const nothing = { late: 0, clamped: 0, joined: 0, truncated: 0, gaps: 0, reconnects: 0 };
  expect(told.at(-1)).toMatchObject({ node: "devious", fields: { records: 5, ...nothing } });
  expect((await world.run("logs", "n2")).stderr).toBe("");
});

test("--raw is what the program wrote", async () => {
  const world = await booted();
  const { stdout } = await world.run("logs", "n1", "--raw", "--event", "node-started");
  expect(JSON.parse(stdout)).toMatchObject({ event: "node-started", node: "n1", msg: "listens", member: 1 });
});

test("--archive reads what down kept with the same flags, and --shiviz writes a file", async () => {
  const world = await booted();
  await world.json("chaos", "pause", "n2", "--for", "1m");
  const before = records((await world.run("logs", "--json")).stdout);
  await world.json("down");
  expect(records((await world.run("logs", "--archive", "LAST", "--json")).stdout)).toEqual(before);
  const { stdout } = await world.run("logs", "--archive", "LAST", "n3", "--format", "{{node}} {{msg}}", "--grep", "^listens$");
  expect(stdout).toBe("n3 listens\n");
  const last = all((await world.run("logs", "--archive", "LAST", "--json", "--tail", "1", "--grep", "^listens$")).stdout);
  expect(last.map(({ node }) => node).sort()).toEqual(["devious", "n1", "n2", "n3"]);
  const { exitCode, stderr } = await world.run("logs", "--archive", "LAST", "--shiviz", "run.log");
  expect(stderr).toContain("vector clock");
  expect(exitCode).toBe(64);
});

test("--summary is one page, or one object, of all levels", async () => {
  const world = await booted();
  const { stdout } = await world.run("logs", "--summary");
  expect(stdout).toContain("listens");
  expect(stdout).toContain("knows who it is");
  const page = JSON.parse((await world.run("logs", "n1", "--summary", "--json")).stdout) as { readonly records: number };
  expect(page.records).toBe(3);
});

test("the windows of faults are drawn also where the agent's records are not asked for", async () => {
  const world = await booted();
  await world.json("chaos", "pause", "n2", "--for", "1m");
  await world.engine.stopContainer("devious.demo.n1", 1000);
  const { stdout } = await world.run("logs", "n1", "--grep", "stopping");
  expect(stdout).toMatch(/n1 +│ +info +was asked to stop/);
});

test.each([
  [
    ["--node", "n2"],
    ["n2 environment-read", "n2 node-started"],
  ],
  [
    ["--node", "n2,chaos", "--level", "info"],
    ["chaos agent-started", "n2 node-started"],
  ],
  [["--level", "info", "--grep", "^listens$", "--node", "n1"], ["n1 node-started"]],
  [["--tail", "1", "--node", "n3"], ["n3 node-started"]],
  [["--since", "1h", "--node", "n3", "--tail", "0"], []],
  [
    ["n2", "chaos", "--level", "info"],
    ["chaos agent-started", "n2 node-started"],
  ],
  [
    ["not(n1)", "--event", "node-*"],
    ["n2 node-started", "n3 node-started"],
  ],
  [["chaos"], ["chaos agent-started"]],
  [
    ["store", "--event", "node-started", "--no-faults", "--until", "0s"],
    ["n1 node-started", "n2 node-started", "n3 node-started"],
  ],
  [["--service", "store", "--where", 'member == 2 && level >= "info"'], ["n2 node-started"]],
  [["--where", "nothing > 3"], []],
  [["--until", "1h"], []],
  [["--grep", "(?i)^LISTENS$", "--node", "n1"], ["n1 node-started"]],
] as const)("logs %j --json", async (flags, expected) => {
  const world = await booted();
  const { stdout } = await world.run("logs", ...flags, "--json");
  expect(
    stdout === ""
      ? []
      : records(stdout)
          .map(({ node, event }) => `${node} ${event}`)
          .sort(),
  ).toEqual(expected);
});

test("people see info and above, without colour where no terminal is", async () => {
  const world = await booted();
  const { stdout } = await world.run("logs", "--node", "n1", "--grep", "^listens$");
  expect(stdout).toMatch(/^\S+ +n1 +info +listens +member=1\n$/i);
  vi.stubEnv("FORCE_COLOR", "1");
  expect((await world.run("logs", "--node", "n1", "--grep", "^listens$")).stdout).toContain("\u001b[");
  vi.stubEnv("NO_COLOR", "1");
  expect((await world.run("logs", "--node", "n1", "--grep", "^listens$")).stdout).toBe(stdout);
  vi.unstubAllEnvs();
});

test("-f goes on with what comes, over a node's restart, until it is interrupted", async () => {
  const world = await booted();
  const running = world.run("logs", "-f", "--json", "--node", "n1,chaos", "--level", "info");
  await new Promise((resolve) => setTimeout(resolve, 200));
  await world.engine.stopContainer("devious.demo.n1", 1000);
  await world.engine.startContainer("devious.demo.n1");
  await new Promise((resolve) => setTimeout(resolve, 500));
  process.emit("SIGINT", "SIGINT");
  const { exitCode, stdout } = await running;
  expect(exitCode).toBe(130);
  const told = records(stdout).filter(({ node }) => node === "n1");
  expect(told.map(({ event }) => event)).toEqual(["node-started", "node-stopping", "node-started"]);
  expect(told.map(({ seq }) => seq)).toEqual([2, 3, 5]);
});

test("a fault's time is found in the agent's own records, by its name", async () => {
  const world = await booted();
  await world.json("chaos", "pause", "n2", "--for", "1m");
  await world.json("chaos", "heal");
  const shown = await world.run("logs", "--fault", "f1", "--json", "chaos");
  expect(records(shown.stdout).map(({ event }) => event)).toEqual(expect.arrayContaining(["fault-applied", "fault-healed"]));
  const { exitCode, stdout, stderr } = await world.run("logs", "--fault", "f9");
  expect(stderr).toContain('There was no fault "f9".');
  expect(stderr).toContain("The agent's log knows f1.");
  expect({ exitCode, stdout }).toEqual({ exitCode: 64, stdout: "" });
});

test("--until-match follows until a record matches, which is the last one shown, and ends with 0", async () => {
  const world = await booted();
  const running = world.run("logs", "n1", "--json", "--until-match", "(?i)STOPPING", "--timeout", "10s");
  await new Promise((resolve) => setTimeout(resolve, 200));
  await world.engine.stopContainer("devious.demo.n1", 1000);
  const { exitCode, stdout, stderr } = await running;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(records(stdout).at(-1)?.event).toBe("node-stopping");
});

test("--until-match ends with 1 and one sentence when the time is over", async () => {
  const world = await booted();
  const { exitCode, stderr } = await world.run("logs", "n1", "--until-match", "never said", "--timeout", "300ms");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("No record matched /never said/ within 300ms.");
});

test("-f --until ends by itself, although nobody says anything then", async () => {
  const world = await booted();
  const soon = new Date(Date.now() + 300).toISOString();
  const { exitCode, stdout } = await world.run("logs", "n1", "-f", "--until", soon, "--json");
  expect(exitCode).toBe(0);
  expect(records(stdout).map(({ event }) => event)).toEqual(["environment-read", "node-started"]);
});

test.each([
  [["--format", "{{node}}: {{msg}} ({{member}}{{nothing}})", "n1", "--grep", "^listens$"], "n1: listens (1)\n"],
  [["--columns", "node,level,member", "n1", "--grep", "^listens$"], "NODE   LEVEL  MEMBER\nn1     info   1\n"],
  [["--columns", "node,nothing,msg", "n1", "--grep", "^listens$"], "NODE   NOTHING  MSG\nn1     -        listens\n"],
] as const)("logs %j", async (flags, expected) => {
  const world = await booted();
  expect((await world.run("logs", ...flags)).stdout).toBe(expected);
});

test("logfmt gives every record, one a line", async () => {
  const world = await booted();
  const { stdout } = await world.run("logs", "n1", "--format", "logfmt");
  expect(stdout.trimEnd().split("\n")).toEqual([
    expect.stringMatching(/ stream=engine level=info event=container-started /),
    expect.stringMatching(/^ts=\S+Z cluster=demo service=store node=n1 stream=stdout level=debug event=environment-read /),
    expect.stringMatching(/ event=node-started msg=listens seq=2 member=1$/),
  ]);
});

test.each([
  [["--node", "n9"], 'There is no node "n9"'],
  [["n1", "n9"], 'There is no node "n9"'],
  [["random"], "chance"],
  [["--levle", "warn"], "--levle"],
  [["--service", "kv"], 'no service "kv"'],
  [["--tail", "5", "--around", "5m"], "--around and --tail contradict each other."],
  [["--around", "5m", "--since", "1h"], "--around and --since contradict each other."],
  [["--fault", "f1", "--until", "1h"], "--fault and --until contradict each other."],
  [["--fault", "f1", "--around", "5m"], "--around and --fault contradict each other."],
  [["-f", "--around", "5m"], "--around and --follow contradict each other."],
  [["--span", "5s"], "--span means nothing without --around."],
  [["--timeout", "5s"], "--timeout means nothing without --until-match."],
  [["--since", "1m", "--until", "5m"], "--until 5m is before --since 1m"],
  [["--json", "--columns", "ts"], "--json and --columns contradict each other."],
  [["--json", "--format", "logfmt"], "--json and --format contradict each other."],
  [["--raw", "--json"], "--json and --raw contradict each other."],
  [["--archive", "LAST", "-f"], "--archive and --follow contradict each other."],
  [["--archive", "LAST"], "No log of any cluster is kept"],
  [["--format", "xml"], 'There is no format "xml"'],
  [["--format", "{{node}"], "its braces do not enclose a name"],
  [["--columns", "ts,,msg"], "--columns needs names"],
  [["--where", "term >"], "--where is no condition"],
  [["--until-match", "("], "--until-match is no regular expression"],
  [["chaos", "--no-faults"], "--no-faults leaves out"],
  [["--since", "yesterday"], '"yesterday" is neither a duration nor a time'],
  [["--grep", "("], "("],
  [["--level", "loud"], "level"],
  [["--tail", "-1"], "tail"],
] as const)("logs %j is refused with 64", async (flags, said) => {
  const world = await booted();
  const { exitCode, stdout, stderr } = await world.run("logs", ...flags);
  expect(stderr).toContain(said);
  expect({ exitCode, stdout }).toEqual({ exitCode: 64, stdout: "" });
});
