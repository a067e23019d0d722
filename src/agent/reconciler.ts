/**
 * Brings one node from whatever it is to what the ledger says. It knows no faults, only the desired state they add up to, so applying,
 * healing, a restarted container and the agent's own restart are one and the same act.
 */
import { type DesiredState, type Down, type Peer, desiredState, downOf, losesDisk } from "../chaos/desired-state.js";
import type { Side } from "../chaos/fault.js";
import { type Ledger, inForce } from "../chaos/ledger.js";
import { dataDir, wipeOrder } from "../core/node-contract.js";
import { DeviousError } from "../core/errors.js";
import type { Kernel } from "./capabilities.js";
import type { Clock } from "./clock.js";
import type { ControlGroups } from "./control-groups.js";
import { type NodeContainer, type NodeEngine, isUp } from "./engine.js";
import { createFreezer } from "./freezer.js";
import type { LedgerStore } from "./ledger-store.js";
import { createLimiter } from "./limiter.js";
import type { OpenNamespace } from "./netns.js";
import { createNetwork } from "./network.js";
import { type Place, createPlaces } from "./places.js";
import { createPowerSwitch } from "./power-switch.js";
import { createStoreOrders } from "./store-orders.js";
import type { Rules } from "./tools.js";
import { createWidth } from "./width.js";

export interface Reconciler {
  /**
   * One call at a time per node. Throws `DeviousError` where the node as a whole could not be brought there. Waits for no process to end.
   */
  bring(node: string): Promise<Outcome>;
  /** As {@link bring}, after the node went down once: it is killed, or does not run anyway. A node that is kept down is left alone. */
  crash(node: string): Promise<Outcome>;
  /** As {@link bring}, and a node that nothing keeps down runs then, whoever stopped it. Where the engine refuses that, it is not owed. */
  start(node: string): Promise<Outcome>;
  /** From now on until {@link bring} has made it so, these nodes are to be normal but for the faults, whoever did what to them. */
  distrust(nodes: readonly string[]): void;
}

/**
 * `absent`: nothing of it runs, and not because of us, so there is nothing to do until it starts · `ending`: its process was told to end and
 * still runs, `toRun` where the node is to run again afterwards; only another {@link Reconciler.bring} finds out.
 */
export type Outcome =
  | { readonly kind: "absent" }
  | { readonly kind: "ending"; readonly toRun: boolean }
  | {
      readonly kind: "settled";
      readonly changed: boolean;
      readonly started: boolean;
      readonly rules: Rules;
      /** The store is to be told something and cannot be just now, because it is frozen: it is told once it goes on. */
      readonly isDeaf: boolean;
      /** Sides of the node that are not as they should be. All others are. */
      readonly failures: readonly Failure[];
    };

export interface Failure {
  readonly side: Side;
  readonly error: unknown;
}

const unchanged = { kind: "settled", changed: false, started: false, rules: [], isDeaf: false, failures: [] } as const;

/** Nodes in whose namespaces programs run at the same time: enough for any machine to be busy, few enough for each to end in time. */
const programsAtOnce = 16;

export interface ReconcilerParts {
  readonly engine: NodeEngine;
  readonly openNamespace: OpenNamespace;
  readonly kernel: Kernel;
  readonly groups: ControlGroups;
  readonly store: LedgerStore;
  readonly clock: Clock;
}

