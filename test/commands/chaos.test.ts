// Shows the `chaos` commands: whom a fault means, when it ends, what is listed, measured and healed, and what is refused, all at once,
// before anything happens.
import { describe, expect, test } from "vitest";
import { FakeWorld } from "../support/fake-world.js";

interface Listed {
  readonly faults: readonly { readonly id: string; readonly description: string; readonly timeLeftMs: number | null }[];
}

async function booted(spec = "nodes: 3\n"): Promise<FakeWorld> {
  const world = await FakeWorld.create(spec);
  await world.json("up");
  return world;
}

describe("one command line after the other", () => {
  const said: readonly (readonly [string, string])[] = [
    ["pause leader --for 10s", "pause n1 for 10s"],
    ["pause followers", "pause n2,n3 for 1m"],
    ["pause n3,n1 --for 500ms", "pause n1,n3 for 500ms"],
    ["pause all --until-healed", "pause n1,n2,n3 until `devious chaos heal ID`"],
    ["pause not(n1) --seed 1", "pause n2,n3 for 1m"],
    ["pause random(2) --seed 1", "pause n1,n3 for 1m (seed 1)"],
    ["pause random(2) --seed 2", "pause n1,n2 for 1m (seed 2)"],
    ["partition 'n1 | n2,n3' --for 30s", "partition n1 | n2,n3 for 30s"],
    ["partition 'isolate n2'", "partition n2 | n1,n3 for 1m"],
    ["partition isolate n2", "partition n2 | n1,n3 for 1m"],
    ["partition 'leader | followers'", "partition n1 | n2,n3 for 1m"],
    ["partition --port 2380 one-way n1 n2 --proto tcp", "partition n1 -> n2 (tcp port 2380) for 1m"],
    ["partition flaky n2", "partition flaky n2 dropping 50% for 1m"],
    ["partition flaky --drop 30%", "partition flaky dropping 30% for 1m"],
    ["partition 'n1 | n2' --drop 10", "partition n1 | n2 | n3 dropping 10% for 1m"],
    ["partition halves --seed 1", "partition n3 | n1,n2 for 1m (seed 1)"],
    ["partition majority --seed 1", "partition n1,n3 | n2 for 1m (seed 1)"],
    ["partition bridge n2 --seed 1", "partition n3 | n1, bridge n2 for 1m (seed 1)"],
    ["isolate leader --port 2380,2379", "partition n1 | n2,n3 (ports 2379,2380) for 1m"],
    ["delay n2 --time 100ms --jitter 10ms", "slow n2 -> peers: delay 100ms ± 10ms normal for 1m"],
    ["delay all --time 1s --jitter 1ms --distribution pareto", "slow n1,n2,n3 -> peers: delay 1s ± 1ms pareto for 1m"],
    ["delay n2 --time 5ms --to clients --proto udp", "slow n2 -> clients: delay 5ms (udp) for 1m"],
    ["slow n2 --delay 100ms --jitter 10ms --loss 2%", "slow n2 -> peers: delay 100ms ± 10ms normal, loss 2% for 1m"],
    ["slow leader --to followers --direction both --loss 1", "slow n1 <-> n2,n3: loss 1% for 1m"],
    ["slow n2 --to all --rate 1mbit --burst 32kb", "slow n2 -> all: rate 1mbit burst 32kb for 1m"],
    ["slow n2 --to clients --direction to --delay 50ms", "slow n2 <- clients: delay 50ms for 1m"],
    ["slow n2 --to all --direction both --loss 1%", "slow n2 <-> all: loss 1% for 1m"],
    ["slow n1 --direction to --loss-state 1%,10", "slow n1 <- peers: loss state 1% 10% 0% 100% 0% for 1m"],
    ["slow n1 --loss-gemodel 1%,10%,70,0.1%", "slow n1 -> peers: loss gemodel 1% 10% 70% 0.1% for 1m"],
    [
      "slow n1 --delay 50ms --jitter 5ms --correlation 25% --reorder 25% --reorder-gap 5 --duplicate 1% --corrupt 0.5%",
      "slow n1 -> peers: delay 50ms ± 5ms normal (correlation 25%), duplicate 1%, corrupt 0.5%, reorder 25% gap 5 for 1m",
    ],
    ["kill n2", "kill n2 for 1m"],
    ["kill n2 --signal sigterm", "kill n2 with SIGTERM for 1m"],
    ["stop n2 --grace 1s", "stop n2 with 1s of grace for 1m"],
    ["restart n2", "restart n2"],
    ["crash-loop n2 --every 10s", "crash-loop n2 every 10s for 1m"],
    ["cpu n2 --cpus 0.1", "cpu n2 at 0.1 cpus for 1m"],
    ["memory n2 --limit 64mb", "memory n2 at 64mb for 1m"],
    ["disk n2 --slow 200ms --fail", "disk n2: fsync takes 200ms longer, fsync fails for 1m"],
    [
      "disk n2 --lose-unsynced --torn --flip-bit",
      "disk n2: loses what was not fsynced, tears the last write, flips a bit for 1m",
    ],
    ["clock n2 --skew -5s --drift -10%", "clock n2: 5s behind, 10% too slow for 1m"],
    ["clock n2 --skew 5s --jump 10s --drift 10%", "clock n2: 5s ahead, jumps 10s, 10% too fast for 1m"],
  ];

  test("each is said in one line", async () => {
    const world = await booted();
    const heard: [string, string][] = [];
    for (const [line] of said) {
      const { exitCode, stdout, stderr } = await world.run("chaos", ...split(line));
      const [, id = "", rest] = /^(f\d+) (.*)\n$/s.exec(stdout) ?? [];
      heard.push([line, exitCode === 0 ? (rest ?? "").replaceAll(id, "ID") : stderr]);
      await world.json("chaos", "heal");
    }
    expect(heard).toEqual(said);
  });
});

