import type { Model } from "../model.js";

/** One cell that holds a number, or null at first. */
export type RegisterInput =
  | { readonly op: "read" }
  | { readonly op: "write"; readonly value: number }
  | { readonly op: "cas"; readonly expected: number; readonly value: number };

/** The value of a read; whether a cas swapped; null for a write. */
export type RegisterOutput = number | null | boolean;

export const register: Model<number | null, RegisterInput, RegisterOutput> = {
  name: "register",
  init: null,
  step: (state, input, output) => {
    switch (input.op) {
      case "read":
        return output === undefined || output === state ? [state] : [];
      case "write":
        return [input.value];
      case "cas": {
        const swaps = state === input.expected;
        if (output !== undefined && output !== swaps) return [];
        return [swaps ? input.value : state];
      }
    }
  },
  stateKey: String,
  inputKey: (input) => describeInput(input),
  overwrites: (input) => input.op === "write",
  sees: (input, output) => (input.op === "read" ? String(output) : undefined),
  leadsTo: (input) => (input.op === "read" ? undefined : String(input.value)),
  readOnly: (input, output) => input.op === "read" || (input.op === "cas" && output === false),
  describe: (input, output) => {
    if (input.op === "write") return describeInput(input);
    return `${describeInput(input)} -> ${output === undefined ? "?" : String(output)}`;
  },
};

function describeInput(input: RegisterInput): string {
  switch (input.op) {
    case "read":
      return "read";
    case "write":
      return `write ${input.value}`;
    case "cas":
      return `cas ${input.expected} ${input.value}`;
  }
}
