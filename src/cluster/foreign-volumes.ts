import { DeviousError } from "../core/errors.js";
import { label } from "../core/labels.js";
import { isImage } from "../spec/cluster-spec.js";
import type { ClusterSpec } from "../spec/cluster-spec.js";
import { imageVolumeName, nodeVolumeName } from "./names.js";
import type { Observed } from "./observe.js";

/**
 * A node that was the store's and is an image's by now, or the other way round, may find under the name of its volume what the other left:
 * the one would read it, the other delete it. Throws USAGE.
 */
export function assertOwnVolumes({ name: cluster, services }: ClusterSpec, { volumes }: Pick<Observed, "volumes">): void {
  const found = new Map(volumes.map(({ name, labels }) => [name, label.member in labels]));
  for (const service of services) {
    for (const node of service.nodes) {
      const own = isImage(service)
        ? service.volumes.flatMap((one) => (one.type === "volume" && !one.shared ? imageVolumeName(cluster, node, one.name) : []))
        : [nodeVolumeName(cluster, node)];
      const foreign = own.find((one) => found.has(one) && found.get(one) === isImage(service));
      if (foreign === undefined) continue;
      const whose = isImage(service) ? "a node of the bundled store" : "a node of an image";
      throw new DeviousError("USAGE", `${node} would be given the volume ${foreign}, which is of ${whose} that had its name`, {
        hint: `\`docker volume rm ${foreign}\` deletes that, once its node is gone; or call the service otherwise.`,
      });
    }
  }
}
