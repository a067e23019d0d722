/** Cuts and shapes the network of one node, and remembers what it did there, so that nothing is looked at without need. */
import type { DesiredState, Drop } from "../chaos/desired-state.js";
import { cutWith, wasHurt } from "../chaos/ledger.js";
import type { CutTool } from "../chaos/protocol.js";
import { needsNetem, netemMissing } from "../chaos/tc-netem.js";
import { DeviousError } from "../core/errors.js";
import type { Kernel } from "./capabilities.js";
import { cutWithIptables, cutWithNft } from "./cutting.js";
import type { LedgerStore } from "./ledger-store.js";
import type { NetworkNamespace } from "./netns.js";
import type { Place } from "./places.js";
import { createShaper } from "./shaping.js";
import type { Rules } from "./tools.js";

export interface Network {
  /** Where `isTrusted` is false it looks also where it knows of nothing to do: somebody else may have been there. */
  settle(place: Place, desired: DesiredState, isTrusted: boolean): Promise<Rules>;
  /** Nothing of the node runs. */
  forget(node: string): void;
}

/** What was last done to a node, and to which process: a restarted container has a new namespace, clean and empty. */
interface Done {
  readonly process: string;
  readonly cut: string;
  readonly shape: string;
}

const untouched = { cut: "[]", shape: "[]" } as const;

export function createNetwork(kernel: Kernel, store: LedgerStore): Network {
  const done = new Map<string, Done>();
  const shape = createShaper();
  /** Nodes in which nothing of ours can be that is not in `done`: where a process is new, its namespace is new and empty. */
  const certain = new Set<string>();
  const wasTouched = wasHurt(store.value);

  function lastDone(node: string, process: string): Done | undefined {
    const last = done.get(node);
    if (last?.process === process) return last;
    return certain.has(node) || !wasTouched ? { process, ...untouched } : undefined;
  }

  async function cut(namespace: NetworkNamespace, node: string, { drops }: DesiredState, mayHold: boolean): Promise<Rules> {
    const tool = await kernel.cut();
    const rules: Rules[number][] = [];
    if (tool !== "none") {
      if (drops.length > 0 && !store.value.cutTools.includes(tool)) {
        await store.admit((ledger) => ({ ledger: cutWith(ledger, tool) }));
      }
      rules.push(...(await cutBy(tool, namespace, node, drops, mayHold)));
    } else if (drops.length > 0) {
      throw new DeviousError("FAULT_NOT_APPLIED", "This kernel has neither nftables nor iptables, so links cannot be cut.", {
        hint: "Run `modprobe nf_tables` on the engine's host.",
      });
    }
    // an agent before us, or a busier moment of this one, may have found another tool
    for (const other of store.value.cutTools) {
      if (other !== tool) rules.push(...(await cutBy(other, namespace, node, [], true)));
    }
    return rules;
  }

  async function cutBy(
    tool: CutTool,
    namespace: NetworkNamespace,
    node: string,
    drops: readonly Drop[],
    mayHold: boolean,
  ): Promise<Rules> {
    return tool === "nft"
      ? cutWithNft(namespace, node, drops, mayHold)
      : cutWithIptables(namespace, node, drops, await kernel.ipv6());
  }

  async function slow({ namespace, container }: Place, { links }: DesiredState, isTrusted: boolean): Promise<Rules> {
    const { node, addresses } = container;
    const asksForNetem = links.some(({ lanes }) => lanes.some(({ impairment }) => needsNetem(impairment)));
    if (asksForNetem && !(await kernel.netem())) throw netemMissing();
    const [address] = [...addresses.v4, ...addresses.v6];
    if (address !== undefined) return shape(namespace, node, address, links, isTrusted);
    if (links.length === 0) return [];
    throw new DeviousError("FAULT_NOT_APPLIED", `${node} has no address on the cluster's network.`);
  }

  return {
    async settle(place, desired, isTrusted) {
      const { namespace, process, container } = place;
      const { node } = container;
      const before = lastDone(node, process);
      const wanted: Done = { process, cut: JSON.stringify(desired.drops), shape: JSON.stringify(desired.links) };
      // until all of it is done, nobody knows how far it came
      done.set(node, { process, cut: "unknown", shape: "unknown" });
      const sameCut = before?.cut === wanted.cut;
      const sameShape = before?.shape === wanted.shape;
      // a look costs as much as an act: where this agent knows that another cut stands there, it need not look first
      const mayHold = sameCut || before === undefined || before.cut === "unknown";
      const cuts = sameCut && isTrusted ? [] : await cut(namespace, node, desired, mayHold);
      const shapes = sameShape && isTrusted ? [] : await slow(place, desired, isTrusted);
      done.set(node, wanted);
      certain.add(node);
      return [...cuts, ...shapes];
    },
    forget(node) {
      done.delete(node);
      certain.add(node);
    },
  };
}
