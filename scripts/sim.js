// `npm run sim -- [--design NAME] [--seed N] [--seeds COUNT] [--bug NAME]`: runs a design's simulator on all cores; the first failure prints its last events.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { bugNames as leaderlessBugs } from "../dist/sim/leaderless/scenario.js";
import { simulate as simulateLeaderless } from "../dist/sim/leaderless/simulate.js";
import { describeFailure } from "../dist/sim/report.js";
import { bugNames as raftBugs } from "../dist/sim/scenario.js";
import { simulate as simulateRaft } from "../dist/sim/simulate.js";

const designs = {
  raft: { simulate: simulateRaft, bugNames: raftBugs },
  leaderless: { simulate: simulateLeaderless, bugNames: leaderlessBugs },
};
const usage = Object.entries(designs)
  .map(
    ([name, { bugNames }]) => `usage: npm run sim -- --design ${name} [--seed N] [--seeds COUNT] [--bug ${bugNames.join("|")}]`,
  )
  .join("\n");
const progressEveryMs = 20_000;

function options() {
  const text = { type: "string" };
  const { values } = parseArgs({ options: { design: { ...text, default: "raft" }, seed: text, seeds: text, bug: text } });
  const first = Number(values.seed ?? Date.now() % 1_000_000_000);
  const count = Number(values.seeds ?? (values.seed === undefined ? 1000 : 1));
  if (!Number.isSafeInteger(first) || first < 0 || !Number.isSafeInteger(count) || count < 1)
    throw new RangeError("seeds are whole numbers");
  const { design, bug } = values;
  if (!Object.hasOwn(designs, design)) throw new RangeError(`there is no design ${design}`);
  if (bug !== undefined && !designs[design].bugNames.includes(bug)) throw new RangeError(`there is no bug ${bug}`);
  return { design, first, count, bug };
}

/** In a worker: every `stride`-th seed, and what came of each. */
function play({ design, first, end, stride, bug }) {
  for (let seed = first; seed < end; seed += stride) {
    const outcome = designs[design].simulate(seed, { bug, traceLines: 200 });
    const { tally } = outcome;
    parentPort.postMessage({ tally, failure: outcome.ok ? undefined : { seed, lines: describeFailure(outcome, design, bug) } });
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
async function run({ design, first, count, bug }) {
  const startedMs = Date.now();
  const total = {};
  const failures = [];
  let done = 0;
  const seconds = () => ((Date.now() - startedMs) / 1000).toFixed(1);
  const timer = setInterval(
    () => console.log(`${done} of ${count} seeds after ${seconds()} s, ${describeSeeds(failures)}`),
    progressEveryMs,
  );
  const stride = Math.min(count, availableParallelism());
  const workers = Array.from({ length: stride }, (_, i) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { design, first: first + i, end: first + count, stride, bug },
    });
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
  console.log(`seeds ${first} to ${first + count - 1}: ${describeSeeds(failures)} in ${seconds()} s`);
  return failures.length === 0 ? 0 : 1;
}

function describeSeeds(failures) {
  return failures.length === 0 ? "no violation" : `violations in seeds ${failures.map(({ seed }) => seed).join(", ")}`;
}

/** One line for the operations, one for everything else that happened, one for each group of counts. */
function describe({ ok, fail, info, ...rest }) {
  const list = (counts) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  const happened = Object.entries(rest).filter(([, value]) => typeof value === "number");
  const groups = Object.entries(rest).filter(([, value]) => typeof value !== "number");
  return [
    `operations: ${list({ ok, fail, info })}`,
    `happened: ${list(Object.fromEntries(happened))}`,
    ...groups.map(([name, counts]) => `${name}: ${list(counts)}`),
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
