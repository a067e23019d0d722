import { z } from "zod";
import { parseDuration } from "../core/duration.js";
import { switchValues } from "../core/store-switches.js";
import { duration, filledText, oneOf, onOff, shortFor, wholeNumber } from "./fields.js";
import { leaderless } from "./leaderless-schema.js";
import { isMapping } from "./names.js";

const periodMsMin = 1000;

/** What compaction keeps: so many revisions, or those of so long. */
const retention = z
  .unknown()
  .transform((value, context): { readonly revisions: number } | { readonly periodMs: number } => {
    if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return { revisions: value };
    const ms = typeof value === "string" ? parseDuration(value) : undefined;
    if (ms !== undefined && ms >= periodMsMin) return { periodMs: ms };
    const message = `${JSON.stringify(value)} is neither a number of revisions nor a duration of at least 1s: write for example 10000 or 1h`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  })
  // for editors, which cannot run the transform
  .meta({ type: ["integer", "string"] });

const tls = z
  .union(
    [
      z.literal("auto"),
      z.strictObject({
        cert: filledText.describe(
          "The nodes' certificate, and those between it and its authority; PEM, relative to the spec's folder.",
        ),
        key: filledText.describe("Its private key, without a passphrase; PEM."),
        clientCa: filledText
          .optional()
          .describe("Authorities of clients; PEM. With it, clients must show a certificate of one of these; default none."),
      }),
    ],
    { error: "must be auto, or a mapping with the files cert and key, and clientCa where clients must show certificates" },
  )
  .describe(
    "How clients come over TLS, and then not in plain text. auto: devious makes an authority and certificates, `status` says where; or files of yours. Default none.",
  );

const raft = z.strictObject({
  design: z.literal("raft"),
  election_timeout: duration.optional().describe("Time without a leader before a node stands for election; default 1s."),
  heartbeat_interval: duration.optional().describe("Time between a leader's heartbeats; default 100ms."),
  snapshot_entries: wholeNumber(10, 1_000_000)
    .optional()
    .describe("Applied entries between two snapshots, at least: they are also as many bytes as the last one; default 10000."),
  quotaBytes: wholeNumber(2 ** 20, 2 ** 36)
    .optional()
    .describe(
      "How much memory all versions of keys may take on a node; default 536870912 (512 MiB). Beyond it the store refuses what would add to them, as etcd does, until something is compacted and the alarm is disarmed.",
    ),
  autoCompaction: z
    .strictObject(
      {
        retention: retention.describe(
          "What stays readable: a number of revisions, such as 10000, or a duration, such as 1h. What is older the leader compacts, when etcd would.",
        ),
      },
      {
        error: (issue) => (issue.code === "invalid_type" ? "must be a mapping with retention: such as 10000 or 1h" : undefined),
      },
    )
    .optional()
    .describe("Compaction without being asked; default none, as in etcd."),
  tls: tls.optional(),
  reads: oneOf(switchValues.reads)
    .optional()
    .describe(
      "How reads are answered. readIndex (default): the leader asks a majority first. lease: the leader answers by itself for nine tenths of an election timeout after it asked one; wrong clocks break that. local: any node answers from what it has, however old (unsafe).",
    ),
  fsync: oneOf(switchValues.fsync)
    .optional()
    .describe(
      "When writes are made durable. always (default): before they are acknowledged. batch: each 100ms. off: never. The last two lose acknowledged writes with the power (unsafe).",
    ),
  preVote: onOff
    .optional()
    .describe(
      "Whether a node asks if it could win before it stands; default true. Without it a node that was cut off deposes the leader when it comes back (unsafe).",
    ),
  checkQuorum: onOff
    .optional()
    .describe(
      "Whether a leader that hears no majority steps down; default true. Without it such a leader keeps its clients waiting (unsafe).",
    ),
  commitRule: oneOf(switchValues.commitRule)
    .optional()
    .describe(
      "What a leader commits by counting copies. currentTerm (default): entries of its own term, and with them all before. any: also those of earlier leaders, without one of its own to begin with; a later leader may overwrite them (unsafe).",
    ),
  replication: oneOf(switchValues.replication)
    .optional()
    .describe(
      "When a write is acknowledged. sync (default): once a majority has it on disk. async: once the leader has, which loses it where the leader is lost (unsafe).",
    ),
});

/** `store: raft` is short for `store: { design: raft }`. */
export const store = shortFor(
  z.discriminatedUnion("design", [raft, leaderless], {
    error: ({ input }) => {
      if (!isMapping(input)) return "must be raft or leaderless, or a mapping with design: raft or leaderless";
      const { design } = input;
      if (design === undefined) return "needs a design: raft or leaderless";
      return `${JSON.stringify(design)} is not a design of the bundled store: use raft or leaderless`;
    },
  }),
  [{ enum: ["raft", "leaderless"] }],
  (value) => (typeof value === "string" ? { design: value } : value),
).describe("Design of the bundled store: raft, leaderless, or a mapping with `design` and that design's options.");
