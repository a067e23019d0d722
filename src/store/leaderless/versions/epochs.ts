import { invariant } from "../../../core/invariant.js";
import type { ActorSource } from "./actor.js";
import { actorOf, diskIdBytes, epochOf, epochRange, lastEpoch } from "./actor.js";
import { MalformedBytes } from "./binary.js";
import type { VersionVector } from "./version-vector.js";
import { counterOf, emptyVector } from "./version-vector.js";

const version = 1;
const storedBytes = 1 + diskIdBytes + 4;

/** Epochs leased at a time. A start gives up what is left of the last lease, so a disk lasts for 65,535 starts; then it takes a new id. */
export const leaseEpochs = 65_536;
/** Keys of which it is remembered that the copy is not all that this disk had. */
export const outdatedMax = 4096;

/**
 * The epochs of a disk (see actor.ts), leased in blocks: a lease is durable before any epoch of it is used, so no epoch is given out twice,
 * whatever a crash makes the disk forget.
 *
 * A write counts on in the newest epoch that the copy it starts from has of this disk, if that copy is sure to have all events of it. It
 * takes a new one
 * - where there is no copy, or none of this disk's events in it;
 * - where the epoch is of a former life of the program: a crash may have taken the end of the log along;
 * - where a client, or a copy that arrived, has seen events of this disk that the copy here has not: the disk has lost them, or wrote them in
 *   a copy that it gave away since, or keeps in another place.
 * With that, no two writes of a key ever have the same dot.
 */
export class Epochs {
  private diskId: string;
  /** Epochs before this one are of former lives. */
  private since: number;
  private next: number;
  /** Epochs below this one are leased: durable, and free to use from `next` on. */
  private leasedTo: number;
  private readonly freshDiskId: () => string;
  private pending: { readonly diskId: string; readonly to: number } | undefined;
  private readonly outdated = new Set<string>();

  /**
   * `stored`: what {@link lease} last gave out and the disk kept; undefined: a new disk. `freshDiskId`: 8 random bytes as text with one
   * character a byte. Throws {@link MalformedBytes}.
   */
  constructor(stored: Uint8Array | undefined, freshDiskId: () => string) {
    this.freshDiskId = freshDiskId;
    const { diskId, to } = stored === undefined ? { diskId: freshDiskId(), to: 0 } : decodeLease(stored);
    invariant(diskId.length === diskIdBytes, "a disk's id is of 8 bytes");
    this.diskId = diskId;
    this.since = to;
    this.next = to;
    this.leasedTo = to;
  }

  /** How many writes may take a new epoch before the next lease is durable. A write takes one at most. */
  get available(): number {
    return this.leasedTo - this.next;
  }

  /** Bytes to make durable, and then to tell by {@link leased}; undefined: nothing to do for now. Ask after every step. */
  lease(): Uint8Array | undefined {
    if (this.pending !== undefined || this.available > leaseEpochs / 2) return undefined;
    const fits = this.leasedTo + leaseEpochs < epochRange;
    this.pending = fits
      ? { diskId: this.diskId, to: this.leasedTo + leaseEpochs }
      : { diskId: this.freshDiskId(), to: leaseEpochs };
    return encodeLease(this.pending.diskId, this.pending.to);
  }

  leased(): void {
    invariant(this.pending !== undefined, "an epoch lease was asked for before it is told to be durable");
    if (this.pending.diskId !== this.diskId) {
      this.diskId = this.pending.diskId;
      this.since = 0;
      this.next = 0;
      this.outdated.clear();
    }
    this.leasedTo = this.pending.to;
    this.pending = undefined;
  }

  /** Who writes this copy: `copy` names its place and key. `available` has to be at least 1. */
  of(copy: string): ActorSource {
    return { choose: (local, context) => this.choose(copy, local, context) };
  }

  /**
   * Has to be told of every object that comes from elsewhere, another node or another place of this one, before it is merged into the copy
   * (`local`; undefined: there is none).
   */
  arrived(copy: string, local: VersionVector | undefined, incoming: VersionVector): void {
    if (!this.hasMore(incoming, local)) return;
    this.outdated.add(copy);
    if (this.outdated.size <= outdatedMax) return;
    // Too many to remember. As after a start: whatever is written next begins a new epoch.
    this.since = this.next;
    this.outdated.clear();
  }

  private choose(copy: string, local: VersionVector | undefined, context: VersionVector): string {
    const last = local === undefined ? -1 : lastEpoch(local, this.diskId, this.next);
    const continues = last >= this.since && !this.isOutdated(copy) && !this.hasMore(context, local);
    if (continues) return actorOf(this.diskId, last);
    invariant(this.next < this.leasedTo, "an epoch is leased before a write takes it");
    this.outdated.delete(copy);
    return actorOf(this.diskId, this.next++);
  }

  private isOutdated(copy: string): boolean {
    // there are none nearly always, and the name of a copy is not put together before somebody looks at it
    return this.outdated.size > 0 && this.outdated.has(copy);
  }

  /** Whether the vector has events of this life that the copy has not. Epochs that are not given out yet somebody has made up. */
  private hasMore(vector: VersionVector, local: VersionVector | undefined): boolean {
    return vector.some(({ actor, counter }) => {
      const epoch = epochOf(actor, this.diskId);
      if (epoch === undefined || epoch < this.since || epoch >= this.next) return false;
      return counter > counterOf(local ?? emptyVector, actor);
    });
  }
}

function encodeLease(diskId: string, to: number): Uint8Array {
  const out = Buffer.alloc(storedBytes);
  out[0] = version;
  out.write(diskId, 1, "latin1");
  out.writeUInt32BE(to, 1 + diskIdBytes);
  return out;
}

function decodeLease(bytes: Uint8Array): { readonly diskId: string; readonly to: number } {
  if (bytes.length !== storedBytes || bytes[0] !== version) throw new MalformedBytes("this is no lease of epochs");
  const stored = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { diskId: stored.toString("latin1", 1, 1 + diskIdBytes), to: stored.readUInt32BE(1 + diskIdBytes) };
}