/** As a shell would, with single quotes. */
function split(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

test("a fault ends by itself", async () => {
  const world = await booted();
  await world.json("chaos", "pause", "n2", "--for", "100ms");
  expect(await world.stateOf("n2")).toBe("paused");
  await expect.poll(() => world.stateOf("n2")).toBe("running");
  expect(await world.json("chaos", "ls")).toEqual({ faults: [], links: [] });
});

test("ls lists them, heal ends one, those of a node, or all", async () => {
  const world = await booted();
  expect(await world.run("chaos", "ls")).toEqual({ exitCode: 0, stdout: "no active faults\n", stderr: "" });
  await world.json("chaos", "pause", "n1", "--for", "1h");
  await world.json("chaos", "partition", "n1 | n2,n3");
  await world.json("chaos", "pause", "n2", "--until-healed", "--verify");
  const { stdout } = await world.run("chaos", "ls");
  const listed = stdout
    .split("\n")
    .map((line) => line.replace(/(\S+ ago|just now) +(59m\d+s|1h|1m|5\d\S*s)? +(?=read)/, "SINCE LEFT "));
  expect(listed.map((line) => line.replace(/ {2,}/g, "  "))).toEqual([
    "FAULT  WHAT  WHERE  SINCE  LEFT  PROOF",
    "f1  pause  n1  SINCE LEFT read back",
    "f2  partition  n1 | n2,n3  SINCE LEFT read back",
    expect.stringMatching(/^f3 {2}pause {2}n2 {2}.* {2}until healed {2}measured n2 -> n1 delay 99.7ms .* and 1 more$/),
    "",
  ]);
  expect((await world.run("status")).stdout).toContain("until healed");
  expect((await world.json<Listed>("chaos", "ls")).faults.map(({ id }) => id)).toEqual(["f1", "f2", "f3"]);
  expect(await world.run("chaos", "heal", "f1")).toEqual({ exitCode: 0, stdout: "healed f1 pause n1\n", stderr: "" });
  expect(await world.stateOf("n1")).toBe("running");
  expect(await world.run("chaos", "heal", "--node", "n2")).toMatchObject({
    stdout: "healed f2 partition n1 | n2,n3\nhealed f3 pause n2\n",
  });
  await world.json("chaos", "pause", "n1");
  expect(await world.json("chaos", "heal")).toMatchObject({ healed: [{ id: "f4" }] });
  expect(await world.run("chaos", "heal")).toMatchObject({ exitCode: 0, stdout: "nothing to heal\n" });
  expect(await world.run("chaos", "heal", "f1")).toMatchObject({ exitCode: 0, stdout: "nothing to heal\n" });
});

test.each(["kill", "stop"])("%s keeps a node down until it is over, or until `chaos start`", async (kind) => {
  const world = await booted();
  await world.json("chaos", kind, "n2", "--for", "1h");
  expect(await world.stateOf("n2")).toBe("exited");
  await world.json("chaos", "heal");
  expect(await world.stateOf("n2")).toBe("running");
  await world.json("chaos", kind, "n2,n3", "--until-healed");
  expect(await world.run("chaos", "start", "all")).toEqual({ exitCode: 0, stdout: "started n2, n3\n", stderr: "" });
  expect([await world.stateOf("n2"), await world.stateOf("n3")]).toEqual(["running", "running"]);
  expect(await world.json("chaos", "ls")).toEqual({ faults: [], links: [] });
  expect(await world.run("chaos", "start", "n2")).toEqual({ exitCode: 0, stdout: "nothing to start\n", stderr: "" });
});

test("a restart is over at once", async () => {
  const world = await booted();
  expect(await world.run("chaos", "restart", "n2")).toEqual({ exitCode: 0, stdout: "f1 restart n2\n", stderr: "" });
  expect(await world.stateOf("n2")).toBe("running");
  expect(await world.json("chaos", "ls")).toEqual({ faults: [], links: [] });
});

test("--verify prints asked beside measured, and what cannot be felt is exit code 1 and healed", async () => {
  const world = await booted();
  const { stdout } = await world.run("chaos", "delay", "n2", "--time", "100ms", "--verify");
  expect(stdout.split("\n").slice(1)).toEqual([
    "  ✔ n2 -> n1 delay  asked 100ms  measured 99.7ms (p50 of 20)",
    "  ✔ n2 -> n3 delay  asked 100ms  measured 100.2ms (p50 of 20)",
    "",
  ]);
  await world.json("chaos", "heal");
  world.kernel.works = false;
  expect(await world.run("chaos", "delay", "n2", "--time", "100ms", "--verify")).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "error: Nothing of it can be felt.\n  asked this, measured that\n",
  });
  expect(await world.json("chaos", "ls")).toEqual({ faults: [], links: [] });
});

