import { DeviousError } from "../core/errors.js";
import { clientPort } from "../core/node-contract.js";
import type { Containers } from "../engine/port.js";
import { findNode } from "./find.js";
import type { NodeContainer, Observed } from "./observe.js";
import { createStoreClient } from "./store-client.js";
import type { StoreClient } from "./store-client.js";

/** The node to talk to: the one named, else the first that runs (any node takes any request). */
export async function openStore(
  engine: Pick<Containers, "inspectContainer">,
  found: Observed,
  nodeName: string | undefined,
): Promise<StoreClient> {
  const node = nodeName === undefined ? firstRunning(found) : findNode(found, nodeName);
  const endpoint = (await engine.inspectContainer(node.id))?.endpoints.get(clientPort);
  if (endpoint !== undefined) return createStoreClient(node.node, endpoint);
  throw new DeviousError("NODE_UNREACHABLE", `${node.node} is ${node.state} and publishes no port.`, {
    hint: "`devious status` shows which nodes run; `devious up` starts the others.",
  });
}

function firstRunning(found: Observed): NodeContainer {
  const running = found.nodes.find(({ state }) => state === "running");
  if (running !== undefined) return running;
  throw new DeviousError("NODE_UNREACHABLE", `No node of the cluster ${found.name} runs.`, { hint: "`devious up` starts them." });
}
