/** Brings nodes to what the ledger says, side by side, each one step after the other, and remembers which of them are not there yet. */
import { type Side, nodesOf } from "../chaos/fault.js";
import { retryAfterMs } from "../chaos/schedule.js";
import { nodesWithEnds } from "../chaos/standing-link.js";
import { DeviousError, messageOf } from "../core/errors.js";
import type { Log } from "../core/log-line.js";
import type { LedgerStore } from "./ledger-store.js";
import type { Outcome, Reconciler } from "./reconciler.js";
import { createTurns } from "./turns.js";
import type { Clock } from "./clock.js";

export type Settled = { readonly node: string } & ({ readonly outcome: Outcome } | { readonly error: DeviousError });

/**
 * Why nodes are brought to what the ledger says. `apply`: a fault is new, and what fails is told to the one who asked and rolled back ·
 * `again`: faults that were in force may have been lost · `end`: everything else.
 */
export type Why = "apply" | "again" | "end";

/** What to do with them: {@link Reconciler}. */
export type How = "bring" | "crash" | "start";

/** How often a node whose process is to end is looked at. */
const lookEveryMs = 50;

export interface Settler {
  /**
   * What became of each, once all are done: where something is to end for the node to be right, once it has ended. Never throws: what fails
   * is in the answer, and unless it is told to the one who asked, a trouble. With `side`, somebody asks for that side of the nodes only: what
   * else is wrong with them is a trouble and not in the answer.
   */
  settle(nodes: readonly string[], why: Why, how?: How, side?: Side): Promise<readonly Settled[]>;
  /** Node -> why it is not as the ledger says. */
  readonly troubles: ReadonlyMap<string, string>;
  /** Until the next attempt at those; undefined where there are none. */
  retryInMs(): number | undefined;
  isBusy(node: string): boolean;
}

export function createSettler(reconciler: Reconciler, store: LedgerStore, clock: Clock, log: Log): Settler {
  const turns = createTurns();
  const troubles = new Map<string, string>();
  /** Node -> since when it has been in trouble, on the monotonic clock. */
  const wrongSinceMs = new Map<string, number>();
  const busy = new Map<string, number>();

  /**
   * Between two looks at a process that takes its time to end, the node is free for others. Where it is to stay down, who came for the end
   * of something else has that already.
   */
  async function bringThere(node: string, why: Why, how: How): Promise<Outcome> {
    let outcome = await turns.take(node, () => reconciler[how](node));
    // most end at once
    for (let waitMs = 0; outcome.kind === "ending" && (outcome.toRun || why !== "end"); waitMs = lookEveryMs) {
      if (waitMs > 0) await new Promise<void>((resolve) => clock.after(waitMs, resolve));
      outcome = await turns.take(node, () => reconciler.bring(node));
    }
    return outcome;
  }

  async function settleOne(node: string, why: Why, how: How, side: Side | undefined): Promise<Settled> {
    busy.set(node, (busy.get(node) ?? 0) + 1);
    try {
      const outcome = await bringThere(node, why, how);
      if (outcome.kind === "settled") tell(node, outcome, why);
      const failures = outcome.kind === "settled" ? outcome.failures : [];
      const asked = failures.find((failure) => side === undefined || failure.side === side);
      // the one who asked hears of this one, and has it taken back
      const others = why === "apply" ? failures.filter((failure) => failure !== asked) : failures;
      const errors = others.map(({ error }) => asTrouble(error));
      if (asked === undefined || errors.length > 0) note(node, errors);
      return asked === undefined ? { node, outcome } : { node, error: asTrouble(asked.error) };
    } catch (thrown) {
      const error = asTrouble(thrown);
      if (why !== "apply") note(node, [error]);
      return { node, error };
    } finally {
      const others = (busy.get(node) ?? 1) - 1;
      if (others === 0) busy.delete(node);
      else busy.set(node, others);
    }
  }

  /** What is wrong with the node now. */
  function note(node: string, errors: readonly DeviousError[]): void {
    const [first] = errors;
    if (first === undefined) {
      wrongSinceMs.delete(node);
      if (troubles.delete(node)) log("info", "node-recovered", `${node} is as asked again`, { target: node });
      return;
    }
    const trouble = errors.map(({ message }) => message).join(" ");
    if (troubles.get(node) !== trouble) {
      const { code, details } = first;
      log("error", "node-not-settled", `${node}: ${trouble}`, { target: node, code, details });
    }
    // what an engine was asked and has not answered may happen at any time, and is to be undone soon then
    if (!troubles.has(node) || errors.some(({ code }) => code === "ENGINE_UNREACHABLE")) {
      wrongSinceMs.set(node, clock.monotonicMs());
    }
    troubles.set(node, trouble);
  }

  function tell(node: string, { changed, rules }: Extract<Outcome, { kind: "settled" }>, why: Why): void {
    for (const { tool, rules: text } of rules) {
      log("debug", "rules-applied", `${tool} in ${node}`, { target: node, tool, rules: text });
    }
    if (why !== "again" || !changed) return;
    const faults = store.value.faults.filter(({ fault }) => nodesOf(fault).includes(node)).map(({ id }) => id);
    if (faults.length > 0) {
      log("warn", "fault-reapplied", `${node} is under ${faults.join(", ")} again`, { target: node, faults });
    } else if (nodesWithEnds(store.value.links ?? []).includes(node)) {
      log("info", "links-reapplied", `${node} has the links of the spec again`, { target: node });
    }
  }

  return {
    troubles,
    retryInMs() {
      if (troubles.size === 0) return undefined;
      return retryAfterMs(clock.monotonicMs() - Math.max(...wrongSinceMs.values()));
    },
    settle: (nodes, why, how = "bring", side) => Promise.all([...new Set(nodes)].map((node) => settleOne(node, why, how, side))),
    isBusy: (node) => busy.has(node),
  };
}

/** Whatever was thrown, as the trouble it is to a fault. */
export function asTrouble(error: unknown): DeviousError {
  return error instanceof DeviousError ? error : new DeviousError("FAULT_NOT_APPLIED", messageOf(error), { cause: error });
}
