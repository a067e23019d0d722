import { setTimeout as sleep } from "node:timers/promises";
import { DeviousError } from "../core/errors.js";
import type { StoreService } from "../spec/cluster-spec.js";
import { nodeVolumeName } from "./names.js";
import { observeCluster } from "./observe.js";
import type { NodeContainer } from "./observe.js";
import type { StoreBoot } from "./plan.js";
import type { StartedNode } from "./readiness.js";
import { createRollback } from "./rollback.js";
import type { Rollback } from "./rollback.js";
import { step } from "./steps.js";
import type { Report } from "./steps.js";
import type { StoreClient } from "./store-client.js";
import type { UpEngine } from "./up.js";

export interface MembershipOptions {
  readonly cluster: string;
  readonly service: StoreService;
  readonly report: Report;
  readonly keep: boolean;
  readonly signal: AbortSignal;
  /** On the clock of `performance.now()`. */
  readonly endsAtMs: number;
  readonly waitReady: (started: StartedNode) => Promise<StoreClient>;
  /** Makes and starts a node on a fresh volume, and tells the rollback of both. */
  readonly boot: (boot: StoreBoot, rollback: Rollback) => Promise<StartedNode>;
}

const retryMs = 100;
const statusTimeoutMs = 1000;

/** Nodes that join and leave a service that runs; every change goes through the store's own configuration. */
export class Membership {
  readonly #engine: UpEngine;
  readonly #options: MembershipOptions;

  constructor(engine: UpEngine, options: MembershipOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  /** As `etcdctl member add --learner` and `member promote`: a learner cannot cost the cluster its quorum while it catches up. */
  join(node: string, stale: string | undefined): Promise<void> {
    const { report, service, cluster, keep } = this.#options;
    return step(report, `${node} joins ${service.name}`, async () => {
      const store = await this.#anyStore(node);
      if (stale !== undefined) {
        await this.#engine.removeContainer(stale);
        await this.#engine.removeVolume(nodeVolumeName(cluster, node));
      }
      const before = await store.members();
      // a member that lost its data must not come back under its old number
      for (const { id, name } of before) if (name === node) await this.#insist(() => store.removeMember(id));
      const member = await this.#insist(() => store.addMember(node));
      const others = before.filter(({ name }) => name !== node).map(({ id, name }) => ({ id, node: name }));
      const rollback = createRollback(this.#engine);
      try {
        const members = [...others, { id: member, node }];
        await this.#options.waitReady(
          await this.#options.boot({ node, service, member, members, clusterState: "existing" }, rollback),
        );
        await this.#promote(store, member);
      } catch (error) {
        if (!keep) {
          // out of the configuration first: a member that is gone for good must not count
          await store.removeMember(member).catch(() => undefined);
          await rollback.run();
        }
        throw error;
      }
    });
  }

  leave(node: string, containerId: string | undefined): Promise<void> {
    const { report, service, cluster } = this.#options;
    return step(report, `${node} leaves ${service.name}`, async () => {
      const store = await this.#anyStore(node);
      for (const { id, name } of await store.members()) if (name === node) await this.#insist(() => store.removeMember(id));
      if (containerId !== undefined) await this.#engine.removeContainer(containerId);
      await this.#engine.removeVolume(nodeVolumeName(cluster, node));
    });
  }

  /**
   * Ends what an `up` that was killed had begun: learners that were never promoted, and nodes that run without being members. Nothing to
   * do where the store's configuration is the spec's.
   */
  async settle(): Promise<void> {
    const { report, service } = this.#options;
    const running = await this.#running();
    const store = await this.#anyStore(undefined);
    const members = await store.members();
    for (const { node, id } of running.filter((one) => service.nodes.includes(one.node))) {
      const member = members.find(({ name }) => name === node);
      if (member === undefined) await this.join(node, id);
      else if (member.learner) await step(report, `${node} becomes a voter`, () => this.#promote(store, member.id));
    }
  }

  /** Who comes back with an empty disk is promoted by its leader as well: whoever is second is refused, and finds it done. */
  #promote(store: StoreClient, member: number): Promise<void> {
    return this.#insist(async () => {
      try {
        await store.promoteMember(member);
      } catch (error) {
        const found = (await store.members()).find(({ id }) => id === member);
        if (found?.learner !== false) throw error;
      }
    });
  }

  /** A refusal is definite and often passes: the leader has just changed, another change is under way, a learner is still behind. */
  async #insist<T>(run: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await run();
      } catch (error) {
        const refused = error instanceof DeviousError && error.code === "REQUEST_REFUSED";
        if (!refused || performance.now() > this.#options.endsAtMs) throw error;
        await sleep(retryMs, undefined, { signal: this.#options.signal });
      }
    }
  }

  async #running(): Promise<readonly NodeContainer[]> {
    const { nodes } = await observeCluster(this.#engine, this.#options.cluster);
    return nodes.filter(({ service, state }) => service === this.#options.service.name && state === "running");
  }

  /** A ready node other than `except`: the leader where there is one among them, since it knows the configuration first. */
  async #anyStore(except: string | undefined): Promise<StoreClient> {
    const { service, waitReady } = this.#options;
    const waits = (await this.#running())
      .filter(({ node }) => node !== except)
      .map(async ({ node, id }) => {
        const store = await waitReady({ node, containerId: id });
        return { store, leads: (await store.status(statusTimeoutMs))?.role === "leader" };
      });
    const settled = await Promise.allSettled(waits);
    const ready = settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const best = ready.find(({ leads }) => leads) ?? ready[0];
    if (best !== undefined) return best.store;
    const [failed] = settled;
    if (failed?.status === "rejected") throw failed.reason;
    throw new DeviousError("CLUSTER_NOT_READY", `No node of ${service.name} runs, so nobody can join or leave it.`);
  }
}
