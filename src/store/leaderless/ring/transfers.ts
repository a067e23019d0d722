import { preferenceList, walksOf, type Owner, type Walks } from "./preference-list.js";
import type { Ring } from "./ring.js";
import { forcedOut, type Plan } from "./staged-plan.js";

/** A copy of a home partition that has to be made: `to` will be one of its owners and is none yet. */
export interface Transfer {
  /** The home partition. */
  readonly partition: number;
  /** Who hands over: an owner that will be none any more, or where that one is lost, another one. Absent: all owners are lost, and nothing is left to wait for. */
  readonly from: string | undefined;
  readonly to: string;
}

/** How far a transfer has come. It only ever grows: a second attempt starts to count where the first one's number is passed. */
export interface Progress {
  readonly state: "running" | "done";
  /** Keys. */
  readonly moved: number;
  readonly total: number;
}

/** By {@link transferName}. A transfer without an entry has not begun. */
export type ProgressOf = Readonly<Record<string, Progress>>;

export function transferName({ partition, to }: Pick<Transfer, "partition" | "to">): string {
  return `${partition}/${to}`;
}

/** Who answers for a home partition, and who has to hear of its writes besides. */
export interface Replicas {
  /** The preference list: their answers count. */
  readonly owners: readonly Owner[];
  /** Those who will be owners, or were until now. They take every write too; their answers do not count. */
  readonly receivers: readonly string[];
}

/**
 * The way from one ring to the next. A home partition changes its owners as one: until each new owner has its copy the old ones answer, then the
 * new ones do. Writes go to both for as long as the way takes, also after the change: so a plan that overrules this one, and starts from the old ring
 * again, finds every write where it looks.
 */
export class Transition {
  readonly #walks: Walks;
  readonly #nextWalks: Walks | undefined;
  readonly #transfers: readonly Transfer[];
  readonly #movedHomes: ReadonlySet<number>;

  /** @param plan the ring to come; without it nothing is on its way. */
  constructor(ring: Ring, plan?: Plan, progress: ProgressOf = {}) {
    this.#walks = walksOf(ring.owners);
    this.#nextWalks = plan && walksOf(plan.owners);
    this.#transfers = plan === undefined ? [] : transfersOf(this.#walks, walksOf(plan.owners), plan);
    const open = new Set(this.#transfers.filter((transfer) => !isDone(progress, transfer)).map(({ partition }) => partition));
    this.#movedHomes = new Set([...ring.owners.keys()].filter((home) => plan !== undefined && !open.has(home)));
  }

  get transfers(): readonly Transfer[] {
    return this.#transfers;
  }

  /** Whether the new owners answer for this home partition already. */
  isMoved(home: number): boolean {
    return this.#movedHomes.has(home);
  }

  /** Whether the ring to come can take the place of the ring. */
  get isDone(): boolean {
    return this.#nextWalks !== undefined && this.#movedHomes.size === this.#walks.length;
  }

  /** All members in the order in which they are asked: for stand-ins, as `sloppyList` takes it. */
  walk(home: number): readonly string[] {
    return (this.isMoved(home) ? this.#nextWalks?.[home] : this.#walks[home]) ?? [];
  }

  /** Who has to hear of a write besides those that its coordinator, who may know an older ring, sent it to. Whoever gets it passes it on to them. */
  missed(home: number, n: number, sentTo: readonly string[]): string[] {
    const { owners, receivers } = this.replicas(home, n);
    return [...owners.map(({ member }) => member), ...receivers].filter((member) => !sentTo.includes(member));
  }

  replicas(home: number, n: number): Replicas {
    const owners = preferenceList(this.walk(home), n);
    const others = this.isMoved(home) ? this.#walks[home] : this.#nextWalks?.[home];
    const receivers = (others ?? []).slice(0, n).filter((member) => !owners.some((owner) => owner.member === member));
    return { owners, receivers };
  }
}

function isDone(progress: ProgressOf, transfer: Transfer): boolean {
  return transfer.from === undefined || progress[transferName(transfer)]?.state === "done";
}

/** For every N each new owner of each home partition, paired with those that it takes over from. */
function transfersOf(walks: Walks, nextWalks: Walks, plan: Plan): Transfer[] {
  const lost = forcedOut(plan);
  return walks.flatMap((walk, partition) => {
    const next = nextWalks[partition] ?? [];
    const found = new Map<string, Transfer>();
    for (const n of plan.nVals) {
      const before = walk.slice(0, n);
      const after = next.slice(0, n);
      const left = before.filter((member) => !after.includes(member));
      after
        .filter((member) => !before.includes(member))
        .forEach((to, i) => {
          const from = [left[i], ...before].find((member) => member !== undefined && !lost.includes(member));
          if (!found.has(to)) found.set(to, { partition, from, to });
        });
    }
    return [...found.values()];
  });
}
