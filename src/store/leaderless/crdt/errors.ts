import type { FieldKind } from "./operations.js";

/** The bytes are no data type's, or the operation is not one of the type's. */
export class DataTypeError extends Error {
  override readonly name = "DataTypeError";
}

/** What Riak calls the types of fields, which it says in its errors. */
const modules: Readonly<Record<FieldKind, string>> = {
  counter: "riak_dt_emcntr",
  set: "riak_dt_orswot",
  register: "riak_dt_lwwreg",
  flag: "riak_dt_od_flag",
  map: "riak_dt_map",
};

/**
 * A removal without a context of what is not there. (With a context it is no error: the removal was done already, or will be once the
 * addition arrives.) The message is the very Erlang term that Riak sends: clients look for it.
 */
export class PreconditionError extends Error {
  override readonly name = "PreconditionError";

  static ofElement(element: string): PreconditionError {
    return new PreconditionError(`{precondition,{not_present,${binaryTerm(element)}}}`);
  }

  static ofField(kind: FieldKind, name: string): PreconditionError {
    return new PreconditionError(`{precondition,{not_present,{${binaryTerm(name)},${modules[kind]}}}}`);
  }
}

/** As Erlang prints a binary: as text if it is printable, else as numbers. */
export function binaryTerm(bytes: string): string {
  if (/^[ -~]+$/.test(bytes)) return `<<"${bytes.replace(/["\\]/g, "\\$&")}">>`;
  return `<<${Array.from(bytes, (char) => char.charCodeAt(0)).join(",")}>>`;
}
