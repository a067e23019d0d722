import { chaosNode, type LogRecord } from "../core/log-record.js";

/** What one record of the agent says of faults (docs/reference/events.md), for all who follow which are in force. */
export type FaultNews =
  /** It is in force from now on. `kind`: `partition`, `slow`, …; empty where the agent did not say. */
  | { readonly is: "begun"; readonly fault: string; readonly kind: string; readonly nodes: readonly string[] }
  /** It goes on with these nodes only. */
  | { readonly is: "narrowed"; readonly fault: string; readonly kind: string; readonly nodes: readonly string[] }
  /** It is over, why: `asked`, `deadline`, … One that was rolled back need never have been in force. */
  | {
      readonly is: "ended";
      readonly fault: string;
      readonly kind: string;
      readonly nodes: readonly string[];
      readonly reason: string;
      readonly wasRolledBack: boolean;
    }
  /** It could not be applied; that it was rolled back is said next. */
  | { readonly is: "failed"; readonly fault: string }
  /** They are in force on this node once more, or hurt it once more. */
  | { readonly is: "renewed"; readonly faults: readonly string[]; readonly nodes: readonly string[] }
  /** An agent started that knows these only. Where it lost its ledger it has ended the rest without knowing their names. */
  | { readonly is: "remaining"; readonly faults: readonly string[] };

/** Undefined for whatever else is said, by whomever. */
export function faultNews({ node, event, fields }: LogRecord): FaultNews | undefined {
  if (node !== chaosNode) return undefined;
  switch (event) {
    case "agent-started":
      return { is: "remaining", faults: namesIn(fields["faults"]) };
    case "fault-reapplied":
      return { is: "renewed", faults: namesIn(fields["faults"]), nodes: namesIn([fields["target"]]) };
    case "node-crashed":
      return { is: "renewed", faults: namesIn([fields["fault"]]), nodes: namesIn([fields["target"]]) };
  }
  const fault = textOf(fields["fault"]);
  if (fault === "") return undefined;
  const about = { fault, kind: textOf(fields["kind"]), nodes: namesIn(fields["nodes"]) };
  switch (event) {
    case "fault-applied":
      return { is: "begun", ...about };
    case "fault-narrowed":
      return { is: "narrowed", ...about };
    case "fault-healed": {
      const reason = textOf(fields["reason"]);
      return { is: "ended", ...about, reason, wasRolledBack: reason === "rollback" };
    }
    case "fault-failed":
      return { is: "failed", fault };
    default:
      return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function namesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}
