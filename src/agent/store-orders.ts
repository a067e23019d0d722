/** Tells the bundled stores what troubles to make for themselves, and remembers whom it told, so that every one of them is told to stop. */
import type { StoreHooks } from "../core/store-hooks.js";
import { anyProcess, noteHooked, noteUnhooked } from "../chaos/ledger.js";
import { isUnhooked, settleHooks } from "./hooks.js";
import type { LedgerStore } from "./ledger-store.js";
import type { Place } from "./places.js";
import type { Rules } from "./tools.js";

export interface StoreOrders {
  /** True where {@link settle} would do something. */
  areDue(place: Pick<Place, "container" | "process">, hooks: StoreHooks): boolean;
  /** Brings the store's hooks to these and reads them back. Gives what it was sent. */
  settle(place: Place, hooks: StoreHooks): Promise<Rules>;
  /** The node does not run: its store forgot with its process. */
  forget(node: string): Promise<void>;
}

export function createStoreOrders(store: LedgerStore): StoreOrders {
  /** Node -> what this agent last told it, and which process. */
  const told = new Map<string, string>();
  const order = (process: string, hooks: StoreHooks): string => `${process} ${JSON.stringify(hooks)}`;

  async function forget(node: string): Promise<void> {
    told.delete(node);
    if (store.value.hooked[node] !== undefined) await store.release((ledger) => ({ ledger: noteUnhooked(ledger, node) }));
  }

  return {
    areDue: ({ container: { node }, process }, hooks) =>
      isUnhooked(hooks) ? store.value.hooked[node] !== undefined : told.get(node) !== order(process, hooks),
    forget,
    async settle({ container: { node }, process, namespace }, hooks) {
      if (!isUnhooked(hooks) && store.value.hooked[node] !== process) {
        await store.admit((ledger) => ({ ledger: noteHooked(ledger, node, process) }));
      }
      told.delete(node);
      // another process than the one that was told has no troubles of ours
      const mayBeHooked = [process, anyProcess].includes(store.value.hooked[node] ?? "none");
      const rules = mayBeHooked ? await settleHooks(namespace, node, hooks) : [];
      if (isUnhooked(hooks)) await forget(node);
      else told.set(node, order(process, hooks));
      return rules;
    },
  };
}
