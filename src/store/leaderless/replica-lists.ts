import type { ObjectName } from "./api.js";
import type { Asked, PlacedReplica } from "./coordinator/surroundings.js";
import { homePartition } from "./ring/place.js";
import { preferenceList, sloppyList, type Replica } from "./ring/preference-list.js";
import type { Transition } from "./ring/transfers.js";
import type { Place } from "./storage.js";

/** Who takes every write to an object besides its replicas, and where. */
export interface Receiver {
  readonly member: string;
  readonly place: Place;
}

/** By what a bucket's keys ask for, then by home partition. */
type Lists<T> = Map<number, (readonly T[])[]>;

export interface ReplicaListsOptions {
  readonly transition: () => Transition;
  readonly ringSize: () => number;
  readonly isReachable: (member: string) => boolean;
  readonly isDead: (member: string) => boolean;
}

/**
 * Who is asked for the keys of each home partition, found once and known until {@link ReplicaLists.forget}: each node that a request comes by looks several
 * times, and the answer changes only with the ring and with who can be reached.
 */
export class ReplicaLists {
  readonly #options: ReplicaListsOptions;
  readonly #replicas: Lists<PlacedReplica> = new Map();
  readonly #receivers: Lists<Receiver> = new Map();
  /** Whose partition was asked for last: a request looks with one and the same name. */
  #name: ObjectName | undefined;
  #partition = 0;

  constructor(options: ReplicaListsOptions) {
    this.#options = options;
  }

  /** The ring is another one, or somebody can be reached who could not be, or the other way round. */
  forget(): void {
    this.#replicas.clear();
    this.#receivers.clear();
    this.#name = undefined;
  }

  partitionOf(name: ObjectName): number {
    if (name === this.#name) return this.#partition;
    this.#partition = homePartition(name, this.#options.ringSize());
    this.#name = name;
    return this.#partition;
  }

  /** As `replicasOf`. */
  replicas(partition: number, asked: Asked): readonly PlacedReplica[] {
    const { n, nVal, sloppy } = asked;
    // what a client asks for is anything, what buckets have is little
    if (n !== nVal) return this.#find(partition, asked);
    return listIn(this.#replicas, 2 * n + (sloppy ? 1 : 0), partition, () => this.#find(partition, asked));
  }

  receivers(partition: number, n: number): readonly Receiver[] {
    return listIn(this.#receivers, n, partition, () => {
      const place = { kind: "home", partition, n } as const;
      return this.#options
        .transition()
        .replicas(partition, n)
        .receivers.map((member) => ({ member, place }));
    });
  }

  #find(partition: number, asked: Asked): readonly PlacedReplica[] {
    const { transition, isReachable, isDead } = this.#options;
    return replicasOf(transition().walk(partition), partition, asked, { isReachable, isDead });
  }
}

/**
 * Who is to be asked for keys of a home partition, given the walk from there. Owners who cannot be reached have stand-ins where it is `sloppy`; where there
 * are none they are asked themselves, unless they are held to be dead: that they did not answer this node lately may mean little.
 */
export function replicasOf(
  walk: readonly string[],
  partition: number,
  { n, nVal, sloppy }: Asked,
  { isReachable, isDead }: Pick<ReplicaListsOptions, "isReachable" | "isDead">,
): readonly PlacedReplica[] {
  const isAlive = (member: string): boolean => !isDead(member);
  const replicas: readonly Replica[] = sloppy
    ? sloppyList(walk, n, isReachable, isAlive)
    : preferenceList(walk, n).filter(({ member }) => isAlive(member));
  return replicas.map((replica) => placed(replica, partition, nVal));
}

/** Where a replica keeps its copy. */
export function placed(replica: Replica, partition: number, n: number): PlacedReplica {
  const { hintFor } = replica;
  const place: Place = hintFor === undefined ? { kind: "home", partition, n } : { kind: "hint", partition, n, member: hintFor };
  return { ...replica, place };
}

function listIn<T>(lists: Lists<T>, kind: number, partition: number, find: () => readonly T[]): readonly T[] {
  let ofKind = lists.get(kind);
  if (ofKind === undefined) lists.set(kind, (ofKind = []));
  return (ofKind[partition] ??= find());
}
