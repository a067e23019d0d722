// Shows a mistake of the store, and the same run without it:
//
//     node examples/mistakes/see.js replication-async
//     node examples/mistakes/see.js replication-async --safe
//
// Boots the example's cluster, lets clients write and read on every node while its scenario runs, and says what they saw.
// --name: of the cluster; --json: for programs. Exit code 1: the run itself did not work.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { Clients } from "./clients.js";

/** What shows each mistake, of a run's findings. */
const shows = {
  "replication-async": ({ lost }) => lost > 0,
  "reads-local": ({ stale }) => stale > 0,
  "reads-lease": ({ stale }) => stale > 0,
  "fsync-off": ({ lost }) => lost > 0,
  "fsync-batch": ({ lost }) => lost > 0,
  // a machine that is busy may cost an election or two by itself
  "pre-vote-off": ({ newTerms }) => newTerms > 2,
  "check-quorum-off": ({ deafLeaders }) => deafLeaders.length > 0,
};

const bin = fileURLToPath(new URL("../../bin/run.js", import.meta.url));
const run = promisify(execFile);

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { safe: { type: "boolean", default: false }, json: { type: "boolean", default: false }, name: { type: "string" } },
});
const [example = ""] = positionals;
const folder = fileURLToPath(new URL(`./${example}/`, import.meta.url));
if (!Object.hasOwn(shows, example) || !existsSync(folder)) {
  console.error(`usage: node see.js ${Object.keys(shows).join("|")} [--safe] [--json] [--name NAME]`);
  process.exit(64);
}
const cluster = values.name ?? `mistake-${example}`;

async function devious(...args) {
  const { stdout } = await run(process.execPath, [bin, ...args, "--json"], { cwd: folder, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

const status = () => devious("status", "--cluster", cluster);

async function untilReady() {
  for (let tries = 0; tries < 60; tries++) {
    const { nodes } = await status();
    if (nodes.every(({ health }) => health === "ready")) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("the cluster did not come back");
}

async function findings() {
  const clients = new Clients(async () => (await status()).nodes);
  try {
    await clients.start();
    await devious("chaos", "run", "scenario.yaml", "--cluster", cluster, "--seed", "1");
    await untilReady();
    return await clients.finish();
  } finally {
    clients.stop();
  }
}

function tell({ acknowledged, lost, lostFirst, stale, staleFirst, cancelledWatches, newTerms, deafLeaders }, isSeen) {
  console.log(
    `${acknowledged} writes were acknowledged, and ${lost} of them are gone${lostFirst ? `: ${lostFirst} was the first` : ""}.`,
  );
  console.log(`${stale} reads missed writes acknowledged before they began${staleFirst ? `: ${staleFirst}` : ""}.`);
  if (cancelledWatches > 0) console.log(`${cancelledWatches} watchers were told that they have to read anew.`);
  console.log(`There were ${newTerms} new terms.`);
  for (const node of deafLeaders) console.log(`${node} led on although another led a later term, and never noticed by itself.`);
  console.log(isSeen ? "The mistake shows." : "No mistake shows.");
}

try {
  await devious("up", values.safe ? "safe.yaml" : "devious.yaml", "--name", cluster);
  const found = await findings();
  const isSeen = shows[example](found);
  if (values.json) console.log(JSON.stringify({ example, safe: values.safe, isSeen, ...found }));
  else tell(found, isSeen);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await devious("down", "--cluster", cluster, "--volumes");
}
