import { preferenceList, walksOf, type Owner, type Walks } from "./preference-list.js";
import type { Ring } from "./ring.js";
import { forcedOut, type Plan } from "./staged-plan.js";

/**
 * A copy of a home partition that has to be made. Quorums count positions of the preference list, so it is a position that moves: whoever takes one over
 * has to know at least what its holder did, or a read could miss a write that a quorum had taken.
 */
export interface Transfer {
  /** The home partition. */
  readonly partition: number;
  /**
   * Who holds the position until now. Where that one is lost, every other owner hands over what it has, in a transfer of its own. Absent: all are lost,
   * and nothing is left to wait for.
   */
  readonly from: string | undefined;
  readonly to: string;
  /** For keys that have these numbers of owners. */
  readonly nVals: readonly number[];
  /** Whether `from` keeps its own position, and helps to make another one anew whose holder is lost. */
  readonly isRebuilding: boolean;
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

export function transferName({ partition, from, to }: Pick<Transfer, "partition" | "from" | "to">): string {
  return `${partition}/${from ?? ""}/${to}`;
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
  readonly #progress: ProgressOf;
  readonly #movedHomes: ReadonlySet<number>;

  /** @param plan the ring to come; without it nothing is on its way. */
  constructor(ring: Ring, plan?: Plan, progress: ProgressOf = {}) {
    this.#progress = progress;
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

  replicas(home: number, n: number): Replicas {
    const owners = preferenceList(this.walk(home), n);
    const others = this.isMoved(home) ? this.#walks[home] : this.#nextWalks?.[home];
    const receivers = (others ?? []).slice(0, n).filter((member) => !owners.some((owner) => owner.member === member));
    return { owners, receivers };
  }

  /** Whether some of the owners are to be others. */
  isChanging(home: number): boolean {
    return this.#transfers.some(({ partition }) => partition === home);
  }

  /** To whom this member has handed positions of its own for a home partition. */
  handedTo(member: string, home: number, n: number): string[] {
    return this.#transfers
      .filter(({ partition, from, nVals }) => partition === home && from === member && nVals.includes(n))
      .filter((transfer) => !transfer.isRebuilding && isDone(this.#progress, transfer))
      .map(({ to }) => to);
  }
}

function isDone(progress: ProgressOf, transfer: Transfer): boolean {
  return transfer.from === undefined || progress[transferName(transfer)]?.state === "done";
}

/** For every N the positions of each home partition that change hands, by who loses and who gains them. */
function transfersOf(walks: Walks, nextWalks: Walks, plan: Plan): Transfer[] {
  const lost = forcedOut(plan);
  return walks.flatMap((walk, partition) => {
    const found = new Map<string, Transfer>();
    for (const n of plan.nVals) {
      const before = positionsOf(walk, n);
      const after = positionsOf(nextWalks[partition] ?? [], n);
      const left = without(before, after);
      without(after, before).forEach((to, i) => {
        const holder = left[i];
        const isLost = holder === undefined || lost.includes(holder);
        const survivors = [...new Set(before)].filter((member) => member !== to && !lost.includes(member));
        for (const from of !isLost ? [holder] : survivors.length > 0 ? survivors : [undefined]) {
          const name = transferName({ partition, from, to });
          const { nVals = [], isRebuilding = true } = found.get(name) ?? {};
          found.set(name, {
            partition,
            from,
            to,
            nVals: nVals.includes(n) ? nVals : [...nVals, n],
            isRebuilding: isRebuilding && isLost,
          });
        }
      });
    }
    return [...found.values()];
  });
}

/** The preference list with each member as often as it has positions. */
function positionsOf(walk: readonly string[], n: number): string[] {
  return preferenceList(walk, n).flatMap(({ member, positions }) => Array.from({ length: positions }, () => member));
}

/** The members of a list without those of another, each as often as it is there. */
function without(members: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return members.filter((member) => {
    const at = left.indexOf(member);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
