import type { UnsafeSwitch } from "./store-switches.js";

/** How many replicas have to answer: a number, or a word that n turns into one. */
export type ReplicaCount = number | "one" | "quorum" | "all";

/** The options of the leaderless store: what its promises are, and which mistakes it is told to make. */
export interface LeaderlessSwitches {
  /** Owners of each object, where its bucket says nothing else, as of `r` and `w`. */
  readonly n: number;
  /** Replicas that have to answer a read, and to have taken a write. */
  readonly r: ReplicaCount;
  readonly w: ReplicaCount;
  /** Whether others stand in for owners that cannot be reached. */
  readonly quorum: "sloppy" | "strict";
  /** What becomes of writes that did not know of each other: all are kept, or the last by the nodes' wall clocks. */
  readonly conflict: "siblings" | "lww";
  /** How a write is known to follow another: by dotted version vectors, by plain ones, or by wall clocks. */
  readonly clock: "dvv" | "vclock" | "wall";
  /** Whether replicas that a read finds to be behind are told. */
  readonly readRepair: boolean;
  /** Whether who stood in for an owner hands over what it has kept. */
  readonly hintedHandoff: boolean;
  /** Whether owners compare their hash trees. */
  readonly antiEntropy: boolean;
  /** Whether a node writes as somebody else once its disk may have forgotten what it wrote (Riak's kv#679). */
  readonly actorEpochs: boolean;
  /** Parts of the ring: a power of two. */
  readonly partitions: number;
  /** How long a deletion is remembered once all owners have it: for good, not at all, or so many ms. */
  readonly deleteMode: "keep" | "immediate" | number;
  /** When what was written to the log is made durable: before it is acknowledged, each 100 ms, or never. */
  readonly fsync: "always" | "batch" | "off";
}

/** Riak's defaults, but for siblings, which Riak keeps for bucket types only. */
export const leaderlessDefaults: LeaderlessSwitches = {
  n: 3,
  r: "quorum",
  w: "quorum",
  quorum: "sloppy",
  conflict: "siblings",
  clock: "dvv",
  readRepair: true,
  hintedHandoff: true,
  antiEntropy: true,
  actorEpochs: true,
  partitions: 64,
  deleteMode: 3000,
  fsync: "always",
};

/** The values of options that have few. */
export const leaderlessValues = {
  quorum: ["sloppy", "strict"],
  conflict: ["siblings", "lww"],
  clock: ["dvv", "vclock", "wall"],
  readRepair: [true, false],
  hintedHandoff: [true, false],
  antiEntropy: [true, false],
  actorEpochs: [true, false],
  partitions: [8, 16, 32, 64, 128, 256, 512, 1024],
  fsync: ["always", "batch", "off"],
} as const satisfies { readonly [Option in keyof LeaderlessSwitches]?: readonly LeaderlessSwitches[Option][] };

export const replicaWords = ["one", "quorum", "all"] as const;

/** More owners than that help nobody. */
export const ownersMax = 15;
/** Of a deletion; longer ones are `keep`. */
export const deleteModeMsMax = 24 * 3_600_000;

const options = Object.keys(leaderlessDefaults) as (keyof LeaderlessSwitches)[];

const whyUnsafe: { readonly [Option in keyof LeaderlessSwitches]?: Readonly<Record<string, string>> } = {
  conflict: {
    lww: "of writes that did not know of each other all but the last by the nodes' clocks are lost, though they were acknowledged",
  },
  clock: {
    vclock: "a value that its own writer has overwritten can come back as a sibling, again and again",
    wall: "a write is lost that was acknowledged by a node whose clock is behind",
  },
  readRepair: { false: "a replica that missed a write goes on without it, however often the object is read" },
  hintedHandoff: { false: "an owner that was away is not told what others have kept for it" },
  antiEntropy: {
    false: "a copy that was lost or rots, or a write that missed an owner, stays so until somebody reads the object",
  },
  actorEpochs: {
    false: "a node that has lost its disk writes what others take for old, and acknowledged writes are lost (kv#679)",
  },
  fsync: {
    batch: "a power cut takes up to 100 ms of acknowledged writes along with it",
    off: "a power cut takes acknowledged writes along with it, however old they are",
  },
};

/** The options that break a promise, in the order of {@link leaderlessDefaults}. */
export function unsafeLeaderless(switches: LeaderlessSwitches): readonly UnsafeSwitch[] {
  const { n, r, w } = switches;
  const misses = replicasOf(r, n) + replicasOf(w, n) <= n;
  const why = `with w: ${w} and n: ${n}, a read can miss a write that was acknowledged before it, since no replica need be in both`;
  const quorums: readonly UnsafeSwitch[] = misses ? [{ option: "r", value: r, why }] : [];
  const others = options.flatMap((option) => {
    const value = switches[option];
    const broken = whyUnsafe[option]?.[String(value)];
    return broken === undefined ? [] : [{ option, value, why: broken }];
  });
  return [...quorums, ...others];
}

/** The options that are not as they are by default. */
export function changedLeaderless(switches: LeaderlessSwitches): Partial<LeaderlessSwitches> {
  return Object.fromEntries(
    options.flatMap((option) => (switches[option] === leaderlessDefaults[option] ? [] : [[option, switches[option]]])),
  );
}

/** Undefined, or why these values cannot stand together. */
export function leaderlessClash({ n, r, w }: LeaderlessSwitches): string | undefined {
  for (const [option, wanted, what] of [
    ["r", r, "read"],
    ["w", w, "write"],
  ] as const) {
    if (typeof wanted === "number" && wanted > n)
      return `${option} (${wanted}) is more than n (${n}), the number of an object's replicas: no ${what} could ever succeed`;
  }
  return undefined;
}

function replicasOf(wanted: ReplicaCount, n: number): number {
  if (typeof wanted === "number") return wanted;
  return { one: 1, quorum: Math.floor(n / 2) + 1, all: n }[wanted];
}
