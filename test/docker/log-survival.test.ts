// Shows on real containers that following a log loses and repeats nothing while nodes restart or freeze, and says where the engine lost something.
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { counting } from "../support/counting.js";
import { LogReader } from "../support/log-reader.js";
import { Talkers } from "../support/talkers.js";

let talkers: Talkers;
let reader: LogReader | undefined;
beforeEach(async ({ task }) => {
  talkers = await Talkers.create(`live${task.id.replaceAll(/\D/g, "").slice(-6)}`);
});
afterEach(async () => {
  reader?.kill();
  await talkers.destroy();
});

const numberOf = ({ fields }: LogRecord): unknown => fields["n"];
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);

/** Every line of the node is there once, in its order, and nobody says that any might not be. */
function expectWhole(node: string): void {
  const said = reader?.of(node) ?? [];
  expect(said.map(numberOf)).toEqual(upTo(said.length));
  expect(said.map(({ seq }) => seq)).toEqual(upTo(said.length));
  expect(said.filter(({ flags }) => flags?.includes("gap"))).toEqual([]);
}

/** Waits for a line of the node, as asked: whether it is the last of a life, and how many lives have ended with it. */
async function aLine(what: string, node: string, isThere: (isLast: boolean, ended: number) => boolean): Promise<void> {
  let ended = 0;
  await reader?.until(`${what} of ${node}`, 20_000, (record) => {
    if (record.node !== node || numberOf(record) === undefined) return false;
    const isLast = record.fields["last"] === true;
    if (isLast) ended += 1;
    return isThere(isLast, ended);
  });
}

/** Before a node has said something in its latest life, nobody there hears that it is to end. */
function alive(node: string, lives: number): Promise<void> {
  return aLine(`a line after ${lives} lives`, node, (isLast, ended) => ended === lives && !isLast);
}

test("must hold 3: three nodes restarted three times each, a fourth frozen for 10 s: every line once and in order", async () => {
  const restarted = ["n1", "n2", "n3"];
  for (const node of [...restarted, "n4"]) await talkers.start(node, counting);
  reader = new LogReader(talkers.cluster, ["-f"]);
  for (const node of [...restarted, "n4"]) await alive(node, 0);
  await talkers.docker("pause", talkers.container("n4"));
  const thawed = sleep(10_000).then(() => talkers.docker("unpause", talkers.container("n4")));
  for (let turn = 0; turn < 3; turn++) {
    await Promise.all(restarted.map((node) => talkers.docker("restart", "-t", "30", talkers.container(node))));
    await Promise.all(restarted.map((node) => alive(node, turn + 1)));
  }
  await thawed;
  await sleep(500);
  const all = [...restarted, "n4"];
  await Promise.all(all.map((node) => talkers.docker("stop", "-t", "30", talkers.container(node))));
  for (const node of all) {
    const lives = node === "n4" ? 1 : 4;
    await aLine("the last words", node, (_, ended) => ended === lives);
    expectWhole(node);
  }
});

/** Numbers its lines: so many at once, so often; then it stays. */
const numbered = (atOnce: number, everyMs: number, total: number): string => `
  const { writeSync } = require("node:fs");
  let n = 0;
  const timer = setInterval(() => {
    let text = "";
    for (let i = 0; i < ${atOnce} && n < ${total}; i++) text += JSON.stringify({ level: "info", event: "tick", msg: "tick", n: ++n }) + "\\n";
    writeSync(1, text);
    if (n === ${total}) clearInterval(timer);
  }, ${everyMs});
  setInterval(() => undefined, 10000);
`;

/** Of lines that are numbered from 1 to `total`: how many are missing, and at how many places no flag says so. */
function missingOf(said: readonly LogRecord[], total: number): { readonly lines: number; readonly silent: number } {
  const missing = { lines: 0, silent: 0 };
  let last = 0;
  for (const { fields, flags = [] } of said) {
    const n = Number(fields["n"]);
    if (n <= last) throw new Error(`line ${n} after ${last}`);
    missing.lines += n - last - 1;
    if (n > last + 1 && !flags.includes("gap")) missing.silent += 1;
    last = n;
  }
  if (last < total) missing.silent += 1;
  return missing;
}

test("must hold 3: a log rotated at 1 KiB: what is missing is said to be, whatever the speed", async () => {
  const total = 2000;
  const speeds = { slow: numbered(1, 5, total), quick: numbered(5, 5, total), burst: numbered(500, 1000, total) };
  for (const [speed, program] of Object.entries(speeds)) {
    for (const files of [1, 3]) {
      const rotated = ["--log-driver", "json-file", "--log-opt", "max-size=1k", "--log-opt", `max-file=${files}`];
      await talkers.startWith(rotated, `${speed}${files}`, program);
    }
  }
  const nodes = Object.keys(speeds).flatMap((speed) => [`${speed}1`, `${speed}3`]);
  reader = new LogReader(talkers.cluster, ["-f"]);
  for (const node of nodes)
    await reader.until(`the end of ${node}`, 60_000, (record) => record.node === node && record.fields["n"] === total);
  let lines = 0;
  for (const node of nodes) {
    const missing = missingOf(reader.of(node), total);
    expect({ node, ...missing }).toMatchObject({ node, silent: 0 });
    lines += missing.lines;
  }
  // else nothing was shown
  expect(lines).toBeGreaterThan(0);
});

test("must hold 3: a burst faster than the engine follows over its files: what is missing is said to be", async () => {
  const total = 300_000;
  const rotated = ["--log-driver", "json-file", "--log-opt", "max-size=5m", "--log-opt", "max-file=3"];
  await talkers.startWith(rotated, "n1", `setTimeout(() => { ${numbered(1000, 1, total)} }, 3000)`);
  reader = new LogReader(talkers.cluster, ["-f"]);
  await reader.until("the end of the burst", 60_000, ({ fields }) => fields["n"] === total);
  expect(missingOf(reader.of("n1"), total)).toMatchObject({ silent: 0 });
});
