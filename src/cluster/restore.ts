import { DeviousError } from "../core/errors.js";
import { isImage } from "../spec/cluster-spec.js";
import type { ClusterSpec } from "../spec/cluster-spec.js";
import type { Observed } from "./observe.js";

/** Throws USAGE where the spec's cluster could not begin with a saved state: it has data already, or it is not clear whose state that is. */
export function assertRestorable(spec: ClusterSpec, observed: Pick<Observed, "nodes" | "volumes">): void {
  const stores = spec.services.filter((service) => !isImage(service));
  if (stores.length !== 1) {
    throw new DeviousError(
      "USAGE",
      `--restore needs a spec with one service of the bundled store; this one has ${stores.length}`,
    );
  }
  if (observed.nodes.length === 0 && observed.volumes.length === 0) return;
  throw new DeviousError("USAGE", `The cluster ${spec.name} is there already, with its data: --restore begins a new one`, {
    hint: "`devious down --volumes` removes it; `--name` gives the new one another name",
  });
}
