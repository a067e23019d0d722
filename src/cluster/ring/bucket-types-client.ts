import { setTimeout as sleep } from "node:timers/promises";
import { bucketTypesPath } from "../../core/bucket-types-contract.js";
import type { BucketTypeAnswer, BucketTypeCommand, BucketTypesView } from "../../core/bucket-types-contract.js";
import { DeviousError } from "../../core/errors.js";
import { closest } from "../../core/ids.js";
import type { Containers } from "../../engine/port.js";
import type { Observed } from "../observe.js";
import { clusterBucketTypes, type ClusterBucketType } from "./bucket-types.js";
import { askEach, tellOne, type Whom } from "./ring-client.js";

type Engine = Pick<Containers, "inspectContainer">;

const pollMs = 100;
/** Gossip takes a second or two; who has not heard of it then is away. */
const spreadMsMax = 5000;

/** Bucket types of a cluster, as all its nodes see them that answer. Throws NODE_UNREACHABLE where none does. */
export async function bucketTypes(engine: Engine, found: Observed, whom: Whom): Promise<readonly ClusterBucketType[]> {
  const asked = await askEach<BucketTypesView>(engine, found, whom.service, bucketTypesPath);
  if (asked.some(({ view }) => view !== null)) return clusterBucketTypes(asked, whom.node);
  throw new DeviousError("NODE_UNREACHABLE", `No node of the leaderless store of ${found.name} answers.`, {
    hint: "`devious status` shows how they are.",
  });
}

/** Throws UNKNOWN_BUCKET_TYPE. */
export async function bucketTypeNamed(engine: Engine, found: Observed, name: string, whom: Whom): Promise<ClusterBucketType> {
  return typeNamed(await bucketTypes(engine, found, whom), name);
}

/**
 * Has one node carry out a command, and waits until all nodes that answer know what it came to, or for as long as news may take. Who is behind even
 * then is told. Throws USAGE, UNKNOWN_BUCKET_TYPE, REQUEST_REFUSED.
 */
export async function commandType(
  engine: Engine,
  found: Observed,
  command: BucketTypeCommand,
  whom: Whom,
): Promise<ClusterBucketType> {
  const { node, status, said } = await tellOne<BucketTypeAnswer>(engine, found, bucketTypesPath, command, whom);
  if (said?.ok !== true) {
    const why = said?.why ?? `answered with HTTP status ${status}`;
    if (said?.reason === "unknown") return typeNamed(await bucketTypes(engine, found, whom), command.type);
    throw said?.reason === "invalid"
      ? new DeviousError("USAGE", `${why}.`)
      : new DeviousError("REQUEST_REFUSED", `${node}: ${why}.`);
  }
  return untilKnown(() => bucketTypeNamed(engine, found, command.type, { ...whom, node }));
}

/** As {@link commandType}; waits first until all members know the type. */
export async function activateType(engine: Engine, found: Observed, name: string, whom: Whom): Promise<ClusterBucketType> {
  await untilKnown(() => bucketTypeNamed(engine, found, name, whom));
  return commandType(engine, found, { command: "activate", type: name }, whom);
}

/** Looks until all members know the type, and all that answer see it alike. */
async function untilKnown(look: () => Promise<ClusterBucketType>): Promise<ClusterBucketType> {
  const endsAt = performance.now() + spreadMsMax;
  for (;;) {
    const type = await look();
    if ((type.status !== "created" && type.behind.length === 0) || performance.now() > endsAt) return type;
    await sleep(pollMs);
  }
}

function typeNamed(types: readonly ClusterBucketType[], name: string): ClusterBucketType {
  const type = types.find((each) => each.name === name);
  if (type !== undefined) return type;
  const names = types.map((each) => each.name);
  const meant = closest(name, names);
  throw new DeviousError("UNKNOWN_BUCKET_TYPE", `There is no bucket type "${name}".`, {
    hint: meant === undefined ? `There are ${names.join(", ")}.` : `Did you mean ${meant}?`,
  });
}
