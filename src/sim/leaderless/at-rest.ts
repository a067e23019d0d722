/**
 * What a healed cluster must come to: nothing on its way, all owners of a key with the same bytes, and all nodes with the same ring, of whose members each one reaches
 * all others and keeps nothing for any of them.
 */
import { serializeState } from "../../store/leaderless/gossip/parse.js";
import type { Leaderless } from "../../store/leaderless/machine.js";
import { walksOf } from "../../store/leaderless/ring/preference-list.js";
import { objectName } from "../../store/leaderless/storage-key.js";
import type { Copy } from "./disk.js";

/** A member, as somebody sees it who sees everything. */
export interface Seen {
  readonly name: string;
  /** Undefined: it is not up. */
  readonly machine: Pick<Leaderless, "view" | "hints"> | undefined;
  readonly disk: { copies(): Iterable<Copy> };
}

/** What keeps the cluster from being at rest, one sentence each; none: it is. */
export function unrest(members: readonly Seen[]): readonly string[] {
  const states = members.flatMap(({ machine }) => (machine === undefined ? [] : [machine.view.state]));
  const [state] = states;
  if (state === undefined || states.length < members.length) return ["not all nodes are up"];
  const problems: string[] = [];
  if (new Set(states.map(serializeState)).size > 1) problems.push("the nodes do not know the same ring");
  if (state.ring.plan !== undefined) problems.push("a plan is still being carried out");
  for (const { name, machine } of members) {
    if (!state.ring.ring.members.includes(name)) problems.push(`${name} is no member of the ring`);
    for (const other of state.ring.ring.members) {
      if (machine?.view.isReachable(other) === false) problems.push(`${name} does not reach ${other}`);
    }
    for (const owner of machine?.hints.keys() ?? []) problems.push(`${name} says to keep something for ${owner}`);
  }
  const walks = walksOf(state.ring.ring.owners);
  const found = new Map<string, Map<string, string>>();
  for (const { name, disk } of members) {
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
