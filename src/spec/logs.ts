/** How the lines of an image's programs are to be understood. */
import { z } from "zod";
import { formatNames, linePattern } from "../core/log-format.js";
import { levels } from "../core/log-record.js";
import { expression, filledText, mapping, oneOf } from "./fields.js";
import { isMapping } from "./names.js";
import type { Misfit, Named } from "./names.js";

export const logs = mapping(
  {
    format: oneOf(formatNames).optional().describe("How its lines are written; default auto, which finds out."),
    time: filledText.optional().describe("Key of the program's own time, which the record leaves out for the engine's."),
    level: filledText.optional().describe("Key of the level, in JSON or logfmt; `a.b` may be a `b` inside an `a`."),
    message: filledText.optional().describe("Key of the message."),
    event: filledText.optional().describe("Key of the event's name."),
    levels: z
      .record(z.string(), oneOf(levels), { error: 'must be a mapping such as { "10": debug, oops: error }' })
      .transform((map) => Object.fromEntries(Object.entries(map).map(([said, level]) => [said.toLowerCase(), level])))
      .optional()
      .describe("Levels by what the program calls them; usual names and numbers are known."),
    pattern: expression(linePattern, "with named groups")
      .optional()
      .describe(
        "Instead of a format: regular expression; its named groups level, msg, event and time are the record's, all others fields.",
      ),
  },
  "such as { format: logfmt }",
).describe("How the lines of an image's programs are to be understood, where `devious logs` does not by itself.");

/** Which keys of `logs` go together: names of keys are JSON's and logfmt's, and a pattern says it all by itself. */
export function checkLogs({ path, keys }: Named): readonly Misfit[] {
  const logs = keys?.["logs"];
  if (!isMapping(logs)) return [];
  const at = [...path, "logs"];
  const misfit = (key: string, message: string): Misfit => ({
    path: [...at, key],
    part: "key",
    message: `${at.join(".")}.${key}: ${message}`,
  });
  const { format, pattern } = logs;
  const names = ["time", "level", "message", "event"].filter((key) => key in logs);
  if (pattern !== undefined) {
    const groups = names.map((key) => misfit(key, `a pattern has a group (?<${key === "message" ? "msg" : key}>…) for it`));
    return [...(format === undefined ? [] : [misfit("format", "a line has a format or a pattern, not both")]), ...groups];
  }
  const knowsKeys = ["auto", "json", "logfmt"];
  const own = formatNames.find((name) => name === format && !knowsKeys.includes(name));
  if (own === undefined) return [];
  return [...names, ...("levels" in logs ? ["levels"] : [])].map((key) =>
    misfit(key, `is for json, logfmt and auto; ${own} knows its own`),
  );
}
