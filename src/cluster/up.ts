import type { StandingLink } from "../chaos/standing-link.js";
import { netemMissing } from "../chaos/tc-netem.js";
import { DeviousError } from "../core/errors.js";
import { invariant, unreachable } from "../core/invariant.js";
import { dataDir, restoreFile } from "../core/node-contract.js";
import type { Containers, ContainerSpec, EngineInfo, Exec, Networks, Streams, Volumes } from "../engine/port.js";
import { isImage } from "../spec/cluster-spec.js";
import type { ClusterSpec, StoreService } from "../spec/cluster-spec.js";
import { forNode } from "../spec/templates.js";
import { askAgent } from "./agent-client.js";
import { agentContainer, clusterLabels, nodeContainer, shipperContainer } from "./container-specs.js";
import type { Identity } from "./container-specs.js";
import { listenersByAgent } from "./deafness.js";
import type { FindListeners } from "./deafness.js";
import { putFiles } from "./files.js";
import { Gates } from "./gates.js";
import { asksForNetem } from "./links.js";
import type { LinkStep } from "./links.js";
import { makeNetwork } from "./make-network.js";
import { describeHook, runHook } from "./hooks.js";
import type { HookPlace } from "./hooks.js";
import { Membership } from "./membership.js";
import { networkName, nodeContainerName, nodeVolumeName } from "./names.js";
import { observeCluster } from "./observe.js";
import type { Observed } from "./observe.js";
import type { AgentStep, BootStep, ChangeStep, NodeBoot, Plan } from "./plan.js";
import { waitReady } from "./readiness.js";
import type { Advice, Deadline, StartedNode } from "./readiness.js";
import { forItsNode } from "./refusals.js";
import { createRollback } from "./rollback.js";
import type { SavedState } from "./saved-state.js";
import type { Rollback } from "./rollback.js";
import { describeExpectation, waitSettled } from "./settling.js";
import type { Expectation } from "./settling.js";
import { stepShipper } from "./shipping/shipper.js";
import { RingMembership } from "./ring/ring-membership.js";
import { jobsIn, prerequisitesOf } from "./start-order.js";
import { nodeStatus } from "./status.js";
import { step } from "./steps.js";
import { putCertificates } from "./tls/certificates.js";
import type { Report } from "./steps.js";

export type UpEngine = Containers & Networks & Volumes & Streams & Exec & Pick<EngineInfo, "resources">;

export interface UpOptions {
  readonly spec: ClusterSpec;
  /** Absolute folder of the spec. */
  readonly owner: string;
  readonly identity: Identity;
  /** What nodes that found a store begin with. */
  readonly restore?: SavedState | undefined;
  /** Path of the engine's socket on its own host. */
  readonly engineSocket: string;
  /** What was there before; volumes among it are data, and not for a rollback to remove. */
  readonly observed: Observed;
  /** Wait until every node is ready. */
  readonly wait: boolean;
  /** For the whole of the waiting. */
  readonly timeoutMs: number;
  /** On failure, leave what was made. */
  readonly keep: boolean;
  readonly advice: Advice;
  readonly signal: AbortSignal;
  readonly report: Report;
}

/**
 * Carries out a plan, in two parts. First everything that boots together: when that fails, or the user interrupts, exactly what this call
 * made is taken down again (unless `keep`). Then the changes to the cluster that stands now, one after another: each either ends well or is
 * undone by itself, and those before it stay. The error of the step that failed leaves as it came. The links of the spec come last, since
 * a cluster boots on plain ones; what the kernel cannot do of them is found out as soon as there is an agent.
 */
export async function up(engine: UpEngine, plan: Plan, options: UpOptions): Promise<void> {
  const rollback = createRollback(engine);
  const run = new Up(engine, options);
  if (plan.agent.kind === "keep") await run.assertLinks(plan.agent.id, plan.links);
  try {
    await run.boot(plan, rollback);
    if (plan.change.length === 0) await run.finish(plan);
  } catch (error) {
    if (!options.keep) await takeDown(rollback, options.report);
    throw error;
  }
  await run.change(plan);
  if (plan.change.length > 0) await run.finish(plan);
}

