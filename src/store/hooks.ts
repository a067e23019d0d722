import { isDeepStrictEqual } from "node:util";
import type { Log } from "../core/log-line.js";
import {
  type ClockTrouble,
  type DiskTrouble,
  type StoreHooks,
  noClockTrouble,
  noDiskTrouble,
  noHooks,
} from "../core/store-hooks.js";

export interface HooksOptions {
  readonly disk: { set(trouble: DiskTrouble): void };
  readonly bitFlip: { set(wanted: boolean): void };
  readonly clock: { set(trouble: ClockTrouble): void };
  readonly log: Log;
}

/** The troubles this node makes for itself. It starts with none, whatever was asked of the process before it. */
export class Hooks {
  readonly #options: HooksOptions;
  #current = noHooks;

  constructor(options: HooksOptions) {
    this.#options = options;
  }

  get current(): StoreHooks {
    return this.#current;
  }

  /** Asking for what is in force already changes nothing. */
  set(hooks: StoreHooks): void {
    if (isDeepStrictEqual(hooks, this.#current)) return;
    const { disk, bitFlip, clock, log } = this.#options;
    this.#current = hooks;
    disk.set(hooks.disk);
    bitFlip.set(hooks.disk.flipsBit);
    clock.set(hooks.clock);
    const isNormal = isDeepStrictEqual(hooks, noHooks);
    const msg = isNormal ? "disk and clock are as they should be again" : "was told to have trouble with its disk or clock";
    log("warn", "hooks-changed", msg, { ...hooks });
  }
}

const hourMs = 3_600_000;
/** Wider than any fault asks for, since troubles add up, and narrow enough for a date to be written. */
const centuryMs = 100 * 365 * 24 * hourMs;

const limits: Readonly<Record<string, { readonly min: number; readonly max: number }>> = {
  fsyncDelayMs: { min: 0, max: hourMs },
  skewMs: { min: -centuryMs, max: centuryMs },
  jumpMs: { min: 0, max: centuryMs },
  driftPercent: { min: -99.9, max: 1_000_000 },
};

const kinds: Readonly<Record<string, string>> = { number: "a number", boolean: "true or false", object: "an object" };

/** The hooks in this JSON text, or one sentence that says what is wrong with it. All fields are demanded and no others are taken. */
export function parseHooks(text: string): StoreHooks | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "The body is not JSON.";
  }
  const problem =
    problemWithFields("The body", value, noHooks) ??
    problemWithFields("disk", (value as StoreHooks).disk, noDiskTrouble) ??
    problemWithFields("clock", (value as StoreHooks).clock, noClockTrouble);
  return problem ?? (value as StoreHooks);
}

/** What is wrong with `value` as an object with the fields of `like`, each of the same type as there and within its limits. */
function problemWithFields(name: string, value: unknown, like: object): string | undefined {
  if (!isObject(value)) return `${name} must be an object.`;
  const unknown = Object.keys(value).find((field) => !Object.hasOwn(like, field));
  if (unknown !== undefined) return `${name} has a field "${unknown}", which means nothing here.`;
  for (const [field, example] of Object.entries(like)) {
    const given = value[field];
    if (given === undefined) return `${name} has no field "${field}".`;
    if (typeof given !== typeof example) return `"${field}" must be ${kinds[typeof example]}, not ${JSON.stringify(given)}.`;
    const limit = limits[field];
    if (limit !== undefined && !((given as number) >= limit.min && (given as number) <= limit.max)) {
      return `"${field}" must be from ${limit.min} to ${limit.max}, not ${JSON.stringify(given)}.`;
    }
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
