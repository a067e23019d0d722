import type { DataTypeOp, DataTypeValue } from "./crdt/operations.js";

/**
 * What clients may ask of a node of the leaderless store, whichever way they ask: protocol buffers and HTTP both map to these. Names and
 * defaults are Riak KV 2.2's. https://docs.riak.com/riak/kv/2.2.3/developing/api/
 *
 * Bucket types, buckets and keys are any bytes, as text with one character a byte (latin1).
 */

/** Of the default bucket type, which buckets without one are in. */
export const defaultType = "default";

export interface Bucket {
  readonly type: string;
  readonly bucket: string;
}

export interface ObjectName extends Bucket {
  readonly key: string;
}

/** How many replicas: a number, or a word that the bucket's `nVal` turns into one. `default`: what the bucket's properties say. */
export type Quorum = number | "one" | "quorum" | "all" | "default";

/** Any of them left out is the bucket's. */
export interface ReadOptions {
  readonly r?: Quorum | undefined;
  /** Of which so many must be owners, not stand-ins. */
  readonly pr?: Quorum | undefined;
  /** Give up once a majority failed, rather than once all have answered. */
  readonly basicQuorum?: boolean | undefined;
  /** Whether a replica that has nothing counts as an answer. */
  readonly notfoundOk?: boolean | undefined;
  readonly sloppyQuorum?: boolean | undefined;
  readonly nVal?: number | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface WriteOptions {
  readonly w?: Quorum | undefined;
  /** Of which so many must have it on disk. */
  readonly dw?: Quorum | undefined;
  readonly pw?: Quorum | undefined;
  readonly sloppyQuorum?: boolean | undefined;
  readonly nVal?: number | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface Link {
  readonly bucket: string;
  readonly key: string;
  readonly tag: string;
}

/** `name_int` holds whole numbers, `name_bin` bytes. */
export type IndexEntry = readonly [name: string, value: string];

/** A value and what was said of it. */
export interface Content {
  readonly value: Uint8Array;
  readonly contentType: string | undefined;
  readonly charset: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly userMeta: readonly (readonly [name: string, value: string])[];
  readonly indexes: readonly IndexEntry[];
  readonly links: readonly Link[];
}

/** One of the values that an object has. */
export interface Sibling extends Content {
  readonly vtag: string;
  /** Wall clock of the node that wrote it, ms since 1970. */
  readonly lastModifiedMs: number;
  /** A deletion: `value` is empty. */
  readonly isTombstone: boolean;
}

export interface ReadObject {
  /** Opaque to clients: what a write that follows from these values has to bring along. */
  readonly context: Uint8Array;
  /** One, or more where writes did not know of each other: the oldest first, by the clocks of who wrote them. */
  readonly siblings: readonly Sibling[];
}

/** Why a request was refused or failed. What a write may have done nevertheless, `definite` says: true is nothing at all. */
export interface Failure {
  readonly definite: boolean;
  readonly reason:
    | { readonly type: "timeout" }
    /** A quorum above the number of replicas. */
    | { readonly type: "nValViolation"; readonly nVal: number }
    /** Reachable owners, or replicas that answered, were too few. */
    | {
        readonly type: "unsatisfied";
        readonly option: "r" | "pr" | "w" | "pw" | "dw";
        readonly wanted: number;
        readonly got: number;
      }
    | { readonly type: "insufficientNodes"; readonly wanted: number; readonly got: number }
    /** `if_not_modified`, of another object or of none; `if_none_match`. */
    | { readonly type: "modified" | "notFound" | "matchFound" }
    | { readonly type: "noSuchType"; readonly bucketType: string }
    /** Of data types: the operation, or what is there, is of another type; a field to remove is not there. */
    | { readonly type: "dataType"; readonly why: string }
    | { readonly type: "overload" }
    /** The request itself: one sentence. */
    | { readonly type: "invalid"; readonly why: string };
}

/** What a bucket, or a bucket type, asks for. Riak's names in camel case. */
export interface BucketProperties {
  readonly nVal: number;
  readonly allowMult: boolean;
  readonly lastWriteWins: boolean;
  readonly r: Quorum;
  readonly w: Quorum;
  readonly pr: Quorum;
  readonly pw: Quorum;
  readonly dw: Quorum;
  readonly rw: Quorum;
  readonly basicQuorum: boolean;
  readonly notfoundOk: boolean;
  readonly dvvEnabled: boolean;
  /** Of version vectors: seconds and entries, see versions/. */
  readonly youngVclock: number;
  readonly oldVclock: number;
  readonly smallVclock: number;
  readonly bigVclock: number;
  readonly datatype: DataTypeName | undefined;
  readonly hllPrecision: number;
  readonly consistent: boolean;
}

export type DataTypeName = "counter" | "set" | "map" | "hll" | "gset";

/** A range of an index, both ends included; `eq` is a range of one. `$key` is a key of the bucket, `$bucket` the bucket itself. */
export interface IndexQuery extends Bucket {
  readonly index: string;
  readonly from: string;
  readonly to: string;
  readonly returnTerms: boolean;
  readonly termRegex: string | undefined;
  readonly maxResults: number | undefined;
  readonly continuation: string | undefined;
  readonly timeoutMs: number | undefined;
}

/** One question of a client. */
export type Request =
  | { readonly type: "get"; readonly name: ObjectName; readonly options: ReadOptions }
  | {
      readonly type: "put";
      readonly name: ObjectName;
      /** Of the read that this write follows; undefined: of none. */
      readonly context: Uint8Array | undefined;
      readonly content: Content;
      readonly options: WriteOptions;
      readonly condition: WriteCondition;
      /** Whether the answer is to hold what the object is now. */
      readonly returnBody: boolean;
    }
  | {
      readonly type: "delete";
      readonly name: ObjectName;
      /** Undefined: of what is read at this moment. */
      readonly context: Uint8Array | undefined;
      readonly read: ReadOptions;
      readonly write: WriteOptions;
    }
  | { readonly type: "fetchDataType"; readonly name: ObjectName; readonly options: ReadOptions }
  | {
      /** Of the default bucket type: a counter as Riak 1.4 had them, in any bucket that allows siblings. */
      readonly type: "updateDataType";
      readonly name: ObjectName;
      readonly op: DataTypeOp;
      /** Of the fetch whose elements are to be removed; undefined: of none. */
      readonly context: Uint8Array | undefined;
      readonly options: WriteOptions;
      /** Whether the answer is to hold what the value is now. */
      readonly returnBody: boolean;
    }
  /** Streamed, as is `index`: see {@link Page}. */
  | { readonly type: "listBuckets"; readonly bucketType: string; readonly timeoutMs: number | undefined }
  | { readonly type: "listKeys"; readonly bucket: Bucket; readonly timeoutMs: number | undefined }
  | { readonly type: "index"; readonly query: IndexQuery }
  | { readonly type: "bucketProperties"; readonly bucket: Bucket }
  /** Those given are set, the others stay. */
  | { readonly type: "setBucketProperties"; readonly bucket: Bucket; readonly properties: Partial<BucketProperties> }
  | { readonly type: "resetBucketProperties"; readonly bucket: Bucket }
  | { readonly type: "typeProperties"; readonly bucketType: string }
  | { readonly type: "setTypeProperties"; readonly bucketType: string; readonly properties: Partial<BucketProperties> }
  | { readonly type: "preferenceList"; readonly name: ObjectName }
  /** What administrators ask, as with `riak-admin bucket-type`. A type is made anew until it is active, which it may be once every member knows it. */
  | { readonly type: "createBucketType"; readonly bucketType: string; readonly properties: Partial<BucketProperties> }
  | { readonly type: "activateBucketType"; readonly bucketType: string }
  /** Of one that is not active, too. */
  | { readonly type: "bucketTypeStatus"; readonly bucketType: string }
  | { readonly type: "listBucketTypes" };

/**
 * What must be true of what a write finds. `notModified`: nothing but the object of the write's context. `noneMatch`: nothing at all. It is looked
 * at before the write and by one node: writes elsewhere at the same time are not excluded.
 */
export type WriteCondition = "none" | "notModified" | "noneMatch";

/** What each question is answered with where it did not fail. */
export interface Answers {
  /** `context` of undefined: nothing was ever there, or nothing is known of it; else the context of the deletion. */
  readonly get: ReadObject | { readonly siblings: "notfound"; readonly context: Uint8Array | undefined };
  /** Undefined unless it was asked for. */
  readonly put: ReadObject | undefined;
  /** False: there was nothing. */
  readonly delete: boolean;
  /** `datatype` is the bucket's, also where there is no value. */
  readonly fetchDataType: { readonly datatype: DataTypeName; readonly found: DataTypeRead | undefined };
  /** Undefined unless it was asked for. */
  readonly updateDataType: DataTypeRead | undefined;
  readonly listBuckets: Page<string>;
  readonly listKeys: Page<string>;
  /** `continuation` is the last page's, where `maxResults` cut off what there is. */
  readonly index: Page<{ readonly term: string; readonly key: string }> & { readonly continuation: string | undefined };
  readonly bucketProperties: BucketProperties;
  readonly setBucketProperties: true;
  readonly resetBucketProperties: true;
  readonly typeProperties: BucketProperties;
  readonly setTypeProperties: true;
  readonly preferenceList: readonly { readonly partition: number; readonly node: string; readonly isPrimary: boolean }[];
  readonly createBucketType: true;
  readonly activateBucketType: true;
  readonly bucketTypeStatus: BucketTypeDescription;
  /** By name, the default type among them. */
  readonly listBucketTypes: readonly BucketTypeDescription[];
}

/** In Riak's words: `created` until every member has it, `ready` from then on, `active` once that was asked for. */
export type BucketTypeStatus = "created" | "ready" | "active";

export interface BucketTypeDescription {
  readonly bucketType: string;
  readonly status: BucketTypeStatus;
  /** Members that do not know it yet, as far as this node has heard: none once it is ready. */
  readonly waitsFor: readonly string[];
  readonly properties: BucketProperties;
}

/** A value and what a client has to bring along to remove something of it: empty where nothing can be removed. */
export interface DataTypeRead {
  readonly value: DataTypeValue;
  readonly context: Uint8Array;
}

/** Part of an answer. There is one page on its way at most: whoever cannot keep up asks for the next one later. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Asks for the next page; undefined: this was the last. */
  readonly more: (() => void) | undefined;
}

export type Answer<T extends Request["type"]> =
  { readonly ok: true; readonly value: Answers[T] } | { readonly ok: false; readonly failure: Failure };

/** A node, as those see it who speak with clients. */
export interface LeaderlessStore {
  /** The name of this node, in the words of Riak: `n1@127.0.0.1`. */
  readonly nodeName: string;
  /**
   * `answer` is called once; for questions with pages once for each that was asked for; each time in a later turn than the asking. The returned function says that
   * nobody waits any more: what was asked for may have its effect nevertheless.
   */
  ask<R extends Request>(request: R, answer: (answer: Answer<R["type"]>) => void): () => void;
}
