import { adminPort, clientPort, dataDir, nodeEnv, peerPort } from "../core/node-contract.js";
import { safeSwitches, switchesClash, switchValues, type StoreSwitches } from "../core/store-switches.js";
import type { Retention } from "./auto-compaction.js";
import type { TlsKeys } from "./io/tls-keys.js";
import type { Member } from "./replica.js";
import type { MemberId } from "./raft/types.js";

export interface Timing {
  /** A follower that hears nothing for so long (and up to twice that, at random) stands for election. */
  readonly electionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** Applied entries between two snapshots, at least; see SnapshotPace. */
  readonly snapshotEntries: number;
  /** Entries kept in memory behind a snapshot: a follower that is less behind gets them instead of the snapshot. */
  readonly keepEntries: number;
  /** From a request's arrival to its answer, whatever happens; clients are promised one within 3 s. */
  readonly requestTimeoutMs: number;
}

/** How large the state may become, and what keeps it small. */
export interface UpkeepOptions {
  /** Of all versions of keys in memory; beyond it the store takes nothing that adds to them. */
  readonly quotaBytes: number;
  /** What the leader compacts by itself; undefined: nothing. */
  readonly autoCompaction: Retention | undefined;
}

export interface Address {
  /** Undefined: all addresses of this machine. */
  readonly host: string | undefined;
  /** 0: chosen by the system. */
  readonly port: number;
}

/** What a node of any design is told. */
export interface CommonOptions {
  readonly cluster: string;
  readonly node: string;
  readonly member: MemberId;
  /** All members known when this node was made, itself included. */
  readonly members: readonly Member[];
  /** `new`: an empty disk means that these members found a cluster · `existing`: that the leader will tell. */
  readonly clusterState: "new" | "existing";
  readonly dataDir: string;
  readonly clientAddress: Address;
  readonly peerAddress: Address;
  readonly adminAddress: Address;
}

export interface NodeOptions extends CommonOptions {
  readonly timing: Timing;
  readonly switches: StoreSwitches;
  readonly upkeep: UpkeepOptions;
  /** What is shown to clients, who come over TLS then. */
  readonly tlsKeys?: TlsKeys | undefined;
}

const defaultTiming: Timing = {
  electionTimeoutMs: 1000,
  heartbeatIntervalMs: 100,
  snapshotEntries: 10_000,
  keepEntries: 5000,
  requestTimeoutMs: 2500,
};

export const defaultUpkeep: UpkeepOptions = { quotaBytes: 512 * 2 ** 20, autoCompaction: undefined };

/** Which clients may come over TLS: any, or only who shows a certificate. */
export type TlsClients = "any" | "certified";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The options that a node's environment spells (core/node-contract.ts); `readKeys` is asked where it says that clients come over TLS. Throws
 * an Error with one sentence where it is wrong.
 */
export function optionsFromEnv(env: Environment, readKeys: (clients: TlsClients) => TlsKeys): NodeOptions {
  return { ...commonOptions(env), ...parseDesign(givenOptions(env), readKeys) };
}

/** Which of the store's designs the node is of. */
export function designOf(env: Environment): "raft" | "leaderless" {
  const { design = "raft" } = givenOptions(env);
  if (design === "raft" || design === "leaderless") return design;
  throw new Error(`${nodeEnv.options}: "design" must be raft or leaderless`);
}

/** The options of the design, not checked yet. */
export function givenOptions(env: Environment): Readonly<Record<string, unknown>> {
  const text = env[nodeEnv.options];
  return (text === undefined || text === "" ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>;
}

/** Throws an Error with one sentence where the environment is wrong. */
export function commonOptions(env: Environment): CommonOptions {
  const required = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === "") throw new Error(`the environment variable ${name} is missing`);
    return value;
  };
  const member = Number(required(nodeEnv.member));
  const members = parseMembers(required(nodeEnv.members));
  if (!members.some(({ id }) => id === member))
    throw new Error(`${nodeEnv.members} does not hold this member, ${nodeEnv.member}=${member}`);
  const clusterState = required(nodeEnv.clusterState);
  if (clusterState !== "new" && clusterState !== "existing") throw new Error(`${nodeEnv.clusterState} must be new or existing`);
  return {
    cluster: required(nodeEnv.cluster),
    node: required(nodeEnv.node),
    member,
    members,
    clusterState,
    dataDir,
    clientAddress: { host: undefined, port: clientPort },
    peerAddress: { host: undefined, port: peerPort },
    adminAddress: { host: "127.0.0.1", port: adminPort },
  };
}

