import type { Model } from "../model.js";

/** A key-value store in etcd's manner: a key holds a value or is absent. */
export type KvInput =
  | { readonly op: "get"; readonly key: string }
  | { readonly op: "put"; readonly key: string; readonly value: string }
  | { readonly op: "delete"; readonly key: string };

/** get: the value, null for an absent key. delete: whether there was one. put: null. */
export type KvOutput = string | null | boolean;

/** The state is of one key: histories are partitioned. */
export const kv: Model<string | null, KvInput, KvOutput> = {
  name: "kv",
  init: null,
  step: (state, input, output) => {
    const answers = (value: KvOutput): boolean => output === undefined || output === value;
    switch (input.op) {
      case "get":
        return answers(state) ? [state] : [];
      case "put":
        return [input.value];
      case "delete":
        return answers(state !== null) ? [null] : [];
    }
  },
  stateKey: keyOf,
  inputKey: (input) => JSON.stringify(input),
  overwrites: (input) => input.op === "put" || input.op === "delete",
  sees: (input, output) => (input.op === "get" ? keyOf(output) : undefined),
  leadsTo: (input) => (input.op === "get" ? undefined : keyOf(input.op === "put" ? input.value : null)),
  readOnly: (input, output) => input.op === "get" || (input.op === "delete" && output === false),
  partition: (input) => input.key,
  describe: (input, output) => {
    const answer = output === undefined ? "?" : JSON.stringify(output);
    switch (input.op) {
      case "get":
      case "delete":
        return `${input.op} ${input.key} -> ${answer}`;
      case "put":
        return `put ${input.key} ${JSON.stringify(input.value)}`;
    }
  },
};

function keyOf(value: KvOutput): string {
  return value === null ? "absent" : JSON.stringify(value);
}
