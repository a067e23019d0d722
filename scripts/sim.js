// `npm run sim -- [--seed N] [--seeds COUNT] [--bug NAME]`: runs the simulator on all cores; the first failure prints its last events.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { describeFailure } from "../dist/sim/report.js";
import { bugNames } from "../dist/sim/scenario.js";
import { simulate } from "../dist/sim/simulate.js";

const usage = `usage: npm run sim -- [--seed N] [--seeds COUNT] [--bug ${bugNames.join("|")}]`;
const progressEveryMs = 20_000;

function options() {
  const { values } = parseArgs({ options: { seed: { type: "string" }, seeds: { type: "string" }, bug: { type: "string" } } });
  const first = Number(values.seed ?? Date.now() % 1_000_000_000);
  const count = Number(values.seeds ?? (values.seed === undefined ? 1000 : 1));
  if (!Number.isSafeInteger(first) || first < 0 || !Number.isSafeInteger(count) || count < 1)
    throw new RangeError("seeds are whole numbers");
  if (values.bug !== undefined && !bugNames.includes(values.bug)) throw new RangeError(`there is no bug ${values.bug}`);
  return { first, count, bug: values.bug };
}

/** In a worker: every `stride`-th seed, and what came of each. */
function play({ first, end, stride, bug }) {
  for (let seed = first; seed < end; seed += stride) {
    const outcome = simulate(seed, { bug, traceLines: 200 });
    const { tally } = outcome;
    parentPort.postMessage({ tally, failure: outcome.ok ? undefined : { seed, lines: describeFailure(outcome, bug) } });
  }
}

/** Adds numbers, also those one level down, to `total`. */
function add(total, tally) {
  for (const [name, value] of Object.entries(tally)) {
    if (typeof value === "number") total[name] = (total[name] ?? 0) + value;
    else add((total[name] ??= {}), value);
  }
}

/** All outcomes; resolves with the exit code. */
async function run({ first, count, bug }) {
  const startedMs = Date.now();
  const total = {};
  const failures = [];
  let done = 0;
  const seconds = () => ((Date.now() - startedMs) / 1000).toFixed(1);
  const timer = setInterval(
    () => console.log(`${done} of ${count} seeds after ${seconds()} s, ${failures.length} violations`),
    progressEveryMs,
  );
  const stride = Math.min(count, availableParallelism());
  const workers = Array.from({ length: stride }, (_, i) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { first: first + i, end: first + count, stride, bug } });
    worker.on("message", ({ tally, failure }) => {
      done++;
      add(total, tally);
      if (failure !== undefined) failures.push(failure);
    });
    return new Promise((resolve, reject) => worker.once("exit", resolve).once("error", reject));
  });
  await Promise.all(workers);
  clearInterval(timer);
  failures.sort((a, b) => a.seed - b.seed);
  for (const line of failures[0]?.lines ?? []) console.log(line);
  for (const line of describe(total)) console.log(line);
  const broken = failures.length === 0 ? "no violation" : `violations in seeds ${failures.map(({ seed }) => seed).join(", ")}`;
  console.log(`seeds ${first} to ${first + count - 1}: ${broken} in ${seconds()} s`);
  return failures.length === 0 ? 0 : 1;
}

/** One line for the operations, one for everything else that happened, one each for changes of members and for faults. */
function describe({ ok, fail, info, faults, membersChanged, ...happened }) {
  const list = (counts) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  return [
    `operations: ${list({ ok, fail, info })}`,
    `happened: ${list(happened)}`,
    `members: ${list(membersChanged)}`,
    `faults: ${list(faults)}`,
  ];
}

if (!isMainThread) {
  play(workerData);
} else {
  try {
    process.exitCode = await run(options());
  } catch (error) {
    if (!(error instanceof RangeError) && !error.code?.startsWith("ERR_PARSE_ARGS")) throw error;
    console.error(`${error.message}\n${usage}`);
    process.exitCode = 64;
  }
}