/** `1=n1,2=n2` */
function parseMembers(text: string): Member[] {
  return text.split(",").map((part) => {
    const match = /^([1-9]\d*)=(.+)$/.exec(part.trim());
    if (match === null) throw new Error(`${nodeEnv.members} has a part that is not number=name: "${part}"`);
    const name = match[2] as string;
    return { id: Number(match[1]), name, host: name, peerPort };
  });
}

type Design = Pick<NodeOptions, "timing" | "switches" | "upkeep" | "tlsKeys">;

function parseDesign(given: Readonly<Record<string, unknown>>, readKeys: (clients: TlsClients) => TlsKeys): Design {
  const unknown = Object.keys(given).find(
    (name) =>
      !(name in defaultTiming) && !(name in safeSwitches) && !(name in defaultUpkeep) && name !== "tls" && name !== "design",
  );
  if (unknown !== undefined) throw new Error(`${nodeEnv.options}: there is no option "${unknown}"`);
  const { tls } = given;
  if (tls !== undefined && tls !== "any" && tls !== "certified") {
    throw new Error(`${nodeEnv.options}: "tls" must be any or certified`);
  }
  return {
    timing: parseTiming(given),
    switches: parseSwitches(given),
    upkeep: parseUpkeep(given),
    tlsKeys: tls === undefined ? undefined : readKeys(tls),
  };
}

function parseSwitches(given: Readonly<Record<string, unknown>>): StoreSwitches {
  const one = <Value>(option: keyof StoreSwitches, known: readonly Value[]): Value => {
    const wanted = option in given ? given[option] : safeSwitches[option];
    const value = known.find((each) => each === wanted);
    if (value === undefined) throw new Error(`${nodeEnv.options}: "${option}" must be one of ${known.join(", ")}`);
    return value;
  };
  const switches: StoreSwitches = {
    reads: one("reads", switchValues.reads),
    fsync: one("fsync", switchValues.fsync),
    preVote: one("preVote", switchValues.preVote),
    checkQuorum: one("checkQuorum", switchValues.checkQuorum),
    commitRule: one("commitRule", switchValues.commitRule),
    replication: one("replication", switchValues.replication),
  };
  const clash = switchesClash(switches);
  if (clash !== undefined) throw new Error(`${nodeEnv.options}: ${clash}`);
  return switches;
}

function parseUpkeep({
  quotaBytes = defaultUpkeep.quotaBytes,
  autoCompaction,
}: Readonly<Record<string, unknown>>): UpkeepOptions {
  if (!isCount(quotaBytes)) throw new Error(`${nodeEnv.options}: "quotaBytes" must be a whole number from 1 up`);
  return { quotaBytes, autoCompaction: autoCompaction === undefined ? undefined : parseRetention(autoCompaction) };
}

function parseRetention(given: unknown): Retention {
  const { revisions, periodMs } = (given ?? {}) as Readonly<Record<string, unknown>>;
  if (isCount(revisions) && periodMs === undefined) return { type: "revisions", count: revisions };
  if (isCount(periodMs) && revisions === undefined) return { type: "period", ms: periodMs };
  throw new Error(`${nodeEnv.options}: "autoCompaction" must have either "revisions" or "periodMs", a whole number from 1 up`);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1;
}

function parseTiming(given: Readonly<Record<string, unknown>>): Timing {
  const count = (name: keyof Timing): number => {
    const value = given[name] ?? defaultTiming[name];
    if (!isCount(value)) {
      throw new Error(`${nodeEnv.options}: "${name}" must be a whole number from 1 up`);
    }
    return value;
  };
  const timing = {
    electionTimeoutMs: count("electionTimeoutMs"),
    heartbeatIntervalMs: count("heartbeatIntervalMs"),
    snapshotEntries: count("snapshotEntries"),
    keepEntries: count("keepEntries"),
    requestTimeoutMs: count("requestTimeoutMs"),
  };
  if (timing.electionTimeoutMs < 3 * timing.heartbeatIntervalMs) {
    throw new Error(`${nodeEnv.options}: "electionTimeoutMs" must be at least three times "heartbeatIntervalMs"`);
  }
  return timing;
}
