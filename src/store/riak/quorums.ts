import type { Quorum, ReadOptions, WriteOptions } from "../leaderless/api.js";

/** Words for quorums, in numbers that no quorum is. riak_pb_kv_codec.hrl. */
const words = new Map<number, Quorum>([
  [2 ** 32 - 2, "one"],
  [2 ** 32 - 3, "quorum"],
  [2 ** 32 - 4, "all"],
  [2 ** 32 - 5, "default"],
]);
const numbers = new Map([...words].map(([number, word]) => [word, number]));

export function quorumOf(number: number | undefined): Quorum | undefined {
  return number === undefined ? undefined : (words.get(number) ?? number);
}

export function quorumNumber(quorum: Quorum): number {
  return typeof quorum === "number" ? quorum : (numbers.get(quorum) as number);
}

interface ReadFields {
  readonly r: number | undefined;
  readonly pr: number | undefined;
  readonly basicQuorum?: boolean | undefined;
  readonly notfoundOk?: boolean | undefined;
  readonly sloppyQuorum?: boolean | undefined;
  readonly nVal?: number | undefined;
  readonly timeout?: number | undefined;
}

export function readOptions(fields: ReadFields): ReadOptions {
  const { basicQuorum, notfoundOk, sloppyQuorum, nVal, timeout } = fields;
  return { r: quorumOf(fields.r), pr: quorumOf(fields.pr), basicQuorum, notfoundOk, sloppyQuorum, nVal, timeoutMs: timeout };
}

interface WriteFields {
  readonly w: number | undefined;
  readonly dw: number | undefined;
  readonly pw: number | undefined;
  readonly sloppyQuorum?: boolean | undefined;
  readonly nVal?: number | undefined;
  readonly timeout?: number | undefined;
}

export function writeOptions({ w, dw, pw, sloppyQuorum, nVal, timeout }: WriteFields): WriteOptions {
  return { w: quorumOf(w), dw: quorumOf(dw), pw: quorumOf(pw), sloppyQuorum, nVal, timeoutMs: timeout };
}
