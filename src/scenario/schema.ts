import { z } from "zod";
import { parseDuration } from "../core/duration.js";
import { isName, namePattern, nameRule } from "../core/ids.js";
import { type FaultKind, faultKinds } from "./fault-kinds.js";
import { type FaultWords, keysOf, readFault } from "./fault-words.js";
import { type Range, exactly, parseDurationRange } from "./ranges.js";
import { type Happening, type StepEvent, stepEvents } from "./scenario.js";

/** What users write in a scenario; `parse.ts` turns it into a Scenario. Descriptions end up in editors. */

const part = String.raw`(\d+(\.\d+)?(us|ms|s|m|h))+`;

/** A text that `parse` understands, or the sentence that says what it should have been. */
function text<T>(parse: (text: string) => T | undefined, what: string, pattern?: string) {
  return z
    .unknown()
    .transform((value, context): T => {
      const parsed = typeof value === "string" ? parse(value) : undefined;
      if (parsed !== undefined) return parsed;
      const said = JSON.stringify(value);
      const message =
        typeof value === "number" && pattern?.includes("ms") === true
          ? `${said} has no unit: write ${said}s or ${said}ms`
          : `${said} is not ${what}`;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    })
    .meta({ type: "string", ...(pattern === undefined ? {} : { pattern }) });
}

const name = z
  .string({ error: "must be text" })
  .refine(isName, { error: (issue) => `"${String(issue.input)}" is not a name: ${nameRule}` })
  .meta({ pattern: namePattern.source });

const range = text<Range>(parseForwards, "a duration such as 5s, or a range such as 5s..10s", `^${part}(\\.\\.${part})?$`);

const duration = text(parsePositive, "a duration such as 500ms, 2s or 1m30s", `^${part}$`);

const lasting = range
  .refine(({ min }) => min > 0, { error: "must be longer than zero" })
  .meta({ type: "string", pattern: `^${part}(\\.\\.${part})?$` });

function parseForwards(value: string): Range | undefined {
  const parsed = parseDurationRange(value);
  return parsed === undefined || parsed.min > parsed.max ? undefined : parsed;
}

function parsePositive(value: string): number | undefined {
  const ms = parseDuration(value);
  return ms === undefined || ms <= 0 ? undefined : Math.round(ms);
}

const period = text(parsePeriod, "a period such as 20s, or 20s ± 5s", `^${part}(\\s*(±|\\+-|\\+/-)\\s*${part})?$`);

function parsePeriod(value: string): { readonly everyMs: number; readonly spreadMs: number } | undefined {
  const [every = "", spread = "0s", ...more] = value.split(/±|\+\/?-/).map((side) => side.trim());
  const [everyMs, spreadMs] = [parseDuration(every), parseDuration(spread)];
  if (everyMs === undefined || spreadMs === undefined || more.length > 0) return undefined;
  return everyMs < 1 || spreadMs > everyMs ? undefined : { everyMs: Math.round(everyMs), spreadMs: Math.round(spreadMs) };
}

const after = text(
  parseAfter,
  "a step and what becomes of it, such as cut.healed, cut.applied or cut.healed + 5s",
  `^\\S+\\.(applied|healed)(\\s*\\+\\s*${part}(\\.\\.${part})?)?$`,
);

interface After {
  readonly step: string;
  readonly event: StepEvent;
  readonly delayMs: Range;
}

function parseAfter(value: string): After | undefined {
  const { step, event, delay } = /^(?<step>[^\s.]+)\.(?<event>\w+)(?:\s*\+\s*(?<delay>\S+))?$/.exec(value.trim())?.groups ?? {};
  const known = stepEvents.find((one) => one === event);
  const delayMs = delay === undefined ? exactly(0) : parseForwards(delay);
  return step === undefined || known === undefined || delayMs === undefined ? undefined : { step, event: known, delayMs };
}

const logMatch = z.strictObject(
  {
    log: z
      .string({ error: "must be a regular expression" })
      .refine(isRegExp, { error: (issue) => `${JSON.stringify(issue.input)} is no regular expression` })
      .describe("A regular expression; message, event name and fields of a record are searched."),
    node: z.string({ error: "must be a node's name" }).optional().describe("Only what this node says."),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "must be leader-elected, or a mapping with log" : undefined) },
);

