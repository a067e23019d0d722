/**
 * Brings one node from whatever it is to what the ledger says. It knows no faults, only the desired state they add up to, so applying,
 * healing, a restarted container and the agent's own restart are one and the same act.
 */
import { cutWith } from "../chaos/ledger.js";
import { type DesiredState, type Down, type Drop, type Peer, desiredState } from "../chaos/desired-state.js";
import type { CutTool } from "../chaos/protocol.js";
import { netemMissing } from "../chaos/tc.js";
import { DeviousError } from "../core/errors.js";
import type { Kernel } from "./capabilities.js";
import type { Clock } from "./clock.js";
import type { ControlGroups } from "./control-groups.js";
import { type NodeContainer, type NodeEngine, isUp } from "./engine.js";
import { cutWithIptables, cutWithNft } from "./cutting.js";
import { createFreezer } from "./freezer.js";
import type { LedgerStore } from "./ledger-store.js";
import { createLimiter } from "./limiter.js";
import type { NetworkNamespace, OpenNamespace } from "./netns.js";
import { type Place, createPlaces } from "./places.js";
import { createPowerSwitch } from "./power-switch.js";
import { shape } from "./shaping.js";
import type { Rules } from "./tools.js";

export interface Reconciler {
  /** One call at a time per node. Throws `DeviousError` where the node could not be brought there. */
  bring(node: string): Promise<Outcome>;
  /** As {@link bring}, after the node went down once: it is killed, or does not run anyway. A node that is kept down is left alone. */
  crash(node: string): Promise<Outcome>;
  /** As {@link bring}, and a node that nothing keeps down runs then, whoever stopped it. */
  start(node: string): Promise<Outcome>;
  /** From now on until {@link bring} has made it so, these nodes are to be normal but for the faults, whoever did what to them. */
  distrust(nodes: readonly string[]): void;
}

/** `absent`: nothing of it runs, and not because of us, so there is nothing to do until it starts. */
export type Outcome =
  | { readonly kind: "absent" }
  | { readonly kind: "settled"; readonly changed: boolean; readonly started: boolean; readonly rules: Rules };

const unchanged = { kind: "settled", changed: false, started: false, rules: [] } as const;

/** What was last done to a node, and to which process: a restarted container has a new namespace, clean and empty. */
interface Done {
  readonly process: string;
  readonly cut: string;
  readonly shape: string;
}

export interface ReconcilerParts {
  readonly engine: NodeEngine;
  readonly openNamespace: OpenNamespace;
  readonly kernel: Kernel;
  readonly groups: ControlGroups;
  readonly store: LedgerStore;
  readonly clock: Clock;
}

