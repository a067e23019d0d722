import type { StoreNode } from "../compose/export-store.js";
import { clientPort } from "../core/node-contract.js";
import type { EngineFacts } from "../engine/port.js";
import { planImage } from "../image/node-image.js";
import { isImage } from "../spec/cluster-spec.js";
import type { ClusterSpec } from "../spec/cluster-spec.js";
import { nodeContainer } from "./container-specs.js";

/** Each node has Node.js. */
const asked = `fetch("http://127.0.0.1:${clientPort}/health").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;

/** What the nodes of the bundled store of a new cluster are made of, by their names; `made` tells of the engine, and is asked where there are any. */
export async function storeNodes(
  spec: ClusterSpec,
  made: { readonly facts: () => Promise<EngineFacts>; readonly bundleDir: string; readonly version: string },
): Promise<ReadonlyMap<string, StoreNode>> {
  const stores = spec.services.flatMap((service) => (isImage(service) ? [] : [service]));
  if (stores.length === 0) return new Map();
  const { reference } = await planImage(await made.facts(), made.bundleDir, made.version);
  const identity = { cluster: spec.name, owner: "", image: reference, imageIds: new Map<string, string>(), seed: spec.seed };
  const nodes = stores.flatMap((service) => {
    const members = service.nodes.map((node, i) => ({ id: i + 1, node }));
    return members.map(({ id, node }): readonly [string, StoreNode] => {
      const boot = { node, service, member: id, members, clusterState: "new" as const };
      const { image, command, environment, volumes, ports } = nodeContainer(identity, boot);
      const dataDir = volumes[0]?.path ?? "";
      return [
        node,
        { image, command, environment, dataDir, ports: ports.map(({ container }) => container), health: ["node", "-e", asked] },
      ];
    });
  });
  return new Map(nodes);
}
