/** A node of the bundled store in a compose file. */
import type { StoreService } from "../spec/cluster-spec.js";
import { invariant } from "../core/invariant.js";
import { dollarsDoubled, healthOf, limitsOf } from "./export-node.js";
import type { ExportedNode, Place } from "./export-node.js";
import { said } from "./written.js";

/** What a node of the bundled store is made of; it is `up` that knows. */
export interface StoreNode {
  readonly image: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly dataDir: string;
  readonly ports: readonly number[];
  /** Ends with exit code 0 where the node is ready. */
  readonly health: readonly string[];
}

/** How often a node is asked, and how often in vain before compose gives up: a minute, as `up` does. */
const health = { intervalMs: 500, attemptTimeoutMs: 5000, timeoutMs: 60_000, retries: null, startPeriodMs: 0 };

export function storeNode({ limits, nodes }: StoreService, node: StoreNode | undefined, place: Place): ExportedNode {
  invariant(node !== undefined && nodes.length > 0, "every node of the store is known");
  const key = place.volumeKey(place.name, "data", false);
  const volume = key === "data" ? `${place.name}-data` : key;
  return {
    service: said({
      image: node.image,
      hostname: place.nodes[0],
      command: node.command.map(dollarsDoubled),
      environment: Object.fromEntries(Object.entries(node.environment).map(([name, text]) => [name, dollarsDoubled(text)])),
      ports: node.ports.map((port) => `127.0.0.1::${port}`),
      volumes: [`${volume}:${node.dataDir}`],
      depends_on: Object.keys(place.dependsOn).length === 0 ? undefined : place.dependsOn,
      healthcheck: healthOf({ ...health, probe: { by: "exec", command: node.health } }),
      ...limitsOf(limits),
    }),
    volumes: [volume],
    configs: {},
    files: [],
  };
}
