import { claim, moved } from "./claim.js";
import { lineageAfter, type Ring } from "./ring.js";

/** What an operator stages, in Riak's words: `riak-admin cluster join`, `leave`, `force-remove`, `replace`, `force-replace`. */
export type Change =
  | { readonly kind: "join" | "leave" | "force-remove"; readonly member: string }
  /** `member` leaves, and `by`, who is not in the ring yet, takes all that it owns. */
  | { readonly kind: "replace" | "force-replace"; readonly member: string; readonly by: string };

/** A ring that was committed: what the members are on their way to. */
export interface Plan extends Ring {
  /** All that is different from the ring it set out from. */
  readonly changes: readonly Change[];
  /** For which N transfers were worked out: those of all buckets at that time. */
  readonly nVals: readonly number[];
}

export type PlanResult = { readonly ok: true; readonly plan: Plan } | { readonly ok: false; readonly why: string };

/** Members that are not asked to hand over what they have: they are held to be lost. */
export function forcedOut({ changes }: Pick<Plan, "changes">): string[] {
  return changes.flatMap(({ kind, member }) => (kind === "force-remove" || kind === "force-replace" ? [member] : []));
}

export interface PlanOptions {
  /** Who would commit it. */
  readonly committer: string;
  readonly nVals: readonly number[];
  /** A plan that is still being carried out: it goes on, with these changes besides, all of which must be forced. */
  readonly running?: Plan | undefined;
}

/** The ring after these changes, as whoever may commit it sees it beforehand. */
export function planChanges(ring: Ring, changes: readonly Change[], { committer, nVals, running }: PlanOptions): PlanResult {
  const from = running ?? ring;
  const why = refusal(from, changes, running === undefined ? [] : ring.members);
  if (why !== undefined) return { ok: false, why };
  const replaced = new Map(changes.flatMap((change) => ("by" in change ? [[change.member, change.by] as const] : [])));
  const out = new Set(changes.flatMap(({ kind, member }) => (kind === "join" ? [] : [member])));
  const joined = changes.flatMap((change) => ("by" in change ? [change.by] : change.kind === "join" ? [change.member] : []));
  const members = [...from.members.filter((member) => !out.has(member)), ...joined].sort();
  const owners = from.owners.map((owner) => replaced.get(owner) ?? owner);
  // a replacement alone moves nothing but what it replaces
  const isOnlyReplaced = replaced.size === changes.length;
  const plan: Plan = {
    version: from.version + 1,
    committer,
    members,
    owners: isOnlyReplaced ? owners : claim(owners, members),
    lineage: lineageAfter(from),
    changes: [...(running?.changes ?? []), ...changes],
    nVals: [...new Set([...(running?.nVals ?? []), ...nVals])].sort((a, b) => a - b),
  };
  return { ok: true, plan };
}

/** The plan as an operator reads it: who owns how many partitions now and then, and which change their owner. */
export function describePlan(ring: Ring, plan: Plan): string[] {
  const count = (owners: readonly string[], member: string): number => owners.filter((owner) => owner === member).length;
  const everybody = [...new Set([...ring.members, ...plan.members])].sort();
  return [
    ...plan.changes.map((change) => `${change.kind} ${change.member}${"by" in change ? ` by ${change.by}` : ""}`),
    ...everybody.map((member) => `${member}: ${count(ring.owners, member)} -> ${count(plan.owners, member)} partitions`),
    `${moved(ring.owners, plan.owners)} of ${ring.owners.length} partitions move`,
    ...plan.owners.flatMap((to, partition) => {
      const from = ring.owners[partition];
      return from === to ? [] : [`partition ${partition}: ${from} -> ${to}`];
    }),
  ];
}

/** @param leaving those whom a running plan takes from: who is lost while it leaves can be removed by force, and hands nothing over any more. */
function refusal(from: Ring, changes: readonly Change[], leaving: readonly string[]): string | undefined {
  if (changes.length === 0) return "nothing is staged";
  const named = changes.flatMap((change) => ("by" in change ? [change.member, change.by] : [change.member]));
  const twice = named.find((member, i) => named.indexOf(member) !== i);
  if (twice !== undefined) return `${twice} is in two changes`;
  for (const change of changes) {
    const { kind, member } = change;
    const isForced = kind === "force-remove" || kind === "force-replace";
    if (leaving.length > 0 && !isForced)
      return `partitions are being handed over; until that is done only forced changes are possible, not ${kind} ${member}`;
    if (kind === "join" && from.members.includes(member)) return `${member} is in the ring already`;
    const isLeaving = kind === "force-remove" && leaving.includes(member);
    if (kind !== "join" && !from.members.includes(member) && !isLeaving) return `${member} is not in the ring`;
    if ("by" in change && from.members.includes(change.by))
      return `${change.by} is in the ring already, so it cannot replace ${member}`;
  }
  const left = changes.reduce(
    (count, { kind, member }) =>
      count + (kind === "join" ? 1 : kind.endsWith("replace") || !from.members.includes(member) ? 0 : -1),
    from.members.length,
  );
  return left < 1 ? "nobody would be left" : undefined;
}
