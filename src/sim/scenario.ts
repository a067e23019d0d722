/**
 * What a run is made of: drawn from its seed, so that hundreds of seeds visit sizes, tempos and kinds of bad luck we
 * would not think of.
 */
import { safeSwitches, type StoreSwitches } from "../core/store-switches.js";
import type { Prng } from "../core/prng.js";
import type { ClientOptions } from "./clients.js";
import type { FaultName } from "./faults.js";
import type { LeaseClientOptions } from "./lease-clients.js";
import type { NemesisOptions } from "./nemesis.js";
import type { Weather } from "./network.js";
import type { NodeOptions, SimBugs } from "./node.js";
import type { MemberChange } from "../store/ask.js";
import type { MemberId } from "../store/raft/types.js";
import type { Member } from "../store/replica.js";
import type { Aim } from "./operator.js";
import type { WatcherOptions } from "./watchers.js";

/** What the store can be told to do wrong, in the runs that show it. */
const mistakes = {
  commitRuleAny: { commitRule: "any" },
  replicationAsync: { replication: "async" },
  fsyncBatch: { fsync: "batch" },
  fsyncOff: { fsync: "off" },
  readsLocal: { reads: "local" },
  /** No mistake where clocks run alike: half of all runs with such clocks have it. */
  readsLease: { reads: "lease" },
  noPreVote: { preVote: false },
  noCheckQuorum: { checkQuorum: false },
} as const satisfies Record<string, Partial<StoreSwitches>>;
const mistakeNames = Object.keys(mistakes) as (keyof typeof mistakes)[];

export type BugName = keyof SimBugs | keyof typeof mistakes;
export const bugNames: readonly BugName[] = [
  ...mistakeNames,
  "ackBeforePersist",
  "forgetVote",
  "readWithoutQuorum",
  "goesWithLeader",
  "forgetsRequests",
  "wipedKeepsNumber",
  "renewsAlone",
  "keepsOldDeadlines",
  "confusesLeases",
  "skipsSnapshots",
];

const tickMs = 15;
const electionTicks = 8;
/** Ticks may be a twentieth short, and the first of those that a follower counts may come at once. */
const leaseMs = 0.9 * (electionTicks - 1) * tickMs;

export interface Scenario {
  /** Voters at the start: members 1 to n. */
  readonly voters: number;
  /** Members that wait outside, numbered after the voters. */
  readonly spares: number;
  /** Changes of members that the machine can do; {@link changes}: those that the API knows. */
  readonly aims: readonly Aim[];
  readonly changes: readonly MemberChange[];
  readonly chaosMs: number;
  readonly weather: Weather;
  readonly diskMs: readonly [min: number, max: number];
  /** Clocks run between 1 / (1 + drift) and 1 + drift times as fast. */
  readonly clockDrift: number;
  readonly node: NodeOptions;
  readonly clients: ClientOptions;
  readonly leases: LeaseClientOptions;
  readonly watchers: WatcherOptions;
  readonly nemesis: NemesisOptions<FaultName>;
}

const evenWeights: Readonly<Record<FaultName, number>> = {
  split: 1,
  isolateLeader: 1,
  leaderReachesOne: 1,
  oneWay: 1,
  tatters: 1,
  loss: 1,
  disorder: 1,
  crashNode: 1,
  crashLeader: 1,
  crashAll: 0.5,
  stopLeader: 0.7,
  pauseNode: 1,
  pauseLeader: 1,
  slowDisk: 1,
  wipe: 0.5,
  transfer: 0.5,
  leaderGoneTold: 1,
};

/**
 * Draws a run with `bug` planted; with `provoke`, one in which the kind of bad luck that this bug needs is likely. Some of
 * the others are of such a kind as well: it also finds bugs that nobody planted.
 */
