import type { DataTypeName } from "../api.js";
import type { CanonicalReader, CanonicalWriter } from "./canonical.js";
import type { Clock } from "./clock.js";
import type { DataTypeOp, DataTypeValue } from "./operations.js";

/** By whom and when an operation is applied. */
export interface UpdateOptions {
  /** Of the node that coordinates the write. The state must have all that this actor ever did: after a loss the node needs another name. */
  readonly actor: string;
  /** Wall clock, for registers. Microseconds since 1970. */
  readonly nowMicros: number;
  /** What the client has read, see clock.ts. Removals keep to it; without one they remove all that is there. */
  readonly context: Clock | undefined;
  /** Of a HyperLogLog that is not there yet: 4 to 16. */
  readonly hllPrecision: number;
}

/**
 * A kind of value whose states merge: `merge` is commutative, associative and idempotent, and a state that has merged others holds what their
 * updates did. States are never changed in place.
 */
export interface DataType<S = unknown, O extends DataTypeOp = DataTypeOp> {
  readonly name: DataTypeName;
  /** In the bytes, after Riak's DtFetchResp.DataType. */
  readonly tag: number;
  readonly contentType: string;
  empty(options: { readonly hllPrecision: number }): S;
  /** All of the operation or nothing. Throws {@link PreconditionError}, and {@link DataTypeError} at what the type does not allow. */
  update(state: S, op: O, options: UpdateOptions): S;
  merge(a: S, b: S): S;
  value(state: S): DataTypeValue;
  /** What a client needs to remove something later; undefined where nothing can be removed. */
  context(state: S): Clock | undefined;
  write(state: S, out: CanonicalWriter): void;
  read(input: CanonicalReader): S;
}
