/** Brings the bundled store's own troubles (core/store-hooks.ts) to what is asked, through its admin port, and reads them back. */
import { isDeepStrictEqual } from "node:util";
import { DeviousError } from "../core/errors.js";
import { adminPort } from "../core/node-contract.js";
import { type StoreHooks, noHooks } from "../core/store-hooks.js";
import { askProbe } from "./ask-probe.js";
import type { NetworkNamespace } from "./netns.js";
import type { HttpResult, HttpTask } from "./probe/tasks.js";
import type { Rules } from "./tools.js";

/** A store that was started a moment ago listens by then. */
const patienceMs = 2000;

const get: HttpTask = { task: "http", method: "GET", port: adminPort, path: "/hooks", body: null, patienceMs: 0 };

/** True where a store is as it is by itself: one that was never told otherwise need not be looked at. */
export function isUnhooked(hooks: StoreHooks): boolean {
  return isDeepStrictEqual(hooks, noHooks);
}

/**
 * Returns what was sent to the store; nothing where it was as asked. Throws FAULT_NOT_APPLIED where it does not do it, and where the
 * node runs another program.
 */
export async function settleHooks(namespace: NetworkNamespace, node: string, desired: StoreHooks): Promise<Rules> {
  const wanted = !isUnhooked(desired);
  const [found] = await askProbe(namespace, node, [{ ...get, patienceMs: wanted ? patienceMs : 0 }]);
  // whoever does not listen has no troubles of ours: they end with the process
  if (found?.answer === "refused" && !wanted) return [];
  if (isDeepStrictEqual(told(node, found), desired)) return [];
  const rules = JSON.stringify(desired);
  const [put, readBack] = await askProbe(namespace, node, [{ ...get, method: "PUT", body: rules }, get]);
  told(node, put);
  const inForce = told(node, readBack);
  if (!isDeepStrictEqual(inForce, desired)) {
    throw new DeviousError("FAULT_NOT_APPLIED", `Read back from the store of ${node}: its troubles are not those asked for.`, {
      details: [`asked ${rules}`, `found ${JSON.stringify(inForce)}`],
    });
  }
  return [{ tool: "hooks", rules }];
}

/** The hooks that the store told. */
function told(node: string, result: HttpResult | undefined): unknown {
  if (result?.answer === "refused") {
    throw new DeviousError(
      "FAULT_NOT_APPLIED",
      `${node} runs no bundled store: nobody takes orders about its disk and clock there.`,
      {
        hint: "Disk and clock faults are for nodes of the bundled store; any node can be paused, slowed, cut off or killed.",
      },
    );
  }
  if (result?.answer !== "answered") {
    throw new DeviousError("FAULT_NOT_APPLIED", `The store of ${node} does not answer on its admin port.`, {
      hint: "If the node is paused, its disk and clock change when it goes on.",
    });
  }
  if (result.status !== 200) {
    throw new DeviousError("FAULT_NOT_APPLIED", `The store of ${node} refused its new troubles with ${result.status}.`, {
      details: [result.body],
    });
  }
  return JSON.parse(result.body);
}