export function drawScenario(prng: Prng, bug?: BugName, provoke?: BugName): Scenario {
  const voters = prng.pick([3, 3, 3, 4, 5]);
  const aims = prng.chance(0.25) ? drawAims(prng, voters) : [];
  const changes = aims.length === 0 && prng.chance(0.25) ? drawChanges(prng, voters) : [];
  const scenario: Scenario = {
    voters,
    spares: aims.length + changes.length > 0 ? 1 : 0,
    aims,
    changes,
    chaosMs: 2500,
    weather: {
      delayMs: [0.2, prng.pick([1, 3, 10])],
      lossProbability: prng.pick([0, 0.01, 0.05]),
      duplicateProbability: prng.pick([0, 0.05]),
      straggler: { probability: prng.pick([0, 0.02]), delayMsMax: 100 },
    },
    diskMs: [0.2, prng.pick([1, 5, 20])],
    clockDrift: prng.pick([0, 0.1, 0.3]),
    node: {
      tickMs,
      busyMsMax: prng.pick([0.2, 0.2, 2, 10]),
      raft: {
        electionTicks,
        heartbeatTicks: 2,
        appendBytesMax: prng.pick([1, 100, 10_000]),
        inflightAppendsMax: prng.pick([1, 4, 16]),
        uncommittedBytesMax: prng.pick([200, 10_000]),
        leaseMs: 0,
        ...safeSwitches,
      },
      snapshotEvery: prng.pick([5, 12, 40]),
      keepEntries: prng.int(0, 6),
      reads: "readIndex",
      requestTimeoutMs: prng.pick([80, 300]),
      bugs: {},
    },
    clients: {
      clients: prng.int(2, 4),
      keys: ["x", "y", "z"].slice(0, prng.int(1, 3)),
      thinkMsMax: prng.pick([20, 80]),
      timeoutMs: prng.pick([100, 400]),
      readShare: 0.5,
      lostAnswerProbability: 0.02,
    },
    leases: {
      clients: prng.pick([0, 1, 3]),
      ids: [1n, 2n, 3n].slice(0, prng.int(1, 3)),
      ttlSecMax: prng.pick([1, 2]),
      grantShare: 0.25,
      thinkMsMax: prng.pick([20, 80]),
      timeoutMs: prng.pick([100, 400]),
    },
    watchers: {
      watchers: prng.pick([0, 1, 3]),
      stayMsMax: prng.pick([200, 1000]),
      slowProbability: prng.pick([0, 0.1]),
    },
    // a seed's own bad luck: some faults are frequent in it, some hardly happen
    nemesis: {
      weights: Object.fromEntries(Object.entries(evenWeights).map(([name, weight]) => [name, weight * prng.next() ** 2])),
      everyMs: prng.pick([80, 150, 400]),
      durationMs: [20, prng.pick([150, 400])],
    },
  };
  const kind = provoke ?? (prng.chance(0.3) ? prng.pick(bugNames) : undefined);
  const biased = kind === undefined ? scenario : bias[kind](scenario);
  const canLease = bug === undefined && biased.clockDrift === 0 && prng.chance(0.5);
  return canLease ? withSwitches(biased, { reads: "lease" }) : plant(biased, bug);
}

function plant(scenario: Scenario, bug: BugName | undefined): Scenario {
  if (bug === undefined) return scenario;
  if (bug in mistakes) return withSwitches(scenario, mistakes[bug as keyof typeof mistakes]);
  return { ...scenario, node: { ...scenario.node, bugs: { [bug]: true } } };
}

function withSwitches(scenario: Scenario, switches: Partial<StoreSwitches>): Scenario {
  // where what was committed may go, neither leases nor watchers are promised anything
  if (switches.replication === "async") {
    const { leases, watchers } = scenario;
    scenario = { ...scenario, leases: { ...leases, clients: 0 }, watchers: { ...watchers, watchers: 0 } };
  }
  const { node } = scenario;
  const reads = switches.reads ?? node.reads;
  const raft = { ...node.raft, ...switches, leaseMs: reads === "lease" ? leaseMs : 0 };
  return { ...scenario, node: { ...node, reads, raft } };
}

function ofVoters(voters: number): Pick<Scenario, "voters" | "spares" | "aims" | "changes"> {
  return { voters, spares: 0, aims: [], changes: [] };
}

/** Who is where. */
export function memberOf(id: MemberId): Member {
  return { id, name: `n${id}`, host: `n${id}`, peerPort: 2380 };
}

/** One more learner comes, may vote, and somebody may go; an address may change in between. */
function drawChanges(prng: Prng, voters: number): MemberChange[] {
  const { name, host, peerPort } = memberOf(voters + 1);
  const [moved, gone] = prng.shuffle(Array.from({ length: voters }, (_, i) => i + 1)) as [MemberId, MemberId];
  const add = { kind: "add", name, host, peerPort, isLearner: true } as const;
  const promote = { kind: "promote", member: voters + 1 } as const;
  const update = { kind: "update", member: moved, host: `${host}-moved`, peerPort } as const;
  const remove = { kind: "remove", member: gone } as const;
  return prng.pick([
    [add, promote, remove],
    [update, add, promote, update],
    [add, remove, promote],
    [add, update, { kind: "remove", member: voters + 1 }],
  ]);
}

