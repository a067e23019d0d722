/** What a run of the leaderless store is made of: drawn from its seed. */
import type { Prng } from "../../core/prng.js";
import type { DeleteMode } from "../../store/leaderless/objects/tombstones.js";
import type { NemesisOptions } from "../nemesis.js";
import type { Weather } from "../network.js";
import type { MemberChange } from "./administrator.js";
import type { ClientOptions } from "./clients.js";
import type { DataTypeOptions } from "./data-type-clients.js";
import type { FaultName } from "./faults.js";
import type { NodeOptions } from "./node.js";
import type { ReadRuleOptions } from "./read-rules.js";

/** What the store can be told to do wrong: the name of each run that shows it. */
const mistakes = {
  lww: (options) => ({ ...options, defaults: { ...options.defaults, conflict: "lww" } }),
  vclock: (options) => ({ ...options, defaults: { ...options.defaults, clock: "vclock" } }),
  wallClock: (options) => ({ ...options, defaults: { ...options.defaults, clock: "wall" } }),
  noActorEpochs: (options) => ({ ...options, actorEpochs: false }),
  noHintedHandoff: (options) => ({ ...options, hintedHandoff: false }),
  noReadRepair: (options) => ({ ...options, readRepair: false }),
  noAntiEntropy: (options) => ({ ...options, antiEntropy: false }),
  weakQuorums: (options) => ({ ...options, defaults: { ...options.defaults, r: 1, w: 1 } }),
} as const satisfies Record<string, (options: NodeOptions) => NodeOptions>;

export type BugName = keyof typeof mistakes;
export const bugNames = Object.keys(mistakes) as BugName[];

export interface Scenario {
  readonly nodes: number;
  readonly ringSize: number;
  /** Nodes that are no members yet. */
  readonly spares: readonly string[];
  /** What each operator does to the members; several do not know of each other. */
  readonly changes: readonly (readonly MemberChange[])[];
  readonly chaosMs: number;
  readonly weather: Weather;
  readonly diskMs: readonly [min: number, max: number];
  /** Wall clocks are off by so much at most, from the start. */
  readonly wallSkewMs: number;
  readonly node: NodeOptions;
  readonly clients: ClientOptions;
  readonly dataTypes: DataTypeOptions;
  readonly nemesis: NemesisOptions<FaultName>;
  /** Whether somebody reads every key again and again once all is healed. */
  readonly readsAtEnd: boolean;
}

const evenWeights: Readonly<Record<FaultName, number>> = {
  split: 1,
  isolate: 1,
  oneWay: 1,
  tatters: 1,
  flaky: 1,
  loss: 1,
  disorder: 1,
  crashNode: 1,
  crashSome: 0.5,
  pauseNode: 1,
  slowDisk: 1,
  wipe: 0.5,
  rot: 0.5,
  clockJump: 0.5,
};

/** A disk that is lost takes what a quorum promised. */
const diskLosses: readonly FaultName[] = ["wipe", "rot"];

export const replicas = 3;

