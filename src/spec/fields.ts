import { z } from "zod";
import { parseDuration } from "../core/duration.js";
import { closest } from "../core/ids.js";
import { parseBytes } from "../core/quantity.js";
import { splitWords } from "./command-words.js";
import { fillerFor, problemWithTemplates } from "./templates.js";

/** Kinds of values that several parts of a spec have. */

/** Tells what is wrong with a value; `return refuse(…)`. */
type Refuse = (message: string) => never;

/** What `read` makes of a value. Editors, which cannot run it, need a `meta` beside it. */
export function reading<Value>(read: (value: unknown, refuse: Refuse) => Value) {
  return z.unknown().transform((value, context): Value => {
    const refuse: Refuse = (message) => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    return read(value, refuse);
  });
}

/** A mapping, and in one word what it has to have. */
export function mapping<Shape extends z.core.$ZodLooseShape>(shape: Shape, mustBe: string) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "invalid_type" ? `must be a mapping ${mustBe}` : undefined),
  });
}

/** A value that may be written short: `expand` makes the long form of it, and leaves alone what is none. `short` tells editors. */
export function shortFor<Long extends z.core.$ZodType>(
  long: Long,
  short: readonly Readonly<Record<string, unknown>>[],
  expand: (value: unknown, refuse: Refuse) => unknown,
) {
  const expanded = (value: unknown, context: z.core.$RefinementCtx): unknown =>
    expand(value, (message) => {
      context.addIssue({ code: "custom", message, input: value });
      return z.NEVER;
    });
  return z.preprocess(expanded, long).meta({ [shortForms]: short });
}

/** Key of what {@link shortFor} says in the JSON Schema as zod makes it. */
export const shortForms = "shortForms";

const durationForEditors = { title: "duration", type: "string", pattern: "^(\\d+(\\.\\d+)?(us|ms|s|m|h))+$" };

function durationFrom(isLongEnough: (ms: number) => boolean) {
  return reading((value, refuse): number => {
    const ms = typeof value === "string" ? parseDuration(value) : undefined;
    if (ms !== undefined && isLongEnough(ms)) return ms;
    const said = JSON.stringify(value);
    if (typeof value === "number") return refuse(`${said} has no unit: write ${said}ms or ${said}s`);
    return refuse(ms === 0 ? "must be longer than zero" : `${said} is not a duration: write for example 500ms, 2s or 1m30s`);
  }).meta(durationForEditors);
}

export const duration = durationFrom((ms) => ms > 0);

export const durationOrNone = durationFrom(() => true);

/** In bytes. */
export function size(min: number, atLeast: string) {
  return reading((value, refuse): number => {
    const bytes = typeof value === "string" ? parseBytes(value) : undefined;
    const said = JSON.stringify(value);
    if (typeof value === "number") return refuse(`${said} has no unit: write for example ${said}mb`);
    if (bytes === undefined) return refuse(`${said} is not a size: write for example 64mb or 1.5gb`);
    return bytes < min ? refuse(`must be at least ${atLeast}, not ${said}`) : bytes;
  }).meta({ title: "size", type: "string", pattern: "^\\d+(\\.\\d+)?([gGmMkK]?[bB])$" });
}

export function wholeNumber(min: number, max: number) {
  return z
    .number({
      error: ({ input }) =>
        `must be a whole number from ${min} to ${max}${input === undefined ? "" : `, not ${JSON.stringify(input)}`}`,
    })
    .int({ error: (issue) => `must be a whole number, not ${String(issue.input)}` })
    .min(min, { error: (issue) => `must be at least ${min}, not ${String(issue.input)}` })
    .max(max, { error: (issue) => `must be at most ${max}, not ${String(issue.input)}` });
}

export const portNumber = wholeNumber(1, 65_535);

/** YAML reads `8080` as a number and `yes` as text: which text was meant, `010` or `10`, only its writer knows. */
export const text = z.string({
  error: ({ input }) => {
    const said = typeof input === "number" || typeof input === "boolean" ? String(input) : bareTemplate(input);
    return said === undefined ? "must be text" : `must be text: write "${said}" in quotes`;
  },
});

/** What YAML makes a mapping of, because it is not in quotes. */
function bareTemplate(input: unknown): string | undefined {
  const [key, ...more] = typeof input === "object" && input !== null ? Object.keys(input) : [];
  const [, word] = more.length === 0 ? (/^\{ (\w+) \}$/.exec(key ?? "") ?? []) : [];
  return word === undefined ? undefined : `{{${word}}}`;
}

/** Text that may be a secret, so that no message repeats it. */
export const secretText = z.string({
  error: ({ input }) =>
    typeof input === "number" || typeof input === "boolean" || bareTemplate(input) !== undefined
      ? "must be text: write it in quotes"
      : "must be text",
});

export const filledText = text.min(1, { error: "must not be empty" });

/** A check for `superRefine`: undefined is right, anything else is what is wrong. */
export function unless(problemWith: (text: string) => string | undefined) {
  return (value: string, context: z.RefinementCtx<string>): void => {
    const message = problemWith(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  };
}

/** Text that is filled in for each node. */
export const templated = text.superRefine(unless(problemWithTemplates));

/** "must be …; did you mean …?" for one of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(known: Words) {
  return z.enum(known, { error: ({ input }) => noneOf(input, known) });
}

export function noneOf(input: unknown, known: readonly string[]): string {
  const meant = typeof input === "string" ? closest(input, known) : undefined;
  return `${JSON.stringify(input)} is none of ${known.join(", ")}${meant === undefined ? "" : `; did you mean "${meant}"?`}`;
}

export const onOff = z.boolean({ error: ({ input }) => `must be true or false, not ${JSON.stringify(input)}` });

/** A command: a list of words, or one text that is split as a shell splits it. */
export const command = shortFor(
  z
    .array(templated, { error: "must be a list of words, such as [node, server.js], or one text" })
    .min(1, { error: "must have at least one word" }),
  [{ type: "string" }],
  (value, refuse) => {
    if (typeof value !== "string") return value;
    return splitWords(value) ?? refuse("has a quote that is not closed, or ends with a backslash");
  },
);

/** A regular expression as `compile` takes it, which throws SyntaxError. */
export function expression(compile: (pattern: string) => RegExp, what: string) {
  return z
    .string({ error: `must be text: a regular expression ${what}` })
    .min(1, { error: "must not be empty" })
    .superRefine(unless((pattern) => problemWithExpression(pattern, compile)));
}

/** As {@link expression}, of which each node has its own. */
export function templatedExpression(compile: (pattern: string) => RegExp, what: string) {
  return z
    .string({ error: `must be text: a regular expression ${what}` })
    .min(1, { error: "must not be empty" })
    .superRefine(unless((pattern) => problemWithTemplates(pattern) ?? problemWithExpression(fillForAnybody(pattern), compile)));
}

const fillForAnybody = fillerFor({ name: "api", nodes: ["api-1", "api-2"] }, "api-1", 1);

function problemWithExpression(pattern: string, compile: (pattern: string) => RegExp): string | undefined {
  try {
    compile(pattern);
    return undefined;
  } catch (error) {
    return `is no regular expression: ${(error as SyntaxError).message}`;
  }
}
