// The main job as a story: boot a cluster, use it, hurt it, watch, heal, end. Every command printed here can be typed, and every step is
// checked: the story ends non-zero where the cluster did not behave. `--keep` leaves the cluster running.
import { fileURLToPath } from "node:url";
import { createNarrator } from "./narrator.js";

const cluster = "first-cluster";
const folder = fileURLToPath(new URL(".", import.meta.url));
const keep = process.argv.includes("--keep");
const story = createNarrator(cluster);
const { chapter, say, devious, until, expect } = story;

try {
  await boot();
} catch (error) {
  // `up` takes down what it made, and what it did not make is not ours to take down
  story.fail(error);
  story.finish();
  process.exit();
}
try {
  await use();
  await pauseTheLeader();
  await cutOneOff();
  await killTheLeader();
  await slowALink();
  await heal();
  await readTheLogs();
} catch (error) {
  story.fail(error);
} finally {
  await end();
}

async function boot() {
  chapter("Three nodes");
  await devious(["up", folder, "--name", cluster]);
  await story.followLogs();
}

async function use() {
  chapter("Write on one node, read on another");
  const { nodes } = await status();
  expect(nodes.length === 3 && nodes.every(({ health }) => health === "ready"), "three nodes are ready");
  expect(nodes.filter(({ store }) => store.role === "leader").length === 1, "one of them leads");
  await devious(["put", "greeting", "hello", "--node", "n1"]);
  await expectValue("n3", "greeting", "hello");
}

async function pauseTheLeader() {
  chapter("The leader freezes");
  const before = await leader();
  await devious(["chaos", "pause", "leader", "--for", "30s"]);
  const after = await until(`another node than ${before} leads`, async () => {
    const now = await leader();
    return now !== undefined && now !== before ? now : undefined;
  });
  await devious(["put", "greeting", "hello again", "--node", after]);
  await devious(["chaos", "heal"]);
  await until(`${before} is back and follows`, async () => (await node(before)).store?.leader === after);
  await expectValue(before, "greeting", "hello again");
}

async function cutOneOff() {
  chapter("The network is cut");
  const { nodes } = await status();
  const [lonely, other] = nodes.filter(({ store }) => store.role !== "leader").map((one) => one.node);
  await devious(["chaos", "partition", "isolate", lonely, "--for", "60s", "--verify"]);
  await until(`${lonely} has noticed that it is alone`, async () => (await node(lonely)).health === "no-quorum");
  await devious(["put", "side", "majority", "--node", other]);
  const refused = await devious(["put", "side", "minority", "--node", lonely], { mayFail: true });
  expect(refused.exitCode === 3, `${lonely}, in the minority, refuses the write`);
  await expectValue(other, "side", "majority");
  await devious(["chaos", "heal"]);
  await until(`${lonely} is back`, async () => (await node(lonely)).health === "ready");
}

async function killTheLeader() {
  chapter("The leader dies");
  const before = await leader();
  await devious(["chaos", "kill", "leader", "--for", "60s"]);
  const after = await until(`another node than ${before} leads`, async () => {
    const now = await leader();
    return now !== undefined && now !== before ? now : undefined;
  });
  await devious(["put", "after", "the crash", "--node", after]);
  await devious(["chaos", "start", before]);
  await until(`${before} is back`, async () => (await node(before)).health === "ready");
  await expectValue(before, "after", "the crash");
}

async function slowALink() {
  chapter("A link is slow");
  const usualMs = await roundTripMs("n2", "n1");
  const delayed = await devious(["chaos", "delay", "n2", "--time", "100ms", "--for", "30s"], { mayFail: true });
  if (delayed.exitCode !== 0) {
    expect(
      delayed.exitCode === 3 && /netem/.test(delayed.stderr),
      "this kernel has no netem, and the command says so in one line",
    );
    return;
  }
  const slowMs = await roundTripMs("n2", "n1");
  say(`a round trip from n2 to n1 took ${usualMs.toFixed(1)} ms and takes ${slowMs.toFixed(1)} ms now`);
  expect(slowMs - usualMs > 80, "it takes about 100 ms longer");
}

async function heal() {
  chapter("Everything is healed");
  await devious(["chaos", "heal"]);
  const { faults } = await status();
  expect(faults?.length === 0, "no fault is left");
  await until("all nodes hold the same data", async () => {
    const { nodes } = await status(["--hash"]);
    return nodes.every(
      ({ store }) => store !== null && store.hash === nodes[0].store.hash && store.revision === nodes[0].store.revision,
    );
  });
  for (const { node } of (await status()).nodes) await expectValue(node, "side", "majority");
}

async function readTheLogs() {
  chapter("What the log tells");
  const { stdout } = await devious(["logs", "--node", "chaos", "--json"], { quiet: true });
  const records = stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  const faults = (event) => records.filter((one) => one.event === event).map((one) => one.fields.fault);
  const applied = faults("fault-applied");
  expect(applied.length >= 2, `the faults are in the same stream: ${applied.join(", ")}`);
  expect(
    applied.every((fault) => faults("fault-healed").includes(fault)),
    "each of them was healed",
  );
  say(`read it again with: devious logs --cluster ${cluster}`);
}

async function end() {
  story.beginEnd();
  if (keep) {
    story.stopLogs();
    say(`left running; end it with: devious down --cluster ${cluster} --volumes`);
  } else {
    chapter("The end");
    await devious(["down", "--volumes"]);
    story.stopLogs();
    const { clusters } = JSON.parse((await devious(["ls", "--json"], { quiet: true, anyCluster: true })).stdout);
    expect(!clusters.some((one) => one.cluster === cluster), "nothing is left running");
  }
  story.finish();
}

async function status(flags = []) {
  return JSON.parse((await devious(["status", ...flags, "--json"], { quiet: true })).stdout);
}

async function node(name) {
  return (await status()).nodes.find((one) => one.node === name);
}

async function leader() {
  const { nodes } = await status();
  const leaders = nodes.filter(({ store }) => store?.role === "leader");
  return leaders.sort((a, b) => b.store.term - a.store.term)[0]?.node;
}

async function expectValue(name, key, value) {
  const { stdout } = await devious(["get", key, "--node", name]);
  expect(stdout === value, `${name} answers "${value}"`);
}

/** The shortest of some TCP handshakes inside the cluster network: one round trip each. */
async function roundTripMs(from, to) {
  const probe = `
    const { connect } = require("node:net");
    const once = () => new Promise((done, fail) => {
      const start = performance.now();
      const socket = connect(2379, ${JSON.stringify(to)}, () => { done(performance.now() - start); socket.destroy(); });
      socket.setTimeout(5000, () => socket.destroy(new Error("no answer")));
      socket.on("error", fail);
    });
    (async () => { let best = Infinity; for (let i = 0; i < 5; i++) best = Math.min(best, await once()); console.log(best); })();`;
  const { stdout } = await devious(["exec", from, "--", "node", "-e", probe], { quiet: true });
  return Number(stdout);
}
