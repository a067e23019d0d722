import { z } from "zod";
import { formatDuration, parseDuration } from "../core/duration.js";
import { deleteModeMsMax, leaderlessValues, ownersMax, replicaWords, type ReplicaCount } from "../core/leaderless-switches.js";
import { oneOf, onOff, wholeNumber } from "./fields.js";

/** How many replicas: a number, or a word that n turns into one. */
function replicas(what: string) {
  return (
    z
      .unknown()
      .transform((value, context): ReplicaCount => {
        const word = replicaWords.find((each) => each === value);
        if (word !== undefined) return word;
        if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= ownersMax) return value;
        const message = `must be one of ${replicaWords.join(", ")}, or a whole number from 1 to n, not ${JSON.stringify(value)}`;
        context.addIssue({ code: "custom", message });
        return z.NEVER;
      })
      // for editors, which cannot run the transform
      .meta({ type: ["integer", "string"] })
      .optional()
      .describe(`${what}: one, quorum (default), all, or a number up to n. Buckets and requests may say otherwise.`)
  );
}

const deleteMode = z
  .unknown()
  .transform((value, context): "keep" | "immediate" | number => {
    if (value === "keep" || value === "immediate") return value;
    const ms = typeof value === "string" ? parseDuration(value) : undefined;
    if (ms !== undefined && Number.isInteger(ms) && ms >= 1 && ms <= deleteModeMsMax) return ms;
    const message = `must be keep, immediate, or a duration of 1ms to ${formatDuration(deleteModeMsMax)}, not ${JSON.stringify(value)}`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  })
  // for editors, which cannot run the transform
  .meta({ type: "string" });

const [fewest, ...others] = leaderlessValues.partitions;

/** `store: { design: leaderless, … }` */
export const leaderless = z.strictObject({
  design: z.literal("leaderless"),
  n: wholeNumber(1, ownersMax)
    .optional()
    .describe("How many nodes own each object; default 3. With fewer nodes, each owns all. Buckets may say otherwise (n_val)."),
  r: replicas("How many replicas have to answer a read"),
  w: replicas("How many replicas have to have taken a write before it is acknowledged"),
  quorum: oneOf(leaderlessValues.quorum)
    .optional()
    .describe(
      "Who counts for r and w. sloppy (default): others stand in for owners that cannot be reached, and hand over what they kept. strict: owners alone, so that requests fail where too few can be reached.",
    ),
  conflict: oneOf(leaderlessValues.conflict)
    .optional()
    .describe(
      "What becomes of writes that did not know of each other. siblings (default): all are kept, for the client to resolve. lww: the last by the nodes' wall clocks, and the others are lost (unsafe).",
    ),
  clock: oneOf(leaderlessValues.clock)
    .optional()
    .describe(
      "How a write is known to follow another. dvv (default): dotted version vectors. vclock: plain version vectors; values that were overwritten can come back as siblings (unsafe). wall: by wall clocks; writes of a node whose clock is behind are lost (unsafe).",
    ),
  readRepair: onOff
    .optional()
    .describe("Whether replicas that a read finds to be behind get what they lack; default true (unsafe without)."),
  hintedHandoff: onOff
    .optional()
    .describe("Whether who stood in for an owner hands over what it kept once the owner is back; default true (unsafe without)."),
  antiEntropy: onOff
    .optional()
    .describe("Whether owners compare their hash trees and repair what differs, read or not; default true (unsafe without)."),
  actorEpochs: onOff
    .optional()
    .describe(
      "Whether a node writes as somebody else once its disk may have forgotten what it wrote; default true. Without it, writes of a node that lost its disk look old to others, and are lost (Riak's kv#679; unsafe).",
    ),
  partitions: z
    .union([z.literal(fewest), ...others.map((each) => z.literal(each))], {
      error: ({ input }) => `must be one of ${leaderlessValues.partitions.join(", ")}, not ${JSON.stringify(input)}`,
    })
    .optional()
    .describe("Parts of the ring, a power of two from 8 to 1024; default 64. It stays what it was when the cluster was made."),
  deleteMode: deleteMode
    .optional()
    .describe("How long a deletion is remembered once all owners have it: keep, immediate, or a duration; default 3s."),
  fsync: oneOf(leaderlessValues.fsync)
    .optional()
    .describe(
      "When writes are made durable. always (default): before they are acknowledged. batch: each 100ms. off: never. The last two lose acknowledged writes with the power (unsafe).",
    ),
});
