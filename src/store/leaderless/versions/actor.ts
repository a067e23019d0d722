import type { VersionVector } from "./version-vector.js";

/**
 * Who an event is of. A disk's id (8 random bytes) and an epoch (4 bytes, big-endian), both as text with one character a byte: a disk that
 * lost what it had written of a key must not count on from where its copy says, because others may have seen more of it, and would take the
 * new writes for old ones (Riak's kv#679). It counts as somebody else instead: in a new epoch. Without epochs, an actor is a node's name.
 */
export const diskIdBytes = 8;
const epochBytes = 4;

/** Epochs are below this. */
export const epochRange = 2 ** 32;

/** Says as whom a node writes a key; asked once for every write that it coordinates. */
export interface ActorSource {
  /** `local`: the vector of its own copy; undefined: it has none. `context`: what the client had seen. */
  choose(local: VersionVector | undefined, context: VersionVector): string;
}

/** A node that counts on under its name whatever happens to its disk, as all did before kv#679. */
export function namedActor(name: string): ActorSource {
  return { choose: () => name };
}

export function actorOf(diskId: string, epoch: number): string {
  return diskId + String.fromCharCode(epoch >>> 24, (epoch >>> 16) & 0xff, (epoch >>> 8) & 0xff, epoch & 0xff);
}

/** The epoch of an actor of this disk; undefined: it is somebody else's. */
export function epochOf(actor: string, diskId: string): number | undefined {
  if (actor.length !== diskIdBytes + epochBytes || !actor.startsWith(diskId)) return undefined;
  let epoch = 0;
  for (let at = diskIdBytes; at < actor.length; at++) epoch = epoch * 256 + actor.charCodeAt(at);
  return epoch;
}

/** The last epoch of this disk, before epoch `below`, that the vector has events of; -1: it has none. */
export function lastEpoch(vector: VersionVector, diskId: string, below: number): number {
  let last = -1;
  for (const { actor } of vector) {
    const epoch = epochOf(actor, diskId);
    if (epoch !== undefined && epoch > last && epoch < below) last = epoch;
  }
  return last;
}
