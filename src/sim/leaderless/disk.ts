import type { Prng } from "../../core/prng.js";
import { keyHash, objectHash, segmentOf } from "../../store/leaderless/merkle/hash.js";
import { SumTree } from "../../store/leaderless/merkle/sum-tree.js";
import { placeName, type Place, type Storage } from "../../store/leaderless/storage.js";
import type { Timeline } from "../timeline.js";

/** A copy of a key, as somebody finds it who looks at the disk from outside. */
export interface Copy {
  readonly place: Place;
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** One record of the log; without bytes it removes. */
type Write =
  | {
      readonly kind: "object";
      readonly name: string;
      readonly place: Place;
      readonly key: string;
      readonly bytes: Uint8Array | undefined;
    }
  | { readonly kind: "meta"; readonly name: string; readonly bytes: Uint8Array };

/**
 * The disk of a leaderless node: as store/io/bitcask/, a log of objects and one of metadata. What comes in while a sync runs goes together into the next one.
 * A crash loses what waits; of the sync under way each log keeps a beginning of any length.
 */
export class LeaderlessDisk {
  readonly #timeline: Timeline;
  readonly #prng: Prng;
  readonly #latenciesMs: (readonly [min: number, max: number])[];
  #objects = new Map<string, Copy>();
  #meta = new Map<string, Uint8Array>();
  #opened: OpenDisk | undefined;

  constructor(timeline: Timeline, prng: Prng, latencyMs: readonly [min: number, max: number]) {
    this.#timeline = timeline;
    this.#prng = prng;
    this.#latenciesMs = [latencyMs];
  }

  /** Takes other times until the returned function is called. */
  slow(latencyMs: readonly [min: number, max: number]): () => void {
    this.#latenciesMs.push(latencyMs);
    return () => void this.#latenciesMs.splice(this.#latenciesMs.indexOf(latencyMs), 1);
  }

  /** For one life of a node. `onDurable`: all writes up to this number are. */
  open(onDurable: (writeNumber: number) => void): OpenDisk {
    const sync = (frame: readonly Write[], done: () => void): void => {
      const [minMs, maxMs] = this.#latenciesMs.at(-1) as readonly [number, number];
      this.#timeline.after(minMs + this.#prng.next() * (maxMs - minMs), () => {
        if (this.#opened !== opened) return;
        this.#keep(frame);
        done();
      });
    };
    const opened = new OpenDisk(this.#objects.values(), this.#meta, sync, onDurable);
    this.#opened = opened;
    return opened;
  }

  crash(): void {
    const frame = this.#opened?.frame ?? [];
    this.#opened = undefined;
    for (const kind of ["object", "meta"] as const) {
      const written = frame.filter((write) => write.kind === kind);
      this.#keep(written.slice(0, this.#prng.int(0, written.length)));
    }
  }

  /** Of a node that is down: a new disk. */
  wipe(): void {
    this.#objects = new Map();
    this.#meta = new Map();
  }

  /** One copy rots: whoever reads it finds that it is none. Returns where it was, if there was any. */
  rot(): Place | undefined {
    const opened = this.#opened;
    const settled = [...this.#objects].filter(
      ([, { place, key, bytes }]) => opened === undefined || opened.get(place, key) === bytes,
    );
    if (settled.length === 0) return undefined;
    const [name, { place, key }] = this.#prng.pick(settled);
    this.#objects.delete(name);
    opened?.lose(place, key);
    return place;
  }

  /** What a crash cannot take. */
  durable(): Iterable<Copy> {
    return this.#objects.values();
  }

  /** What the node has, or would have if it were to start now. */
  *copies(): Iterable<Copy> {
    yield* this.#opened?.copies() ?? this.#objects.values();
  }

  #keep(frame: readonly Write[]): void {
    for (const write of frame) {
      if (write.kind === "meta") this.#meta.set(write.name, write.bytes);
      else if (write.bytes === undefined) this.#objects.delete(write.name);
      else this.#objects.set(write.name, { place: write.place, key: write.key, bytes: write.bytes });
    }
  }
}

