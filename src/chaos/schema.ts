/** The doors for what comes from outside as JSON: requests from the CLI, the ledger from disk. Inside, nothing is checked again. */
import { z } from "zod";
import { isName } from "../core/ids.js";
import type { ClockTrouble, DiskTrouble } from "../core/store-hooks.js";
import { type ActiveFault, type Fault, problemsWithFault } from "./fault.js";
import { type Impairment, distributions } from "./impairment.js";
import { signals } from "./kill.js";
import type { Downed, Ledger } from "./ledger.js";
import { type Request, cutTools } from "./protocol.js";
import { type StandingLink, problemsWithStandingLinks } from "./standing-link.js";
import { protocols } from "./traffic.js";

const name = z.string().refine(isName, "is not a node's name");

const names = z.array(name);

const traffic = z.object({ protocol: z.enum(protocols).nullable(), ports: z.array(z.number()) });

const chance = z.object({ percent: z.number(), correlation: z.number() });

const impairment: z.ZodType<Impairment> = z.object({
  delay: z
    .object({ timeMs: z.number(), jitterMs: z.number(), correlation: z.number(), distribution: z.enum(distributions) })
    .nullable(),
  loss: z
    .discriminatedUnion("model", [
      z.object({ model: z.literal("random"), ...chance.shape }),
      z.object({
        model: z.literal("state"),
        p13: z.number(),
        p31: z.number(),
        p32: z.number(),
        p23: z.number(),
        p14: z.number(),
      }),
      z.object({ model: z.literal("gemodel"), p: z.number(), r: z.number(), oneMinusH: z.number(), oneMinusK: z.number() }),
    ])
    .nullable(),
  duplicate: chance.nullable(),
  corrupt: chance.nullable(),
  reorder: z.object({ ...chance.shape, gap: z.number() }).nullable(),
  rate: z.object({ bitsPerSecond: z.number(), burstBytes: z.number().nullable() }).nullable(),
});

const diskTrouble: z.ZodType<DiskTrouble> = z.object({
  fsyncDelayMs: z.number(),
  fsyncFails: z.boolean(),
  losesUnsynced: z.boolean(),
  tearsWrites: z.boolean(),
  flipsBit: z.boolean(),
});

const clockTrouble: z.ZodType<ClockTrouble> = z.object({ skewMs: z.number(), jumpMs: z.number(), driftPercent: z.number() });

export const fault: z.ZodType<Fault> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("pause"), nodes: names }),
  z.object({
    kind: z.literal("partition"),
    grudge: z.record(name, names),
    shape: z.string().max(10_000),
    traffic,
    percent: z.number(),
  }),
  z.object({
    kind: z.literal("slow"),
    nodes: names,
    links: z.record(name, z.object({ peers: names, clients: z.boolean(), fromClients: z.boolean().default(false) })),
    where: z.string().max(10_000),
    impairment,
    traffic,
  }),
  z.object({ kind: z.literal("kill"), nodes: names, signal: z.enum(signals) }),
  z.object({ kind: z.literal("stop"), nodes: names, graceMs: z.number() }),
  z.object({ kind: z.literal("restart"), nodes: names, graceMs: z.number() }),
  z.object({ kind: z.literal("wipe"), nodes: names }),
  z.object({ kind: z.literal("crash-loop"), nodes: names, everyMs: z.number() }),
  z.object({ kind: z.literal("cpu"), nodes: names, cpus: z.number() }),
  z.object({ kind: z.literal("memory"), nodes: names, bytes: z.number() }),
  z.object({ kind: z.literal("disk"), nodes: names, trouble: diskTrouble }),
  z.object({ kind: z.literal("clock"), nodes: names, trouble: clockTrouble }),
]);

const seed = z.number().nullable();

const activeFault: z.ZodType<ActiveFault> = z.object({
  id: z.string(),
  fault,
  startedAtMs: z.number(),
  deadlineMs: z.number().nullable(),
  seed,
});

const standingLink: z.ZodType<StandingLink> = z.object({
  between: z.tuple([name, name]),
  nodes: z.tuple([names, names]),
  impairment,
});

/** Older ledgers name the container alone. */
const downed: z.ZodType<Downed> = z.union([
  z.object({ containerId: z.string(), pid: z.number().nullable() }),
  z.string().transform((containerId) => ({ containerId, pid: null })),
]);

/** What an older agent did not write down, it did not do; only of the tools it may have used any. */
const ledger: z.ZodType<Ledger> = z.object({
  nextNumber: z.int().positive(),
  faults: z.array(activeFault),
  links: z.array(standingLink).nullable().default(null),
  frozen: z.record(name, z.string()).default({}),
  downed: z.record(name, downed).default({}),
  limited: z.record(name, z.object({ process: z.string(), originals: z.record(z.string(), z.string()) })).default({}),
  hooked: z.record(name, z.string()).default({}),
  cutTools: z.array(z.enum(cutTools)).default([...cutTools]),
  lost: z.boolean().default(false),
});

const id = z.string().min(1).max(100);

const request: z.ZodType<Request> = z.discriminatedUnion("op", [
  z.object({ id, op: z.literal("apply"), fault, durationMs: z.number().positive().nullable(), seed, verify: z.boolean() }),
  z.object({
    id,
    op: z.literal("heal"),
    what: z.discriminatedUnion("by", [
      z.object({ by: z.literal("id"), id: z.string() }),
      z.object({ by: z.literal("node"), node: name }),
      z.object({ by: z.literal("all") }),
    ]),
  }),
  z.object({ id, op: z.literal("links"), links: z.array(standingLink) }),
  z.object({ id, op: z.literal("start"), nodes: names }),
  z.object({ id, op: z.literal("list") }),
  z.object({ id, op: z.literal("probe") }),
  z.object({ id, op: z.literal("examine") }),
  z.object({ id, op: z.literal("rules"), nodes: names }),
  z.object({ id, op: z.literal("listening"), nodes: names }),
  z.object({ id, op: z.literal("ping") }),
]);

export type Decoded =
  | { readonly ok: true; readonly request: Request }
  /** `id` is undefined where not even that could be read, so that nobody can be answered. */
  | { readonly ok: false; readonly id: string | undefined; readonly problem: string };

/** One line of the agent's stdin. */
export function decodeRequest(line: string): Decoded {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { ok: false, id: undefined, problem: "the line is not JSON" };
  }
  const asker = z.object({ id }).safeParse(value).data?.id;
  const parsed = request.safeParse(value);
  if (!parsed.success) return { ok: false, id: asker, problem: explain(parsed.error) };
  const problems = problemsWith(parsed.data);
  return problems.length === 0 ? { ok: true, request: parsed.data } : { ok: false, id: asker, problem: problems.join(" ") };
}

function problemsWith(asked: Request): readonly string[] {
  if (asked.op === "apply") return problemsWithFault(asked.fault);
  return asked.op === "links" ? problemsWithStandingLinks(asked.links) : [];
}

export function encodeLedger(value: Ledger): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** The ledger in this text; throws a plain Error with the first thing that is wrong. */
export function decodeLedger(text: string): Ledger {
  const parsed = ledger.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(explain(parsed.error));
  return parsed.data;
}

function explain(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? "it has the wrong shape" : `${issue.path.join(".") || "it"}: ${issue.message}`;
}
