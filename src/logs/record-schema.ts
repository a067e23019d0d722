/** The shape of `devious logs --json` and of archives, as a JSON Schema for whoever reads them with programs of their own. */
import { z } from "zod";
import { levels, type LogRecord, type RecordFlag } from "../core/log-record.js";

/** What each flag says. */
const flags: Readonly<Record<RecordFlag, string>> = {
  late: "it came after records of other nodes with a later `ts` had been shown",
  clamped:
    "its stamp was earlier than that of the record before it, and was moved forward to keep the order in which it was said",
  joined: "its line was longer than the 16 KiB that an engine writes at once, and was put together again",
  truncated: "its line was longer than 1 MiB; the rest is cut off",
  gap: "records before it may be missing, for instance because the engine threw an old log file away",
};

const flag = z.enum(Object.keys(flags) as [RecordFlag, ...RecordFlag[]]);

const flagsMeaning = Object.entries(flags)
  .map(([name, meaning]) => `\`${name}\`: ${meaning}`)
  .join("; ");

/** The source of the JSON Schema; a record that the reader makes is always one of these. */
export const logRecord: z.ZodType<LogRecord> = z.strictObject({
  ts: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)
    .describe(
      "When the engine received it: RFC 3339, UTC, always nine decimals, so that the order of texts is the order of times.",
    ),
  cluster: z.string().describe("Name of the cluster."),
  service: z.string().describe("Name of the service; empty for the agent, which belongs to none."),
  node: z.string().describe("Who said it: a node's name, or `chaos` for the agent, which tells of faults."),
  stream: z
    .enum(["stdout", "stderr", "engine"])
    .describe("Where it was said; `engine`: told by the engine of the node's container, not said by its program."),
  level: z.enum(levels).describe("How bad it is; `info` where the line does not say."),
  event: z.string().describe("Stable name of this kind of event, where the program names them; else empty."),
  msg: z
    .string()
    .describe(
      "The message: a sentence for a person, with the lines of a stack trace; a line that nobody understands, as it was.",
    ),
  fields: z.record(z.string(), z.unknown()).describe("Everything else that the line says, with its types where it is JSON."),
  seq: z
    .int()
    .min(1)
    .describe("Position among what was read of its node, from 1 without a hole; what the engine tells is counted by itself."),
  flags: z.array(flag).exactOptional().describe(`Only where its place or its wholeness is not as it should be. ${flagsMeaning}.`),
});

/** The JSON Schema (draft 2020-12); the build writes it to `schema/log-record.schema.json`. */
export function logRecordJsonSchema(): Readonly<Record<string, unknown>> {
  return { title: "A log record", ...z.toJSONSchema(logRecord) };
}
