import type { StandingLink } from "../chaos/standing-link.js";
import { netemMissing } from "../chaos/tc-netem.js";
import { invariant, unreachable } from "../core/invariant.js";
import { dataDir, restoreFile } from "../core/node-contract.js";
import type { Containers, ContainerSpec, EngineInfo, Networks, Streams, Volumes } from "../engine/port.js";
import type { StoreService } from "../spec/cluster-spec.js";
import { askAgent } from "./agent-client.js";
import { agentContainer, clusterLabels, nodeContainer, shipperContainer } from "./container-specs.js";
import type { Identity } from "./container-specs.js";
import { waitImageReady } from "./image-readiness.js";
import { asksForNetem } from "./links.js";
import type { LinkStep } from "./links.js";
import { makeNetwork } from "./make-network.js";
import { Membership } from "./membership.js";
import { networkName, nodeVolumeName } from "./names.js";
import { isBundled, observeCluster } from "./observe.js";
import type { AgentStep, BootStep, ChangeStep, NodeBoot, Plan } from "./plan.js";
import { waitReady } from "./readiness.js";
import type { Deadline, StartedNode } from "./readiness.js";
import { forItsNode } from "./refusals.js";
import { createRollback } from "./rollback.js";
import type { SavedState } from "./saved-state.js";
import type { Rollback } from "./rollback.js";
import { stepShipper } from "./shipping/shipper.js";
import { RingMembership } from "./ring/ring-membership.js";
import { step } from "./steps.js";
import { putCertificates } from "./tls/certificates.js";
import type { Report } from "./steps.js";

export type UpEngine = Containers & Networks & Volumes & Streams & Pick<EngineInfo, "resources">;

