import { createHash } from "node:crypto";
import { DeviousError, messageOf } from "../core/errors.js";
import { createPrng } from "../core/prng.js";
import type { EngineInfo, Labels, Networks } from "../engine/port.js";
import { ownSubnets } from "./own-subnets.js";
import { proposeSubnet } from "./subnets.js";

/** Others may be looking for a subnet at the same time, and take the one that was free a moment ago. */
const attempts = 8;

/**
 * Makes a network, on a subnet of the engine's choice. Its pools have room for some thirty networks, everybody's together; once they are used up,
 * a small private subnet is taken that overlaps neither with the engine's networks nor with what this machine has routes to.
 */
export async function makeNetwork(
  engine: Pick<Networks & EngineInfo, "createNetwork" | "resources">,
  name: string,
  labels: Labels,
): Promise<string> {
  try {
    return await engine.createNetwork(name, labels);
  } catch (error) {
    if (!poolsUsedUp.test(messageOf(error))) throw error;
    return makeBesidePools(engine, name, labels, error);
  }
}

async function makeBesidePools(
  engine: Pick<Networks & EngineInfo, "createNetwork" | "resources">,
  name: string,
  labels: Labels,
  cause: unknown,
): Promise<string> {
  const prng = createPrng(createHash("sha256").update(name).digest().readUInt32LE());
  for (let attempt = 0; attempt < attempts; attempt++) {
    const [{ subnets }, own] = await Promise.all([engine.resources(), ownSubnets()]);
    const subnet = proposeSubnet([...subnets, ...own], prng);
    if (subnet === undefined) break;
    try {
      return await engine.createNetwork(name, labels, subnet);
    } catch (error) {
      if (!isTaken.test(messageOf(error))) throw error;
    }
  }
  throw new DeviousError("ENGINE_REFUSED", `The engine has no subnet left for the network ${name}.`, {
    hint: "`devious gc` removes the networks of clusters that nobody needs any more; `docker network prune`, everybody's.",
    cause,
  });
}

/** In the words of engines up to 25, and of those since. */
const poolsUsedUp = /non-overlapping IPv4 address pool|address pools have been fully subnetted/;
const isTaken = /overlap/i;
