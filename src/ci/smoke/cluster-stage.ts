import { setTimeout as sleep } from "node:timers/promises";
import { parseTarget } from "../../chaos/target.js";
import type { Wish } from "../../chaos/wish.js";
import { openKeys } from "../../cluster/access.js";
import { listenersByAgent } from "../../cluster/deafness.js";
import { findNode } from "../../cluster/find.js";
import { type InjectEngine, capabilitiesOf, heal, inject } from "../../cluster/inject.js";
import { type Keys, noWishes } from "../../cluster/keys/keys.js";
import { lastLines } from "../../cluster/last-lines.js";
import { type Observed, type ObservedEngine, observeCluster } from "../../cluster/observe.js";
import { checkReplicas } from "../../cluster/ring/check-replicas.js";
import type { Advice } from "../../cluster/readiness.js";
import { askRoles, tellsRole } from "../../cluster/roles.js";
import { type SettlingEngine, waitSettled } from "../../cluster/settling.js";
import { jobsIn } from "../../cluster/start-order.js";
import { leadersOf, nodeStatus } from "../../cluster/status.js";
import { invariant } from "../../core/invariant.js";
import type { ClusterSpec } from "../../spec/cluster-spec.js";
import { isImage } from "../../spec/cluster-spec.js";
import { raftDifference, ringDifference } from "./difference.js";
import type { Hurt } from "./plan.js";
import type { SmokeStage } from "./stage.js";

export type SmokeEngine = InjectEngine & ObservedEngine & SettlingEngine;

interface StageOptions {
  readonly advice: Advice;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A real cluster, looked at anew for everything that is done: containers come and go. */
export function clusterSmokeStage(
  engine: SmokeEngine,
  spec: ClusterSpec,
  { timeoutMs, advice, signal }: StageOptions,
): SmokeStage {
  const look = async (): Promise<Observed> => {
    signal.throwIfAborted();
    return observeCluster(engine, spec.name);
  };
  const nodesOf = async (service: string) => (await look()).nodes.filter((node) => node.service === service);
  const findListeners = listenersByAgent(engine, async () => (await look()).agent?.id);
  const jobs = jobsIn(spec.services);
  const isLeaderless = (node: string): boolean =>
    spec.services.some((one) => !isImage(one) && one.store.design === "leaderless" && one.nodes.includes(node));
  return {
    put: async (node, pairs) => {
      const keys = await openKeys(engine, await look(), node);
      // in a ring a write that is tried again would otherwise stand beside the first
      const wishes = isLeaderless(node) ? { ...noWishes, resolve: true } : noWishes;
      await Promise.all([...pairs].map(([key, value]) => keys.put(key, value, wishes)));
    },
    get: async (node, names) => {
      const keys = await openKeys(engine, await look(), node);
      const found = await Promise.all(names.map(async (name) => [name, valueOf(await keys.get(name, noWishes))] as const));
      return new Map(found.flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
    },
    hurt: async (by, node, durationMs) => {
      const found = await look();
      if (by === "partition" && found.nodes.length === 1) {
        return { type: "impossible", why: `There is no other node that ${node} could be cut off from.` };
      }
      if (by === "partition" && (await capabilitiesOf(engine, found)).cut === "none") {
        return { type: "impossible", why: "The engine's kernel has neither nftables nor iptables, so links cannot be cut." };
      }
      const { id, description } = await inject(engine, found, wishFor(by, node), { durationMs, seed: 0, verify: false });
      return { type: "inflicted", id, description };
    },
    heal: async (id) => void (await heal(engine, await look(), { by: "id", id })),
    ready: async (service, node) => {
      const own = spec.services.find(({ name }) => name === service);
      invariant(own !== undefined, `only services of the spec are checked, not ${service}`);
      const { id: containerId } = findNode(await look(), node);
      const deadline = { endsAtMs: performance.now() + timeoutMs, timeoutMs, advice, signal };
      const expectation = { service: own, isJob: jobs.has(service), seed: spec.seed };
      await waitSettled(engine, { node, containerId }, expectation, deadline, { findListeners });
    },
    difference: async (service) => {
      const nodes = await nodesOf(service);
      if (nodes.some(({ node }) => isLeaderless(node))) {
        return ringDifference(await checkReplicas(engine, await look(), { service, waitMs: 0, signal }));
      }
      const statuses = await Promise.all(nodes.map((node) => nodeStatus(engine, node, true)));
      return raftDifference(
        statuses.map(({ node, store }) => ({ node, status: store === null || store.design === "leaderless" ? null : store })),
      );
    },
    leaders: async (service) => {
      const nodes = await nodesOf(service);
      if (nodes.some(tellsRole)) {
        return [...(await askRoles(engine, nodes))].flatMap(([node, saying]) => (saying === "leader" ? node : []));
      }
      const statuses = await Promise.all(nodes.map((node) => nodeStatus(engine, node, false)));
      return leadersOf(statuses, service);
    },
    lastLines: async (node) => lastLines(engine, findNode(await look(), node).id),
    nowMs: () => performance.now(),
    sleep: (ms) => sleep(ms, undefined, { signal }),
  };
}

function valueOf(found: Awaited<ReturnType<Keys["get"]>>): string | null {
  if (found === undefined) return null;
  return "value" in found ? found.value : (found.siblings[0]?.value ?? null);
}

function wishFor(by: Hurt, node: string): Wish {
  const target = parseTarget(node);
  switch (by) {
    case "pause":
      return { kind: "pause", target };
    case "kill":
      return { kind: "kill", target, signal: "KILL" };
    case "partition":
      return { kind: "partition", shape: { kind: "isolate", target }, traffic: { protocol: null, ports: [] }, percent: 100 };
  }
}
