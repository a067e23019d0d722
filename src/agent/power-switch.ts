/** Bringing nodes down and up through the engine, so that whatever happens in between, what we brought down does not stay down. */
import type { Down } from "../chaos/desired-state.js";
import { noteDown, noteUp } from "../chaos/ledger.js";
import { formatDuration } from "../core/duration.js";
import { DeviousError } from "../core/errors.js";
import type { Clock } from "./clock.js";
import { type NodeContainer, type NodeEngine, isUp } from "./engine.js";
import type { LedgerStore } from "./ledger-store.js";

export interface PowerSwitch {
  /**
   * Brings down a node that runs and is not frozen, and remembers to start it again. Gives in as soon as `isWanted` says no: the node is
   * down then as well. Throws where it survives; it may then still go down later.
   */
  bringDown(container: NodeContainer, down: Down, isWanted: () => boolean): Promise<void>;
  /** Whether the node is to be started: what we brought down, and what we were told to start. */
  owes(container: NodeContainer): boolean;
  /** Starts what is owed. True where it did not run. */
  bringUp(container: NodeContainer): Promise<boolean>;
  /** From now on the node, which does not run, is owed its start, whoever brought it down. */
  promise(container: NodeContainer): Promise<void>;
  /** There is no such node any more. */
  forget(node: string): Promise<void>;
}

/** How long a program has to die of a signal. */
const survivesAfterMs = 5000;

/** How often we look whether it has died, and whether it still has to. */
const lookEveryMs = 50;

export function createPowerSwitch(engine: NodeEngine, store: LedgerStore, clock: Clock): PowerSwitch {
  /** Container -> what we asked to end it with and the engine has not answered yet. */
  const unanswered = new Map<string, Promise<void>>();

  function ask(id: string, act: () => Promise<void>): Promise<void> {
    const answer = act().finally(() => {
      if (unanswered.get(id) === answer) unanswered.delete(id);
    });
    unanswered.set(id, answer);
    // whoever waits for it hears of its failure; nobody may
    answer.catch(() => undefined);
    return answer;
  }

  /** Looks again and again until the node has gone down, or so long; `isWanted` false ends it too. */
  async function wentDown(id: string, withinMs: number, isWanted: () => boolean): Promise<boolean> {
    const endsAtMs = clock.monotonicMs() + withinMs;
    for (;;) {
      if ((await engine.pidOf(id)) === undefined) return true;
      if (clock.monotonicMs() >= endsAtMs || !isWanted()) return false;
      await new Promise<void>((resolve) => clock.after(lookEveryMs, resolve));
    }
  }

  async function stop({ node, id }: NodeContainer, graceMs: number, isWanted: () => boolean): Promise<void> {
    const answer = ask(id, () => engine.stop(id, graceMs));
    let failed: { readonly error: unknown } | undefined;
    answer.catch((error: unknown) => (failed = { error }));
    const isPending = (): boolean => isWanted() && failed === undefined;
    if (await wentDown(id, graceMs + survivesAfterMs, isPending)) return;
    if (failed !== undefined) throw failed.error;
    if (isWanted()) throw silent(node);
    // the time of the fault is over before that of the grace
    await engine.kill(id, "SIGKILL");
    if (!(await wentDown(id, survivesAfterMs, () => true))) throw silent(node);
  }

  async function kill({ node, id }: NodeContainer, signal: string, isWanted: () => boolean): Promise<void> {
    await ask(id, () => engine.kill(id, signal));
    if ((await wentDown(id, survivesAfterMs, () => true)) || !isWanted()) return;
    throw new DeviousError(
      "FAULT_NOT_APPLIED",
      `${node} survived ${signal}: it still runs after ${formatDuration(survivesAfterMs)}.`,
      { hint: "A container's first process dies only of signals that it handles, and of SIGKILL always." },
    );
  }

  async function promise({ node, id }: NodeContainer): Promise<void> {
    if (store.value.downed[node] !== id) await store.admit((ledger) => ({ ledger: noteDown(ledger, node, id) }));
  }

  async function forget(node: string): Promise<void> {
    if (store.value.downed[node] === undefined) return;
    await store.release((ledger) => ({ ledger: noteUp(ledger, node) }));
  }

  const owes = ({ node, id }: NodeContainer): boolean => store.value.downed[node] === id;

  return {
    owes,
    promise,
    forget,
    async bringDown(container, down, isWanted) {
      await promise(container);
      if (down.by === "stop") await stop(container, down.graceMs, isWanted);
      else await kill(container, `SIG${down.signal}`, isWanted);
    },
    async bringUp(container) {
      const { node, id } = container;
      const wasUp = isUp(container);
      // it may go down yet, and must not be forgotten before
      if (wasUp && unanswered.has(id)) throw silent(node);
      // a program that ends right after its start ends by itself: that is no matter of ours
      if (!wasUp) await engine.start(id);
      await forget(node);
      return !wasUp;
    },
  };
}

function silent(node: string): DeviousError {
  return new DeviousError("ENGINE_UNREACHABLE", `The engine was asked to bring ${node} down and has not answered.`, {
    hint: "If it goes down after all, it is started again at once.",
  });
}
