import { DeviousError } from "../core/errors.js";
import { riakHttpPort } from "../core/node-contract.js";
import type { Containers } from "../engine/port.js";
import { findNode } from "./find.js";
import { isBundled } from "./observe.js";
import type { NodeContainer, Observed } from "./observe.js";
import type { Keys } from "./keys/keys.js";
import { leaderlessKeys } from "./keys/leaderless-keys.js";
import { createObjectClient } from "./keys/object-client.js";
import { raftKeys } from "./keys/raft-keys.js";
import { storeClientOf } from "./store-client.js";

/** The keys of the bundled store, through one of its nodes: the one named, else the first that runs (any node takes any request). */
export async function openKeys(
  engine: Pick<Containers, "inspectContainer">,
  found: Observed,
  nodeName: string | undefined,
): Promise<Keys> {
  const node = nodeName === undefined ? firstRunning(found) : findNode(found, nodeName);
  if (!isBundled(node)) {
    throw new DeviousError("USAGE", `${node.node} runs ${node.image}, and keys and values are the bundled store's.`, {
      hint: "`devious status` shows where its own ports are.",
    });
  }
  const detail = await engine.inspectContainer(node.id);
  const objects = detail?.endpoints.get(riakHttpPort);
  if (objects !== undefined) return leaderlessKeys(createObjectClient(node.node, objects));
  const client = detail === undefined ? undefined : storeClientOf(node.node, detail);
  if (client !== undefined) return raftKeys(node.node, client);
  throw new DeviousError("NODE_UNREACHABLE", `${node.node} is ${node.state} and publishes no port.`, {
    hint: "`devious status` shows which nodes run; `devious up` starts the others.",
  });
}

function firstRunning(found: Observed): NodeContainer {
  const bundled = found.nodes.filter(isBundled);
  if (bundled.length === 0 && found.nodes.length > 0) {
    throw new DeviousError(
      "USAGE",
      `The cluster ${found.name} has no node of the bundled store, whose keys and values these are.`,
      {
        hint: "`devious status` shows where the ports of its nodes are.",
      },
    );
  }
  const running = bundled.find(({ state }) => state === "running");
  if (running !== undefined) return running;
  throw new DeviousError("NODE_UNREACHABLE", `No node of the cluster ${found.name} runs that could be asked.`, {
    hint: "`devious up` starts them.",
  });
}