/** Draws a run with `bug` planted; with `provoke`, one in which the kind of bad luck that this bug needs is likely, and nothing planted. */
export function drawScenario(prng: Prng, bug?: BugName, provoke: BugName | undefined = bug): Scenario {
  const deleteMode = prng.pick<DeleteMode>([{ kind: "keep" }, { kind: "immediate" }, { kind: "after", ms: 3000 }]);
  const nodes = prng.pick([3, 4, 5, 5, 6]);
  const scenario: Scenario = {
    nodes,
    ...(prng.chance(0.35) ? drawChanges(prng, nodes) : { spares: [], changes: [] }),
    ringSize: prng.pick([8, 16, 32]),
    chaosMs: 20_000,
    weather: {
      delayMs: [0.2, prng.pick([1, 5, 30])],
      lossProbability: prng.pick([0, 0.005, 0.02]),
      duplicateProbability: prng.pick([0, 0.05]),
      straggler: { probability: prng.pick([0, 0.02]), delayMsMax: 500 },
    },
    diskMs: [0.2, prng.pick([1, 5, 20])],
    wallSkewMs: prng.pick([0, 500, 60_000]),
    node: {
      defaults: { n: replicas, r: "quorum", w: "quorum", conflict: "siblings", clock: "dvv" },
      quorum: prng.pick(["sloppy", "sloppy", "strict"]),
      readRepair: true,
      hintedHandoff: true,
      antiEntropy: true,
      exchangeIntervalMs: prng.pick([2000, 15_000]),
      actorEpochs: true,
      deleteMode,
    },
    clients: {
      clients: prng.int(3, 6),
      registers: ["r1", "r2", "r3", "r4"].slice(0, prng.int(1, 4)),
      deletables: ["d1", "d2"].slice(0, prng.int(0, 2)),
      thinkMsMax: prng.pick([200, 1000]),
      timeoutMs: prng.pick([1000, 3000]),
      staleShare: 0.1,
      blindShare: prng.pick([0, 0.1, 0.3]),
      readQuorums: prng.pick([[2], [1, 2, 3]]),
      writeQuorums: prng.pick([[2], [1, 2, 3]]),
      ownersShare: prng.pick([0, 0.1, 0.5]),
      trustsDefaults: false,
      lostAnswerProbability: prng.pick([0, 0.02]),
    },
    dataTypes: {
      clients: prng.pick([0, 1, 3]),
      counters: ["k1", "k2"].slice(0, prng.int(1, 2)),
      sets: ["s1", "s2"].slice(0, prng.int(0, 2)),
      thinkMsMax: prng.pick([200, 1000]),
      timeoutMs: prng.pick([1000, 3000]),
    },
    nemesis: {
      weights: Object.fromEntries(Object.entries(evenWeights).map(([name, weight]) => [name, weight * prng.next() ** 2])),
      everyMs: prng.pick([500, 1500, 4000]),
      durationMs: [200, prng.pick([1000, 5000, 10_000])],
    },
    readsAtEnd: prng.chance(0.5),
  };
  const biased = drawKind(prng, scenario);
  const provoked = provoke === undefined ? biased : bias[provoke](scenario);
  return bug === undefined ? provoked : { ...provoked, node: mistakes[bug](provoked.node) };
}

/** Somebody comes, somebody goes, by one operator or by two at one time. There are never fewer members than replicas. */
function drawChanges(prng: Prng, nodes: number): Pick<Scenario, "spares" | "changes"> {
  const spare = `n${nodes + 1}`;
  const [gone, other] = prng.shuffle(Array.from({ length: nodes }, (_, i) => `n${i + 1}`)) as [string, string];
  const join = { kind: "join", member: spare } as const;
  const leave = { kind: "leave", member: gone } as const;
  const replace = { kind: "replace", member: gone, by: spare } as const;
  const remove = { kind: "force-remove", member: gone } as const;
  const forced = { kind: "force-replace", member: gone, by: spare } as const;
  const more = nodes > replicas;
  const changes: readonly (readonly MemberChange[])[][] = [
    [[join]],
    [[join, leave]],
    [[join, leave, { kind: "leave", member: more ? other : spare }]],
    [[replace]],
    [[join], ...(more ? [[leave]] : [])],
    [[replace], ...(more ? [[{ kind: "leave", member: other } as const]] : [])],
    [[forced]],
    [[join, remove]],
    more ? [[remove], [join]] : [[forced], [join]],
    // it is lost while it leaves
    more ? [[leave], [remove]] : [[replace], [remove]],
  ];
  return { spares: [spare], changes: prng.pick(changes) };
}

/** Some runs have nothing go wrong, or no disk, so that more can be asked of them. */
function drawKind(prng: Prng, scenario: Scenario): Scenario {
  const kind = prng.pick(["any", "any", "any", "reads", "calm", "strict", "owners"] as const);
  if (kind === "calm") return calm(scenario);
  if (kind === "reads") return onlyRepairedByReads(scenario);
  if (kind === "owners") return askingOwners(withoutDiskLoss(scenario));
  if (kind === "strict") return withoutDiskLoss({ ...scenario, node: { ...scenario.node, quorum: "strict" } });
  return scenario;
}

