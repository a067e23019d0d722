/**
 * The mistakes that the bundled store can be told to make: for each option of the protocol the values it can have, which of them keep the
 * store's promises, and what goes wrong with the others.
 */

export interface StoreSwitches {
  /** Who may answer a linearizable read, and after asking whom. */
  readonly reads: "readIndex" | "lease" | "local";
  /** When what was written to the log is made durable: before it is acknowledged, each 100 ms, or never. */
  readonly fsync: "always" | "batch" | "off";
  /** Whether a member asks if it could win before it stands (Ongaro, thesis §9.6). */
  readonly preVote: boolean;
  /** Whether a leader that hears no majority steps down, and whoever hears a leader refuses others its vote (thesis §6.2, §4.2.3). */
  readonly checkQuorum: boolean;
  /**
   * Whether a leader commits entries of earlier terms only through one of its own, with which it begins (thesis §3.6.2), or as soon as a
   * majority holds them.
   */
  readonly commitRule: "currentTerm" | "any";
  /** Whether a leader answers once a majority holds an entry, or once it does itself. */
  readonly replication: "sync" | "async";
}

export const safeSwitches: StoreSwitches = {
  reads: "readIndex",
  fsync: "always",
  preVote: true,
  checkQuorum: true,
  commitRule: "currentTerm",
  replication: "sync",
};

const options = Object.keys(safeSwitches) as (keyof StoreSwitches)[];

/** An option whose value breaks a promise. */
export interface UnsafeSwitch {
  readonly option: string;
  readonly value: string | boolean | number;
  /** What it breaks, in one sentence without its full stop. */
  readonly why: string;
}

const whyUnsafe: { readonly [Option in keyof StoreSwitches]: Readonly<Record<string, string>> } = {
  reads: {
    lease: "a read may miss writes that were acknowledged before it, once the members' clocks do not run alike",
    local: "a read may miss any number of writes that were acknowledged before it, and go back in time from one node to the next",
  },
  fsync: {
    batch: "a power cut takes up to 100 ms of acknowledged writes, and votes, along with it",
    off: "a power cut takes acknowledged writes and votes along with it, however old they are",
  },
  preVote: { false: "a node that comes back from a cut brings a higher term along and deposes a healthy leader" },
  checkQuorum: { false: "a leader that nobody answers leads on, and holds its clients until they give up" },
  commitRule: { any: "an acknowledged write can be overwritten by a later leader (figure 8 of the Raft paper)" },
  replication: { async: "a leader that is lost takes along every write that it acknowledged and had not yet sent on" },
};

/** The options that break a promise, in the order of {@link safeSwitches}. */
export function unsafeSwitches(switches: StoreSwitches): readonly UnsafeSwitch[] {
  return options.flatMap((option) => {
    const value = switches[option];
    const why = whyUnsafe[option][String(value)];
    return why === undefined ? [] : [{ option, value, why }];
  });
}

/** The options that are not as they are by default. */
export function changedSwitches(switches: StoreSwitches): Partial<StoreSwitches> {
  return Object.fromEntries(
    options.flatMap((option) => (switches[option] === safeSwitches[option] ? [] : [[option, switches[option]]])),
  );
}

/** Undefined, or why these values cannot stand together. */
export function switchesClash({ reads, checkQuorum }: StoreSwitches): string | undefined {
  if (reads !== "lease" || checkQuorum) return undefined;
  return "reads: lease needs checkQuorum: true, for without it nobody refuses another leader its vote while the lease lasts";
}

/** The values an option can have. */
export const switchValues = {
  reads: ["readIndex", "lease", "local"],
  fsync: ["always", "batch", "off"],
  preVote: [true, false],
  checkQuorum: [true, false],
  commitRule: ["currentTerm", "any"],
  replication: ["sync", "async"],
} as const satisfies { readonly [Option in keyof StoreSwitches]: readonly StoreSwitches[Option][] };