test("a fault whose nodes were drawn keeps its seed, one whose nodes were named has none", async () => {
  const world = await booted();
  await world.json("chaos", "pause", "random", "--seed", "42");
  await world.json("chaos", "pause", "n1", "--seed", "42");
  expect(await world.json("chaos", "ls")).toMatchObject({ faults: [{ seed: 42 }, { seed: null }] });
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
  expect(await world.json("chaos", "ls")).toEqual({ faults: [], links: [] });
});

describe("must hold 13: what is wrong is refused with 64, all at once, before anything is touched", () => {
  test.each([
    ["pause n9", ['There is no node "n9" in this cluster']],
    ["pause leadr", ['did you mean "leader"?']],
    ["pause n8,n9", ['no node "n8"', 'no node "n9"']],
    ["pause n1,,n2", ["a node's name is missing"]],
    ["pause random(4)", ["The target random(4) means 4 nodes, and there are 3 to choose from."]],
    ["pause n1 --for 5", ['--for: "5" has no unit.']],
    ["pause n1 --for 0s", ["--for must be longer than zero."]],
    ["pause n1 --for -5s", ["--for must be longer than zero."]],
    ["pause n1 --for 5s --until-healed", ["--until-healed"]],
    ["pause", ["target"]],
    ["pause n1, n2", ["n2"]],
    ["restart n1 --for 5s", ["--for"]],
    ["partition 'n1 |'", ["one side is empty"]],
    ["partition n1,n2,n3", ["cuts nothing"]],
    ["partition 'n1,n2 | n2,n3'", ["n2 would be on more than one side"]],
    ["partition ring", ["The partition ring is drawn from at least 4 nodes; 3 of the cluster's 3 can be drawn."]],
    ["partition halves --prot tcp", ["Nonexistent flag: --prot"]],
    ["partition 'n1 | n9' --drop 120% --port 70000", ["not 120%", "70000 is not a port", 'no node "n9"']],
    ["partition 'n1 | | n2' --drop -1%", ["one side is empty", "not -1%"]],
    ["isolate n1 --proto icmp --port 80", ["ICMP has no ports."]],
    ["delay n1 --time 10ms --jitter 20ms", ["Jitter 20ms is larger than the delay 10ms"]],
    ["delay n1 --time -5ms", ["A delay lies between 1us and 1m, not at -5ms."]],
    ["delay n1", ["time"]],
    ["delay n1 --time 1ms --distribution flat", ["distribution"]],
    ["slow n1", ["Say what to do to the link"]],
    ["slow n1 --loss 120%", ["A loss is more than 0% and at most 100%, not 120%."]],
    ["slow n1 --loss lots", ['--loss: "lots" is not a percentage.']],
    ["slow n1 --loss 1% --loss-gemodel 1%", ["--loss-gemodel"]],
    ["slow n1 --loss-gemodel 1,2,3,4,5", ['"1,2,3,4,5" is not a loss model']],
    ["slow n1 --reorder 25%", ["Reordering needs a delay"]],
    ["slow n1 --rate 1mbps", ['"1mbps" is not a rate']],
    ["slow n1 --loss 1% --jitter 5ms", ["--jitter means nothing without --delay."]],
    ["slow n1 --loss 1% --to n1", ["There is no link n1 -> n1."]],
    [
      "slow n8 --to n9 --for 0s --delay 5ms --jitter 10ms --loss 120% --loss-correlation 1% --duplicate 0 --burst 32kb",
      [
        "--for must be longer",
        "--burst means nothing without --rate.",
        "Jitter 10ms is larger",
        "not 120%",
        "A duplicate is",
        '"n8"',
        '"n9"',
      ],
    ],
    ["slow n1,,n2 --loss 120%", ["a node's name is missing", "not 120%"]],
    ["kill n1 --signal STOP", ['"STOP" is not a signal that ends a process']],
    ["stop n1 --grace -1s", ["The grace of a stop"]],
    ["crash-loop n1 --every 10ms", ["not every 10ms"]],
    ["cpu n1 --cpus 0", ["A cpu limit lies between"]],
    ["cpu n1 --cpus many", ['"many" is not a number']],
    ["memory n1 --limit 64", ['"64" is not a size']],
    ["memory n1 --limit 1kb", ["A memory limit is at least 6mb, not 1kb."]],
    ["disk n1", ["Say what is wrong with the disk"]],
    ["disk n1 --slow -1ms", ["An fsync is slowed by 0 to 1m, not by -1ms."]],
    ["clock n9 --jump -1s --drift 1000%", ["jumps forward", "not by 1000%", 'no node "n9"']],
    ["start n9", ['no node "n9"']],
    ["heal f99", ['There has been no fault "f99"']],
    ["heal f1 --node n1", ["Name a fault or a node, not both."]],
    ["heal --node n9", ['no node "n9"']],
  ] as const)("chaos %s", async (line, sentences) => {
    const world = await booted();
    const { exitCode, stdout, stderr } = await world.run("chaos", ...split(line));
    for (const sentence of sentences) expect(stderr).toContain(sentence);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect({ exitCode, stdout }).toEqual({ exitCode: 64, stdout: "" });
    // no number was ever given, so nothing was ever applied
    expect(await world.json("chaos", "pause", "n1")).toMatchObject({ id: "f1" });
  });

  test("several at once are one error with details", async () => {
    const world = await booted();
    const { stdout } = await world.run("chaos", "slow", "n9", "--delay", "1ms", "--jitter", "2ms", "--loss", "120%", "--json");
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: "USAGE",
        message: "Jitter 2ms is larger than the delay 1ms: packets cannot arrive before they were sent.",
        hint: "Its nodes are n1, n2, n3.",
        details: [
          "A loss is more than 0% and at most 100%, not 120%.",
          'There is no node "n9" in this cluster; did you mean "n1"?',
        ],
        exitCode: 64,
      },
    });
  });

  test("an impossible link is told in one sentence", async () => {
    const world = await booted();
    const { stderr } = await world.run("chaos", "slow", "n1", "--loss", "1%", "--to", "n1");
    expect(stderr.split("\n")).toEqual(["error: There is no link n1 -> n1.", ""]);
  });
});