/** Nothing goes wrong, and everything is soon enough for nobody to be suspected. */
function calm(scenario: Scenario): Scenario {
  return {
    ...withoutDiskLoss(scenario),
    chaosMs: 10_000,
    weather: { delayMs: [0.2, 20], lossProbability: 0, duplicateProbability: 0, straggler: { probability: 0, delayMsMax: 0 } },
    nemesis: { ...scenario.nemesis, weights: {} },
  };
}

/** Of reads and writes that owners have answered the one sees the other, whoever stands in for others. */
function askingOwners(scenario: Scenario): Scenario {
  return { ...scenario, node: { ...scenario.node, quorum: "sloppy" }, clients: { ...scenario.clients, ownersShare: 0.8 } };
}

function withoutDiskLoss(scenario: Scenario): Scenario {
  const kept = Object.entries(scenario.nemesis.weights).filter(([name]) => !diskLosses.includes(name as FaultName));
  const changes = scenario.changes.map((each) => each.filter(({ kind }) => !kind.startsWith("force")));
  return { ...scenario, changes, nemesis: { ...scenario.nemesis, weights: Object.fromEntries(kept) } };
}

/** See ReadRules: what reads have to show in this run. */
export function overlapsOf({ nemesis: { weights }, changes, node: { quorum } }: Scenario): ReadRuleOptions["overlaps"] {
  const isForced = changes.flat().some(({ kind }) => kind.startsWith("force"));
  if (isForced || diskLosses.some((name) => weights[name] !== undefined)) return "never";
  if (Object.keys(weights).length === 0) return "always";
  return quorum === "sloppy" ? "owners" : "durable";
}

/** Anti-entropy would find everything else as well. Data types nobody reads at the end. */
function onlyRepairedByReads(scenario: Scenario): Scenario {
  const dataTypes = { ...scenario.dataTypes, clients: 0 };
  return { ...scenario, node: { ...scenario.node, antiEntropy: false }, dataTypes, readsAtEnd: true };
}

const bias: Readonly<Record<BugName, (scenario: Scenario) => Scenario>> = {
  lww: withSplits,
  vclock: withSplits,
  wallClock: (scenario) => ({ ...withSplits(scenario), wallSkewMs: 60_000 }),
  noActorEpochs: (scenario) => ({
    ...scenario,
    clients: { ...scenario.clients, clients: 6, registers: ["r1"], deletables: [], thinkMsMax: 200, blindShare: 0.5 },
    nemesis: { weights: { wipe: 2, crashNode: 1, split: 1, rot: 2 }, everyMs: 800, durationMs: [100, 1000] },
  }),
  noHintedHandoff: withSplits,
  // of what is lost on its way nobody keeps a hint
  noReadRepair: (scenario) => {
    const weights = { loss: 2, crashNode: 1, flaky: 2 };
    return onlyRepairedByReads({ ...scenario, nemesis: { weights, everyMs: 2000, durationMs: [1000, 6000] } });
  },
  noAntiEntropy: (scenario) => ({
    ...scenario,
    nemesis: { weights: { loss: 2, wipe: 2, flaky: 2, rot: 1 }, everyMs: 2000, durationMs: [1000, 6000] },
    readsAtEnd: false,
  }),
  weakQuorums: (scenario) => {
    const { clients } = scenario;
    const majorities = { readQuorums: [2], writeQuorums: [2], trustsDefaults: true };
    return { ...calm(scenario), clients: { ...clients, ...majorities, clients: 6, registers: ["r1", "r2"], thinkMsMax: 100 } };
  },
};

function withSplits(scenario: Scenario): Scenario {
  return {
    ...scenario,
    clients: { ...scenario.clients, clients: 6, registers: ["r1", "r2"], thinkMsMax: 200 },
    nemesis: { weights: { split: 2, isolate: 1, tatters: 1 }, everyMs: 2000, durationMs: [1000, 6000] },
  };
}
