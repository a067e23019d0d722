/** Measures a fault that is in force: probes in the nodes' network namespaces feel what the fault does to packets and to the nodes. */
import { notMeasured } from "../chaos/expectation.js";
import { type ActiveFault, type Fault, describeFault } from "../chaos/fault.js";
import { planMeasuring } from "../chaos/measuring.js";
import type { Measurement } from "../chaos/proof.js";
import { adminPort } from "../core/node-contract.js";
import { askProbe } from "./ask-probe.js";
import { isUp } from "./engine.js";
import { type MeasuredCluster, measureLinks } from "./measure-links.js";
import type { NetworkNamespace } from "./netns.js";
import { type PlaceParts, openOwn } from "./places.js";

/** {@link measure} on the nodes as they are whenever it is asked. */
export function createMeasure(parts: PlaceParts): Measure {
  return async (added, faults) => {
    const running = (await parts.engine.nodes()).filter(isUp);
    const nodes = running.map(({ node, addresses }) => ({ name: node, addresses }));
    const open = async (name: string): Promise<NetworkNamespace | undefined> => {
      const id = running.find(({ node }) => node === name)?.id;
      return id === undefined ? undefined : openOwn(parts, id, await parts.engine.pidOf(id));
    };
    return measure(added, faults, { nodes, open });
  };
}

type Measure = (added: ActiveFault, faults: readonly ActiveFault[]) => Promise<readonly Measurement[]>;

/**
 * What was felt of `added` under all active `faults`, itself among them. Takes about three seconds and as long as the delays asked for;
 * nothing is left behind in the nodes. Throws FAULT_NOT_APPLIED where the probes themselves do not work.
 */
export async function measure(
  added: ActiveFault,
  faults: readonly ActiveFault[],
  cluster: MeasuredCluster,
): Promise<readonly Measurement[]> {
  const { questions, bulk, unmeasured } = planMeasuring(added, faults, cluster.nodes);
  const felt = await measureNodes(added.fault, cluster);
  return [...felt, ...(await measureLinks(questions, cluster)), ...(await measureLinks(bulk, cluster)), ...unmeasured];
}

/** Questions that no packet between nodes answers. */
async function measureNodes(fault: Fault, cluster: MeasuredCluster): Promise<readonly Measurement[]> {
  switch (fault.kind) {
    case "slow":
    case "partition":
      return [];
    case "pause":
      return Promise.all(fault.nodes.map((node) => measurePause(node, cluster)));
    case "kill":
    case "stop":
      return Promise.all(fault.nodes.map((node) => measureDown(node, cluster)));
    default:
      return [{ what: fault.kind, asked: describeFault(fault), ...notMeasured("it was read back, and no probe can feel it") }];
  }
}

/** A frozen program's connections are still made, by the kernel; it is its answer that never comes. */
async function measurePause(node: string, cluster: MeasuredCluster): Promise<Measurement> {
  const figure = { what: `${node} pause`, asked: "no answer" };
  const answers = await inside(node, cluster, (namespace) =>
    askProbe(namespace, node, [{ task: "http", method: "GET", port: adminPort, path: "/hooks", body: null, patienceMs: 0 }]),
  );
  const [result] = answers ?? [];
  if (result?.answer === "answered") return { ...figure, measured: "it answers", ok: false };
  if (result?.answer === "silent") return { ...figure, measured: "connected, and no answer", ok: true };
  return { ...figure, ...notMeasured("it runs no bundled store, which would have to answer") };
}

async function measureDown(node: string, cluster: MeasuredCluster): Promise<Measurement> {
  const runs = await inside(node, cluster, async () => true);
  return { what: `${node} process`, asked: "none", measured: runs === true ? "one that runs" : "none", ok: runs !== true };
}

async function inside<T>(
  node: string,
  cluster: MeasuredCluster,
  use: (namespace: NetworkNamespace) => Promise<T>,
): Promise<T | undefined> {
  const namespace = await cluster.open(node);
  if (namespace === undefined) return undefined;
  try {
    return await use(namespace);
  } finally {
    await namespace.close();
  }
}
