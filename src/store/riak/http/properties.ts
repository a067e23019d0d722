import type { BucketProperties, DataTypeName, Quorum } from "../../leaderless/api.js";
import { JsonObject, jsonText, object } from "./json.js";
import type { Json } from "./json.js";
import { HttpRefusal } from "./message.js";

type Name = keyof BucketProperties;
/** Undefined: no value of its kind. */
type Kind = (value: Json) => number | boolean | string | undefined;

const whole: Kind = (value) => (typeof value === "bigint" && value >= 0n && value < 2n ** 53n ? Number(value) : undefined);
const truth: Kind = (value) => (typeof value === "boolean" ? value : undefined);
const quorumWords: readonly Json[] = ["one", "quorum", "all", "default"] satisfies readonly Quorum[];
const quorum: Kind = (value) => (quorumWords.includes(value) ? (value as string) : whole(value));
const dataTypes: readonly Json[] = ["counter", "set", "map", "hll", "gset"] satisfies readonly DataTypeName[];
const dataType: Kind = (value) => (dataTypes.includes(value) ? (value as string) : undefined);

/** What can be set, by Riak's names. */
const settable: ReadonlyMap<string, readonly [Name, Kind]> = new Map<string, readonly [Name, Kind]>([
  ["allow_mult", ["allowMult", truth]],
  ["basic_quorum", ["basicQuorum", truth]],
  ["big_vclock", ["bigVclock", whole]],
  ["consistent", ["consistent", truth]],
  ["datatype", ["datatype", dataType]],
  ["dvv_enabled", ["dvvEnabled", truth]],
  ["dw", ["dw", quorum]],
  ["hll_precision", ["hllPrecision", whole]],
  ["last_write_wins", ["lastWriteWins", truth]],
  ["n_val", ["nVal", whole]],
  ["notfound_ok", ["notfoundOk", truth]],
  ["old_vclock", ["oldVclock", whole]],
  ["pr", ["pr", quorum]],
  ["pw", ["pw", quorum]],
  ["r", ["r", quorum]],
  ["rw", ["rw", quorum]],
  ["small_vclock", ["smallVclock", whole]],
  ["w", ["w", quorum]],
  ["young_vclock", ["youngVclock", whole]],
]);

/** What this store cannot be told to do otherwise: functions of Riak's own code, which all its buckets name, and what is not here. */
const fixed: ReadonlyMap<string, Json> = new Map<string, Json>([
  ["chash_keyfun", object({ mod: "riak_core_util", fun: "chash_std_keyfun" })],
  ["linkfun", object({ mod: "riak_kv_wm_link_walker", fun: "mapreduce_linkfun" })],
  ["postcommit", []],
  ["precommit", []],
  ["search", false],
  ["write_once", false],
]);

/** What only the store says, and clients send back because they were sent it. */
const said = new Set(["name", "active", "claimant"]);

/** As bodies of HTTP have them. `name`: the bucket's; undefined: of a bucket type. */
export function propertiesJson(properties: BucketProperties, name: string | undefined): Json {
  return object({ props: propertiesObject(properties, name) });
}

export function propertiesObject(properties: BucketProperties, name: string | undefined): JsonObject {
  const own = [...settable].flatMap(([key, [from]]) => {
    const value = properties[from];
    const isShown = value !== undefined && (from !== "hllPrecision" || properties.datatype === "hll");
    return isShown ? [[key, value] as const] : [];
  });
  const entries = [...own, ...fixed, ...(name === undefined ? [] : [["name", name] as const])];
  return new JsonObject(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Those that are to be changed. Throws {@link HttpRefusal} at what this store cannot do. */
export function propertiesOfJson(props: JsonObject): Partial<BucketProperties> {
  const faults: string[] = [];
  const changes: [Name, unknown][] = [];
  for (const [name, value] of props.entries) {
    const [to, kind] = settable.get(name) ?? [];
    const constant = fixed.get(name);
    if (to !== undefined && kind !== undefined) {
      const given = kind(value);
      if (given === undefined) faults.push(`${name} cannot be ${jsonText(value).slice(0, 100)}`);
      changes.push([to, given]);
    } else if (constant === undefined ? !said.has(name) : jsonText(constant) !== jsonText(value)) {
      faults.push(`${name} is not supported by this store`);
    }
  }
  if (faults.length > 0) throw new HttpRefusal(400, `Invalid bucket properties: ${faults.join(", ")}\n`);
  return Object.fromEntries(changes);
}
