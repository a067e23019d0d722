/**
 * `npm run bench`: how fast it is, beside what it is compared to, measured in the same run (docs/benchmarks.md). A figure over its limit
 * is shown as such; only a benchmark that broke ends non-zero.
 *
 * `npm run bench -- --only start-up|up|own-images|run|chaos|faults|logs|requests|leaderless|failover|memory|endurance` measures one part; `--only requests --in-flight 1`
 * of the requests those with so many in flight.
 */
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { needEngine } from "../scripts/setup/docker-engine.js";
import { needBuild } from "../scripts/setup/fresh-build.js";
import { widenPath } from "../scripts/setup/run.js";
import { withTrouble } from "../scripts/setup/trouble.js";
import { createDevious } from "./devious.js";
import { docker } from "./docker.js";
import { removeEtcd } from "./etcd.js";
import { chaos } from "./lines/chaos.js";
import { endurance } from "./lines/endurance.js";
import { failover } from "./lines/failover.js";
import { clearFaults, faults } from "./lines/faults.js";
import { clearLeaderless, leaderless } from "./lines/leaderless.js";
import { clearLogs, logs } from "./lines/logs.js";
import { memory } from "./lines/memory.js";
import { clearOwnImages, ownImages } from "./lines/own-images.js";
import { inFlights, requests } from "./lines/requests.js";
import { run } from "./lines/run.js";
import { startUp } from "./lines/start-up.js";
import { up } from "./lines/up.js";
import { table } from "./report.js";

const parts = {
  "start-up": startUp,
  up,
  "own-images": ownImages,
  run,
  chaos,
  faults,
  logs,
  requests,
  leaderless,
  failover,
  memory,
};
/** Measured only where it is asked for. */
const longParts = { endurance };
const { values } = parseArgs({ options: { only: { type: "string" }, "in-flight": { type: "string" } } });
if (values.only !== undefined && !(values.only in parts) && !(values.only in longParts)) {
  console.error(`--only takes one of: ${Object.keys({ ...parts, ...longParts }).join(", ")}`);
  process.exit(64);
}
const inFlight = values["in-flight"] && Number(values["in-flight"]);
if (inFlight !== undefined && (values.only !== "requests" || !inFlights.includes(inFlight))) {
  console.error(`--in-flight takes one of ${inFlights.join(", ")}, beside --only requests`);
  process.exit(64);
}

await withTrouble(1, async () => {
  widenPath();
  needBuild();
  await needEngine();
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => interrupted.abort());
  const world = {
    devious: createDevious(interrupted.signal),
    signal: interrupted.signal,
    inFlight,
  };
  const rows = [["what", "asked", "measured", "", ""]];
  try {
    // also what a benchmark that was killed left
    await clear(world);
    console.log(await machine());
    const wanted = values.only === undefined ? parts : { [values.only]: { ...parts, ...longParts }[values.only] };
    for (const [name, part] of Object.entries(wanted)) {
      console.error(`measuring ${name} …`);
      rows.push(...(await part(world)));
    }
    console.log(table(rows));
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    console.error("interrupted");
    process.exitCode = 130;
  } finally {
    await clear(world);
  }
});

async function clear({ devious }) {
  await devious.down();
  await removeEtcd();
  await clearLeaderless();
  await clearOwnImages();
  await clearFaults();
  await clearLogs();
}

async function machine() {
  const { Version, KernelVersion } = await docker("GET", "/version");
  const cpu = `${availableParallelism()} × ${cpus()[0]?.model ?? process.arch}`;
  return `Node ${process.version}, Docker ${Version}, kernel ${KernelVersion}, ${cpu}, load average ${loadavg()[0].toFixed(1)}`;
}