interface Held {
  readonly place: Place;
  readonly objects: Map<string, Uint8Array>;
  readonly tree: SumTree;
}

/** What a node sees of its disk: every write at once. */
class OpenDisk implements Storage {
  readonly #places = new Map<string, Held>();
  readonly #meta: Map<string, Uint8Array>;
  readonly #sync: (frame: readonly Write[], done: () => void) => void;
  readonly #onDurable: (writeNumber: number) => void;
  #waiting: Write[] = [];
  #written = 0;
  #durable = 0;
  /** On its way to the disk. */
  frame: readonly Write[] = [];

  constructor(
    objects: Iterable<Copy>,
    meta: ReadonlyMap<string, Uint8Array>,
    sync: (frame: readonly Write[], done: () => void) => void,
    onDurable: (writeNumber: number) => void,
  ) {
    this.#meta = new Map(meta);
    this.#sync = sync;
    this.#onDurable = onDurable;
    for (const { place, key, bytes } of objects) this.#set(place, key, bytes);
  }

  get(place: Place, key: string): Uint8Array | undefined {
    return this.#places.get(placeName(place))?.objects.get(key);
  }

  hash(place: Place, key: string): number | undefined {
    const bytes = this.get(place, key);
    return bytes === undefined ? undefined : objectHash(bytes);
  }

  put(place: Place, key: string, bytes: Uint8Array): number {
    this.#set(place, key, bytes);
    return this.#write({ kind: "object", name: `${placeName(place)}/${key}`, place, key, bytes });
  }

  remove(place: Place, key: string): number {
    this.lose(place, key);
    return this.#write({ kind: "object", name: `${placeName(place)}/${key}`, place, key, bytes: undefined });
  }

  places(): Place[] {
    return [...this.#places.values()].flatMap(({ place, objects }) => (objects.size > 0 ? [place] : []));
  }

  count(place: Place): number {
    return this.#places.get(placeName(place))?.objects.size ?? 0;
  }

  tree(place: Place): SumTree {
    return this.#at(place).tree;
  }

  *entries(place: Place, segment: number): Iterable<readonly [key: string, objectHash: number]> {
    for (const [key, bytes] of this.#at(place).objects) if (segmentOf(keyHash(key)) === segment) yield [key, objectHash(bytes)];
  }

  getMeta(name: string): Uint8Array | undefined {
    return this.#meta.get(name);
  }

  putMeta(name: string, bytes: Uint8Array): number {
    this.#meta.set(name, bytes);
    return this.#write({ kind: "meta", name, bytes });
  }

  *copies(): Iterable<Copy> {
    for (const { place, objects } of this.#places.values()) for (const [key, bytes] of objects) yield { place, key, bytes };
  }

  /** It is there no more, and no record says so. */
  lose(place: Place, key: string): void {
    const { objects, tree } = this.#at(place);
    const before = objects.get(key);
    if (before === undefined) return;
    tree.subtract(keyHash(key), objectHash(before));
    objects.delete(key);
  }

  #set(place: Place, key: string, bytes: Uint8Array): void {
    this.lose(place, key);
    const { objects, tree } = this.#at(place);
    tree.add(keyHash(key), objectHash(bytes));
    objects.set(key, bytes);
  }

  #write(write: Write): number {
    this.#waiting.push(write);
    if (this.frame.length === 0) this.#begin();
    return ++this.#written;
  }

  #begin(): void {
    this.frame = this.#waiting;
    this.#waiting = [];
    const { length } = this.frame;
    this.#sync(this.frame, () => {
      this.frame = [];
      this.#durable += length;
      if (this.#waiting.length > 0) this.#begin();
      this.#onDurable(this.#durable);
    });
  }

  #at(place: Place): Held {
    const name = placeName(place);
    const held = this.#places.get(name) ?? { place, objects: new Map<string, Uint8Array>(), tree: new SumTree() };
    this.#places.set(name, held);
    return held;
  }
}
