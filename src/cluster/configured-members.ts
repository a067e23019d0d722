import { label } from "../core/labels.js";
import type { Containers } from "../engine/port.js";
import { isBundled } from "./observe.js";
import type { NodeContainer, Observed } from "./observe.js";
import type { Member } from "./plan.js";
import { storeClientOf } from "./store-client.js";

const answerTimeoutMs = 1000;

/**
 * Service -> its members, as its leader knows them, or as the nodes of a ring do that answer. Services without a leader, or of whose ring most nodes are
 * silent, are not in it. Changes nothing.
 */
export async function configuredMembers(
  engine: Pick<Containers, "inspectContainer">,
  { nodes, volumes }: Observed,
): Promise<ReadonlyMap<string, readonly Member[]>> {
  const asked = nodes.filter((one) => isBundled(one) && one.state === "running");
  const told = (await Promise.all(asked.map((one) => ask(engine, one)))).flatMap((each) => each ?? []);
  const leaders = told.flatMap((each) => (each.design === "raft" ? [[each.service, each.members] as const] : []));
  const onDisk = volumes.map(({ labels }) => ({
    service: labels[label.service],
    node: labels[label.node] ?? "",
    id: Number(labels[label.member]),
  }));
  const rings = [...new Set(told.flatMap((each) => (each.design === "leaderless" ? [each.service] : [])))].flatMap((service) => {
    const views = told.flatMap((each) => (each.design === "leaderless" && each.service === service ? [each.members] : []));
    const volumesOf = onDisk.filter((one) => one.service === service);
    // one that has not met its cluster yet knows of nobody
    if (views.length <= volumesOf.length / 2) return [];
    // they may not have heard of each other's news
    return [[service, volumesOf.filter(({ node }) => views.some((members) => members.includes(node)))] as const];
  });
  return new Map([...leaders, ...rings]);
}

type Told =
  | { readonly design: "raft"; readonly service: string; readonly members: readonly Member[] }
  | { readonly design: "leaderless"; readonly service: string; readonly members: readonly string[] };

async function ask(
  engine: Pick<Containers, "inspectContainer">,
  { id, node, service }: NodeContainer,
): Promise<Told | undefined> {
  const detail = await engine.inspectContainer(id);
  const store = detail === undefined ? undefined : storeClientOf(node, detail);
  const status = await store?.status(answerTimeoutMs);
  if (status?.design === "leaderless") {
    const members = status.members.map(({ name }) => name);
    // who has left has nobody but itself to tell of
    return members.includes(node) ? { design: "leaderless", service, members } : undefined;
  }
  if (store === undefined || status?.role !== "leader") return undefined;
  // a leader that goes silent in between tells nothing
  const members = await store.members().catch(() => undefined);
  return members && { design: "raft", service, members: members.map(({ id: number, name }) => ({ id: number, node: name })) };
}
