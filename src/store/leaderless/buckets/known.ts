import type { Bucket, BucketProperties } from "../api.js";
import { dataTypes } from "../crdt/kinds.js";
import { propsOf } from "../gossip/bucket-types.js";
import type { ClusterState, Props } from "../gossip/cluster-state.js";
import { quorumWords } from "./properties.js";

/** The properties of a bucket by what this node knows. Undefined where its type is not active. */
export function propertiesIn(
  state: ClusterState,
  defaults: BucketProperties,
  { type, bucket }: Bucket,
): BucketProperties | undefined {
  const set = propsOf(state, type, bucket);
  return set && withDefaults(set, defaults);
}

/** Of a bucket type, whether it is active or not. */
export function withDefaults(props: Props, defaults: BucketProperties): BucketProperties {
  return Object.keys(props).length === 0 ? defaults : { ...defaults, ...propertiesFrom(props) };
}

/** As gossip spreads them and the disk keeps them: plain JSON. */
export function propsFrom(properties: Partial<BucketProperties>): Props {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

/** What another node, of another version it may be, calls properties: those of them that can be. */
function propertiesFrom(props: Props): Partial<BucketProperties> {
  const known = Object.entries(props).filter(([name, value]) => Object.hasOwn(checks, name) && checks[name as Name](value));
  return Object.fromEntries(known) as Partial<BucketProperties>;
}

type Name = keyof BucketProperties;

const flag = (value: unknown): boolean => typeof value === "boolean";
const count = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const quorum = (value: unknown): boolean => count(value) || quorumWords.has(value as string);
const datatype = (value: unknown): boolean => typeof value === "string" && Object.hasOwn(dataTypes, value);

const checks: Readonly<Record<Name, (value: unknown) => boolean>> = {
  nVal: (value) => count(value) && value !== 0,
  allowMult: flag,
  lastWriteWins: flag,
  r: quorum,
  w: quorum,
  pr: quorum,
  pw: quorum,
  dw: quorum,
  rw: quorum,
  basicQuorum: flag,
  notfoundOk: flag,
  dvvEnabled: flag,
  youngVclock: count,
  oldVclock: count,
  smallVclock: count,
  bigVclock: count,
  datatype,
  hllPrecision: (value) => count(value) && (value as number) >= 4 && (value as number) <= 16,
  consistent: flag,
};
