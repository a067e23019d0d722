import type { BucketProperties, Quorum } from "../api.js";
import { dataTypes } from "../crdt/kinds.js";
import { nValMax } from "../limits.js";

/** What the spec of the store asks for (`store: { design: leaderless, … }`), where buckets say nothing else. */
export interface StoreDefaults {
  readonly n: number;
  readonly r: Quorum;
  readonly w: Quorum;
  readonly conflict: "siblings" | "lww";
  readonly clock: "dvv" | "vclock" | "wall";
}

/**
 * Properties of a bucket that nobody has set any for: Riak's, but for siblings. Those Riak keeps in buckets of its own bucket types only, and in
 * others it loses writes that did not know of each other; here that has to be asked for.
 */
export function defaultProperties({ n, r, w, conflict, clock }: StoreDefaults): BucketProperties {
  return {
    nVal: n,
    allowMult: conflict === "siblings",
    lastWriteWins: conflict === "lww",
    r,
    w,
    pr: 0,
    pw: 0,
    dw: "quorum",
    rw: "quorum",
    basicQuorum: false,
    notfoundOk: true,
    dvvEnabled: clock === "dvv",
    youngVclock: 20,
    oldVclock: 86_400,
    smallVclock: 50,
    bigVclock: 50,
    datatype: undefined,
    hllPrecision: 14,
    consistent: false,
  };
}

/**
 * One sentence where these cannot be the properties of what has `current` so far. `phase`: a bucket type is being created; or it is there, or is a
 * bucket, and neither gets another data type. After riak_kv_bucket.
 */
export function problemWith(
  given: Partial<BucketProperties>,
  current: BucketProperties,
  phase: "create" | "update",
): string | undefined {
  const properties = { ...current, ...given };
  const { nVal, datatype, allowMult, lastWriteWins, hllPrecision } = properties;
  if (!isWhole(nVal, 1, nValMax)) return `n_val must be a whole number from 1 to ${nValMax}`;
  for (const [name, { quorum, min }] of Object.entries(quorumsOf(properties))) {
    if (typeof quorum === "number" ? !isWhole(quorum, min, nVal) : !quorumWords.has(quorum))
      return `${name} must be one, quorum, all, or a whole number from ${min} up to n_val (${nVal})`;
  }
  for (const [name, value] of Object.entries(clockBoundsOf(properties))) {
    if (!isWhole(value, 0, 2 ** 31)) return `${name} must be a whole number`;
  }
  for (const [name, value] of Object.entries(flagsOf(properties))) {
    if (typeof value !== "boolean") return `${name} must be true or false`;
  }
  if (properties.consistent)
    return "consistent cannot be true: this store has no strong consistency; a cluster of design raft has";
  if (datatype !== undefined && !Object.hasOwn(dataTypes, datatype))
    return `${String(datatype)} not supported for bucket datatype property`;
  if (phase === "update" && datatype !== current.datatype)
    return current.datatype === undefined
      ? "Cannot add datatype to existing bucket"
      : "Cannot update datatype on existing bucket";
  if (datatype !== undefined && (!allowMult || lastWriteWins))
    return "Data Type buckets must be allow_mult=true, and not last_write_wins=true";
  if (!isWhole(hllPrecision, 4, 16)) return "hll_precision must be a whole number from 4 to 16";
  if (current.datatype === "hll" && hllPrecision > current.hllPrecision) return "hll_precision can only be made smaller";
  return undefined;
}

export const quorumWords: ReadonlySet<string> = new Set(["one", "quorum", "all", "default"]);

/** By Riak's names, each with the fewest that may be asked for. */
function quorumsOf({ r, w, pr, pw, dw, rw }: BucketProperties): Readonly<Record<string, { quorum: Quorum; min: number }>> {
  const least = (quorum: Quorum, min: number): { quorum: Quorum; min: number } => ({ quorum, min });
  return { r: least(r, 1), w: least(w, 1), rw: least(rw, 1), pr: least(pr, 0), pw: least(pw, 0), dw: least(dw, 0) };
}

function flagsOf(properties: BucketProperties): Readonly<Record<string, unknown>> {
  const { allowMult, lastWriteWins, basicQuorum, notfoundOk, dvvEnabled, consistent } = properties;
  return {
    allow_mult: allowMult,
    last_write_wins: lastWriteWins,
    basic_quorum: basicQuorum,
    notfound_ok: notfoundOk,
    dvv_enabled: dvvEnabled,
    consistent,
  };
}

function clockBoundsOf({ youngVclock, oldVclock, smallVclock, bigVclock }: BucketProperties): Readonly<Record<string, number>> {
  return { young_vclock: youngVclock, old_vclock: oldVclock, small_vclock: smallVclock, big_vclock: bigVclock };
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