export function createReconciler({ engine, openNamespace, kernel, groups, store, clock }: ReconcilerParts): Reconciler {
  const distrusted = new Set<string>();
  /** Nodes whose process is to end -> the faults and links whose other effects it was brought to last. */
  const endingUnder = new Map<string, Pick<Ledger, "faults" | "links">>();
  const freezer = createFreezer(engine, store, clock);
  const places = createPlaces({ engine, openNamespace, groups });
  const power = createPowerSwitch(engine, store, clock);
  const network = createNetwork(kernel, store);
  const inWidth = createWidth(programsAtOnce);
  const limiter = createLimiter(groups, store, engine);
  const orders = createStoreOrders(store);

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
    if (container !== undefined && container.state !== "created" && downNow(node) === null) {
      // thawed first, whoever froze it: the frozen do not die
      if (isUp(container)) await freezer.thaw(container, true);
      await power.promise(container);
    }
    return bring(node);
  }

  async function start(node: string): Promise<Outcome> {
    const wasOwed = store.value.downed[node] !== undefined;
    try {
      const container = await find(node);
      if (container !== undefined && !isUp(container) && downNow(node) === null) await power.promise(container);
      return await bring(node);
    } catch (error) {
      // whoever asked is told now, and does not expect it to start hours later
      if (!wasOwed && error instanceof DeviousError && error.code === "ENGINE_REFUSED") await power.forget(node);
      throw error;
    }
  }

  /** What can be done where the engine does not play along: nothing of this is any matter of the engine's. */
  async function bringHeld(node: string): Promise<void> {
    const limited = limiter.heldProcess(node);
    const { limits } = desiredState(node, inForce(store.value), []);
    const place = places.held(node);
    await allOf([
      limited === undefined ? nothing : limiter.settle(node, limited, limits),
      place === undefined ? nothing : bringPlace(place, desiredState(node, inForce(store.value), place.peers)),
    ]);
  }

  async function find(node: string): Promise<NodeContainer | undefined> {
    return (await engine.nodes()).find((each) => each.node === node);
  }

  const downNow = (node: string): Down | null => downOf(node, store.value.faults);

  async function bringByEngine(node: string): Promise<Outcome> {
    const containers = await engine.knownNodes();
    const container = containers.find((each) => each.node === node);
    if (container === undefined) {
      await power.forget(node);
      return absent(node);
    }
    const down = downNow(node);
    if (down !== null && !isUp(container)) {
      await absent(node);
      await loseDisk(container);
      return power.owes(container) ? unchanged : { kind: "absent" };
    }
    if (down !== null) {
      await freezer.thaw(container, true);
      if (!(await power.bringDown(container, down))) return ending(container, false);
      await absent(node);
      await loseDisk(container);
      return { ...unchanged, changed: true };
    }
    const started = power.owes(container) && (await bringUp(container));
    if (started === "ending") return ending(container, true);
    const outcome = await bringRunning(node, started ? await engine.nodes() : containers);
    return started && outcome.kind === "settled" ? { ...outcome, started, changed: true } : outcome;
  }

  /** What is down and loses its disk runs afterwards, also where it did not run before. */
  async function loseDisk(container: NodeContainer): Promise<void> {
    if (!losesDisk(container.node, store.value.faults)) return;
    await engine.putEmptyFile(container.id, dataDir, wipeOrder);
    await power.promise(container);
  }

  async function bringRunning(node: string, containers: readonly NodeContainer[]): Promise<Outcome> {
    const container = containers.find((each) => each.node === node && isUp(each));
    if (container === undefined) return absent(node);
    const peers = peersOf(node, containers);
    const desired = desiredState(node, inForce(store.value), peers);
    // taken first: whoever gives cause for it while we are at it means the next time
    const isTrusted = !distrusted.delete(node);
    let isMended = false;
    try {
      const outcome = await bringSides(container, peers, desired, isTrusted);
      // under a pause of ours, one by somebody else cannot be told from it
      isMended = outcome.kind === "settled" && outcome.failures.length === 0 && !desired.paused;
      return outcome;
    } finally {
      if (!isTrusted && !isMended) distrusted.add(node);
    }
  }

  /** Each side whatever became of the others. */
  async function bringSides(
    container: NodeContainer,
    peers: readonly Peer[],
    desired: DesiredState,
    isTrusted: boolean,
  ): Promise<Outcome> {
    const failures: Failure[] = [];
    // first of all acts: a frozen node blocks everything else that is done to it
    const thawed = !desired.paused && (await attempt("freezer", failures, () => freezer.thaw(container, !isTrusted))) === true;
    const place = await places.enter(container, peers);
    if (place === undefined) return { kind: "absent" };
    const isDeaf = desired.paused && container.state === "paused" && orders.areDue(place, desired.hooks);
    const rules = await settleInside(place, desired, isTrusted, !isDeaf, failures);
    const frozen = desired.paused && (await attempt("freezer", failures, () => freezer.freeze(container))) === true;
    return { ...unchanged, changed: thawed || frozen || rules.length > 0, rules, isDeaf, failures };
  }

  async function bringPlace(place: Place, desired: DesiredState): Promise<void> {
    const { node, state } = place.container;
    const failures: Failure[] = [];
    await settleInside(place, desired, !distrusted.has(node), state === "running", failures);
    const [failure] = failures;
    if (failure !== undefined) throw failure.error;
  }

  /** What the kernel does, whether the process runs or is frozen, and what the program does itself, if it can hear. Adds to `failures`. */
  async function settleInside(
    place: Place,
    desired: DesiredState,
    isTrusted: boolean,
    canHear: boolean,
    failures: Failure[],
  ): Promise<Rules> {
    const { container, process } = place;
    const { hooks, limits } = desired;
    const sides: readonly (readonly [Side, () => Promise<Rules>])[] = [
      ["cut", () => inWidth(() => network.cut(place, desired, isTrusted))],
      ["links", () => inWidth(() => network.slow(place, desired, isTrusted))],
      ["limits", async () => (limiter.isIdle(container.node, limits) ? [] : limiter.settle(container.node, process, limits))],
      ["hooks", async () => (canHear && orders.areDue(place, hooks) ? orders.settle(place, hooks) : [])],
    ];
    const rules: Rules[number][] = [];
    for (const [side, act] of sides) rules.push(...((await attempt(side, failures, act)) ?? []));
    return rules;
  }

  /** Ends first what is to end, and then starts the node if it is owed that. */
  async function bringUp(container: NodeContainer): Promise<boolean | "ending"> {
    if (!isUp(container)) await absent(container.node);
    const came = await power.bringUp(container);
    return came === "ending" ? came : came === "started";
  }

  /** While a process is taking its time to end, nothing else that is done to it may outlive its own time. */
  async function ending({ node, id }: NodeContainer, toRun: boolean): Promise<Outcome> {
    const { faults, links } = store.value;
    const before = endingUnder.get(node);
    try {
      if (before?.faults !== faults || before.links !== links) await bringHeld(node);
    } catch (error) {
      // nothing can be done to what has ended meanwhile, nor has to be
      if ((await engine.pidOf(id)) !== undefined) throw error;
    }
    endingUnder.set(node, { faults, links });
    return { kind: "ending", toRun };
  }

  /** Nothing of the node runs. */
  async function absent(node: string): Promise<Outcome> {
    network.forget(node);
    endingUnder.delete(node);
    distrusted.delete(node);
    await places.leave(node);
    await limiter.forget(node);
    await orders.forget(node);
    await freezer.forget(node);
    return { kind: "absent" };
  }

  function distrust(nodes: readonly string[]): void {
    for (const node of nodes) {
      distrusted.add(node);
    }
  }

  return { bring, crash, start, distrust };
}

const nothing = Promise.resolve();

/** What came of it; undefined, and one failure more, where it failed. */
async function attempt<T>(side: Side, failures: Failure[], act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    failures.push({ side, error });
    return undefined;
  }
}

/** Waits for all of them; where some fail, throws the error of the first. */
async function allOf(acts: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(acts)).find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

function peersOf(node: string, containers: readonly NodeContainer[]): readonly Peer[] {
  const others = containers.filter((each) => each.node !== node && isUp(each));
  return others.map((each) => ({ name: each.node, addresses: each.addresses }));
}
