import type { DataTypeName } from "../api.js";
import { CanonicalReader, CanonicalWriter } from "./canonical.js";
import { clockBytes, clockOfContext, emptyClock, hasSeen } from "./clock.js";
import type { DataType, UpdateOptions } from "./data-type.js";
import { DataTypeError } from "./errors.js";
import { dataTypeOfTag, dataTypes } from "./kinds.js";
import type { DataTypeOp, DataTypeValue } from "./operations.js";

/**
 * Data types as they stand in objects: their bytes are the value of a sibling, with the content type of the data type. All siblings of one type
 * become one, by `mergeValues`, before anything else is done with the object, and its clock is that of the merged object, as in riak_kv_crdt. A
 * value is a mark, a version, the type's tag and its state; equal states have equal bytes on every node.
 */

/** Riak's mark, and the version of what follows. */
const mark = 69;
const version = 1;

interface Stored {
  readonly type: DataType;
  readonly state: unknown;
}

/** What is asked of a stored value. `context` is the bytes that the client had with the value, if it had any. */
export interface StoredUpdate extends Omit<UpdateOptions, "context"> {
  readonly op: DataTypeOp;
  readonly context: Uint8Array | undefined;
}

/**
 * The bytes after an update; `bytes` is undefined where there is nothing yet. Throws {@link PreconditionError} at removals of what is not there, and
 * {@link DataTypeError} at bytes that are no data type's or another's than the operation's, at operations that the type does not allow and at
 * contexts that are none.
 */
export function updateValue(bytes: Uint8Array | undefined, { op, context, ...options }: StoredUpdate): Uint8Array {
  const type = dataTypes[op.kind];
  const state = bytes === undefined ? type.empty(options) : stateOf(bytes, type);
  const seen = context === undefined || context.length === 0 ? undefined : clockOfContext(context);
  return bytesOf({ type, state: type.update(state, op, { ...options, context: seen }) });
}

/** Of two replicas of one data type. Throws {@link DataTypeError} at bytes that are none, and at two types. */
export function mergeValues(a: Uint8Array, b: Uint8Array): Uint8Array {
  const { type, state } = storedIn(a);
  return bytesOf({ type, state: type.merge(state, stateOf(b, type)) });
}

/** The value and what a client needs to remove something of it; the context is empty where nothing can be removed. Throws {@link DataTypeError}. */
export function readValue(bytes: Uint8Array): { readonly value: DataTypeValue; readonly context: Uint8Array } {
  const { type, state } = storedIn(bytes);
  const context = type.context(state);
  return { value: type.value(state), context: context === undefined ? new Uint8Array(0) : clockBytes(context) };
}

/** Which data type the bytes are; undefined: none. Says nothing of whether they are whole. */
export function typeOfValue(bytes: Uint8Array): DataTypeName | undefined {
  return bytes[0] === mark && bytes[1] === version ? dataTypeOfTag(bytes[2] ?? 0)?.name : undefined;
}

/** Whether the bytes are a whole value of a data type. */
export function isValue(bytes: Uint8Array): boolean {
  try {
    storedIn(bytes);
    return true;
  } catch (error) {
    if (error instanceof DataTypeError) return false;
    throw error;
  }
}

/**
 * Whose events a client has seen, by its context, that the value has not (undefined: there is none): one that it wrote, or that a copy elsewhere
 * has, and this copy has lost or has not got yet. Throws {@link DataTypeError}.
 */
export function actorsAhead(context: Uint8Array, bytes: Uint8Array | undefined): readonly string[] {
  const stored = bytes === undefined ? undefined : storedIn(bytes);
  const known = stored?.type.context(stored.state) ?? emptyClock;
  return [...clockOfContext(context)].flatMap(([actor, event]) => (hasSeen(known, actor, event) ? [] : [actor]));
}

function stateOf(bytes: Uint8Array, wanted: DataType): unknown {
  const { type, state } = storedIn(bytes);
  if (type !== wanted) throw new DataTypeError(`there is a ${type.name}, not a ${wanted.name}`);
  return state;
}

function bytesOf({ type, state }: Stored): Uint8Array {
  const out = new CanonicalWriter();
  out.byte(mark);
  out.byte(version);
  out.byte(type.tag);
  type.write(state, out);
  return out.finish();
}

function storedIn(bytes: Uint8Array): Stored {
  const name = typeOfValue(bytes);
  if (name === undefined) throw new DataTypeError("not a data type");
  const type = dataTypes[name];
  const input = new CanonicalReader(bytes.subarray(3));
  const state = type.read(input);
  input.end();
  return { type, state };
}