export function createReconciler({ engine, openNamespace, kernel, groups, store, clock }: ReconcilerParts): Reconciler {
  const done = new Map<string, Done>();
  const distrusted = new Set<string>();
  const freezer = createFreezer(engine, store, clock);
  const places = createPlaces(engine, openNamespace);
  const power = createPowerSwitch(engine, store, clock);
  const limiter = createLimiter(groups, store);

  async function bring(node: string): Promise<Outcome> {
    try {
      return await bringByEngine(node);
    } catch (error) {
      await bringHeld(node);
      throw error;
    }
  }

  async function crash(node: string): Promise<Outcome> {
    const container = await find(node);
    if (container !== undefined && container.state !== "created" && downOf(node) === null) {
      if (isUp(container)) await bringDown(container, { by: "kill", signal: "KILL" }, () => true);
      else await power.promise(container);
    }
    return bring(node);
  }

  async function start(node: string): Promise<Outcome> {
    const container = await find(node);
    if (container !== undefined && !isUp(container) && downOf(node) === null) await power.promise(container);
    return bring(node);
  }

  /** What can be done where the engine does not play along: rules and limits are no matter of the engine's. */
  async function bringHeld(node: string): Promise<void> {
    const limited = limiter.heldProcess(node);
    if (limited !== undefined) await limiter.settle(node, limited, desiredState(node, store.value.faults, []).limits);
    const place = places.held(node);
    if (place !== undefined) await settleNamespace(place, desiredState(node, store.value.faults, place.peers));
  }

  async function find(node: string): Promise<NodeContainer | undefined> {
    return (await engine.nodes()).find((each) => each.node === node);
  }

  const downOf = (node: string): Down | null => desiredState(node, store.value.faults, []).down;

  async function bringByEngine(node: string): Promise<Outcome> {
    const containers = await engine.nodes();
    const container = containers.find((each) => each.node === node);
    if (container === undefined) {
      await power.forget(node);
      return absent(node);
    }
    const down = downOf(node);
    if (down !== null && !isUp(container)) {
      await absent(node);
      return power.owes(container) ? unchanged : { kind: "absent" };
    }
    if (down !== null) {
      await bringDown(container, down, () => downOf(node) !== null);
      // the time may have passed meanwhile
      return downOf(node) === null ? bringByEngine(node) : { ...unchanged, changed: true };
    }
    const started = power.owes(container) && (await power.bringUp(container));
    const outcome = await bringRunning(node, started ? await engine.nodes() : containers);
    return started && outcome.kind === "settled" ? { ...outcome, started, changed: true } : outcome;
  }

  async function bringRunning(node: string, containers: readonly NodeContainer[]): Promise<Outcome> {
    const container = containers.find((each) => each.node === node && isUp(each));
    if (container === undefined) return absent(node);
    const peers = peersOf(node, containers);
    const desired = desiredState(node, store.value.faults, peers);
    // first of all acts: a frozen node blocks everything else that is done to it
    const thawed = !desired.paused && (await freezer.thaw(container, distrusted.has(node)));
    const rules = await settleNetwork(container, peers, desired);
    if (!desired.paused) distrusted.delete(node);
    if (rules === undefined) return { kind: "absent" };
    const frozen = desired.paused && (await freezer.freeze(container));
    return { kind: "settled", changed: thawed || frozen || rules.length > 0, started: false, rules };
  }

  /** Thawed first, whoever froze it: what is frozen dies of SIGKILL at most. */
  async function bringDown(container: NodeContainer, down: Down, isWanted: () => boolean): Promise<void> {
    await freezer.thaw(container, true);
    await power.bringDown(container, down, isWanted);
    await absent(container.node);
  }

  /** Nothing of the node runs. */
  async function absent(node: string): Promise<Outcome> {
    done.delete(node);
    distrusted.delete(node);
    await places.leave(node);
    await limiter.forget(node);
    await freezer.forget(node);
    return { kind: "absent" };
  }

  /** Undefined where the process is gone. */
  async function settleNetwork(
    container: NodeContainer,
    peers: readonly Peer[],
    desired: DesiredState,
  ): Promise<Rules | undefined> {
    const place = await places.enter(container, peers);
    if (place === undefined) return undefined;
    const rules = [...(await settleNamespace(place, desired)), ...(await settleLimits(place, desired))];
    if (desired.drops.length === 0 && desired.links.length === 0) await places.leave(container.node);
    return rules;
  }

  async function settleLimits({ process, container }: Place, { limits }: DesiredState): Promise<Rules> {
    return limiter.isIdle(container.node, limits) ? [] : limiter.settle(container.node, process, limits);
  }

  async function settleNamespace({ namespace, process, container }: Place, desired: DesiredState): Promise<Rules> {
    const { node } = container;
    const before = done.get(node);
    const trusted = !distrusted.has(node);
    const wanted: Done = { process, cut: JSON.stringify(desired.drops), shape: JSON.stringify(desired.links) };
    done.delete(node);
    const sameProcess = before?.process === process;
    const sameCut = sameProcess && before.cut === wanted.cut;
    const sameShape = sameProcess && before.shape === wanted.shape;
    // a look costs as much as an act: where this agent made the cut that has to go, it need not look first
    const cuts = sameCut && trusted ? [] : await cut(namespace, node, desired, sameCut || !sameProcess);
    const shapes = sameShape && trusted ? [] : await slow(namespace, container, desired);
    done.set(node, wanted);
    return [...cuts, ...shapes];
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

  async function slow(namespace: NetworkNamespace, { node, addresses }: NodeContainer, { links }: DesiredState): Promise<Rules> {
    if (links.length > 0 && !(await kernel.netem())) throw netemMissing();
    const [address] = [...addresses.v4, ...addresses.v6];
    if (address !== undefined) return shape(namespace, node, address, links);
    if (links.length === 0) return [];
    throw new DeviousError("FAULT_NOT_APPLIED", `${node} has no address on the cluster's network.`);
  }

  function distrust(nodes: readonly string[]): void {
    for (const node of nodes) {
      distrusted.add(node);
    }
  }

  return { bring, crash, start, distrust };
}

function peersOf(node: string, containers: readonly NodeContainer[]): readonly Peer[] {
  const others = containers.filter((each) => each.node !== node && isUp(each));
  return others.map((each) => ({ name: each.node, addresses: each.addresses }));
}
