/** What services are called: names of nodes come of them, so not all that compose takes can stay. */
import { isName, toName } from "../core/ids.js";
import { nodeNames, nodesMax } from "../spec/cluster-spec.js";
import { problemWithName } from "../spec/names.js";

/** With room for the number of its last node. */
const lengthMax = 40 - `-${nodesMax}`.length;

/**
 * A name for each service, by what compose calls it: the same wherever it can be. `counts`: how many nodes each has, in the services' order.
 */
export function serviceNames(counts: ReadonlyMap<string, number>): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const isFree = (name: string, nodes: number): boolean =>
    !taken.has(name) && nodeNames(name, nodes).every((node) => !taken.has(node));
  const take = (wanted: string, name: string, nodes: number): void => {
    names.set(wanted, name);
    for (const one of [name, ...nodeNames(name, nodes)]) taken.add(one);
  };
  // who can stay as it is does, whatever comes before it
  for (const [wanted, nodes] of counts) if (isFit(wanted) && isFree(wanted, nodes)) take(wanted, wanted, nodes);
  for (const [wanted, nodes] of counts) {
    if (names.has(wanted)) continue;
    const plain = toName(wanted)
      .slice(0, lengthMax - 4)
      .replace(/-+$/, "");
    const candidates = [plain, `${plain}-node`, ...Array.from({ length: counts.size + 1 }, (_, i) => `${plain}-n${i + 2}`)];
    take(wanted, candidates.find((name) => isFit(name) && isFree(name, nodes)) ?? plain, nodes);
  }
  return names;
}

function isFit(name: string): boolean {
  return name.length <= lengthMax && isName(name) && problemWithName(name, "service") === undefined;
}

/** The names of a service that somebody answers to, one of one node. */
export function namesOf(own: string): readonly string[] {
  return [own, `${own}-1`];
}
