import { z } from "zod";
import { parseDuration } from "../core/duration.js";
import { isName, namePattern, nameRule } from "../core/ids.js";
import { formatNames, linePattern } from "../core/log-format.js";
import { levels } from "../core/log-record.js";
import { leaderPattern } from "../core/roles.js";
import { switchValues } from "../core/store-switches.js";
import { nodesMax } from "./cluster-spec.js";
import { duration, oneOf, onOff, text, wholeNumber } from "./fields.js";
import { leaderless } from "./leaderless-schema.js";
import { isMapping } from "./names.js";
import { problemWithHeader, problemWithOtlp, problemWithTemplate } from "./shipping.js";

/** What users write; `resolve.ts` turns it into a ClusterSpec. Descriptions end up in editors and in the reference. */

const name = z
  .string({ error: "must be text" })
  .refine(isName, { error: (issue) => `"${String(issue.input)}" is not a name: ${nameRule}` })
  .meta({ pattern: namePattern.source });

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

const words = z
  .array(text, { error: "must be a list of words, such as [node, server.js]" })
  .min(1, { error: "must have at least one word" });

const file = text.min(1, { error: "must not be empty" });

const tls = z
  .union(
    [
      z.literal("auto"),
      z.strictObject({
        cert: file.describe(
          "The nodes' certificate, and those between it and its authority; PEM, relative to the spec's folder.",
        ),
        key: file.describe("Its private key, without a passphrase; PEM."),
        clientCa: file
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
const store = z
  .preprocess(
    (value) => (typeof value === "string" ? { design: value } : value),
    z.discriminatedUnion("design", [raft, leaderless], {
      error: ({ input }) => {
        if (!isMapping(input)) return "must be raft or leaderless, or a mapping with design: raft or leaderless";
        const { design } = input;
        if (design === undefined) return "needs a design: raft or leaderless";
        return `${JSON.stringify(design)} is not a design of the bundled store: use raft or leaderless`;
      },
    }),
  )
  .describe("Design of the bundled store: raft, leaderless, or a mapping with `design` and that design's options.");

const nodes = wholeNumber(1, nodesMax).describe("How many nodes; an odd number makes the most of a quorum.");

const protect = z
  .union([z.boolean(), z.array(text)], { error: "must be true, or a list of nodes" })
  .describe("Keeps random faults away: true from all nodes, or a list of nodes. A fault that names a protected node hits it.");

/** A regular expression as `compile` takes it, which throws SyntaxError. */
function expression(compile: (pattern: string) => RegExp, what: string) {
  return z
    .string({ error: `must be text: a regular expression ${what}` })
    .min(1, { error: "must not be empty" })
    .superRefine((pattern, context) => {
      try {
        compile(pattern);
      } catch (error) {
        context.addIssue({ code: "custom", message: `is no regular expression: ${(error as SyntaxError).message}` });
      }
    });
}

const leader = expression(leaderPattern, "that is found in what a leader says");

const portRange = [1, 65_535] as const;

const http = z.strictObject(
  {
    port: wholeNumber(...portRange).describe("One of the service's `ports`."),
    path: text.refine((path) => path.startsWith("/"), { error: "must start with /" }).describe("What to GET."),
    leader: leader.describe("Regular expression; a node leads that answers 2xx with a body in which it is found."),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "must be a mapping with port, path and leader" : undefined) },
);

const roles = z
  .strictObject(
    {
      http: http.optional().describe("Ask each node over HTTP, on a published port."),
      exec: words.optional().describe("Or run this in each node; exit code 0 is an answer."),
      leader: leader.optional().describe("Of `exec`: regular expression that is found in a leader's stdout."),
    },
    { error: (issue) => (issue.code === "invalid_type" ? "must be a mapping with http, or with exec and leader" : undefined) },
  )
  .describe("How to tell which node leads, for `chaos … leader` and `status`. Each node is given 1s to answer.");

const keyName = text.min(1, { error: "must not be empty" });

const logs = z
  .strictObject(
    {
      format: oneOf(formatNames).optional().describe("How its lines are written; default auto, which finds out."),
      time: keyName.optional().describe("Key of the program's own time, which the record leaves out for the engine's."),
      level: keyName.optional().describe("Key of the level, in JSON or logfmt; `a.b` may be a `b` inside an `a`."),
      message: keyName.optional().describe("Key of the message."),
      event: keyName.optional().describe("Key of the event's name."),
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
    { error: (issue) => (issue.code === "invalid_type" ? "must be a mapping such as { format: logfmt }" : undefined) },
  )
  .describe("How the lines of an image's programs are to be understood, where `devious logs` does not by itself.");

const image = text
  .refine((reference) => /^\S+$/.test(reference), { error: "must be an image's name, such as my-api:dev" })
  .describe("An image of your own that the engine has, instead of `store`. Nothing is pulled.");

const environment = z
  .record(
    z.string().refine((key) => /^[^=\s]+$/.test(key)),
    text,
    { error: (issue) => (issue.code === "invalid_key" ? "is no variable's name" : "must be a mapping such as { KEY: value }") },
  )
  .describe("Variables; DEVIOUS_CLUSTER, DEVIOUS_SERVICE and DEVIOUS_NODE are there by themselves.");

const ports = z
  .array(wholeNumber(...portRange), { error: "must be a list of ports, such as [8080]" })
  .refine((list) => new Set(list).size === list.length, { error: "has a port twice" })
  .describe("TCP ports of the container, published on 127.0.0.1 on ports that the engine chooses; `status` shows them.");

const service = z.strictObject(
  {
    store: store.optional(),
    image: image.optional(),
    nodes: nodes.optional(),
    protect: protect.optional(),
    entrypoint: words
      .optional()
      .describe("Instead of the image's entrypoint; the image's command is then not used either. For `image` only."),
    command: words.optional().describe("Instead of the image's command. For `image` only."),
    environment: environment.optional(),
    ports: ports.optional(),
    roles: roles.optional(),
    logs: logs.optional(),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "must be a mapping with a store or an image" : undefined) },
);

const network = z
  .strictObject(
    {
      zones: z
        .record(
          z.string().meta({ pattern: namePattern.source }),
          z.array(text, { error: "must be a list of nodes and services" }),
          {
            error: "must be a mapping of zones, such as { eu: [n1, n2], us: [n3] }",
          },
        )
        .optional()
        .describe("Nodes and services by zone; a zone is a target of faults. A node is in one zone at most."),
    },
    { error: (issue) => (issue.code === "invalid_type" ? "must be a mapping with zones" : undefined) },
  )
  .describe("Where the nodes are.");

/** A check for `superRefine`: undefined is right, anything else is what is wrong. */
function unless(problemWith: (text: string) => string | undefined) {
  return (value: string, context: z.RefinementCtx<string>): void => {
    const message = problemWith(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  };
}

const ship = z
  .strictObject(
    {
      otlp: z
        .string({ error: "must be text: a receiver's URL, such as http://localhost:4318" })
        .superRefine(unless(problemWithOtlp))
        .meta({ pattern: "^https?://[^\\s/@?#]+(/[^\\s?#]*)?$" })
        .describe(
          "Base URL of an OTLP/HTTP receiver. `localhost` is the engine's machine; a node of the cluster is known by its name.",
        ),
      headers: z
        .record(z.string().superRefine(unless(problemWithHeader)), text.superRefine(unless(problemWithTemplate)), {
          error: (issue) =>
            issue.code === "invalid_key"
              ? issue.issues[0]?.message
              : 'must be a mapping such as { Authorization: "Bearer ${TOKEN}" }',
        })
        .optional()
        .describe("HTTP headers to send along. `${NAME}` is a variable of the environment of `devious up`, `$$` a dollar."),
    },
    {
      error: (issue) => (issue.code === "invalid_type" ? "must be a mapping such as { otlp: http://localhost:4318 }" : undefined),
    },
  )
  .describe("Sends every record of the cluster's logs to a receiver of OpenTelemetry logs, while the cluster is up.");

const logging = z
  .strictObject(
    { ship: ship.optional() },
    { error: (issue) => (issue.code === "invalid_type" ? "must be a mapping with ship" : undefined) },
  )
  .describe("What is done with the logs of the cluster.");

export const specFile = z.strictObject(
  {
    name: name.optional().describe("Cluster name; default: the folder's name."),
    nodes: nodes.optional(),
    store: store.optional(),
    protect: protect.optional(),
    services: z
      .record(z.string().meta({ pattern: namePattern.source }), service, { error: "must be a mapping of service names" })
      .refine((services) => Object.keys(services).length > 0, { error: "needs at least one service" })
      .optional()
      .describe("Services by name; instead of the shorthand `nodes`, `store` and `protect`."),
    network: network.optional(),
    logging: logging.optional(),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "must be a mapping such as `nodes: 3`" : undefined) },
);

export type SpecFile = z.infer<typeof specFile>;
export type ServiceFile = z.infer<typeof service>;

/** Keys of a service that only an image has. */
export const imageKeys = [
  "entrypoint",
  "command",
  "environment",
  "ports",
  "roles",
  "logs",
] as const satisfies readonly (keyof ServiceFile)[];

/** Keys allowed in the mapping at this path, for "did you mean"; `value` is what stands there. */
export function knownKeys(path: readonly PropertyKey[], value: unknown): readonly string[] {
  if (path.length === 0) return Object.keys(specFile.shape);
  // a service may be called like a key
  const inside = path[0] === "services" ? path.slice(2) : path;
  if (inside.length === 0) return Object.keys(service.shape);
  const shapes = {
    store: (value as { readonly design?: unknown }).design === "leaderless" ? leaderless.shape : raft.shape,
    network: network.shape,
    roles: roles.shape,
    http: http.shape,
    logs: logs.shape,
    logging: logging.shape,
    ship: ship.shape,
  };
  return Object.keys(shapes[inside.at(-1) as keyof typeof shapes]);
}

/** The spec's JSON Schema (draft 2020-12), for editors; the build writes it to `schema/devious.schema.json`. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(specFile, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema: json }) => {
      if (zodSchema === service) Object.assign(json, { oneOf: [{ required: ["store"] }, { required: ["image"] }] });
      if (zodSchema === roles) Object.assign(json, { oneOf: [{ required: ["http"] }, { required: ["exec", "leader"] }] });
      if (zodSchema !== store) return;
      const { description, ...mapping } = json;
      for (const key of Object.keys(json)) delete (json as Record<string, unknown>)[key];
      Object.assign(json, {
        ...(description === undefined ? {} : { description }),
        anyOf: [{ enum: ["raft", "leaderless"] }, ...(mapping.oneOf ?? [])],
      });
    },
  });
  return { title: "devious.yaml", ...schema };
}
