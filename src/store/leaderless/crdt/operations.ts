/**
 * What can be asked of data types and what they answer, as Riak's protocol buffers have it (DtOp and DtValue of riak_dt.proto, 2.2). Names,
 * elements and registers are any bytes, as text with one character a byte (latin1).
 */

/** `increment` may be negative; 64 bits, signed. */
export interface CounterOp {
  readonly kind: "counter";
  readonly increment: bigint;
}

/** Adds first, then removes. */
export interface SetOp {
  readonly kind: "set";
  readonly adds: readonly string[];
  readonly removes: readonly string[];
}

export interface RegisterOp {
  readonly kind: "register";
  readonly value: string;
}

export interface FlagOp {
  readonly kind: "flag";
  readonly enable: boolean;
}

/** Removes first, then updates in their order. */
export interface MapOp {
  readonly kind: "map";
  readonly removes: readonly MapField[];
  readonly updates: readonly MapUpdate[];
}

/** Fields of one name but two kinds are two fields. */
export interface MapField {
  readonly kind: FieldKind;
  readonly name: string;
}

/** Of the field of this name and of the operation's kind. */
export interface MapUpdate {
  readonly name: string;
  readonly op: FieldOp;
}

export interface HllOp {
  readonly kind: "hll";
  readonly adds: readonly string[];
}

export interface GSetOp {
  readonly kind: "gset";
  readonly adds: readonly string[];
}

export type FieldOp = CounterOp | SetOp | RegisterOp | FlagOp | MapOp;
export type FieldKind = FieldOp["kind"];
export type DataTypeOp = CounterOp | SetOp | MapOp | HllOp | GSetOp;

export interface CounterValue {
  readonly kind: "counter";
  readonly value: bigint;
}

/** Sorted. */
export interface SetValue {
  readonly kind: "set";
  readonly elements: readonly string[];
}

export interface RegisterValue {
  readonly kind: "register";
  readonly value: string;
}

export interface FlagValue {
  readonly kind: "flag";
  readonly enabled: boolean;
}

export interface MapValue {
  readonly kind: "map";
  readonly entries: readonly MapEntry[];
}

export interface MapEntry {
  readonly name: string;
  readonly value: FieldValue;
}

/** How many distinct elements were added, about: see hll.ts. */
export interface HllValue {
  readonly kind: "hll";
  readonly cardinality: number;
}

/** Sorted. */
export interface GSetValue {
  readonly kind: "gset";
  readonly elements: readonly string[];
}

export type FieldValue = CounterValue | SetValue | RegisterValue | FlagValue | MapValue;
export type DataTypeValue = CounterValue | SetValue | MapValue | HllValue | GSetValue;
