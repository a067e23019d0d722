import { Flags } from "@oclif/core";
import { parseDuration } from "../core/duration.js";
import { DeviousError } from "../core/errors.js";

/** A duration in milliseconds. */
export const durationFlag = Flags.custom<number>({
  parse: (text) => Promise.resolve(durationMs(text)),
  helpValue: "<duration>",
});

function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  const unitless = /^\d+(\.\d+)?$/.test(text);
  throw new DeviousError("USAGE", unitless ? `"${text}" has no unit` : `"${text}" is not a duration`, {
    hint: unitless ? `Write ${text}ms or ${text}s.` : "Write for example 250ms, 10s or 1m30s.",
  });
}

export const clusterFlag = Flags.string({
  char: "c",
  description: "Cluster by name; default: the one of this folder, else the only one there is.",
  helpValue: "<name>",
});

export const nodeFlag = Flags.string({
  char: "n",
  description: "Node to ask; default: the first that runs. Any node takes any request.",
  helpValue: "<node>",
});

const defaultFaultMs = 60_000;

/** Flags of every command that injects a fault. */
export const faultFlags = {
  cluster: clusterFlag,
  for: durationFlag({
    description: "How long, after which it ends by itself; default 1m.",
    exclusive: ["until-healed"],
  }),
  "until-healed": Flags.boolean({
    description: "Until `devious chaos heal`: the one way to a fault that does not end by itself.",
  }),
  seed: Flags.integer({
    description:
      "What random choices are drawn from; the same seed chooses the same nodes. Default: a random one, which is printed.",
    min: 0,
    max: 2 ** 32 - 1,
    helpValue: "<number>",
  }),
  verify: Flags.boolean({
    default: false,
    description: "Measure the fault by probes inside the nodes; one that has no effect is healed, with exit code 1.",
  }),
};

/** Null: until healed. */
export function faultDurationMs(flags: { readonly for?: number | undefined; readonly "until-healed": boolean }): number | null {
  if (flags["until-healed"]) return null;
  const durationMs = flags.for ?? defaultFaultMs;
  if (durationMs > 0) return durationMs;
  throw new DeviousError("USAGE", "--for must be longer than zero");
}
