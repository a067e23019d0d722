import { Chalk } from "chalk";
import type { ChalkInstance } from "chalk";

/** What may be written to a stream: colours and moving lines only for a person, and never against NO_COLOR (no-color.org). */
export interface Terminal {
  readonly chalk: ChalkInstance;
  /** A person watches: lines may be drawn over. */
  readonly live: boolean;
}

export function terminalOf(stream: { readonly isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): Terminal {
  const dumb = env["TERM"] === "dumb";
  const forced = env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "0";
  const refused = env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "";
  const colour = !refused && (forced || (stream.isTTY === true && !dumb));
  return { chalk: new Chalk({ level: colour ? 1 : 0 }), live: stream.isTTY === true && !dumb };
}