function unlessSilent(error: unknown): void {
  if (!(error instanceof DeviousError) || error.code !== "AGENT_SILENT") throw error;
}

async function takeDown(rollback: Rollback, report: Report): Promise<void> {
  const left = await step(report, "take down what was made", () => rollback.run());
  for (const text of left) report({ type: "note", text: `could not be removed: ${text}` });
}

class Up {
  readonly #engine: UpEngine;
  readonly #options: UpOptions;
  readonly #identity: Identity;
  readonly #deadline: Deadline;
  /** Where one fails nobody waits for the others any more. */
  readonly #giveUp = new AbortController();
  readonly #volumesBefore: ReadonlySet<string>;
  readonly #expectations: ReadonlyMap<string, Expectation>;
  readonly #findListeners: FindListeners;
  /** Its container, once that runs. */
  #agent: Promise<string> | undefined;

  constructor(engine: UpEngine, options: UpOptions) {
    const { spec, observed, signal, timeoutMs, advice } = options;
    this.#engine = engine;
    this.#options = options;
    this.#identity = options.identity;
    this.#findListeners = listenersByAgent(engine, async () => this.#agent?.catch(() => undefined));
    const endsAtMs = performance.now() + timeoutMs;
    this.#deadline = { timeoutMs, endsAtMs, advice, signal: AbortSignal.any([signal, this.#giveUp.signal]) };
    this.#volumesBefore = new Set(observed.volumes.map(({ name }) => name));
    const jobs = jobsIn(spec.services);
    this.#expectations = new Map(
      spec.services.flatMap((service) =>
        service.nodes.map((node) => [node, { service, isJob: jobs.has(service.name), seed: spec.seed }] as const),
      ),
    );
  }

  async boot(plan: Plan, rollback: Rollback): Promise<void> {
    const agent = this.#helped(plan, rollback);
    // what an agent still holds is no part of a boot
    if (plan.links.kind === "set" && plan.links.plainMeanwhile) await agent;
    // the agent needs no network, so it starts while that is being made
    await this.#everyOne([agent, this.#onNetwork(plan, rollback)]);
  }

  /** Once it resolves, an agent runs that can make the links; where there is none that could, nobody goes on booting. */
  async #helped({ agent, links }: Plan, rollback: Rollback): Promise<void> {
    this.#agent = this.#stepAgent(agent, rollback);
    const id = await this.#agent;
    // on a busy machine it may be too early for an answer; then it is found out when the links are made
    if (agent.kind !== "keep") await this.#unlessGivenUp(this.assertLinks(id, links).catch(unlessSilent));
    if (links.kind === "set" && links.plainMeanwhile) await this.#unlessGivenUp(this.#tell([]));
  }

  /** An agent may take long to answer, and has nothing to say to a boot that has failed meanwhile. */
  async #unlessGivenUp(asked: Promise<void>): Promise<void> {
    const { signal } = this.#deadline;
    const end = new AbortController();
    const givenUp = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true, signal: end.signal });
    });
    signal.throwIfAborted();
    await Promise.race([asked, givenUp]).finally(() => end.abort());
    signal.throwIfAborted();
  }

  async assertLinks(agentId: string, links: LinkStep): Promise<void> {
    if (!asksForNetem(links)) return;
    const { netem } = await askAgent(this.#engine, agentId, { op: "probe" });
    if (!netem) throw netemMissing();
  }

  /** What comes once all nodes are as they are to be. */
  async finish(plan: Plan): Promise<void> {
    await this.#link(plan.links);
    await this.#runHooks(plan);
  }

  /** Of services of which this call has booted nodes or made some anew. */
  async #runHooks(plan: Plan): Promise<void> {
    const { report, wait, spec, owner, timeoutMs, signal } = this.#options;
    const fresh = new Set(freshNodes(plan));
    const services = spec.services.filter(
      ({ nodes, hooks }) => hooks.afterUp.length > 0 && nodes.some((node) => fresh.has(node)),
    );
    if (services.length === 0) return;
    if (!wait) {
      const names = services.map(({ name }) => name).join(", ");
      report({ type: "note", text: `the hooks of ${names} are not run: nobody has waited for the cluster to be ready` });
      return;
    }
    const { nodes } = await observeCluster(this.#engine, spec.name);
    const statuses = await Promise.all(nodes.map((node) => nodeStatus(this.#engine, node, false)));
    const place: HookPlace = { cluster: spec.name, folder: owner, nodes: statuses, timeoutMs, signal };
    for (const { name, hooks } of services) {
      for (const hook of hooks.afterUp) {
        signal.throwIfAborted();
        await step(report, `run ${describeHook(hook)}`, () => runHook(this.#engine, name, hook, place));
      }
    }
  }

  async #link(links: LinkStep): Promise<void> {
    if (links.kind === "keep") return;
    this.#options.signal.throwIfAborted();
    await step(this.#options.report, "links as the spec wants them", () => this.#tell(links.links));
  }

  async #tell(links: readonly StandingLink[]): Promise<void> {
    const id = await this.#agent;
    invariant(id !== undefined, "the agent is there before anything is asked of it");
    await askAgent(this.#engine, id, { op: "links", links });
  }

  /** The shipper may be on the cluster's network, and nobody waits for it: what is said before it listens, it reads later. */
  async #onNetwork(plan: Plan, rollback: Rollback): Promise<void> {
    const { report, identity, engineSocket } = this.#options;
    // neither needs the other
    const network = plan.network === "create" ? [step(report, "network", () => this.#createNetwork(rollback))] : [];
    await this.#everyOne([...network, ...plan.boot.map((one) => this.#clear(one))]);
    const shipper = stepShipper(this.#engine, plan.shipper, report, (shipping, isNew) =>
      this.#create(shipperContainer(identity, engineSocket, shipping), isNew ? rollback : undefined, false),
    );
    await this.#everyOne([shipper, this.#nodes(plan, rollback)]);
  }

  /**
   * All containers are made before any of them starts: a first `up` that is killed in between leaves either nothing that ever ran, which
   * the next one makes anew, or all of them, which it starts.
   */
  async #nodes(plan: Plan, rollback: Rollback): Promise<void> {
    const { wait } = this.#options;
    const { signal } = this.#deadline;
    const nodes = await this.#everyOne(plan.boot.map((one) => this.#prepareNode(one, rollback)));
    signal.throwIfAborted();
    const gates = this.#gates([...plan.heldDown, ...changing(plan)]);
    await this.#everyOne(nodes.map((one) => this.#start(one, gates)));
    signal.throwIfAborted();
    if (wait || plan.change.length > 0) await this.#waitForAll(gates, [...plan.heldDown, ...changing(plan)]);
  }

  /** Once all that it depends on is as it has to be. */
  async #start({ node, containerId }: StartedNode, gates: Gates): Promise<void> {
    const { report, spec } = this.#options;
    await gates.start(node, prerequisitesOf(this.#expectation(node).service, spec.services), async () => {
      this.#deadline.signal.throwIfAborted();
      await step(report, `start ${node}`, () => this.#startNode(node, containerId));
    });
  }

  /** `except`: who is not to be as it will be, or not yet. A paused node is meant to be as it is. */
  #gates(except: readonly string[]): Gates {
    const paused = this.#paused();
    const away = [...except, ...paused];
    return new Gates((node) => this.#settle(node, away), new Set([...except, ...paused]));
  }

  #paused(): readonly string[] {
    return this.#options.observed.nodes.flatMap(({ node, state }) => (state === "paused" ? node : []));
  }

  async change(plan: Plan): Promise<void> {
    for (const change of plan.change) {
      this.#options.signal.throwIfAborted();
      await this.#change(change);
    }
    if (!this.#options.wait) return;
    for (const service of plan.standing) {
      this.#options.signal.throwIfAborted();
      const membership = this.#membership(service);
      // a ring is as its plans have made it, which are its operator's too; who was not made anew has yet to see who was
      if (membership instanceof Membership) await membership.settle();
      else if (plan.change.length > 0) await this.#waitForAll(this.#gates(plan.heldDown), plan.heldDown);
    }
  }

  async #createNetwork(rollback: Rollback): Promise<void> {
    const id = await makeNetwork(this.#engine, networkName(this.#identity.cluster), clusterLabels(this.#identity));
    rollback.network(id);
  }

  /** Its container. */
  async #stepAgent(agent: AgentStep, rollback: Rollback): Promise<string> {
    const { report } = this.#options;
    switch (agent.kind) {
      case "keep":
        return agent.id;
      case "start":
        await step(report, "start the agent", () => this.#engine.startContainer(agent.id));
        return agent.id;
      case "create":
        return step(report, "create the agent", () => this.#createAgent(rollback));
      case "remake":
        // not for a rollback: active faults need an agent to end them
        return step(report, "make the agent anew", async () => {
          await this.#engine.removeContainer(agent.id);
          return this.#createAgent(undefined);
        });
      default:
        return unreachable(agent);
    }
  }

  async #createAgent(rollback: Rollback | undefined): Promise<string> {
    const id = await this.#create(agentContainer(this.#identity, this.#options.engineSocket), rollback, false);
    await this.#engine.startContainer(id);
    return id;
  }

  /** Removes what is in the place of a node that is to be made. */
  async #clear(one: BootStep): Promise<void> {
    if (one.kind === "start") return;
    if (one.stale !== undefined) await this.#engine.removeContainer(one.stale);
    if (one.freshVolume) await this.#engine.removeVolume(nodeVolumeName(this.#identity.cluster, one.boot.node));
  }

  /** A node's container, ready to be started; its place is clear. */
  async #prepareNode(one: BootStep, rollback: Rollback): Promise<StartedNode> {
    const { node } = one.boot;
    if (one.kind === "start") {
      // an earlier `up` may have been ended between making it and this; what has run may have changed its files since
      if (one.neverRan) await this.#fill(one.boot, one.id);
      return { node, containerId: one.id };
    }
    return step(this.#options.report, `create ${node}`, async () => {
      const containerId = await this.#createNode(one.boot, rollback, one.freshVolume);
      const { restore } = this.#options;
      if (restore !== undefined && "members" in one.boot) {
        await this.#engine.putFile(containerId, dataDir, { name: restoreFile, ...restore });
      }
      return { node, containerId };
    });
  }

  async #createNode(boot: NodeBoot, rollback: Rollback | undefined, freshVolume: boolean): Promise<string> {
    const id = await forItsNode(boot.node, () => this.#create(nodeContainer(this.#identity, boot), rollback, freshVolume));
    await this.#fill(boot, id);
    return id;
  }

  async #startNode(node: string, containerId: string): Promise<void> {
    await forItsNode(node, () => this.#engine.startContainer(containerId));
  }

  /** Puts into a node's container what is in no image of its. */
  async #fill({ node, service }: NodeBoot, containerId: string): Promise<void> {
    const certificates = this.#identity.certificates?.get(service.name);
    if (certificates !== undefined) await putCertificates(this.#engine, containerId, certificates);
    if (!isImage(service)) return;
    const { files, user } = forNode(service, node, this.#options.spec.seed);
    await putFiles(this.#engine, containerId, files, user);
  }

  async #create(spec: ContainerSpec, rollback: Rollback | undefined, freshVolumes: boolean): Promise<string> {
    const id = await this.#engine.createContainer(spec);
    rollback?.container(id);
    // a volume that was there before is data
    for (const { name } of spec.volumes) if (freshVolumes || !this.#volumesBefore.has(name)) rollback?.volume(name);
    return id;
  }

  /** Every node that shall run. */
  async #waitForAll(gates: Gates, except: readonly string[]): Promise<void> {
    const away = new Set([...except, ...this.#paused()]);
    const waited = [...this.#expectations.keys()].filter((node) => !away.has(node));
    await this.#everyOne(waited.map((node) => gates.settled(node)));
  }

  /** As a step of its own. */
  #settle(node: string, away: readonly string[]): Promise<void> {
    const started = { node, containerId: nodeContainerName(this.#identity.cluster, node) };
    const expectation = this.#expectation(node);
    return step(this.#options.report, describeExpectation(node, expectation), () =>
      waitSettled(this.#engine, started, expectation, this.#deadline, { away, findListeners: this.#findListeners }),
    );
  }

  #expectation(node: string): Expectation {
    const found = this.#expectations.get(node);
    invariant(found !== undefined, `${node} is a node of the spec`);
    return found;
  }

  async #change(change: ChangeStep): Promise<void> {
    const { report } = this.#options;
    switch (change.kind) {
      case "remake":
        return step(report, `make ${change.boot.node} anew`, async () => {
          await this.#engine.unpauseContainer(change.id);
          await this.#engine.stopContainer(change.id);
          await this.#engine.removeContainer(change.id);
          // no rollback: whatever comes next, the node has its data and belongs to the cluster
          const containerId = await this.#createNode(change.boot, undefined, false);
          const { node } = change.boot;
          await this.#startNode(node, containerId);
          const findListeners = this.#findListeners;
          await waitSettled(this.#engine, { node, containerId }, this.#expectation(node), this.#deadline, { findListeners });
        });
      case "boot":
        return this.#bootLate(change.step);
      case "join":
        return this.#membership(change.service).join(change.node, change.stale);
      case "leave":
        return this.#membership(change.service).leave(change.node, change.id);
      case "drop":
        return step(report, `remove ${change.node}`, () => this.#engine.removeContainer(change.id));
      default:
        unreachable(change);
    }
  }

  /** A node whose services of before are changed by now; undone by itself. */
  async #bootLate(one: BootStep): Promise<void> {
    const { keep, wait, report } = this.#options;
    const rollback = createRollback(this.#engine);
    const gates = this.#gates([]);
    try {
      await this.#clear(one);
      await this.#start(await this.#prepareNode(one, rollback), gates);
      if (wait) await gates.settled(one.boot.node);
    } catch (error) {
      if (!keep) await takeDown(rollback, report);
      throw error;
    }
  }

  /**
   * Lets every one of them end before an error leaves, so that the rollback knows all that was made; but where one has failed, nobody is
   * waited for any more.
   */
  async #everyOne<T>(made: readonly Promise<T>[]): Promise<T[]> {
    const results = await Promise.allSettled(
      made.map((one) =>
        one.catch((error: unknown) => {
          this.#giveUp.abort(error);
          throw error;
        }),
      ),
    );
    return results.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
  }

  #membership(service: StoreService): Membership | RingMembership {
    const { report, keep, signal } = this.#options;
    const Changing = service.store.design === "leaderless" ? RingMembership : Membership;
    return new Changing(this.#engine, {
      cluster: this.#identity.cluster,
      service,
      report,
      keep,
      signal,
      endsAtMs: this.#deadline.endsAtMs,
      waitReady: (started) => waitReady(this.#engine, started, this.#deadline),
      boot: async (boot, rollback) => {
        const containerId = await this.#createNode(boot, rollback, true);
        await this.#engine.startContainer(containerId);
        return { node: boot.node, containerId };
      },
    });
  }
}

/** Nodes that this plan starts. */
function freshNodes({ boot, change }: Plan): readonly string[] {
  const changed = change.flatMap((one) => {
    if (one.kind === "boot") return one.step.boot.node;
    if (one.kind === "remake") return one.boot.node;
    return one.kind === "join" ? one.node : [];
  });
  return [...boot.map((one) => one.boot.node), ...changed];
}

/** Nodes that are not to be as they will be before the changes. Those of a store are: it needs its quorum to be changed. */
function changing({ change }: Plan): readonly string[] {
  return change.flatMap((one) => {
    if (one.kind === "boot") return one.step.boot.node;
    if (one.kind === "remake") return "members" in one.boot ? [] : one.boot.node;
    return one.node;
  });
}
