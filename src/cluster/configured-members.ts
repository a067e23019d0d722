import type { Containers } from "../engine/port.js";
import { isBundled } from "./observe.js";
import type { NodeContainer, Observed } from "./observe.js";
import type { Member } from "./plan.js";
import { storeClientOf } from "./store-client.js";

const answerTimeoutMs = 1000;

/** Service -> its members, as its leader knows them. Services without a leader that answers are not in it. Changes nothing. */
export async function configuredMembers(
  engine: Pick<Containers, "inspectContainer">,
  { nodes }: Observed,
): Promise<ReadonlyMap<string, readonly Member[]>> {
  const told = await Promise.all(nodes.filter((one) => isBundled(one) && one.state === "running").map((one) => ask(engine, one)));
  return new Map(told.flatMap((each) => (each === undefined ? [] : [each])));
}

async function ask(
  engine: Pick<Containers, "inspectContainer">,
  { id, node, service }: NodeContainer,
): Promise<readonly [service: string, members: readonly Member[]] | undefined> {
  const detail = await engine.inspectContainer(id);
  const store = detail === undefined ? undefined : storeClientOf(node, detail);
  if (store === undefined || (await store.status(answerTimeoutMs))?.role !== "leader") return undefined;
  // a leader that goes silent in between tells nothing
  const members = await store.members().catch(() => undefined);
  return members === undefined ? undefined : [service, members.map(({ id: number, name }) => ({ id: number, node: name }))];
}
