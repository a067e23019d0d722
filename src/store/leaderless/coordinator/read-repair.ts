import type { ObjectName } from "../api.js";
import { nValsOfBucket } from "../buckets/known.js";
import type { Compared } from "../messages.js";
import { SiblingCounts, type SiblingHistogram } from "../objects/sibling-counts.js";
import { reapDecision, type DeleteMode } from "../objects/tombstones.js";
import { objectName } from "../storage-key.js";
import { Comparisons } from "./comparisons.js";
import type { Gathered, Reads } from "./reads.js";
import { Reaping } from "./reaping.js";
import { repairOf } from "./repair.js";
import type { PlacedReplica, Surroundings } from "./surroundings.js";

/** Replicas that had less of an object than others, or nothing. */
export interface RepairedEvent {
  readonly type: "repaired";
  readonly name: ObjectName;
  readonly members: readonly string[];
}

export interface ReadRepairOptions {
  readonly around: Surroundings;
  readonly reads: () => Reads;
  /** Off is a mistake: what differs then waits for anti-entropy. */
  readonly isOn: boolean;
  readonly deleteMode: DeleteMode;
  readonly tell: (event: RepairedEvent) => void;
}

const lookTimeoutMs = 5000;

/** What follows of reads once their replicas have answered: read repair (Dynamo §5), and the end of deletions that all owners have. */
export class ReadRepair {
  readonly #options: ReadRepairOptions;
  readonly #comparisons: Comparisons;
  readonly #reaping: Reaping;
  readonly #siblings = new SiblingCounts();

  constructor(options: ReadRepairOptions) {
    this.#options = options;
    const { around } = options;
    this.#comparisons = new Comparisons({ around, look: (key) => this.look(key) });
    this.#reaping = new Reaping(around);
  }

  /** What reads that this node coordinated have found. */
  get siblings(): SiblingHistogram {
    return this.#siblings.histogram;
  }

  gathered(gathered: Gathered): void {
    const { isOn, deleteMode, tell } = this.#options;
    const { name, key, copies, object, unasked } = gathered;
    this.#siblings.note(object?.siblings.length ?? 0);
    if (unasked.length > 0) {
      if (isOn) this.#comparisons.add(unasked, key, copies[0]?.objectHash);
      return;
    }
    const repair = isOn ? repairOf(gathered, deleteMode.kind === "keep") : undefined;
    if (repair === undefined) return this.#reap(gathered);
    for (const replica of repair.to) this.#repair(gathered, replica, repair.bytes);
    tell({ type: "repaired", name, members: repair.to.map(({ member }) => member) });
  }

  /** What others have of objects of which this node has a copy as well. */
  compared(entries: readonly Compared[]): void {
    if (this.#options.isOn) this.#comparisons.received(entries);
  }

  /** Reads the key as for a client, for what follows of it. Everybody is asked who ever was to have a copy. */
  look(key: string): void {
    const { around, reads } = this.#options;
    const name = objectName(key);
    const options = { sloppyQuorum: false, timeoutMs: lookTimeoutMs };
    const properties = { ...(around.propertiesOf(name) ?? around.defaults), nVal: this.#widestN(name) };
    reads().begin(name, options, properties, () => undefined, true);
  }

  /** Time has passed. */
  tick(): void {
    this.#reaping.tick();
    this.#comparisons.tick();
  }

  #reap({ name, properties, copies, object, isComplete }: Gathered): void {
    // who was an owner while the bucket had a larger N may hold what was deleted
    const isWide = (): boolean => properties.nVal >= this.#widestN(name);
    const areOwners = copies.every(({ replica }) => replica.hintFor === undefined);
    if (object === undefined || !isComplete || !areOwners || !isWide()) return;
    const found = copies.map(({ objectHash }) => (objectHash === undefined ? undefined : { object, objectHash }));
    const decision = reapDecision(found, this.#options.deleteMode);
    const replicas = copies.map(({ replica }) => replica);
    if (decision.kind === "reap") this.#reaping.begin(name, replicas, decision);
  }

  #repair({ properties, key }: Gathered, { member, place }: PlacedReplica, bytes: Uint8Array): void {
    const { self, copies, send, rulesOf } = this.#options.around;
    if (member !== self) send({ type: "write", to: member, request: 0, place, key, object: bytes, wanted: "nothing" });
    else copies.take(place, key, bytes, rulesOf(properties));
  }

  #widestN(bucket: ObjectName): number {
    const { clusterState, defaults } = this.#options.around;
    return Math.max(...nValsOfBucket(clusterState(), defaults, bucket));
  }
}