function isRegExp(source: string): boolean {
  try {
    return new RegExp(source, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

const happening = z
  .preprocess((value) => (value === "leader-elected" ? { log: "leader-elected" } : value), logMatch)
  .transform(({ log, node = null }): Happening =>
    log === "leader-elected" && node === null ? { on: "leader-elected" } : { on: "log", pattern: log, node },
  )
  .meta({
    anyOf: [
      { const: "leader-elected" },
      { type: "object", properties: { log: { type: "string" }, node: { type: "string" } }, required: ["log"], additionalProperties: false }, // prettier-ignore
    ],
  });

function fault(kind: FaultKind) {
  const option = { type: ["string", "number", "boolean", "array", "object"] };
  return z
    .unknown()
    .transform((value, context): FaultWords => {
      const read = readFault(kind, value);
      if (read.ok) return read.fault;
      for (const { path, message } of read.problems) {
        context.issues.push({ code: "custom", input: value, path: [...path], message });
      }
      return z.NEVER;
    })
    .meta({
      anyOf: [
        { type: "string" },
        {
          type: "object",
          properties: Object.fromEntries([...keysOf(kind), "one of"].map((key) => [key, option])),
          additionalProperties: false,
        },
      ],
    })
    .optional();
}

const timesMax = 1000;

const step = z.strictObject(
  {
    name: name.optional().describe("By which other steps refer to it, and what its chance is drawn from."),
    at: range.optional().describe("Time since the run began, or a range to draw from."),
    every: period.optional().describe("From one fault to the next, e.g. `20s ± 5s`; needs `times`."),
    times: z
      .int({ error: (issue) => `must be a whole number from 1 to ${timesMax}, not ${JSON.stringify(issue.input)}` })
      .min(1, { error: "must be at least 1" })
      .max(timesMax, { error: `must be at most ${timesMax}` })
      .optional()
      .describe("How many faults `every` makes."),
    when: happening.optional().describe("`leader-elected`, or `{ log: REGEX, node: n2 }`: once that is said."),
    within: duration
      .optional()
      .describe("How long `when` is waited for; default 1m. Then the step is skipped, and the run fails."),
    after: after.optional().describe("Another step: `cut.applied`, `cut.healed`, `cut.healed + 5s`."),
    for: lasting.optional().describe("How long the fault lasts, or a range to draw from; default 1m."),
    ...(Object.fromEntries(faultKinds.map((kind) => [kind, fault(kind)])) as Record<FaultKind, ReturnType<typeof fault>>),
  },
  {
    error: (issue) =>
      issue.code === "invalid_type" ? "must be a mapping such as `{ at: 5s, pause: leader, for: 10s }`" : undefined,
  },
);

const seedMax = 2 ** 32 - 1;

export const scenarioFile = z.strictObject(
  {
    name: name.optional().describe("Default: the file's name."),
    seed: z
      .int({ error: `must be a whole number from 0 to ${seedMax}` })
      .min(0, { error: `must be a whole number from 0 to ${seedMax}` })
      .max(seedMax, { error: `must be a whole number from 0 to ${seedMax}` })
      .optional()
      .describe("What all chance is drawn from; `--seed` goes before it."),
    steps: z
      .array(step, { error: "must be a list of steps" })
      .min(1, { error: "needs at least one step" })
      .describe("What happens; each step is one fault, or several of one kind."),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "must be a mapping with name and steps" : undefined) },
);

export type ScenarioFile = z.infer<typeof scenarioFile>;
export type StepFile = ScenarioFile["steps"][number];

/** Keys that say when a step begins: each step has one. */
export const startKeys = ["at", "every", "when", "after"] as const;

/** Keys allowed in the mapping at this path, for "did you mean". */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(scenarioFile.shape);
  return path.at(-1) === "when" ? Object.keys(logMatch.shape) : Object.keys(step.shape);
}

/** The JSON Schema (draft 2020-12), for editors; the build writes it to `schema/scenario.schema.json`. */
export function scenarioJsonSchema(): Readonly<Record<string, unknown>> {
  return { title: "scenario.yaml", ...z.toJSONSchema(scenarioFile, { io: "input", unrepresentable: "any" }) };
}
