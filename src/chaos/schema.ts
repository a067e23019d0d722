/** The doors for what comes from outside as JSON: requests from the CLI, the ledger from disk. Inside, nothing is checked again. */
import { z } from "zod";
import { distributions } from "./delay.js";
import { type ActiveFault, type Fault, problemWithFault } from "./fault.js";
import type { Ledger } from "./ledger.js";
import { type Request, cutTools } from "./protocol.js";
import { isName } from "../core/ids.js";

const name = z.string().refine(isName, "is not a node's name");

const fault: z.ZodType<Fault> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("pause"), nodes: z.array(name) }),
  z.object({ kind: z.literal("partition"), grudge: z.record(name, z.array(name)), shape: z.string().max(10_000) }),
  z.object({
    kind: z.literal("delay"),
    nodes: z.array(name),
    delayMs: z.number(),
    jitterMs: z.number(),
    distribution: z.enum(distributions),
  }),
]);

const activeFault: z.ZodType<ActiveFault> = z.object({
  id: z.string(),
  fault,
  startedAtMs: z.number(),
  deadlineMs: z.number().nullable(),
});

const ledger: z.ZodType<Ledger> = z.object({
  nextNumber: z.int().positive(),
  faults: z.array(activeFault),
  frozen: z.record(name, z.string()),
  cutTools: z.array(z.enum(cutTools)),
});

const id = z.string().min(1).max(100);

const request: z.ZodType<Request> = z.discriminatedUnion("op", [
  z.object({ id, op: z.literal("apply"), fault, durationMs: z.number().positive().nullable() }),
  z.object({
    id,
    op: z.literal("heal"),
    what: z.discriminatedUnion("by", [
      z.object({ by: z.literal("id"), id: z.string() }),
      z.object({ by: z.literal("node"), node: name }),
      z.object({ by: z.literal("all") }),
    ]),
  }),
  z.object({ id, op: z.literal("list") }),
  z.object({ id, op: z.literal("probe") }),
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
  const problem = parsed.data.op === "apply" ? problemWithFault(parsed.data.fault) : undefined;
  return problem === undefined ? { ok: true, request: parsed.data } : { ok: false, id: asker, problem };
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
