import { Args, Flags } from "@oclif/core";
import { parseDuration } from "../core/duration.js";
import { DeviousError } from "../core/errors.js";
import { parseBytes, parsePercent, parseRate } from "../core/quantity.js";

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

/** A duration in milliseconds that may be negative: whether that makes sense is for the fault to say. */
export const signedDurationFlag = Flags.custom<number>({
  parse: (text) => Promise.resolve(text.startsWith("-") ? -durationMs(text.slice(1)) : durationMs(text.replace(/^\+/, ""))),
  helpValue: "<duration>",
});

export const percentFlag = Flags.custom<number>({
  parse: (text) => Promise.resolve(readAs(text, parsePercent, "a percentage", "Write for example 2% or 0.5%.")),
  helpValue: "<percent>",
});

/** Bits a second. */
export const rateFlag = Flags.custom<number>({
  parse: (text) => Promise.resolve(readAs(text, parseRate, "a rate", "Write for example 500kbit, 1mbit or 1gbit.")),
  helpValue: "<rate>",
});

export const bytesFlag = Flags.custom<number>({
  parse: (text) => Promise.resolve(readAs(text, parseBytes, "a size", "Write for example 32kb, 64mb or 1gb.")),
  helpValue: "<size>",
});

export const numberFlag = Flags.custom<number>({
  parse: (text) => Promise.resolve(readAs(text, parseNumber, "a number", "Write for example 0.5 or 2.")),
  helpValue: "<number>",
});

function parseNumber(text: string): number | undefined {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** What `parse` makes of the text; throws USAGE where that is nothing. */
export function readAs<T>(text: string, parse: (text: string) => T | undefined, what: string, hint: string): T {
  const value = parse(text);
  if (value === undefined) throw new DeviousError("USAGE", `"${text}" is not ${what}`, { hint });
  return value;
}

export const targetArg = Args.string({
  description:
    "n1 · n1,n3 · kv (a service) · eu (a zone) · leader · followers · follower · minority · majority · random · random(2) · all · not(n1)",
  required: true,
});

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

export const isolatedFlag = Flags.boolean({
  default: false,
  description:
    "A cluster of its own beside all others: its name gets an ending that no other has, and the engine chooses all ports.",
});

export const graceFlag = signedDurationFlag({ description: "From SIGTERM to SIGKILL; default 5s." });

export const dropFlag = percentFlag({ description: "How many of the packets are dropped; default all, of a flaky link half." });

const defaultFaultMs = 60_000;

export const seedFlag = Flags.integer({
  description:
    "What random choices are drawn from; the same seed chooses the same nodes. Default: a random one, which is printed.",
  min: 0,
  max: 2 ** 32 - 1,
  helpValue: "<number>",
});

/** Flags of every command that injects a fault. */
export const faultFlags = {
  cluster: clusterFlag,
  for: signedDurationFlag({
    description: "How long, after which it ends by itself; default 1m.",
    exclusive: ["until-healed"],
  }),
  "until-healed": Flags.boolean({
    default: false,
    description: "Until `devious chaos heal`: the one way to a fault that does not end by itself.",
  }),
  seed: seedFlag,
  verify: Flags.boolean({
    default: false,
    description: "Measure the fault by probes inside the nodes; one that has no effect is healed, with exit code 1.",
  }),
};

/** How long a fault lasts that was asked for with these flags; null: until healed. */
export function faultDurationMs(flags: {
  readonly for?: number | undefined;
  readonly "until-healed"?: boolean | undefined;
}): number | null {
  return flags["until-healed"] === true ? null : (flags.for ?? defaultFaultMs);
}