export interface UpOptions {
  readonly identity: Identity;
  /** What nodes that found a store begin with. */
  readonly restore?: SavedState | undefined;
  /** Path of the engine's socket on its own host. */
  readonly engineSocket: string;
  /** Volumes that are there already: data, and not for a rollback to remove. */
  readonly volumesBefore: ReadonlySet<string>;
  /** Wait until every node is ready. */
  readonly wait: boolean;
  /** For the whole of the waiting. */
  readonly timeoutMs: number;
  /** On failure, leave what was made. */
  readonly keep: boolean;
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
    if (plan.change.length === 0) await run.link(plan.links);
  } catch (error) {
    if (!options.keep) await takeDown(rollback, options.report);
    throw error;
  }
  await run.change(plan);
  if (plan.change.length > 0) await run.link(plan.links);
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
  /** Of who boots: there is no use in it any more. */
  readonly #givenUp = new AbortController();
  #agentId: string | undefined;

  constructor(engine: UpEngine, options: UpOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#identity = options.identity;
    const signal = AbortSignal.any([options.signal, this.#givenUp.signal]);
    this.#deadline = { timeoutMs: options.timeoutMs, signal, endsAtMs: performance.now() + options.timeoutMs };
  }

  async boot(plan: Plan, rollback: Rollback): Promise<void> {
    const agent = this.#helped(plan, rollback);
    // what an agent still holds is no part of a boot
    if (plan.links.kind === "set" && plan.links.plainMeanwhile) await agent;
    // the agent needs no network, so it starts while that is being made
    await everyOne([agent, this.#onNetwork(plan, rollback)]);
  }

  /** Once it resolves, an agent runs that can make the links; where there is none that could, nobody goes on booting. */
  async #helped({ agent, links }: Plan, rollback: Rollback): Promise<void> {
    try {
      this.#agentId = await this.#agent(agent, rollback);
      if (agent.kind !== "keep") await this.assertLinks(this.#agentId, links);
      if (links.kind === "set" && links.plainMeanwhile) await this.#tell([]);
    } catch (error) {
      this.#givenUp.abort(error);
      throw error;
    }
  }

  async assertLinks(agentId: string, links: LinkStep): Promise<void> {
    if (!asksForNetem(links)) return;
    const { netem } = await askAgent(this.#engine, agentId, { op: "probe" });
    if (!netem) throw netemMissing();
  }

  async link(links: LinkStep): Promise<void> {
    if (links.kind === "keep") return;
    this.#options.signal.throwIfAborted();
    await step(this.#options.report, "links as the spec wants them", () => this.#tell(links.links));
  }

  async #tell(links: readonly StandingLink[]): Promise<void> {
    invariant(this.#agentId !== undefined, "the agent is there before anything is asked of it");
    await askAgent(this.#engine, this.#agentId, { op: "links", links });
  }

  /** The shipper may be on the cluster's network, and nobody waits for it: what is said before it listens, it reads later. */
  async #onNetwork(plan: Plan, rollback: Rollback): Promise<void> {
    const { report, identity, engineSocket } = this.#options;
    if (plan.network === "create") await step(report, "network", () => this.#createNetwork(rollback));
    const shipper = stepShipper(this.#engine, plan.shipper, report, (shipping, isNew) =>
      this.#create(shipperContainer(identity, engineSocket, shipping), isNew ? rollback : undefined, false),
    );
    await everyOne([shipper, this.#nodes(plan, rollback)]);
  }

  /**
   * All containers are made before any of them starts: a first `up` that is killed in between leaves either nothing that ever ran, which
   * the next one makes anew, or all of them, which it starts.
   */
  async #nodes({ boot, change, heldDown }: Plan, rollback: Rollback): Promise<void> {
    const { report, wait } = this.#options;
    const { signal } = this.#deadline;
    const nodes = await everyOne(boot.map((one) => this.#prepareNode(one, rollback)));
    signal.throwIfAborted();
    await everyOne(nodes.map(({ node, containerId }) => step(report, `start ${node}`, () => this.#startNode(node, containerId))));
    signal.throwIfAborted();
    // what is left of who joins is made anew
    const joining = change.flatMap((one) => (one.kind === "join" ? one.node : []));
    // and who is to go need not come back for that
    const leaving = change.flatMap((one) => (one.kind === "leave" || one.kind === "drop" ? one.node : []));
    if (wait || change.length > 0) await this.#waitForAll([...heldDown, ...joining, ...leaving]);
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
      else if (plan.change.length > 0) await this.#waitForAll(plan.heldDown);
    }
  }

  async #createNetwork(rollback: Rollback): Promise<void> {
    const id = await makeNetwork(this.#engine, networkName(this.#identity.cluster), clusterLabels(this.#identity));
    rollback.network(id);
  }

  /** Its container. */
  async #agent(agent: AgentStep, rollback: Rollback): Promise<string> {
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

  /** A node's container, ready to be started. */
  async #prepareNode(one: BootStep, rollback: Rollback): Promise<StartedNode> {
    const { node } = one.boot;
    if (one.kind === "start") {
      // an earlier `up` may have been ended between making it and this
      await this.#certify(one.boot, one.id);
      return { node, containerId: one.id };
    }
    return step(this.#options.report, `create ${node}`, async () => {
      if (one.stale !== undefined) await this.#engine.removeContainer(one.stale);
      if (one.freshVolume) await this.#engine.removeVolume(nodeVolumeName(this.#identity.cluster, node));
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
    await this.#certify(boot, id);
    return id;
  }

  async #startNode(node: string, containerId: string): Promise<void> {
    await forItsNode(node, () => this.#engine.startContainer(containerId));
  }

  async #certify({ service }: NodeBoot, containerId: string): Promise<void> {
    const certificates = this.#identity.certificates?.get(service.name);
    if (certificates !== undefined) await putCertificates(this.#engine, containerId, certificates);
  }

  async #create(spec: ContainerSpec, rollback: Rollback | undefined, freshVolumes: boolean): Promise<string> {
    const id = await this.#engine.createContainer(spec);
    rollback?.container(id);
    // a volume that was there before is data
    for (const { name } of spec.volumes) if (freshVolumes || !this.#options.volumesBefore.has(name)) rollback?.volume(name);
    return id;
  }

  /** Every node that shall run; a paused one is meant to be as it is. */
  async #waitForAll(except: readonly string[]): Promise<void> {
    const { nodes } = await observeCluster(this.#engine, this.#identity.cluster);
    const waited = nodes.filter(({ node, state }) => state !== "paused" && !except.includes(node));
    const away = nodes.filter((one) => !waited.includes(one)).map(({ node }) => node);
    await everyOne(
      waited.map((one) => {
        const started = { node: one.node, containerId: one.id };
        return step(this.#options.report, `${one.node} is ready`, () => this.#waitReady(started, isBundled(one), away));
      }),
    );
  }

  async #waitReady(started: StartedNode, bundled: boolean, away: readonly string[] = []): Promise<void> {
    if (bundled) await waitReady(this.#engine, started, this.#deadline, away);
    else await waitImageReady(this.#engine, started, this.#deadline);
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
          await this.#startNode(change.boot.node, containerId);
          await this.#waitReady({ node: change.boot.node, containerId }, "members" in change.boot);
        });
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

/** Lets every one of them end before an error leaves, so that the rollback knows all that was made. */
async function everyOne<T>(made: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(made);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