describe("of a cluster of one", () => {
  test.each([
    ["partition halves", "The partition halves is drawn from at least 2 nodes; 1 of the cluster's 1 can be drawn."],
    ["partition majority", "The partition majority is drawn from at least 3 nodes"],
    ["partition bridge", "The partition bridge is drawn from at least 3 nodes"],
    ["partition ring", "The partition ring is drawn from at least 4 nodes"],
    ["partition n1", "The partition n1 cuts nothing: every node still hears every other."],
    ["partition flaky", "The partition flaky cuts nothing"],
    ["partition one-way n1 n1", "The partition n1 -> n1 cuts nothing"],
    ["isolate n1", "The partition n1 cuts nothing"],
    ["slow n1 --loss 1%", "There is no link n1 -> peers."],
    ["pause followers", "The target followers means no node of this cluster."],
    ["pause minority", "The target minority means nobody: fewer than half of 1 is none."],
  ])("chaos %s", async (line, said) => {
    const world = await booted("nodes: 1\n");
    const { exitCode, stderr } = await world.run("chaos", ...split(line));
    expect({ exitCode, stderr }).toEqual({ exitCode: 64, stderr: expect.stringContaining(said) });
  });
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
  expect(await two.run("chaos", "pause", "leader(b)")).toMatchObject({ exitCode: 0, stdout: "f1 pause b-1 for 1m\n" });
  expect(await two.run("chaos", "pause", "a")).toMatchObject({ exitCode: 0, stdout: "f2 pause a-1 for 1m\n" });
});
