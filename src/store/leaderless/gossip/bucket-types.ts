import { defaultType, type BucketTypeStatus, type BucketTypeDescription } from "../api.js";
import {
  entryOf,
  bucketName,
  nValsHad,
  type BucketEntry,
  type BucketType,
  type ClusterState,
  type Props,
} from "./cluster-state.js";
import { isNVal } from "../limits.js";
import { memberStatus, presentMembers } from "./membership.js";

export type StateResult = { readonly ok: true; readonly state: ClusterState } | { readonly ok: false; readonly why: string };

/** Data of such buckets would be read as what they are not. */
const fixedProps = ["datatype", "consistent", "write_once"];

/** Of a type's name: every node has them all in memory. */
const nameBytesMax = 255;

/** Undefined where there is no such type. The default type is always active: its properties are every node's options. */
export function typeStatus(state: ClusterState, name: string): BucketTypeStatus | undefined {
  if (name === defaultType) return "active";
  const type = entryOf(state.types, name);
  if (type === undefined) return undefined;
  if (type.isActive) return "active";
  return membersWithout(state, name).length === 0 ? "ready" : "created";
}

/** Members that a type which is not active waits for: of whom this node has not heard that they know it. */
function membersWithout(state: ClusterState, name: string): string[] {
  const type = entryOf(state.types, name);
  if (type === undefined || type.isActive) return [];
  // who is down learns of it before it serves anybody
  const needed = presentMembers(state.ring).filter((member) => memberStatus(state.ring, member) !== "down");
  return needed.filter((member) => !type.seen.includes(member));
}

/** What gossip tells of a type; undefined where there is none. */
export function describeType(state: ClusterState, bucketType: string): Omit<BucketTypeDescription, "properties"> | undefined {
  const status = typeStatus(state, bucketType);
  return status && { bucketType, status, waitsFor: membersWithout(state, bucketType) };
}

/** By name, the default type among them. */
export function typeNames(state: ClusterState): string[] {
  return [defaultType, ...Object.keys(state.types)].sort();
}

/** A second creation takes the place of the first, until the type is active. */
export function createType(state: ClusterState, name: string, props: Props, by: string): StateResult {
  if (name === "" || name.length > nameBytesMax) return { ok: false, why: `A type's name has 1 to ${nameBytesMax} bytes` };
  if (name === defaultType) return { ok: false, why: "The default type cannot be created" };
  if (name === "any") return { ok: false, why: "No type can be called any: Riak's permissions use the word" };
  if (typeStatus(state, name) === "active") return { ok: false, why: `Bucket type ${name} is active already` };
  return withType(state, name, { version: nextVersion(state, name), by, props, isActive: false, seen: [by] });
}

/** Only where every member has the type, so that no node ever uses another one of the same name. */
export function activateType(state: ClusterState, name: string, by: string): StateResult {
  const status = typeStatus(state, name);
  const type = entryOf(state.types, name);
  if (status === "active") return { ok: true, state };
  if (type === undefined) return { ok: false, why: `There is no bucket type ${name}` };
  if (status !== "ready") {
    const missing = membersWithout(state, name).join(", ");
    return { ok: false, why: `Not every member knows the bucket type ${name} yet: ${missing}` };
  }
  return withType(state, name, { ...type, version: type.version + 1, by, isActive: true, seen: [] });
}

/** @param props those to change; all others stay. */
export function updateType(state: ClusterState, name: string, props: Props, by: string): StateResult {
  const type = entryOf(state.types, name);
  if (name === defaultType) return { ok: false, why: "The default type cannot be updated" };
  if (type === undefined) return { ok: false, why: `There is no bucket type ${name}` };
  if (!type.isActive) return { ok: false, why: `Bucket type ${name} is not active` };
  const fixed = fixedProps.find((prop) => Object.hasOwn(props, prop) && props[prop] !== type.props[prop]);
  if (fixed !== undefined) return { ok: false, why: `${fixed} of an active bucket type cannot be changed` };
  const next = { ...type, version: type.version + 1, by, props: { ...type.props, ...props } };
  return withType(state, name, { ...next, ...nValsOf(type, next) });
}

/** @param props those to change; `undefined` resets the bucket to what its type says. */
export function setBucketProps(
  state: ClusterState,
  type: string,
  bucket: string,
  props: Props | undefined,
  by: string,
): ClusterState {
  const name = bucketName(type, bucket);
  const before = entryOf(state.buckets, name);
  const entry = { version: (before?.version ?? 0) + 1, by, ...(props && { props: { ...before?.props, ...props } }) };
  return { ...state, buckets: { ...state.buckets, [name]: { ...entry, ...nValsOf(before, entry) } } };
}

/** Every `n_val` that an entry has had, with that of the one before it. */
function nValsOf(before: Partial<BucketEntry> | undefined, { props }: Partial<BucketEntry>): Pick<BucketEntry, "nVals"> {
  const told = [before?.props?.["nVal"], props?.["nVal"]].filter(isNVal);
  const nVals = nValsHad(before?.nVals, told);
  return nVals.length === 0 ? {} : { nVals };
}

/** What is set for this bucket: by itself, else by its type. Undefined where the type is not active. */
export function propsOf(state: ClusterState, type: string, bucket: string): Props | undefined {
  const ofType = entryOf(state.types, type);
  if (type !== defaultType && !ofType?.isActive) return undefined;
  return { ...ofType?.props, ...entryOf(state.buckets, bucketName(type, bucket))?.props };
}

/** This member has all types that it sees here. */
export function acknowledgeTypes(state: ClusterState, self: string): ClusterState {
  const unseen = Object.entries(state.types).filter(([, { isActive, seen }]) => !isActive && !seen.includes(self));
  if (unseen.length === 0) return state;
  const seen = unseen.map(([name, type]) => [name, { ...type, seen: [...type.seen, self].sort() }] as const);
  return { ...state, types: { ...state.types, ...Object.fromEntries(seen) } };
}

function nextVersion(state: ClusterState, name: string): number {
  return (entryOf(state.types, name)?.version ?? 0) + 1;
}

function withType(state: ClusterState, name: string, type: BucketType): StateResult {
  return { ok: true, state: { ...state, types: { ...state.types, ...Object.fromEntries([[name, type]]) } } };
}
