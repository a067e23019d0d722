/** Pausing nodes through the engine, so that whatever happens in between, nothing that we froze stays frozen and unknown. */
import { freeze, thaw } from "../chaos/ledger.js";
import { DeviousError } from "../core/errors.js";
import type { Clock } from "./clock.js";
import type { NodeContainer, NodeEngine } from "./engine.js";
import type { LedgerStore } from "./ledger-store.js";

export interface Freezer {
  /** True where it was not frozen before. Throws where it is not frozen within 5 s; it may then still happen later. */
  freeze(container: NodeContainer): Promise<boolean>;
  /** Thaws what we froze, and with `anybodys` also what somebody else did. True where there was something to thaw. */
  thaw(container: NodeContainer, anybodys: boolean): Promise<boolean>;
  /** The node does not run, so nothing of it is frozen. Throws while a pause of ours is on its way to it. */
  forget(node: string): Promise<void>;
}

const pauseLimitMs = 5000;

export function createFreezer(engine: NodeEngine, store: LedgerStore, clock: Clock): Freezer {
  /** Container -> our pause of it that the engine has not answered yet. */
  const pauses = new Map<string, Promise<void>>();

  /** Gives up after {@link pauseLimitMs}, but remembers that the pause may still happen. */
  function pauseInTime({ node, id }: NodeContainer): Promise<void> {
    const answer = pauses.get(id) ?? engine.pause(id).finally(() => pauses.delete(id));
    pauses.set(id, answer);
    return new Promise((resolve, reject) => {
      const cancel = clock.after(pauseLimitMs, () => reject(unanswered(node)));
      void answer.then(resolve, reject).finally(cancel);
    });
  }

  async function stateOf(id: string): Promise<NodeContainer["state"] | "gone"> {
    return (await engine.nodes()).find((each) => each.id === id)?.state ?? "gone";
  }

  async function release(node: string): Promise<void> {
    if (store.value.frozen[node] === undefined) return;
    await store.release((ledger) => ({ ledger: thaw(ledger, node) }));
  }

  return {
    async freeze(container) {
      if (container.state === "paused") return false;
      await store.admit((ledger) => ({ ledger: freeze(ledger, container.node, container.id) }));
      await pauseInTime(container);
      const state = await stateOf(container.id);
      if (state === "paused") return true;
      throw new DeviousError("FAULT_NOT_APPLIED", `Read back from ${container.node}: it is ${state}, not paused.`);
    },

    async thaw({ node, id, state: listed }, anybodys) {
      const due = store.value.frozen[node] === id || (anybodys && listed === "paused");
      if (due) {
        // ours whatever the listing says: the pause may be on its way, and is forgotten only when it cannot freeze any more
        await engine.unpause(id);
        if (pauses.has(id)) throw unanswered(node);
        const state = await stateOf(id);
        if (state === "paused") throw new DeviousError("ENGINE_REFUSED", `The engine unpaused ${node}, and yet it is paused.`);
      }
      await release(node);
      return due;
    },

    async forget(node) {
      if (pauses.has(store.value.frozen[node] ?? "")) throw unanswered(node);
      await release(node);
    },
  };
}

function unanswered(node: string): DeviousError {
  return new DeviousError("ENGINE_UNREACHABLE", `The engine was asked to pause ${node} and has not answered.`, {
    hint: "If it is paused after all, that is undone at once.",
  });
}
