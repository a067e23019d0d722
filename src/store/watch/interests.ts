import type { Key, Version } from "../mvcc/key-value.js";
import { RangeIndex } from "./range-index.js";
import { endOf, wantsKind } from "./watcher.js";
import type { Watcher, WatchSpec } from "./watcher.js";

/** All watchers that keep up and are told the very same: what is made for one of them serves all. */
export class Audience {
  readonly key: Key;
  readonly end: Key;
  readonly spec: WatchSpec;
  readonly watchers = new Set<Watcher>();
  /** Of the writes being looked at: those that it is told. */
  heard: Version[] = [];

  constructor(spec: WatchSpec) {
    this.key = spec.key;
    this.end = endOf(spec);
    this.spec = spec;
  }
}

/** Who wants to be told of which keys, among those who keep up. */
export class Interests {
  readonly #audiences = new Map<string, Audience>();
  readonly #ofKey = new Map<Key, Audience[]>();
  readonly #ofRanges = new RangeIndex<Audience>();

  get isEmpty(): boolean {
    return this.#audiences.size === 0;
  }

  audiences(): Iterable<Audience> {
    return this.#audiences.values();
  }

  join(watcher: Watcher): void {
    const name = nameOf(watcher.spec);
    const audience = this.#audiences.get(name) ?? this.#found(name, watcher.spec);
    audience.watchers.add(watcher);
    watcher.audience = audience;
  }

  leave(watcher: Watcher): void {
    const { audience } = watcher;
    if (audience === undefined) return;
    watcher.audience = undefined;
    audience.watchers.delete(watcher);
    if (audience.watchers.size === 0) this.#dissolve(audience);
  }

  /** Lets each audience hear the writes it wants, and returns those that heard any. */
  hear(changes: Iterable<Version>): readonly Audience[] {
    const hearing: Audience[] = [];
    let version: Version;
    const tell = (audience: Audience): void => {
      if (!wantsKind(audience.spec, version)) return;
      if (audience.heard.length === 0) hearing.push(audience);
      audience.heard.push(version);
    };
    for (version of changes) {
      this.#ofKey.get(version.key)?.forEach(tell);
      this.#ofRanges.forEachWith(version.key, tell);
    }
    return hearing;
  }

  #found(name: string, spec: WatchSpec): Audience {
    const audience = new Audience(spec);
    this.#audiences.set(name, audience);
    if (spec.rangeEnd !== "") this.#ofRanges.add(audience);
    else this.#ofKey.set(spec.key, [...(this.#ofKey.get(spec.key) ?? []), audience]);
    return audience;
  }

  #dissolve(audience: Audience): void {
    this.#audiences.delete(nameOf(audience.spec));
    if (audience.spec.rangeEnd !== "") return this.#ofRanges.delete(audience);
    const others = (this.#ofKey.get(audience.key) ?? []).filter((each) => each !== audience);
    if (others.length > 0) this.#ofKey.set(audience.key, others);
    else this.#ofKey.delete(audience.key);
  }
}

/** The same for watchers that are told the same. */
function nameOf({ key, rangeEnd, noPut, noDelete, prevKv }: WatchSpec): string {
  return `${Number(noPut)}${Number(noDelete)}${Number(prevKv)}${key.length}:${key}${rangeEnd}`;
}
