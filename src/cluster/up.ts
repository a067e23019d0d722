import { setTimeout as sleep } from "node:timers/promises";
import { DeviousError } from "../core/errors.js";
import { unreachable } from "../core/invariant.js";
import type { Containers, Labels, Networks, Streams, Volumes } from "../engine/port.js";
import type { ServiceSpec } from "../spec/cluster-spec.js";
import { agentContainer, clusterLabels, nodeContainer, nodeVolumeLabels } from "./container-specs.js";
import type { Identity } from "./container-specs.js";
import { ledgerVolumeName, networkName, nodeVolumeName } from "./names.js";
import { observeCluster } from "./observe.js";
import type { AgentStep, BootStep, ChangeStep, NodeBoot, Plan } from "./plan.js";
import { waitReady } from "./readiness.js";
import type { StartedNode } from "./readiness.js";
import { createRollback } from "./rollback.js";
import type { Rollback } from "./rollback.js";
import { step } from "./steps.js";
import type { Report } from "./steps.js";
import type { StoreClient } from "./store-client.js";

export type UpEngine = Containers & Networks & Volumes & Streams;

export interface UpOptions {
  readonly identity: Identity;
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

/** Stopping a node gives it time to flush; it needs far less. */
const stopGraceMs = 5000;

/**
 * Carries out a plan. When a step fails, or the user interrupts, what this call made is taken down again (unless `keep`), and the error
 * of that step leaves as it came. A change to a running cluster, once made, stays.
 */
export async function up(engine: UpEngine, plan: Plan, options: UpOptions): Promise<void> {
  const rollback = createRollback(engine);
  try {
    await new Up(engine, options, rollback).run(plan);
  } catch (error) {
    if (!options.keep) await step(options.report, "take down what was made", () => rollback.run());
    throw error;
  }
}

class Up {
  readonly #engine: UpEngine;
  readonly #options: UpOptions;
  readonly #rollback: Rollback;
  readonly #identity: Identity;
  readonly #endsAtMs: number;

  constructor(engine: UpEngine, options: UpOptions, rollback: Rollback) {
    this.#engine = engine;
    this.#options = options;
    this.#rollback = rollback;
    this.#identity = options.identity;
    this.#endsAtMs = performance.now() + options.timeoutMs;
  }

