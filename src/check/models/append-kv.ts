import type { Model } from "../model.js";

/** Strings by key, empty at first; an append shows in every later get, which makes lost and reordered writes visible. */
export type AppendKvInput =
  { readonly op: "get"; readonly key: string } | { readonly op: "put" | "append"; readonly key: string; readonly value: string };

/** The value of a get; null for the others. */
export type AppendKvOutput = string | null;

/** The state is of one key: histories are partitioned. */
export const appendKv: Model<string, AppendKvInput, AppendKvOutput> = {
  name: "append-kv",
  init: "",
  step: (state, input, output) => {
    switch (input.op) {
      case "get":
        return output === undefined || output === state ? [state] : [];
      case "put":
        return [input.value];
      case "append":
        return [state + input.value];
    }
  },
  stateKey: (state) => state,
  inputKey: (input) => JSON.stringify(input.op === "get" ? [input.op] : [input.op, input.value]),
  overwrites: (input) => input.op === "put",
  sees: (input, output) => (input.op === "get" ? (output ?? "") : undefined),
  leadsTo: (input) => (input.op === "put" ? input.value : undefined),
  readOnly: (input) => input.op === "get",
  partition: (input) => input.key,
  describe: (input, output) => {
    if (input.op === "get") return `get ${input.key} -> ${output === undefined ? "?" : JSON.stringify(output)}`;
    return `${input.op} ${input.key} ${JSON.stringify(input.value)}`;
  },
};
