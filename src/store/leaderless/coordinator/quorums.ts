import type { BucketProperties, Failure, Quorum, ReadOptions, WriteOptions } from "../api.js";

/** What a read waits for. `r` of `n` replicas, `pr` of them owners; `failuresMax` failures more than can be made good end it. */
export interface ReadQuorums {
  readonly n: number;
  readonly r: number;
  readonly pr: number;
  readonly failuresMax: number;
  readonly notfoundOk: boolean;
}

/** What a write waits for: `w` replicas that took it, `dw` that have it on disk, `pw` of these owners. */
export interface WriteQuorums {
  readonly n: number;
  readonly w: number;
  readonly dw: number;
  readonly pw: number;
}

type Decided<T> = { readonly ok: true; readonly quorums: T } | { readonly ok: false; readonly reason: Failure["reason"] };

/**
 * The numbers of a read, from what it says itself and its bucket's properties. `basic_quorum` gives up at a majority of failures, even where
 * the replicas that are left could still make `r`.
 */
export function readQuorums(options: ReadOptions, bucket: BucketProperties): Decided<ReadQuorums> {
  const n = options.nVal ?? bucket.nVal;
  const r = inNumbers(options.r, bucket.r, n);
  const pr = inNumbers(options.pr, bucket.pr, n);
  if (r > n || pr > n || n < 1 || n > bucket.nVal) return { ok: false, reason: { type: "nValViolation", nVal: bucket.nVal } };
  const majority = Math.floor(n / 2) + 1;
  const basic = options.basicQuorum ?? bucket.basicQuorum;
  const failuresMax = basic ? Math.min(majority, n - r + 1) : n - r + 1;
  return { ok: true, quorums: { n, r, pr, failuresMax, notfoundOk: options.notfoundOk ?? bucket.notfoundOk } };
}

export function writeQuorums(options: WriteOptions, bucket: BucketProperties): Decided<WriteQuorums> {
  const n = options.nVal ?? bucket.nVal;
  const w = inNumbers(options.w, bucket.w, n);
  const dw = inNumbers(options.dw, bucket.dw, n);
  const pw = inNumbers(options.pw, bucket.pw, n);
  if (Math.max(w, dw, pw) > n || n < 1 || n > bucket.nVal)
    return { ok: false, reason: { type: "nValViolation", nVal: bucket.nVal } };
  // the coordinator's own copy is always waited for: without it nobody would know what became of the write
  return { ok: true, quorums: { n, w, dw: Math.max(dw, 1), pw } };
}

/** `of`: what `default` and nothing at all stand for; a bucket's own `default` is `quorum`. */
function inNumbers(asked: Quorum | undefined, of: Quorum, n: number): number {
  const quorum = asked === undefined || asked === "default" ? of : asked;
  switch (quorum) {
    case "one":
      return 1;
    case "all":
      return n;
    case "quorum":
    case "default":
      return Math.floor(n / 2) + 1;
    default:
      return quorum;
  }
}
