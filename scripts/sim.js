// `npm run sim -- [--seed N] [--seeds COUNT] [--bug NAME]`: runs the simulator; a failure prints its last events.
import { parseArgs } from "node:util";
import { describeFailure } from "../dist/sim/report.js";
import { bugNames } from "../dist/sim/scenario.js";
import { simulate } from "../dist/sim/simulate.js";

const usage = `usage: npm run sim -- [--seed N] [--seeds COUNT] [--bug ${bugNames.join("|")}]`;

function options() {
  const { values } = parseArgs({ options: { seed: { type: "string" }, seeds: { type: "string" }, bug: { type: "string" } } });
  const first = Number(values.seed ?? Date.now() % 1_000_000_000);
  const count = Number(values.seeds ?? (values.seed === undefined ? 1000 : 1));
  if (!Number.isSafeInteger(first) || first < 0 || !Number.isSafeInteger(count) || count < 1)
    throw new RangeError("seeds are whole numbers");
  if (values.bug !== undefined && !bugNames.includes(values.bug)) throw new RangeError(`there is no bug ${values.bug}`);
  return { first, count, bug: values.bug };
}

function run({ first, count, bug }) {
  const startedMs = Date.now();
  let steps = 0;
  for (let seed = first; seed < first + count; seed++) {
    const outcome = simulate(seed, { bug, traceLines: 200 });
    steps += outcome.tally.steps;
    if (outcome.ok) continue;
    for (const line of describeFailure(outcome, bug)) console.log(line);
    return 1;
  }
  console.log(`seeds ${first} to ${first + count - 1} hold: ${steps} steps in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
  return 0;
}

try {
  process.exitCode = run(options());
} catch (error) {
  if (!(error instanceof RangeError) && !error.code?.startsWith("ERR_PARSE_ARGS")) throw error;
  console.error(`${error.message}\n${usage}`);
  process.exitCode = 64;
}
