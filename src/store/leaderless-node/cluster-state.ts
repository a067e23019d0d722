import type { ClusterState } from "../leaderless/gossip/cluster-state.js";
import { aloneRing, foundRing } from "../leaderless/gossip/membership.js";
import { deserializeState, serializeState } from "../leaderless/gossip/parse.js";
import { clusterStateName } from "../leaderless/machine.js";
import type { Storage } from "../leaderless/storage.js";
import { addressOf } from "./address.js";
import type { LeaderlessNodeOptions } from "./options.js";

/** What a node knows of its cluster when it starts. */
export interface Start {
  readonly state: ClusterState;
  /** A node that knows of no cluster meets these, until one takes it in. */
  readonly meets: readonly string[];
}

/**
 * From the disk; where that holds nothing, it is written there, since the container may be made anew and told otherwise. Members that found a cluster all
 * make the same ring of the same members, so whoever lost its disk may do so as well: it learns by gossip what has changed since. Who joins later
 * begins alone. Throws an Error where the disk holds what is no state.
 */
export function startOf(storage: Pick<Storage, "getMeta" | "putMeta">, options: LeaderlessNodeOptions): Start {
  const { node, member, members, clusterState, switches } = options;
  const stored = storage.getMeta(clusterStateName);
  if (stored !== undefined) {
    const state = deserializeState(Buffer.from(stored).toString("latin1"));
    if (state === undefined) throw new Error("what the disk holds of the cluster cannot be read");
    return { state, meets: [] };
  }
  const addresses = Object.fromEntries(members.map((each) => [each.name, addressOf(each)]));
  const self = addresses[node];
  if (self === undefined) throw new Error(`${node}, member ${member}, is not among the members it was told of`);
  const isFounder = clusterState === "new";
  const ring = isFounder ? foundRing(addresses, switches.partitions) : aloneRing(node, self, switches.partitions);
  const others = members.flatMap(({ name }) => (name === node ? [] : [name]));
  const state = { ring, types: {}, buckets: {} };
  if (isFounder) storage.putMeta(clusterStateName, Buffer.from(serializeState(state), "latin1"));
  return { state, meets: isFounder ? [] : others };
}
