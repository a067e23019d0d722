// Shows a mistake of the store, and the same run without it:
//
//     node examples/mistakes/see.js replication-async
//     node examples/mistakes/see.js replication-async --safe
//
// Boots the example's cluster, lets clients write and read on every node while its scenario runs, and says what they saw.
// --name: of the cluster; --json: for programs. Exit code 1: the run itself did not work.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { up } from "devious";
import { Carts } from "./carts.js";
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
  "commit-rule-any": ({ vanished }) => vanished.length > 0,
  "conflict-lww": ({ lost }) => lost > 0,
  // writers that know of each other's last write but one leave no more siblings than there are writers
  "clock-vclock": ({ siblingsMost }) => siblingsMost > 20,
  "quorums-apart": ({ stale }) => stale > 0,
  "clock-wall": ({ lost }) => lost > 0,
  "actor-epochs-off": ({ lost }) => lost > 0,
};

/** Of mistakes of the leaderless store: what its clients do. */
const carts = {
  "conflict-lww": {},
  "clock-vclock": { carts: 1, last: true },
  "quorums-apart": { thinkMs: 15 },
  "clock-wall": {},
  "actor-epochs-off": { carts: 40, blind: ["n2"] },
};

const writesFirstMs = 1000;
/** Where any other write would come in between, clients hold theirs while the scenario runs, but for one through each leader that is cut off. */
const holdsWrites = new Set(["commit-rule-any"]);

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

async function untilReady(cluster) {
  for (let tries = 0; tries < 60; tries++) {
    const { nodes } = await cluster.status();
    if (nodes.every(({ health, store }) => health === "ready" && isAtRest(store))) return;
    await sleep(500);
  }
  throw new Error("the cluster did not come back");
}

/** A leaderless node reaches all others, and keeps nothing for any of them. */
function isAtRest(store) {
  if (store?.design !== "leaderless") return true;
  return store.members.every(({ isReachable }) => isReachable) && Object.values(store.hints).every((keys) => keys === 0);
}

/** Calls `onCut` whenever nodes are cut off from each other, until the function is called that it resolves with. */
async function watchCuts(cluster, onCut) {
  const end = new AbortController();
  const records = cluster.logs({ follow: true, nodes: ["chaos"], signal: end.signal });
  let hear;
  const isHeard = new Promise((resolve) => (hear = resolve));
  const watching = (async () => {
    for await (const { event, fields } of records) {
      // the agent has said that it is up, so from then on nothing is missed
      hear();
      if (event === "fault-applied" && fields.kind === "partition") onCut();
    }
  })();
  await Promise.race([isHeard, watching]);
  return async () => {
    end.abort();
    await watching;
  };
}

/** Throws where a fault could not be brought about: then clients have seen nothing of what they were to see. */
async function playScenario(cluster, signal) {
  const { outcomes } = await cluster.run("scenario.yaml", { seed: 1, signal });
  const undone = outcomes.find(({ result }) => result !== "done");
  if (undone !== undefined) throw new Error(`${undone.id}: ${undone.why ?? undone.result}`);
}

async function playAgainst(clients, cluster, signal) {
  if (!holdsWrites.has(example)) return playScenario(cluster, signal);
  const stopWatching = await watchCuts(cluster, () => clients.writeThroughLeader());
  await sleep(writesFirstMs);
  clients.holdWrites();
  try {
    await playScenario(cluster, signal);
  } finally {
    await stopWatching();
  }
  clients.writeFreely();
}

async function findings(cluster, signal) {
  const findNodes = async () => (await cluster.status()).nodes;
  const clients = Object.hasOwn(carts, example) ? new Carts(findNodes, carts[example]) : new Clients(findNodes);
  try {
    await clients.start();
    await playAgainst(clients, cluster, signal);
    await untilReady(cluster);
    return await clients.finish();
  } finally {
    clients.stop();
  }
}

function tell(found, isSeen) {
  const { acknowledged, lost, lostFirst, stale, staleFirst } = found;
  console.log(
    `${acknowledged} writes were acknowledged, and ${lost} of them are gone${lostFirst ? `: ${lostFirst} was the first` : ""}.`,
  );
  console.log(
    `${stale} reads missed writes that were acknowledged or read before they began${staleFirst ? `: ${staleFirst}` : ""}.`,
  );
  if (Object.hasOwn(carts, example)) console.log(`One cart had ${found.siblingsMost} siblings at once, and none had more.`);
  else tellOfRaft(found);
  console.log(isSeen ? "The mistake shows." : "No mistake shows.");
}

function tellOfRaft({ vanished, cancelledWatches, newTerms, deafLeaders }) {
  for (const key of vanished) console.log(`${key}, which reads have shown, is gone.`);
  if (cancelledWatches > 0) console.log(`${cancelledWatches} watchers were told that they have to read anew.`);
  console.log(`There were ${newTerms} new terms.`);
  for (const node of deafLeaders) console.log(`${node} led on although another led a later term, and never noticed by itself.`);
}

// whatever ends it takes the cluster along
const ending = new AbortController();
const { signal } = ending;
for (const each of ["SIGINT", "SIGTERM"]) process.once(each, () => ending.abort(new Error(`ended by ${each}`)));

let cluster;
try {
  const spec = `${folder}${values.safe ? "safe.yaml" : "devious.yaml"}`;
  cluster = await up(spec, { name: values.name ?? `mistake-${example}`, signal });
  const found = await findings(cluster, signal);
  const isSeen = shows[example](found);
  if (values.json) console.log(JSON.stringify({ example, safe: values.safe, isSeen, ...found }));
  else tell(found, isSeen);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await cluster?.down({ volumes: true });
}
