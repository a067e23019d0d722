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
  readonly self: string;
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
  readonly #coordinators: Lists<string> = new Map();
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
    this.#coordinators.clear();
    this.#receivers.clear();
    this.#name = undefined;
  }

  partitionOf(name: ObjectName): number {
    if (name === this.#name) return this.#partition;
    this.#partition = homePartition(name, this.#options.ringSize());
    this.#name = name;
    return this.#partition;
  }

  /** As {@link replicasOf}. */
  replicas(partition: number, asked: Asked): readonly PlacedReplica[] {
    if (isOdd(asked)) return this.#find(partition, asked);
    return listIn(this.#replicas, kindOf(asked), partition, () => this.#find(partition, asked));
  }

  /** As {@link coordinatorsOf}. */
  coordinators(partition: number, asked: Asked): readonly string[] {
    const find = (): readonly string[] => coordinatorsOf(this.replicas(partition, asked), this.#options);
    return isOdd(asked) ? find() : listIn(this.#coordinators, kindOf(asked), partition, find);
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

/**
 * Those of the replicas who may coordinate a write, the best first. This node before others of its kind, since that saves a message; owners before
 * stand-ins, since who has no copy has to count in an epoch of its own, and vectors grow.
 */
export function coordinatorsOf(
  replicas: readonly PlacedReplica[],
  { self, isReachable }: Pick<ReplicaListsOptions, "self" | "isReachable">,
): readonly string[] {
  const rank = ({ member, hintFor }: PlacedReplica): number =>
    (isReachable(member) ? 0 : 4) + (hintFor === undefined ? 0 : 2) + (member === self ? 0 : 1);
  return replicas.toSorted((a, b) => rank(a) - rank(b)).map(({ member }) => member);
}

/** What a client asks for may be anything, and is not remembered; what buckets have is little. */
function isOdd({ n, nVal }: Asked): boolean {
  return n !== nVal;
}

function kindOf({ n, sloppy }: Asked): number {
  return 2 * n + (sloppy ? 1 : 0);
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