/** Ways to bring the spare member in and another one out. */
function drawAims(prng: Prng, voters: number): Aim[] {
  const spare = voters + 1;
  const join = { kind: "addVoter", member: spare } as const;
  const learn = { kind: "addLearner", member: spare } as const;
  const leave = { kind: "remove", member: prng.int(1, voters) } as const;
  return prng.pick([
    [[learn], [join], [leave]],
    [[learn], [join, leave]],
    [[join, leave], [{ ...leave, member: spare }]],
    [[learn], [leave], [join]],
  ]);
}

const bias: Readonly<Record<BugName, (scenario: Scenario) => Scenario>> = {
  // Figure 3.7 of the thesis: leaders are cut off before their entries get anywhere, and one that comes back brings its old
  // entries over. Clients are slow enough that it is often gone again before it has an entry of its own term.
  commitRuleAny: (scenario) => ({
    ...scenario,
    chaosMs: 4000,
    weather: { ...scenario.weather, delayMs: [5, 15], lossProbability: 0.1 },
    diskMs: [0.2, 1],
    node: {
      ...scenario.node,
      raft: { ...scenario.node.raft, appendBytesMax: 1, inflightAppendsMax: 1, uncommittedBytesMax: 10_000 },
      snapshotEvery: 40,
    },
    clients: { ...scenario.clients, clients: 4, thinkMsMax: 80, timeoutMs: 100, readShare: 0.1 },
    nemesis: { weights: { isolateLeader: 4, crashLeader: 1 }, everyMs: 110, durationMs: [100, 300] },
  }),
  // Figure 3.7 again: a leader brings a write to one other member and is cut off, and then that one leads and commits what it holds.
  goesWithLeader: (scenario) => ({
    ...scenario,
    ...ofVoters(5),
    chaosMs: 4000,
    weather: { ...scenario.weather, delayMs: [0.2, 3], lossProbability: 0 },
    diskMs: [0.2, 1],
    node: {
      ...scenario.node,
      busyMsMax: 0.2,
      raft: { ...scenario.node.raft, appendBytesMax: 10_000, uncommittedBytesMax: 10_000 },
      snapshotEvery: 40,
    },
    clients: { ...scenario.clients, clients: 24, keys: ["x", "y", "z"], thinkMsMax: 40, timeoutMs: 1500, readShare: 0.3 },
    nemesis: { weights: { leaderReachesOne: 1 }, everyMs: 800, durationMs: [600, 1200] },
  }),
  // what members say of requests is lost again and again, so they repeat it, and others write in between
  forgetsRequests: (scenario) => ({
    ...scenario,
    weather: { ...scenario.weather, lossProbability: 0.1 },
    diskMs: [0.2, 1],
    node: { ...scenario.node, requestTimeoutMs: 300 },
    clients: { ...scenario.clients, clients: 6, keys: ["x"], thinkMsMax: 20, timeoutMs: 400, readShare: 0.3 },
    nemesis: { weights: { isolateLeader: 1, loss: 1 }, everyMs: 400, durationMs: [100, 300] },
  }),
  // it forgets what only it and another one hold, and a third is elected with its vote while that other one is cut off
  wipedKeepsNumber: (scenario) => ({
    ...scenario,
    ...ofVoters(3),
    diskMs: [0.2, 1],
    nemesis: { weights: { wipe: 2, isolateLeader: 2, crashLeader: 1, split: 1 }, everyMs: 100, durationMs: [100, 400] },
  }),
  // whatever is acknowledged too early is lost where its node crashes before a slow disk is done
  ackBeforePersist: (scenario) => ({
    ...scenario,
    diskMs: [0.2, 40],
    nemesis: {
      ...scenario.nemesis,
      weights: { crashAll: 1, crashNode: 1, crashLeader: 1, slowDisk: 1, isolateLeader: 0.5, transfer: 0.5 },
    },
  }),
  // a vote is forgotten, or never reached the disk, where its node restarts before the election is over
  forgetVote: (scenario) => ({
    ...scenario,
    weather: { ...scenario.weather, delayMs: [1, 40] },
    diskMs: [0.2, 30],
    nemesis: {
      weights: { crashNode: 3, crashAll: 1, pauseLeader: 1, transfer: 2, isolateLeader: 1 },
      everyMs: 60,
      durationMs: [1, 60],
    },
  }),
  readWithoutQuorum: withStaleLeaders,
  replicationAsync: withStaleLeaders,
  readsLocal: withStaleLeaders,
  // the lease of a leader with a slow clock lasts longer than its followers' patience
  readsLease: (scenario) => ({
    ...withStaleLeaders(scenario),
    clockDrift: 1.5,
    weather: { ...scenario.weather, delayMs: [0.2, 1], lossProbability: 0 },
    diskMs: [0.2, 1],
    node: { ...scenario.node, busyMsMax: 0.2, raft: { ...scenario.node.raft, heartbeatTicks: 1 } },
    clients: { ...scenario.clients, clients: 12, keys: ["x"], thinkMsMax: 10, timeoutMs: 100 },
    nemesis: { weights: { isolateLeader: 1 }, everyMs: 200, durationMs: [150, 300] },
  }),
  // a leader stops, another one takes over and gives each lease its time, and then the first one goes on and renews some of them
  renewsAlone: (scenario) => ({
    ...withLeases(scenario),
    nemesis: { weights: { pauseLeader: 2, isolateLeader: 1 }, everyMs: 500, durationMs: [400, 800] },
  }),
  keepsOldDeadlines: (scenario) => ({
    ...withLeases(scenario),
    nemesis: { weights: { crashLeader: 1, isolateLeader: 1, transfer: 1 }, everyMs: 250, durationMs: [100, 300] },
  }),
  // the end of a lease is proposed twice, and in between the id is granted again
  confusesLeases: (scenario) => ({
    ...withLeases(scenario),
    weather: { ...scenario.weather, delayMs: [5, 20], lossProbability: 0 },
    diskMs: [10, 40],
    node: {
      ...scenario.node,
      raft: { ...scenario.node.raft, appendBytesMax: 10_000, inflightAppendsMax: 16, uncommittedBytesMax: 10_000 },
    },
    leases: {
      clients: 16,
      ids: Array.from({ length: 12 }, (_, i) => BigInt(i + 1)),
      ttlSecMax: 1,
      grantShare: 0.8,
      thinkMsMax: 20,
      timeoutMs: 400,
    },
    nemesis: { weights: { slowDisk: 1, transfer: 1 }, everyMs: 300, durationMs: [100, 300] },
  }),
  // whoever was cut off for a while is sent a snapshot
  skipsSnapshots: (scenario) => ({
    ...scenario,
    node: { ...scenario.node, snapshotEvery: 5, keepEntries: 0 },
    watchers: { watchers: 3, stayMsMax: 1000, slowProbability: 0 },
    nemesis: { weights: { isolateLeader: 1, split: 1, pauseNode: 1 }, everyMs: 150, durationMs: [150, 400] },
  }),
  fsyncBatch: withPowerCuts,
  fsyncOff: withPowerCuts,
  // whoever is cut off comes back
  noPreVote: (scenario) => ({ ...withStaleLeaders(scenario), clockDrift: 0 }),
  // and for so long that a leader must have noticed
  noCheckQuorum: (scenario) => ({
    ...scenario,
    nemesis: { weights: { isolateLeader: 2, split: 1, oneWay: 1 }, everyMs: 400, durationMs: [600, 1200] },
  }),
};

/** A leader that was cut off goes on answering while another one takes writes. */
function withStaleLeaders(scenario: Scenario): Scenario {
  return {
    ...scenario,
    clients: { ...scenario.clients, clients: 4, keys: ["x"], thinkMsMax: 20 },
    nemesis: {
      weights: { isolateLeader: 2, split: 1, oneWay: 1, pauseLeader: 1, disorder: 1 },
      everyMs: 150,
      durationMs: [150, 400],
    },
  };
}

/** Several clients that renew leases often, under clocks that run alike. */
function withLeases(scenario: Scenario): Scenario {
  return {
    ...scenario,
    clockDrift: 0,
    chaosMs: 4000,
    leases: { clients: 4, ids: [1n, 2n], ttlSecMax: 1, grantShare: 0.25, thinkMsMax: 20, timeoutMs: 400 },
  };
}

/** The power goes, of one, of a majority, of all. */
function withPowerCuts(scenario: Scenario): Scenario {
  return {
    ...scenario,
    nemesis: { weights: { crashAll: 1, crashNode: 1, crashLeader: 1, isolateLeader: 0.5 }, everyMs: 250, durationMs: [20, 150] },
  };
}
