/** Random faults from the whole catalogue, one after the other and together, as a plan: the same input, the same storm. */
import { describeFault, type Fault, isMomentary, problemsWithFault } from "../chaos/fault.js";
import type { Capabilities } from "../chaos/protocol.js";
import type { NodeFacts } from "../chaos/target.js";
import { DeviousError } from "../core/errors.js";
import type { Prng } from "../core/prng.js";
import { type Force, type Mischief, mischiefs } from "./mischief.js";
import { sortNodes, sortOccurrences } from "./plan.js";
import { leavesMajority, woundedBy } from "./quorum.js";
import { type Range, drawWhole } from "./ranges.js";
import { seedOf, streamOf } from "./streams.js";
import type { Occurrence, Timeline } from "./timeline.js";

interface Profile {
  readonly force: Force;
  /** From one beginning to the next. */
  readonly gapMs: Range;
  readonly lastsMs: Range;
  /** Faults in force together, at most. */
  readonly atOnce: number;
}

export const profiles = {
  gentle: { force: 1, gapMs: { min: 5000, max: 12_000 }, lastsMs: { min: 2000, max: 8000 }, atOnce: 1 },
  rough: { force: 2, gapMs: { min: 2000, max: 8000 }, lastsMs: { min: 3000, max: 12_000 }, atOnce: 2 },
  brutal: { force: 3, gapMs: { min: 500, max: 4000 }, lastsMs: { min: 3000, max: 15_000 }, atOnce: 4 },
} as const satisfies Readonly<Record<string, Profile>>;

export type ProfileName = keyof typeof profiles;

/** A kernel that every kind of fault works on. */
export const ableToAll: Capabilities = { cut: "nft", netem: true, ipv6: true };

export interface StormInput {
  readonly profile: ProfileName;
  readonly seed: number;
  readonly durationMs: number;
  readonly nodes: readonly NodeFacts[];
  readonly capabilities: Capabilities;
  /** Of every service, never more than a minority is down, frozen or cut off at a time. */
  readonly keepQuorum: boolean;
}

/** A node that was hurt counts as hurt for so long afterwards: it has to start, and to catch up. */
const recoveryMs = 3000;
/** A restart is over when it is done; until then its node is down. */
const restartMs = 5000;
const shortestMs = 1000;
const quietMostMs = 10_000;
const quietShare = 0.2;

/** Throws USAGE where there is no time for a storm, or nobody to hit. */
export function planStorm(input: StormInput): Timeline {
  const { profile, seed, durationMs, capabilities, keepQuorum } = input;
  const nodes = sortNodes(input.nodes);
  const quietFromMs = Math.round(durationMs - Math.min(quietMostMs, durationMs * quietShare));
  if (quietFromMs < 2 * shortestMs) throw new DeviousError("USAGE", "A storm lasts 3s at least", { hint: "Write --for 1m." });
  if (nodes.every((node) => node.protected)) {
    throw new DeviousError("USAGE", "Every node is protected, so there is nobody a storm may hit");
  }
  const storm = { profile, durationMs, quietFromMs, keepQuorum, capabilities };
  const { gapMs } = profiles[profile];
  const faults: Planned[] = [];
  let atMs = 0;
  for (let turn = 1; ; turn++) {
    const prng = streamOf(seed, ["storm", profile, turn]);
    // the first comes soon
    atMs += drawWhole(turn === 1 ? { min: 500, max: 2000 } : gapMs, prng);
    if (atMs + shortestMs > quietFromMs) break;
    const planned = drawOne(input, nodes, faults, atMs, quietFromMs, prng);
    if (planned !== undefined) faults.push(planned);
  }
  const occurrences = faults.map(({ fault, atMs: offsetMs, endMs }, i): Occurrence => {
    const id = `${fault.kind}-${i + 1}`;
    const lastsMs = isMomentary(fault) ? 0 : endMs - offsetMs;
    const action = { by: "plan", fault } as const;
    return { id, step: id, trigger: { on: "start" }, offsetMs, durationMs: lastsMs, asked: describeFault(fault), action, seed: seedOf(seed, [id]) }; // prettier-ignore
  });
  return { name: `storm-${profile}`, seed, nodes, storm, occurrences: sortOccurrences(occurrences) };
}

interface Planned {
  readonly fault: Fault;
  readonly atMs: number;
  readonly endMs: number;
}

/** Where one node is already down, most of what can be drawn has no place any more; something that only hinders usually has. */
const drawsMost = 3;

/** Undefined where there is no place for anything: too many at once, nobody left to hit, no time. */
function drawOne(
  input: StormInput,
  nodes: readonly NodeFacts[],
  before: readonly Planned[],
  atMs: number,
  quietFromMs: number,
  prng: Prng,
): Planned | undefined {
  const { force, lastsMs, atOnce } = profiles[input.profile];
  const endMs = Math.min(atMs + drawWhole(lastsMs, prng), quietFromMs);
  if (before.filter((one) => one.endMs > atMs).length >= atOnce) return undefined;
  for (let draw = 0; draw < drawsMost; draw++) {
    const mischief = drawMischief(force, input.capabilities, prng);
    const planned = place(mischief, input, nodes, before, { atMs, endMs, quietFromMs }, prng);
    if (planned !== undefined) return planned;
  }
  return undefined;
}

/** The mischief done to whoever may be hit just then; undefined where that is nobody. */
function place(
  mischief: Mischief,
  { profile, keepQuorum }: StormInput,
  nodes: readonly NodeFacts[],
  before: readonly Planned[],
  { atMs, endMs, quietFromMs }: { readonly atMs: number; readonly endMs: number; readonly quietFromMs: number },
  prng: Prng,
): Planned | undefined {
  const { force } = profiles[profile];
  const free = nodes.filter((each) => !each.protected).map(({ node }) => node);
  const still = before.filter((one) => one.endMs + recoveryMs > atMs);
  const wounded = new Set(still.flatMap(({ fault }) => woundedBy(fault)));
  const candidates = nodes.filter(
    (each) => !each.protected && !wounded.has(each.node) && (each.bundled || !mischief.bundledOnly),
  );
  const order = prng.shuffle(candidates.map(({ node }) => node));
  const most = mischief.several ? prng.int(1, Math.max(1, order.length)) : 1;
  // as many of those that were drawn as may be hit: fewer where a majority would not be left
  for (let count = Math.min(most, order.length); count > 0; count--) {
    const victims = order.slice(0, count).sort();
    const fault = mischief.make(victims, free, prng.fork(), force);
    if (problemsWithFault(fault).length > 0) continue;
    if (keepQuorum && !leavesMajority(new Set([...wounded, ...woundedBy(fault)]), nodes)) continue;
    const overMs = fault.kind === "restart" ? atMs + restartMs : endMs;
    return overMs > quietFromMs || overMs - atMs < shortestMs ? undefined : { fault, atMs, endMs: overMs };
  }
  return undefined;
}

function drawMischief(force: Force, capabilities: Capabilities, prng: Prng): Mischief {
  const known = mischiefs.filter(({ from, possible }) => from <= force && possible(capabilities));
  return prng.pick(known.flatMap((one) => Array.from({ length: one.weight }, () => one)));
}
