import type { Answer, ObjectName, Request } from "../api.js";
import { riakName } from "../node-name.js";
import { homePartition } from "../ring/place.js";
import { noSuchType } from "./answers.js";
import type { Surroundings } from "./surroundings.js";

/**
 * Who is asked for an object now, each with the partition by which it is: its first one, clockwise from the object's home. A stand-in is named with that of
 * the owner it stands in for, as Riak's fallbacks are.
 */
export function preferenceListOf(name: ObjectName, around: Surroundings): Answer<Request["type"]> {
  const properties = around.propertiesOf(name);
  if (properties === undefined) return noSuchType(name);
  const ringSize = around.clusterState().ring.ring.owners.length;
  const home = homePartition(name, ringSize);
  const owners = around.partitionOwners(home);
  const { nVal } = properties;
  const value = around.replicas(name, { n: nVal, nVal, sloppy: true }).map(({ member, hintFor }) => {
    const steps = owners.findIndex((_, i) => owners[(home + i) % ringSize] === (hintFor ?? member));
    return { partition: (home + Math.max(steps, 0)) % ringSize, node: riakName(member), isPrimary: hintFor === undefined };
  });
  return { ok: true, value };
}
