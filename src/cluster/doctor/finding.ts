import { DeviousError } from "../../core/errors.js";

/** One thing looked at. */
export interface Finding {
  readonly what: string;
  /** `warning`: clusters work without it · `missing`: `up` could not work. */
  readonly state: "ok" | "warning" | "missing";
  readonly says: string;
  /** The command that mends it, as exactly as it can be known from here. */
  readonly mend?: string | undefined;
}

export function ok(what: string, says: string): Finding {
  return { what, state: "ok", says };
}

export function warning(what: string, says: string, mend?: string): Finding {
  return { what, state: "warning", says, mend };
}

export function missing(what: string, says: string, mend?: string): Finding {
  return { what, state: "missing", says, mend };
}

/** The result, or the expected trouble as a value. */
export async function attempt<T>(run: () => Promise<T>): Promise<T | DeviousError> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof DeviousError) return error;
    throw error;
  }
}
