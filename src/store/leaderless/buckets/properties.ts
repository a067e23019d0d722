import type { BucketProperties, Quorum } from "../api.js";

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

/** One sentence where these cannot be the properties of a bucket; `isType`: of a bucket type, which alone may be about data types. */
export function problemWith(given: Partial<BucketProperties>, current: BucketProperties, isType: boolean): string | undefined {
  const properties = { ...current, ...given };
  const { nVal, datatype, allowMult, lastWriteWins, hllPrecision } = properties;
  if (!isWhole(nVal, 1, nValMax)) return `n_val must be a whole number from 1 to ${nValMax}`;
  for (const [name, quorum] of Object.entries(quorumsOf(properties))) {
    if (typeof quorum === "number" ? !isWhole(quorum, 0, nVal) : !quorumWords.has(quorum))
      return `${name} must be one, quorum, all, or a whole number up to n_val (${nVal})`;
  }
  for (const [name, value] of Object.entries(clockBoundsOf(properties))) {
    if (!isWhole(value, 0, 2 ** 31)) return `${name} must be a whole number`;
  }
  if (!isType && (given.datatype !== undefined || given.consistent !== undefined))
    return "datatype and consistent are for bucket types";
  if (datatype !== current.datatype && current.datatype !== undefined) return "a bucket type's datatype cannot be changed";
  if (datatype !== undefined && (!allowMult || lastWriteWins))
    return "data types need allow_mult to be true, and last_write_wins to be false";
  if (!isWhole(hllPrecision, 4, 16)) return "hll_precision must be a whole number from 4 to 16";
  if (current.datatype === "hll" && hllPrecision > current.hllPrecision) return "hll_precision can only be made smaller";
  return undefined;
}

/** More copies than there are nodes in the largest cluster help nobody. */
const nValMax = 50;

const quorumWords: ReadonlySet<string> = new Set(["one", "quorum", "all", "default"]);

function quorumsOf({ r, w, pr, pw, dw, rw }: BucketProperties): Readonly<Record<string, Quorum>> {
  return { r, w, pr, pw, dw, rw };
}

function clockBoundsOf({ youngVclock, oldVclock, smallVclock, bigVclock }: BucketProperties): Readonly<Record<string, number>> {
  return { young_vclock: youngVclock, old_vclock: oldVclock, small_vclock: smallVclock, big_vclock: bigVclock };
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
