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
/** Gossip takes a second or two, but nodes may be busy. */
const spreadMsMax = 15_000;
/** Who does not answer for so long is away, and nobody waits for it. */
const silentMsMax = 3000;

interface Seen {
  readonly types: readonly ClusterBucketType[];
  /** Nodes that do not answer. */
  readonly silent: readonly string[];
}

/** Bucket types of a cluster, as all its nodes see them that answer. Throws NODE_UNREACHABLE where none does. */
export async function bucketTypes(engine: Engine, found: Observed, whom: Whom): Promise<readonly ClusterBucketType[]> {
  return (await look(engine, found, whom)).types;
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
  if (said?.ok === true) return untilKnown(() => look(engine, found, { ...whom, node }), command.type);
  const why = said?.why ?? `answered with HTTP status ${status}`;
  if (said?.reason === "unknown") return bucketTypeNamed(engine, found, command.type, whom);
  throw said?.reason === "invalid"
    ? new DeviousError("USAGE", `${why}.`)
    : new DeviousError("REQUEST_REFUSED", `${node}: ${why}.`);
}

/** As {@link commandType}; waits first until all members know the type. */
export async function activateType(engine: Engine, found: Observed, name: string, whom: Whom): Promise<ClusterBucketType> {
  await untilKnown(() => look(engine, found, whom), name);
  return commandType(engine, found, { command: "activate", type: name }, whom);
}

async function look(engine: Engine, found: Observed, { service, node }: Whom): Promise<Seen> {
  const asked = await askEach<BucketTypesView>(engine, found, service, bucketTypesPath);
  const silent = asked.filter(({ view }) => view === null).map((each) => each.node);
  if (silent.length < asked.length) return { types: clusterBucketTypes(asked, node), silent };
  throw new DeviousError("NODE_UNREACHABLE", `No node of the leaderless store of ${found.name} answers.`, {
    hint: "`devious status` shows how they are.",
  });
}

/** Looks until all members know the type, and all that answer see it alike. */
async function untilKnown(see: () => Promise<Seen>, name: string): Promise<ClusterBucketType> {
  const beganAt = performance.now();
  let awayAt: number | undefined = undefined;
  for (;;) {
    const { types, silent } = await see();
    const type = typeNamed(types, name);
    const now = performance.now();
    const waitsForAway = type.waitsFor.every((member) => silent.includes(member));
    awayAt = waitsForAway ? (awayAt ?? now) : undefined;
    const isKnown =
      type.behind.length === 0 && (type.status !== "created" || (awayAt !== undefined && now > awayAt + silentMsMax));
    if (isKnown || now > beganAt + spreadMsMax) return type;
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
