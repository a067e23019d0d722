import { z } from "zod";
import { parseDuration } from "../core/duration.js";
import { isName, namePattern, nameRule } from "../core/ids.js";
import { nodesMax } from "./cluster-spec.js";

/** What users write; `resolve.ts` turns it into a ClusterSpec. Descriptions end up in editors and in the reference. */

const name = z
  .string({ error: "must be text" })
  .refine(isName, { error: (issue) => `"${String(issue.input)}" is not a name: ${nameRule}` })
  .meta({ pattern: namePattern.source });

const duration = z
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

function wholeNumber(min: number, max: number) {
  return z
    .number({ error: (issue) => `must be a whole number from ${min} to ${max}, not ${JSON.stringify(issue.input)}` })
    .int({ error: (issue) => `must be a whole number, not ${String(issue.input)}` })
    .min(min, { error: (issue) => `must be at least ${min}, not ${String(issue.input)}` })
    .max(max, { error: (issue) => `must be at most ${max}, not ${String(issue.input)}` });
}

const raft = z.strictObject(
  {
    design: z.literal("raft", {
      error: (issue) =>
        issue.input === undefined
          ? "needs a design: raft"
          : `${JSON.stringify(issue.input)} is not a design of the bundled store: use raft`,
    }),
    election_timeout: duration.optional().describe("Time without a leader before a node stands for election; default 1s."),
    heartbeat_interval: duration.optional().describe("Time between a leader's heartbeats; default 100ms."),
    snapshot_entries: wholeNumber(10, 1_000_000).optional().describe("Applied entries between two snapshots; default 10000."),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "must be raft, or a mapping with design: raft" : undefined) },
);

/** `store: raft` is short for `store: { design: raft }`. */
const store = z
  .preprocess((value) => (typeof value === "string" ? { design: value } : value), raft)
  .describe("Design of the bundled store: raft, or a mapping with `design` and that design's options.");

const nodes = wholeNumber(1, nodesMax).describe("How many nodes; an odd number makes the most of a quorum.");

const service = z.strictObject(
  { store, nodes: nodes.optional() },
  { error: (issue) => (issue.code === "invalid_type" ? "must be a mapping with store and nodes" : undefined) },
);

export const specFile = z.strictObject(
  {
    name: name.optional().describe("Cluster name; default: the folder's name."),
    nodes: nodes.optional(),
    store: store.optional(),
    services: z
      .record(z.string().meta({ pattern: namePattern.source }), service, { error: "must be a mapping of service names" })
      .refine((services) => Object.keys(services).length > 0, { error: "needs at least one service" })
      .optional()
      .describe("Services by name; instead of the shorthand `nodes` and `store`."),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "must be a mapping such as `nodes: 3`" : undefined) },
);

export type SpecFile = z.infer<typeof specFile>;

/** Keys allowed in the mapping at this path, for "did you mean". */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(specFile.shape);
  if (path.at(-1) === "store") return Object.keys(raft.shape);
  return Object.keys(service.shape);
}

/** The spec's JSON Schema (draft 2020-12), for editors; the build writes it to `schema/devious.schema.json`. */
export function jsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(specFile, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema: json }) => {
      if (zodSchema !== store) return;
      const { description, ...mapping } = json;
      for (const key of Object.keys(json)) delete (json as Record<string, unknown>)[key];
      Object.assign(json, { ...(description === undefined ? {} : { description }), anyOf: [{ const: "raft" }, mapping] });
    },
  });
  return { title: "devious.yaml", ...schema };
}
