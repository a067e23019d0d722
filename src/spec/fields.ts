import { z } from "zod";
import { parseDuration } from "../core/duration.js";
import { closest } from "../core/ids.js";

/** Kinds of values that several parts of a spec have. */

export const duration = z
  .unknown()
  .transform((value, context): number => {
    const ms = typeof value === "string" ? parseDuration(value) : undefined;
    if (ms !== undefined && ms > 0) return ms;
    const said = JSON.stringify(value);
    const message =
      typeof value === "number"
        ? `${said} has no unit: write ${said}ms or ${said}s`
        : ms === 0
          ? "must be longer than zero"
          : `${said} is not a duration: write for example 500ms, 2s or 1m30s`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  })
  // for editors, which cannot run the transform
  .meta({ type: "string", pattern: "^(\\d+(\\.\\d+)?(us|ms|s|m|h))+$" });

export function wholeNumber(min: number, max: number) {
  return z
    .number({ error: (issue) => `must be a whole number from ${min} to ${max}, not ${JSON.stringify(issue.input)}` })
    .int({ error: (issue) => `must be a whole number, not ${String(issue.input)}` })
    .min(min, { error: (issue) => `must be at least ${min}, not ${String(issue.input)}` })
    .max(max, { error: (issue) => `must be at most ${max}, not ${String(issue.input)}` });
}

/** YAML reads `8080` as a number and `yes` as text: which text was meant, `010` or `10`, only its writer knows. */
export const text = z.string({
  error: ({ input }) =>
    typeof input === "number" || typeof input === "boolean" ? `must be text: write "${String(input)}" in quotes` : "must be text",
});

/** "must be …; did you mean …?" for one of a few words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(known: Words) {
  return z.enum(known, {
    error: ({ input }) => {
      const meant = typeof input === "string" ? closest(input, known) : undefined;
      return `${JSON.stringify(input)} is none of ${known.join(", ")}${meant === undefined ? "" : `; did you mean "${meant}"?`}`;
    },
  });
}

export const onOff = z.boolean({ error: ({ input }) => `must be true or false, not ${JSON.stringify(input)}` });