  async run(plan: Plan): Promise<void> {
    const { report } = this.#options;
    if (plan.network === "create") await step(report, "network", () => this.#createNetwork());
    // the nodes first: they have to find each other, while nobody waits for the agent yet
    await everyOne([this.#nodes(plan), this.#agent(plan.agent)]);
    for (const change of plan.change) {
      this.#options.signal.throwIfAborted();
      await this.#change(change);
    }
  }

  async #nodes(plan: Plan): Promise<void> {
    const { report, wait, signal } = this.#options;
    await everyOne(plan.boot.map((one) => step(report, `${one.kind} ${one.boot.node}`, () => this.#boot(one))));
    signal.throwIfAborted();
    if (wait || plan.change.length > 0) await this.#waitForAll();
  }

  async #createNetwork(): Promise<void> {
    const id = await this.#engine.createNetwork(networkName(this.#identity.cluster), clusterLabels(this.#identity));
    this.#rollback.network(id);
  }

  async #agent(agent: AgentStep): Promise<void> {
    const { report } = this.#options;
    switch (agent.kind) {
      case "keep":
        return;
      case "start":
        return step(report, "start the agent", () => this.#engine.startContainer(agent.id));
      case "create":
        return step(report, "create the agent", () => this.#createAgent());
      case "remake":
        return step(report, "make the agent anew", async () => {
          await this.#engine.removeContainer(agent.id);
          await this.#createAgent();
        });
      default:
        unreachable(agent);
    }
  }

  async #createAgent(): Promise<void> {
    await this.#createVolume(ledgerVolumeName(this.#identity.cluster), clusterLabels(this.#identity));
    const id = await this.#engine.createContainer(agentContainer(this.#identity, this.#options.engineSocket));
    this.#rollback.container(id);
    await this.#engine.startContainer(id);
  }

  async #boot(one: BootStep): Promise<void> {
    if (one.kind === "create") await this.#createNode(one.boot);
    else await this.#engine.startContainer(one.id);
  }

  async #createNode(boot: NodeBoot): Promise<StartedNode> {
    const { node, service, member } = boot;
    const labels = nodeVolumeLabels(this.#identity, service.name, node, member);
    await this.#createVolume(nodeVolumeName(this.#identity.cluster, node), labels);
    const containerId = await this.#engine.createContainer(nodeContainer(this.#identity, boot));
    this.#rollback.container(containerId);
    await this.#engine.startContainer(containerId);
    return { node, containerId };
  }

  async #createVolume(name: string, labels: Labels): Promise<void> {
    if (this.#options.volumesBefore.has(name)) return;
    await this.#engine.createVolume(name, labels);
    this.#rollback.volume(name);
  }

  /** Every node that runs; a paused one is meant to be as it is. */
  async #waitForAll(): Promise<void> {
    const { nodes } = await observeCluster(this.#engine, this.#identity.cluster);
    const waited = nodes.filter(({ state }) => state !== "paused").map(({ node, id }) => ({ node, containerId: id }));
    await Promise.all(waited.map((one) => step(this.#options.report, `${one.node} is ready`, () => this.#waitReady(one))));
  }

  #waitReady(started: StartedNode): Promise<StoreClient> {
    return waitReady(this.#engine, started, { ...this.#options, endsAtMs: this.#endsAtMs });
  }

  async #change(change: ChangeStep): Promise<void> {
    const { report } = this.#options;
    switch (change.kind) {
      case "remake":
        return step(report, `make ${change.boot.node} anew`, async () => {
          await this.#engine.unpauseContainer(change.id);
          await this.#engine.stopContainer(change.id, stopGraceMs);
          await this.#engine.removeContainer(change.id);
          await this.#waitReady(await this.#createNode(change.boot));
        });
      case "join":
        return step(report, `${change.node} joins ${change.service.name}`, () =>
          this.#join(change.node, change.service, change.stale),
        );
      case "leave":
        return step(report, `${change.node} leaves ${change.service.name}`, () =>
          this.#leave(change.node, change.service, change.id),
        );
      case "drop":
        return step(report, `remove ${change.node}`, () => this.#engine.removeContainer(change.id));
      default:
        unreachable(change);
    }
  }

  /** As `etcdctl member add --learner` and `member promote`: a learner cannot cost the cluster its quorum while it catches up. */
  async #join(node: string, service: ServiceSpec, stale: string | undefined): Promise<void> {
    const store = await this.#anyReady(service, node);
    if (stale !== undefined) await this.#engine.removeContainer(stale);
    const before = await store.members();
    // a member that lost its data must not come back under its old number
    for (const { id, name } of before) if (name === node) await store.removeMember(id);
    const member = await store.addMember(node);
    const members = (await store.members()).map(({ id, name }) => ({ id, node: name }));
    try {
      const started = await this.#createNode({ node, service, member, members, clusterState: "existing" });
      await this.#waitReady(started);
      await this.#promote(store, member, node);
    } catch (error) {
      await store.removeMember(member).catch(() => undefined);
      throw error;
    }
  }

  /** The leader promotes a learner only once it has caught up; until then it refuses. */
  async #promote(store: StoreClient, member: number, node: string): Promise<void> {
    for (;;) {
      try {
        await store.promoteMember(member);
        return;
      } catch (error) {
        const waiting = error instanceof DeviousError && error.code === "REQUEST_REFUSED" && this.#leftMs() > 0;
        if (!waiting) throw new DeviousError("CLUSTER_NOT_READY", `${node} could not become a voter.`, { cause: error });
        await sleep(100, undefined, { signal: this.#options.signal });
      }
    }
  }

  async #leave(node: string, service: ServiceSpec, id: string | undefined): Promise<void> {
    const store = await this.#anyReady(service, node);
    for (const member of await store.members()) if (member.name === node) await store.removeMember(member.id);
    if (id !== undefined) await this.#engine.removeContainer(id);
    await this.#engine.removeVolume(nodeVolumeName(this.#identity.cluster, node));
  }

  /** A ready node of the service other than `except`. */
  async #anyReady(service: ServiceSpec, except: string): Promise<StoreClient> {
    const { nodes } = await observeCluster(this.#engine, this.#identity.cluster);
    const running = nodes.filter((one) => one.service === service.name && one.node !== except && one.state === "running");
    const waits = running.map((one) => this.#waitReady({ node: one.node, containerId: one.id }));
    if (waits.length === 0)
      throw new DeviousError("CLUSTER_NOT_READY", `No node of ${service.name} runs, so ${except} cannot join or leave.`);
    return Promise.any(waits).catch((error: AggregateError) => {
      throw error.errors[0];
    });
  }

  #leftMs(): number {
    return Math.max(0, this.#endsAtMs - performance.now());
  }
}

/** Lets every one of them end before an error leaves, so that the rollback knows all that was made. */
async function everyOne(made: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(made)) if (result.status === "rejected") throw result.reason;
}
