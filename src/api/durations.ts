import { parseDuration } from "../core/duration.js";
import { DeviousError } from "../core/errors.js";

/** Milliseconds of `30s`, or of a number of them; `what` names the option. Throws USAGE. */
export function msOf(value: string | number, what: string): number {
  const ms = typeof value === "number" ? value : parseDuration(value);
  if (ms !== undefined && Number.isFinite(ms) && ms > 0) return ms;
  throw new DeviousError("USAGE", `${what}: ${JSON.stringify(value)} is not a duration`, {
    hint: "Write for example 250ms, 10s or 1m30s, or a number of milliseconds above zero.",
  });
}
