import {
  deleteModeMsMax,
  leaderlessClash,
  leaderlessDefaults,
  leaderlessValues,
  ownersMax,
  replicaWords,
  type LeaderlessSwitches,
  type ReplicaCount,
} from "../../core/leaderless-switches.js";
import { nodeEnv, riakHttpPort, riakPbPort } from "../../core/node-contract.js";
import { commonOptions, givenOptions, type Address, type CommonOptions, type Environment } from "../node-options.js";

export interface LeaderlessNodeOptions extends CommonOptions {
  readonly switches: LeaderlessSwitches;
  /** Of Riak's protocol buffers. */
  readonly pbAddress: Address;
  /** Of Riak's HTTP. */
  readonly httpAddress: Address;
}

/** The options that the environment of a leaderless node spells. Throws an Error with one sentence where it is wrong. */
export function leaderlessOptions(env: Environment): LeaderlessNodeOptions {
  return {
    ...commonOptions(env),
    switches: parseSwitches(givenOptions(env)),
    pbAddress: { host: undefined, port: riakPbPort },
    httpAddress: { host: undefined, port: riakHttpPort },
  };
}

function parseSwitches(given: Readonly<Record<string, unknown>>): LeaderlessSwitches {
  const unknown = Object.keys(given).find((name) => !(name in leaderlessDefaults) && name !== "design");
  if (unknown !== undefined) throw new Error(`${nodeEnv.options}: there is no option "${unknown}"`);
  const parse = <Option extends keyof LeaderlessSwitches>(
    option: Option,
    is: (value: unknown) => value is LeaderlessSwitches[Option],
    what: string,
  ): LeaderlessSwitches[Option] => {
    const value = option in given ? given[option] : leaderlessDefaults[option];
    if (!is(value)) throw new Error(`${nodeEnv.options}: "${option}" must be ${what}`);
    return value;
  };
  const one = <Option extends keyof typeof leaderlessValues>(option: Option): LeaderlessSwitches[Option] => {
    const known: readonly unknown[] = leaderlessValues[option];
    const is = (value: unknown): value is LeaderlessSwitches[Option] => known.includes(value);
    return parse(option, is, `one of ${known.join(", ")}`);
  };
  const switches: LeaderlessSwitches = {
    n: parse("n", isOwners, `a whole number from 1 to ${ownersMax}`),
    r: parse("r", isReplicaCount, `a whole number from 1 to ${ownersMax}, or one of ${replicaWords.join(", ")}`),
    w: parse("w", isReplicaCount, `a whole number from 1 to ${ownersMax}, or one of ${replicaWords.join(", ")}`),
    quorum: one("quorum"),
    conflict: one("conflict"),
    clock: one("clock"),
    readRepair: one("readRepair"),
    hintedHandoff: one("hintedHandoff"),
    antiEntropy: one("antiEntropy"),
    actorEpochs: one("actorEpochs"),
    partitions: one("partitions"),
    deleteMode: parse("deleteMode", isDeleteMode, `keep, immediate, or a number of ms up to ${deleteModeMsMax}`),
    fsync: one("fsync"),
  };
  const clash = leaderlessClash(switches);
  if (clash !== undefined) throw new Error(`${nodeEnv.options}: ${clash}`);
  return switches;
}

function isOwners(value: unknown): value is number {
  return isWhole(value, 1, ownersMax);
}

function isReplicaCount(value: unknown): value is ReplicaCount {
  return isOwners(value) || replicaWords.some((word) => word === value);
}

function isDeleteMode(value: unknown): value is LeaderlessSwitches["deleteMode"] {
  return value === "keep" || value === "immediate" || isWhole(value, 1, deleteModeMsMax);
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}
