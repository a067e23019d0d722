import type { ObjectName } from "../keys/object-name.js";
import { sloppyList, walksOf } from "../../store/leaderless/ring/preference-list.js";
import { homePartition } from "../../store/leaderless/ring/place.js";
import type { ClusterRing } from "./cluster-ring.js";

/** Where an object is, by the ring that was shown. */
export interface Whereabouts extends ObjectName {
  /** Its home. */
  readonly partition: number;
  readonly partitions: number;
  /** The first N distinct members from there, clockwise. */
  readonly owners: readonly KeyOwner[];
  /** Those of the next ring who are none now; null: there is no next ring. */
  readonly nextOwners: readonly string[] | null;
}

export interface KeyOwner {
  readonly member: string;
  /** Who cannot reach it. */
  readonly unreachableFor: readonly string[];
  /** Who stands in for it where nobody reaches it, and keeps a hint; null: it is reached, or nobody is left. */
  readonly standIn: string | null;
}

/** `n`: how many owners it has; default the store's. */
export function whereIs({ type, bucket, key }: ObjectName, ring: ClusterRing, n = ring.n): Whereabouts {
  const bytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
  const partition = homePartition({ type: bytes(type), bucket: bytes(bucket), key: bytes(key) }, ring.owners.length);
  const walkOf = (owners: readonly string[]): readonly string[] => walksOf(owners)[partition] ?? [];
  const lost = new Set(
    ring.members.filter(({ asked, unreachableFor }) => asked > 0 && unreachableFor.length === asked).map(({ name }) => name),
  );
  const walk = walkOf(ring.owners);
  const standIns = new Map(
    sloppyList(walk, n, (member) => !lost.has(member)).flatMap(({ member, hintFor }) =>
      hintFor === undefined ? [] : [[hintFor, member]],
    ),
  );
  const owners = walk.slice(0, n);
  return {
    type,
    bucket,
    key,
    partition,
    partitions: ring.owners.length,
    owners: owners.map((member) => ({
      member,
      unreachableFor: ring.members.find(({ name }) => name === member)?.unreachableFor ?? [],
      standIn: standIns.get(member) ?? null,
    })),
    nextOwners:
      ring.nextOwners === null
        ? null
        : walkOf(ring.nextOwners)
            .slice(0, n)
            .filter((member) => !owners.includes(member)),
  };
}
