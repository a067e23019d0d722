import type { Revision, Version } from "../../../src/store/mvcc/key-value.js";
import type { WatchSpec } from "../../../src/store/watch/watcher.js";

/** An event as the tests compare it. */
export interface PlainEvent {
  readonly type: "put" | "delete";
  readonly key: string;
  readonly revision: Revision;
  readonly value: string;
  /** What stood there before; undefined where nothing did, or nobody asked. */
  readonly previous: string | undefined;
}

/** What a watcher is told, without any cleverness: the whole history, filtered. `history`: every write there ever was, in order. */
export function plainWatch(history: readonly Version[], spec: WatchSpec, from: Revision): readonly PlainEvent[] {
  return history
    .filter(({ modRevision }) => modRevision >= from)
    .filter(({ key }) => isWithin(spec, key))
    .filter(({ deleted }) => (deleted ? !spec.noDelete : !spec.noPut))
    .map((version) => ({
      type: version.deleted ? "delete" : "put",
      key: version.key,
      revision: version.modRevision,
      value: textOf(version.value),
      previous: spec.prevKv ? before(history, version) : undefined,
    }));
}

function isWithin({ key, rangeEnd }: WatchSpec, asked: string): boolean {
  if (rangeEnd === "") return asked === key;
  return asked >= key && (rangeEnd === "\0" || asked < rangeEnd);
}

function before(history: readonly Version[], { key, modRevision }: Version): string | undefined {
  const last = history.findLast((version) => version.key === key && version.modRevision < modRevision);
  return last === undefined || last.deleted ? undefined : textOf(last.value);
}

export function textOf(value: Uint8Array): string {
  return Buffer.from(value).toString("latin1");
}
