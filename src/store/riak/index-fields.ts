import { binaryTerm } from "../leaderless/crdt/errors.js";

/** Names of indexes say what they hold: whole numbers or bytes. These two are there without anybody having set them. */
const given = new Set(["$key", "$bucket"]);

/** Undefined, or why that is no value of an index, as the Erlang term that Riak has for it. */
export function indexFieldFault(name: string, value: string): string | undefined {
  if (given.has(name) || name.endsWith("_bin")) return undefined;
  if (!isIntegerIndex(name)) return `{unknown_field_type,${binaryTerm(name)}}`;
  if (/^[-+]?[0-9]+$/.test(value)) return undefined;
  return `{field_parsing_failed,{${binaryTerm(name)},${binaryTerm(value)}}}`;
}

export function isIntegerIndex(name: string): boolean {
  return name.endsWith("_int");
}
