import { Chalk } from "chalk";
import type { ChalkInstance } from "chalk";
import { asAscii, takesUtf8 } from "./glyphs.js";

/** What may be written to a stream: colours and moving lines only for a person, and never against NO_COLOR (no-color.org). */
export interface Terminal {
  readonly chalk: ChalkInstance;
  /** A person watches: lines may be drawn over. */
  readonly live: boolean;
  /** Nothing but ASCII is to be drawn with. */
  readonly ascii: boolean;
  /** What we have drawn, as it may be written. */
  readonly draw: (text: string) => string;
}

export function terminalOf(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): Terminal {
  const dumb = env["TERM"] === "dumb";
  const forced = env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "0";
  const refused = env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "";
  const colour = !refused && (forced || (stream.isTTY === true && !dumb));
  const ascii = !takesUtf8(env, platform);
  return {
    chalk: new Chalk({ level: colour ? 1 : 0 }),
    live: stream.isTTY === true && !dumb,
    ascii,
    draw: ascii ? asAscii : (text) => text,
  };
}
