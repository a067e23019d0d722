/** A day's puts in minutes, with compaction now and then: what a node comes to take in memory and on disk. */
import { post } from "../json-gateway.js";
import { startLoaders } from "../load.js";
import { onDisk } from "../on-disk.js";
import { leaderOf, ourCluster } from "../pair.js";
import { megabytes, missingLine } from "../report.js";
import { resident } from "../resident.js";

const puts = 5_000_000;
const keys = 100_000;
const putsAStep = 100_000;
const inFlight = 128;

export function endurance({ devious, signal }) {
  return ourCluster(devious, async (store) => {
    const loaders = startLoaders(signal);
    try {
      const steps = [];
      const startedAt = performance.now();
      for (let done = 0; done < puts; done += putsAStep) {
        const { port } = await leaderOf(store);
        await loaders.fill(port, { keys, puts: putsAStep, inFlight, signal });
        const { header } = await post(port, "/v3/kv/range", JSON.stringify({ key: "AA==" }));
        await post(port, "/v3/kv/compaction", JSON.stringify({ revision: header.revision }));
        steps.push(await Promise.all(store.nodes.map(look)));
      }
      const perSecond = (puts * 1000) / (performance.now() - startedAt);
      if (steps.flat().includes(undefined)) return [missingLine("endurance", "the engine's files are not to be seen from here")];
      const basis = `${puts / 1e6} million puts over ${keys} keys at ${perSecond.toFixed(0)} /s, compacted after every ${putsAStep}`;
      return ["memory", "disk"].map((figure) => line(figure, steps, basis));
    } finally {
      loaders.close();
    }
  });
}

/** Bounded means: the last tenth of the way takes no more than the first tenth after the first. */
function line(figure, steps, basis) {
  const tenth = steps.length / 10;
  const most = (part) => Math.max(...part.flat().map((node) => node[figure]));
  const early = most(steps.slice(tenth, 2 * tenth));
  const late = most(steps.slice(-tenth));
  return [
    `${figure} of a node, ${puts / 1e6} million puts`,
    "",
    megabytes(most(steps)),
    `${(late / early).toFixed(2)} ×`,
    `the most at any time; in the last tenth ${megabytes(late)} against ${megabytes(early)} in the second; ${basis}`,
  ];
}

async function look(node) {
  const [memory, disk] = [await resident(node), await onDisk(node)];
  return memory === undefined || disk === undefined ? undefined : { memory: memory.VmRSS, disk };
}
