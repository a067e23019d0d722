/** In which respect the nodes of a store do not hold the same, as a sentence; null where they do. */
import type { Replicas } from "../../cluster/ring/replicas.js";
import type { RaftStatus } from "../../cluster/store-status.js";

/** Of a store with the design `raft`, by what each node said of itself with its hash; null: it did not answer. */
export function raftDifference(nodes: readonly { readonly node: string; readonly status: RaftStatus | null }[]): string | null {
  const [first, ...others] = nodes.map(({ node, status }) => ({ node, applied: status?.applied, hash: status?.hash }));
  if (first === undefined) return null;
  const silent = [first, ...others].filter(({ hash }) => hash === undefined);
  if (silent.length > 0) return `${silent.map(({ node }) => node).join(", ")} did not tell a hash.`;
  const behind = others.find(({ applied }) => applied !== first.applied);
  if (behind !== undefined) return `${first.node} has applied ${first.applied}, ${behind.node} ${behind.applied}.`;
  const odd = others.find(({ hash }) => hash !== first.hash);
  return odd === undefined
    ? null
    : `${first.node} and ${odd.node} have applied the same, and their data differs: ${first.hash}, ${odd.hash}.`;
}

/** Of a leaderless store, by what was found out about its replicas. */
export function ringDifference({ verdict, different, waiting, silent }: Replicas): string | null {
  if (verdict === "equal") return null;
  const [place] = different;
  if (place !== undefined) {
    const owners = place.copies.map(({ node }) => node).join(", ");
    return `${owners} do not hold the same of partition ${place.partition}, and so it is with ${different.length - 1} more.`;
  }
  const [kept] = waiting;
  if (kept !== undefined) return `${kept.keys} keys wait at ${kept.keptBy} for ${kept.owner ?? "their owners"}.`;
  return `${silent.map(({ node }) => node).join(", ")} did not tell what it holds.`;
}
