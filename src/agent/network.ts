/** Cuts and shapes the network of one node, and remembers what it did there, so that nothing is looked at without need. */
import type { DesiredState, Drop } from "../chaos/desired-state.js";
import type { Inbound, Link } from "../chaos/lanes.js";
import { cutWith, wasTouched } from "../chaos/ledger.js";
import type { CutTool } from "../chaos/protocol.js";
import { needsNetem, netemMissing } from "../chaos/tc-netem.js";
import { DeviousError } from "../core/errors.js";
import type { Kernel } from "./capabilities.js";
import { type Standing, cutWithIptables, cutWithNft } from "./cutting.js";
import type { LedgerStore } from "./ledger-store.js";
import type { NetworkNamespace } from "./netns.js";
import type { Place } from "./places.js";
import { createShaper } from "./shaping.js";
import type { Rules } from "./tools.js";

/** Cuts and slow links know nothing of each other: where the tool of one fails, the other is brought to what is asked all the same. */
export interface Network {
  /** Where `isTrusted` is false it looks also where it knows of nothing to do: somebody else may have been there. */
  cut(place: Place, desired: DesiredState, isTrusted: boolean): Promise<Rules>;
  /** As {@link cut}. */
  slow(place: Place, desired: DesiredState, isTrusted: boolean): Promise<Rules>;
  /** Nothing of the node runs. */
  forget(node: string): void;
}

export function createNetwork(kernel: Kernel, store: LedgerStore): Network {
  const shape = createShaper();
  const mayHoldOurs = wasTouched(store.value);
  const cuts = createMemory(mayHoldOurs);
  const shapes = createMemory(mayHoldOurs);

  async function cut(namespace: NetworkNamespace, node: string, { drops }: DesiredState, standing: Standing): Promise<Rules> {
    const tool = await kernel.cut();
    const rules: Rules[number][] = [];
    if (tool !== "none") {
      if (drops.length > 0 && !store.value.cutTools.includes(tool)) {
        await store.admit((ledger) => ({ ledger: cutWith(ledger, tool) }));
      }
      rules.push(...(await cutBy(tool, namespace, node, drops, standing)));
    } else if (drops.length > 0) {
      throw new DeviousError("FAULT_NOT_APPLIED", "This kernel has neither nftables nor iptables, so links cannot be cut.", {
        hint: "Run `modprobe nf_tables` on the engine's host.",
      });
    }
    // an agent before us, or a busier moment of this one, may have found another tool
    for (const other of store.value.cutTools) {
      if (other !== tool) rules.push(...(await cutBy(other, namespace, node, [], "unknown")));
    }
    return rules;
  }

  async function cutBy(
    tool: CutTool,
    namespace: NetworkNamespace,
    node: string,
    drops: readonly Drop[],
    standing: Standing,
  ): Promise<Rules> {
    return tool === "nft"
      ? cutWithNft(namespace, node, drops, standing)
      : cutWithIptables(namespace, node, drops, await kernel.ipv6());
  }

  async function slow({ namespace, container }: Place, desired: DesiredState, isTrusted: boolean): Promise<Rules> {
    const { node, addresses } = container;
    const ways = waysOf(desired);
    const asksForNetem = ways.some(({ lanes }) => lanes.some(({ impairment }) => needsNetem(impairment)));
    if (asksForNetem && !(await kernel.netem())) throw netemMissing();
    const [address] = [...addresses.v4, ...addresses.v6];
    if (address !== undefined) return shape(namespace, node, address, desired, isTrusted);
    if (ways.length === 0) return [];
    throw new DeviousError("FAULT_NOT_APPLIED", `${node} has no address on the cluster's network.`);
  }

  return {
    cut: (place, desired, isTrusted) =>
      cuts.settle(place, JSON.stringify(desired.drops), isTrusted, (standing) =>
        cut(place.namespace, place.container.node, desired, standing),
      ),
    slow: (place, desired, isTrusted) =>
      shapes.settle(place, JSON.stringify(waysOf(desired)), isTrusted, () => slow(place, desired, isTrusted)),
    forget(node) {
      cuts.forget(node);
      shapes.forget(node);
    },
  };
}

/** All that can be impaired, none of it while nothing is. */
function waysOf({ links, inbound }: DesiredState): readonly (Link | Inbound)[] {
  return inbound === null ? links : [...links, inbound];
}

interface Memory {
  /**
   * Acts unless what stands there is known to be what is wanted. A look costs as much as an act: where this agent knows what stands there,
   * nobody need look first.
   */
  settle(place: Place, wanted: string, isTrusted: boolean, act: (standing: Standing) => Promise<Rules>): Promise<Rules>;
  forget(node: string): void;
}

const untouched = "[]";

/** Remembers what was last done to a node, and to which process: a restarted container has a new namespace, clean and empty. */
function createMemory(mayHoldOurs: boolean): Memory {
  /** Without `what`, nobody knows how far it came. */
  const done = new Map<string, { readonly process: string; readonly what: string | undefined }>();
  /** Nodes in which nothing of ours can be that is not in `done`: where a process is new, its namespace is new and empty. */
  const certain = new Set<string>();

  function lastDone(node: string, process: string): string | undefined {
    const last = done.get(node);
    if (last?.process === process) return last.what;
    return certain.has(node) || !mayHoldOurs ? untouched : undefined;
  }

  return {
    async settle({ container: { node }, process }, wanted, isTrusted, act) {
      const before = lastDone(node, process);
      if (before === wanted && isTrusted) return [];
      done.set(node, { process, what: undefined });
      const rules = await act(before === undefined || !isTrusted ? "unknown" : before === untouched ? "nothing" : "others");
      done.set(node, { process, what: wanted });
      certain.add(node);
      return rules;
    },
    forget(node) {
      done.delete(node);
      certain.add(node);
    },
  };
}
