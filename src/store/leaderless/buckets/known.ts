import type { Bucket, BucketProperties } from "../api.js";
import { dataTypes } from "../crdt/kinds.js";
import { propsOf } from "../gossip/bucket-types.js";
import { bucketName, entryOf, nValsHad, type ClusterState, type Props } from "../gossip/cluster-state.js";
import { isNVal } from "../limits.js";
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

/** More buckets than clients use at one time. */
const bucketsMax = 1000;

/** As {@link propertiesIn}, found once for each bucket as long as gossip has nothing new: every request asks several times. */
export class KnownProperties {
  readonly #defaults: BucketProperties;
  #state: ClusterState | undefined;
  /** By type, then by bucket. */
  readonly #known = new Map<string, Map<string, BucketProperties>>();
  #size = 0;

  constructor(defaults: BucketProperties) {
    this.#defaults = defaults;
  }

  of(state: ClusterState, bucket: Bucket): BucketProperties | undefined {
    if (state !== this.#state) this.#forget(state);
    return this.#known.get(bucket.type)?.get(bucket.bucket) ?? this.#find(state, bucket);
  }

  /** Types that are not active are not remembered: there is no end to them. */
  #find(state: ClusterState, bucket: Bucket): BucketProperties | undefined {
    const found = propertiesIn(state, this.#defaults, bucket);
    if (found === undefined) return undefined;
    if (this.#size >= bucketsMax) this.#forget(state);
    const ofType = this.#known.get(bucket.type) ?? new Map<string, BucketProperties>();
    this.#known.set(bucket.type, ofType.set(bucket.bucket, found));
    this.#size++;
    return found;
  }

  #forget(state: ClusterState): void {
    this.#state = state;
    this.#known.clear();
    this.#size = 0;
  }
}

/** Every N that keys of the bucket may have been written with, in order: its own, what it was set to before, and what it has where nothing is set. */
export function nValsOfBucket(state: ClusterState, defaults: BucketProperties, { type, bucket }: Bucket): readonly number[] {
  const [ofType, ofBucket] = [entryOf(state.types, type), entryOf(state.buckets, bucketName(type, bucket))];
  const current = propertiesIn(state, defaults, { type, bucket })?.nVal ?? defaults.nVal;
  const set = [ofType, ofBucket].flatMap((entry) => [...(entry?.nVals ?? []), ...nValIn(entry?.props)]);
  return nValsHad([defaults.nVal, current], set);
}

/** Every N that keys of the cluster may have been written with, in order. */
export function nValsOfCluster({ types, buckets }: ClusterState, defaultN: number): readonly number[] {
  const entries = [...Object.values(types), ...Object.values(buckets)];
  return nValsHad(
    [defaultN],
    entries.flatMap((entry) => [...(entry.nVals ?? []), ...nValIn(entry.props)]),
  );
}

/** Every N that a bucket of the cluster has now, in order. */
export function currentNVals({ types, buckets }: ClusterState, defaultN: number): readonly number[] {
  const entries = [...Object.values(types), ...Object.values(buckets)];
  return nValsHad(
    [defaultN],
    entries.flatMap(({ props }) => nValIn(props)),
  );
}

function nValIn(props: Props | undefined): number[] {
  const nVal = props?.["nVal"];
  return isNVal(nVal) ? [nVal] : [];
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
  nVal: isNVal,
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
