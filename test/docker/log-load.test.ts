// Shows that nothing is lost, repeated or reordered however much is said at once, and that neither a silent node nor one that says rubbish is in the way.
import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { bin, docker, runCli } from "../support/cli.js";
import { Talkers } from "../support/talkers.js";

let talkers: Talkers;
let reader: ChildProcess | undefined;
beforeEach(async ({ task }) => {
  talkers = await Talkers.create(`load${task.id.replaceAll(/\D/g, "").slice(-6)}`);
});
afterEach(async () => {
  reader?.kill("SIGKILL");
  await talkers.destroy();
});

/** Our own line of the number `n`, then the next, as many as told at once, so often, and stays. */
const talk = (linesAtOnce: number, times: number, everyMs: number): string => `
  let n = 0;
  const say = () => {
    let text = "";
    for (let i = 0; i < ${linesAtOnce}; i++) text += JSON.stringify({ ts: new Date().toISOString(), level: "info", node: "x", event: "tick", msg: "tick", n: ++n }) + "\\n";
    require("node:fs").writeSync(1, text);
  };
  const timer = setInterval(() => { say(); if (n >= ${linesAtOnce * times}) clearInterval(timer); }, ${everyMs});
  setInterval(() => undefined, 10000);
`;

/** `devious logs` as a user runs it, one record at a time. */
async function* logs(...flags: readonly string[]): AsyncGenerator<LogRecord & { readonly arrivedMs: number }> {
  reader = spawn(process.execPath, [bin, "logs", "--cluster", talkers.cluster, "--json", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (reader.stdout === null) return;
  for await (const line of createInterface({ input: reader.stdout })) {
    yield { ...(JSON.parse(line) as LogRecord), arrivedMs: Date.now() };
  }
}

/** Reads until every one of these nodes has said so many lines, each once and in its order, no stamp stepping back unmarked: how many are missing. */
async function readAll(nodes: readonly string[], linesOfEach: number, ...flags: readonly string[]): Promise<number> {
  const said = new Map(nodes.map((node) => [node, 0]));
  let lastTs = "";
  let left = nodes.length * linesOfEach;
  for await (const { node, stream, fields, seq, ts, flags: marks = [] } of logs(...flags)) {
    if (stream === "engine") continue;
    const next = (said.get(node) ?? 0) + 1;
    said.set(node, next);
    if (fields["n"] !== next || seq !== next)
      throw new Error(`${node}: line ${String(fields["n"])}, seq ${seq}, instead of ${next}`);
    if (ts < lastTs && !marks.includes("late")) throw new Error(`${node}: ${ts} after ${lastTs}, unmarked`);
    if (ts > lastTs) lastTs = ts;
    left -= 1;
    if (left === 0) break;
  }
  return left;
}

/** Of the reader, in MiB, at its highest. */
async function peakMemoryMiB(): Promise<number> {
  const status = await readFile(`/proc/${reader?.pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

test(
  "must hold 1: five nodes that say 20,000 lines a second for 10 s: every line once and in order, in 200 MB",
  { timeout: 180_000 },
  async () => {
    const nodes = ["n1", "n2", "n3", "n4", "n5"];
    for (const node of nodes) await talkers.start(node, talk(1000, 200, 50));
    expect(await readAll(nodes, 200_000, "-f")).toBe(0);
    expect(await peakMemoryMiB()).toBeLessThan(200);
  },
);

test("must hold 2: 300,000 lines at once are all there, followed and read again", { timeout: 120_000 }, async () => {
  await talkers.start("n1", talk(300_000, 1, 100));
  expect(await readAll(["n1"], 300_000, "-f")).toBe(0);
  expect(await readAll(["n1"], 300_000)).toBe(0);
});

test(
  "must hold 5 and 6: what is said is seen within a second, also while another node is frozen",
  { timeout: 60_000 },
  async () => {
    for (const node of ["n1", "n2", "n3"]) await talkers.start(node, talk(1, 1_000_000, 20));
    const delaysMs: number[] = [];
    const frozen = new Set<string>();
    const startedMs = Date.now();
    let freezing: Promise<string> | undefined;
    for await (const { node, ts, arrivedMs } of logs("-f", "--since", "1s")) {
      if (Date.now() - startedMs > 4000) freezing ??= docker("pause", talkers.container("n3"));
      if (freezing !== undefined && node !== "n3") frozen.add(node);
      delaysMs.push(arrivedMs - Date.parse(ts));
      if (Date.now() - startedMs > 12_000) break;
    }
    await freezing;
    expect([...frozen].sort()).toEqual(["n1", "n2"]);
    expect(delaysMs.length).toBeGreaterThan(500);
    const sorted = delaysMs.toSorted((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length * 0.99)]).toBeLessThan(1000);
  },
);

test("must hold 7: rubbish from one node leaves the story alive and the terminal alone", { timeout: 120_000 }, async () => {
  const rubbish = `
    const { writeSync } = require("node:fs");
    const say = (bytes) => { for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at); };
    const random = Buffer.alloc(200_000);
    for (let i = 0, x = 1; i < random.length; i++) random[i] = (x = (x * 1103515245 + 12345) & 0x7fffffff) >> 16;
    say(random);
    say(Buffer.from("\\n{\\"level\\":\\"info\\",\\"msg\\":\\n{{{]]\\n" + "\\u001b[2J\\u001b]0;title\\u0007\\u009b31m\\r".repeat(1000) + "\\n"));
    const long = Buffer.alloc(1024 * 1024, "x");
    for (let i = 0; i < 100; i++) say(long);
    say(Buffer.from("\\nafter it all\\n"));
    setInterval(() => undefined, 10000);
  `.replaceAll("\\\\", "\\");
  await talkers.start("n2", rubbish);
  await talkers.start("n1", talk(1, 1_000_000, 50));
  let ticks = 0;
  let isOver = false;
  let ofLongest: readonly string[] = [];
  for await (const { node, msg, flags = [] } of logs("-f")) {
    if (node === "n1") ticks += 1;
    if (msg.length === 1024 * 1024) ofLongest = flags;
    isOver ||= msg === "after it all";
    if (isOver && ticks > 20) break;
  }
  // its stamp is that of its beginning, and much was said meanwhile
  expect(ofLongest).toEqual(expect.arrayContaining(["joined", "truncated"]));
  const { stdout } = await runCli(["logs", "--cluster", talkers.cluster, "--level", "trace"], "/", { FORCE_COLOR: "0" });
  expect(stdout).toContain("after it all");
  // newlines apart, nothing that a terminal obeys
  expect(/[^\P{Cc}\n]/u.exec(stdout)).toBeNull();
});
