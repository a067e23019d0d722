import type { KeyValue } from "../store-client.js";
import type { ReadQuorums, StoredObject, WriteQuorums } from "./object-client.js";
import type { NameWishes, ObjectName } from "./object-name.js";

export interface ReadWishes extends NameWishes, ReadQuorums {}

export interface WriteWishes extends ReadWishes, WriteQuorums {
  /** Base64, from a read: the write takes the place of what that read saw. */
  readonly context: string | undefined;
}

export interface PutWishes extends WriteWishes {
  /** Reads first, and takes the place of all that is there. */
  readonly resolve: boolean;
}

/** What the bucket's properties say, in a leaderless store; a raft one knows no wishes. */
export const noWishes: PutWishes = {
  bucket: undefined,
  type: undefined,
  r: undefined,
  pr: undefined,
  w: undefined,
  pw: undefined,
  context: undefined,
  resolve: false,
};

/** An object of the leaderless store. */
export interface NamedObject extends ObjectName, StoredObject {}

export interface RaftWrite {
  readonly key: string;
  readonly revision: number;
}

export interface ObjectWrite extends NamedObject {
  /** How many siblings it took the place of, where it read first; null where it did not. */
  readonly resolved: number | null;
}

export interface RaftDeletion {
  readonly key: string;
  readonly deleted: number;
}

export interface ObjectDeletion extends ObjectName {
  readonly deleted: boolean;
}

/** What the commands `put`, `get` and `del` ask of a store. Each design answers in its own way; wishes that it does not know are USAGE. */
export interface Keys {
  put(key: string, value: string, wishes: PutWishes): Promise<RaftWrite | ObjectWrite>;
  /** Undefined: there is no such key. */
  get(key: string, wishes: ReadWishes): Promise<KeyValue | NamedObject | undefined>;
  del(key: string, wishes: WriteWishes): Promise<RaftDeletion | ObjectDeletion>;
}
