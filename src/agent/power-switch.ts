/**
 * Bringing nodes down and up through the engine, so that whatever happens in between, what we brought down does not stay down. Nothing
 * here waits for a process to end: each call does what can be done now and says whether to come again.
 */
import type { Down } from "../chaos/desired-state.js";
import { type Downed, noteDown, noteUp } from "../chaos/ledger.js";
import { formatDuration } from "../core/duration.js";
import { DeviousError } from "../core/errors.js";
import type { Clock } from "./clock.js";
import { type NodeContainer, type NodeEngine, isUp } from "./engine.js";
import type { LedgerStore } from "./ledger-store.js";

export interface PowerSwitch {
  /**
   * Brings down a node that is not frozen, and remembers to start it again. False while it has not gone down yet. Throws where it does not
   * go down in time; as long as nobody brings it up, it may then still do so later.
   */
  bringDown(container: NodeContainer, down: Down): Promise<boolean>;
  /** Whether the node is to be started: what we brought down, and what we were told to start. */
  owes(container: NodeContainer): boolean;
  /**
   * Starts what is owed and not frozen. A process that we told to end is ended first, for it might end at any time, and nobody would start
   * it then.
   */
  bringUp(container: NodeContainer): Promise<"started" | "ran" | "ending">;
  /** From now on the node is owed its start: what ran of it when it was listed is to end first. */
  promise(container: NodeContainer): Promise<void>;
  /** The node is owed nothing: it runs, or there is no such node any more. */
  forget(node: string): Promise<void>;
}

/** How long a program has to die of a signal. */
const survivesAfterMs = 5000;

/** What a run of a container was told to end with. */
interface Order {
  readonly pid: number;
  /** A signal, or `stop` with its grace. */
  readonly how: string;
  /** When it should have worked, on the monotonic clock. */
  readonly dueAtMs: number;
  /** Why the engine did not carry it out, where it said so. */
  failed: { readonly error: unknown } | undefined;
}

const sigkill = { by: "kill", signal: "KILL" } as const;

export function createPowerSwitch(engine: NodeEngine, store: LedgerStore, clock: Clock): PowerSwitch {
  /** Container -> the last order given to it. */
  const orders = new Map<string, Order>();
  /** Container -> how many orders the engine has not answered yet. As long as there are any, they may be carried out, whatever runs then. */
  const unanswered = new Map<string, number>();

  function tell(id: string, pid: number, down: Down): Order {
    const graceMs = down.by === "stop" ? down.graceMs : 0;
    const order: Order = { pid, how: nameOf(down), dueAtMs: clock.monotonicMs() + graceMs + survivesAfterMs, failed: undefined };
    orders.set(id, order);
    unanswered.set(id, (unanswered.get(id) ?? 0) + 1);
    const answer = down.by === "stop" ? engine.stop(id, graceMs) : engine.kill(id, order.how);
    answer
      .catch((error: unknown) => (order.failed = { error }))
      .finally(() => {
        const others = (unanswered.get(id) ?? 1) - 1;
        if (others === 0) unanswered.delete(id);
        else unanswered.set(id, others);
      });
    return order;
  }

  /** Looks whether the process has gone the way it was told to; throws where it should have by now. The next call then tells it again. */
  function check({ node, id }: NodeContainer, order: Order): void {
    if (order.failed === undefined && clock.monotonicMs() < order.dueAtMs) return;
    const isSilent = unanswered.has(id);
    if (order.failed !== undefined || !isSilent) orders.delete(id);
    if (order.failed !== undefined) throw order.failed.error;
    throw isSilent ? silent(node) : survived(node, order.how);
  }

  /** The process is told once; after an order of another kind, again. */
  function end(container: NodeContainer, pid: number, down: Down): void {
    const { id } = container;
    const given = orders.get(id);
    check(container, given?.pid === pid && given.how === nameOf(down) ? given : tell(id, pid, down));
  }

  const noteOf = (node: string): Downed | undefined => store.value.downed[node];

  async function note(node: string, downed: Downed): Promise<void> {
    const { containerId, pid } = noteOf(node) ?? {};
    if (containerId === downed.containerId && pid === downed.pid) return;
    await store.admit((ledger) => ({ ledger: noteDown(ledger, node, downed) }));
  }

  async function forget(node: string): Promise<void> {
    const noted = noteOf(node);
    if (noted === undefined) return;
    orders.delete(noted.containerId);
    await store.release((ledger) => ({ ledger: noteUp(ledger, node) }));
  }

  const owes = ({ node, id }: NodeContainer): boolean => noteOf(node)?.containerId === id;

  return {
    owes,
    forget,
    async promise(container) {
      const { node, id } = container;
      // what somebody has started since it was listed is not to end
      const pid = isUp(container) ? await engine.pidOf(id) : undefined;
      await note(node, { containerId: id, pid: pid ?? null });
    },
    async bringDown(container, down) {
      const { node, id } = container;
      const pid = await engine.pidOf(id);
      if (pid !== undefined || !owes(container)) await note(node, { containerId: id, pid: pid ?? null });
      if (pid === undefined) return true;
      end(container, pid, down);
      return false;
    },
    async bringUp(container) {
      const { node, id } = container;
      const pid = isUp(container) ? await engine.pidOf(id) : undefined;
      if (pid !== undefined && pid === noteOf(node)?.pid) {
        end(container, pid, sigkill);
        return "ending";
      }
      if (unanswered.has(id)) {
        const order = orders.get(id);
        if (order === undefined || clock.monotonicMs() >= order.dueAtMs) throw silent(node);
        return "ending";
      }
      // a program that ends right after its start ends by itself: that is no matter of ours
      if (pid === undefined) await engine.start(id);
      await forget(node);
      return pid === undefined ? "started" : "ran";
    },
  };
}

function nameOf(down: Down): string {
  return down.by === "stop" ? `stop ${down.graceMs}` : `SIG${down.signal}`;
}

function survived(node: string, how: string): DeviousError {
  return how.startsWith("stop")
    ? new DeviousError("ENGINE_REFUSED", `The engine says that it stopped ${node}, and yet it runs.`)
    : new DeviousError("FAULT_NOT_APPLIED", `${node} survived ${how}: it still runs after ${formatDuration(survivesAfterMs)}.`, {
        hint: `A container's first process dies only of signals that it handles, and of SIGKILL always: that is how ${node} is ended and started again now, for it might die of ${how} yet.`,
      });
}

function silent(node: string): DeviousError {
  return new DeviousError("ENGINE_UNREACHABLE", `The engine was asked to bring ${node} down and has not answered.`, {
    hint: "If it goes down after all, it is started again at once.",
  });
}
