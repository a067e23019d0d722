/** What nodes may use of their machine. */
import { z } from "zod";
import { mapping, noneOf, shortFor, size, unless, wholeNumber } from "./fields.js";
import type { Limits, Ulimit } from "./own-image.js";

/** The engine's own least. */
const cpusMin = 0.01;
const memoryMin = 6 * 2 ** 20;

export const cpus = z
  .number({ error: ({ input }) => `must be a number of processors, such as 0.5, not ${JSON.stringify(input)}` })
  .min(cpusMin, { error: `must be at least ${cpusMin}` })
  .max(1024, { error: "must be at most 1024" })
  .describe("How many processors each node may use at most, such as 0.5; default all.");

export const memory = size(memoryMin, "6mb").describe(
  "How much memory each node may use at most, such as 256mb; beyond it the kernel kills it. Default all.",
);

interface LimitsFile {
  readonly cpus?: number | undefined;
  readonly memory?: number | undefined;
}

export function limitsOf({ cpus, memory }: LimitsFile): Limits {
  return { cpus: cpus ?? null, memoryBytes: memory ?? null };
}

/** Those of getrlimit(2), as the engine spells them. */
const ulimitNames = [
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
];

const unlimited = -1;

const bound = wholeNumber(unlimited, Number.MAX_SAFE_INTEGER);

const ulimit = shortFor(
  mapping(
    { soft: bound.describe("What holds; -1 is unlimited."), hard: bound.describe("To what a program may raise it itself.") },
    "with soft and hard, or a number",
  ).refine(({ soft, hard }) => hard === unlimited || (soft !== unlimited && soft <= hard), {
    error: "soft cannot be more than hard",
  }),
  [{ type: "integer" }],
  (value) => (typeof value === "number" ? { soft: value, hard: value } : value),
);

export const ulimits = z
  .record(
    z.string().superRefine(unless((name) => (ulimitNames.includes(name) ? undefined : noneOf(name, ulimitNames)))),
    ulimit,
    {
      error: (issue) => (issue.code === "invalid_key" ? issue.issues[0]?.message : "must be a mapping such as { nofile: 65536 }"),
    },
  )
  .describe("Limits of each node's processes, by the names of `ulimit`: a number, or a mapping with soft and hard.");

type UlimitsFile = z.output<typeof ulimits>;

export function ulimitsOf(ulimits: UlimitsFile = {}): readonly Ulimit[] {
  return Object.entries(ulimits).map(([name, { soft, hard }]) => ({ name, soft, hard }));
}
