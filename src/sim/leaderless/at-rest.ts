/** What a healed cluster must come to: nothing on its way, all owners of a key with the same bytes, and all nodes with the same ring. */
import { deserializeState, serializeState } from "../../store/leaderless/gossip/parse.js";
import type { ClusterState } from "../../store/leaderless/gossip/cluster-state.js";
import { clusterStateName } from "../../store/leaderless/machine.js";
import { walksOf } from "../../store/leaderless/ring/preference-list.js";
import { objectName } from "../../store/leaderless/storage-key.js";
import type { SimNode } from "./node.js";

/** What a node knows of its cluster. */
export function stateOf(node: SimNode, founded: ClusterState): ClusterState {
  const stored = node.disk.meta(clusterStateName);
  return (stored && deserializeState(Buffer.from(stored).toString("latin1"))) ?? founded;
}

/** What keeps the cluster from being at rest, one sentence each; none: it is. */
export function unrest(nodes: ReadonlyMap<string, SimNode>, founded: ClusterState): readonly string[] {
  const states = new Map([...nodes.values()].map((node) => [node.name, stateOf(node, founded)]));
  const problems: string[] = [];
  if (new Set([...states.values()].map(serializeState)).size > 1) problems.push("the nodes do not know the same ring");
  const [state = founded] = states.values();
  const walks = walksOf(state.ring.ring.owners);
  const found = new Map<string, Map<string, string>>();
  for (const { name, disk } of nodes.values()) {
    for (const { place, key, bytes } of disk.copies()) {
      const text = objectName(key).key;
      if (place.kind === "hint") {
        problems.push(`${name} has a hint of ${text} for ${place.member}`);
        continue;
      }
      const owners = (walks[place.partition] ?? []).slice(0, place.n);
      if (!owners.includes(name)) problems.push(`${name} has a copy of ${text} and is no owner of it`);
      const copies = found.get(text) ?? new Map(owners.map((owner) => [owner, "nothing"]));
      found.set(text, copies.set(name, Buffer.from(bytes).toString("hex")));
    }
  }
  for (const [key, copies] of found) {
    const groups = [...new Set(copies.values())].map((hex) =>
      [...copies].flatMap(([name, held]) => (held === hex ? [name] : [])),
    );
    if (groups.length > 1) problems.push(`the owners of ${key} differ: ${groups.map((group) => group.join(" ")).join(" | ")}`);
  }
  return problems;
}
