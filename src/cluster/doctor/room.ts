import { statfs } from "node:fs/promises";
import { createPrng } from "../../core/prng.js";
import type { EngineResources } from "../../engine/port.js";
import { type Finding, missing, ok, warning } from "./finding.js";
import { freeSubnets, proposeSubnet } from "../subnets.js";

const mebibyte = 2 ** 20;
/** What the image and the first entries of a log take, and what a day of writing may. */
const disk = { least: 500 * mebibyte, enough: 2048 * mebibyte };
const enoughSubnets = 3;

/** Whether the engine has a subnet for one more cluster. `own`: those of its machine, as far as they are known, are in its way as well. */
export function subnetFinding({ addressPools, subnets }: EngineResources, own: readonly string[]): Finding {
  const mend = "docker network prune";
  const inUse = [...subnets, ...own];
  const free = freeSubnets(addressPools, inUse, enoughSubnets);
  if (free === 0) {
    const isBeside = proposeSubnet(inUse, createPrng(0)) !== undefined;
    if (!isBeside) return missing("subnets", "the engine's address pools are used up, and every private range is", mend);
    return warning("subnets", "the engine's address pools are used up: clusters get small private subnets beside them", mend);
  }
  if (free < enoughSubnets) return warning("subnets", `the engine has only ${free} left for new networks`, mend);
  return ok("subnets", `${subnets.length} in use, more are free`);
}

/** `freeBytes` undefined: nobody could tell. */
export function diskFinding({ dataDir }: EngineResources, freeBytes: number | undefined): Finding {
  if (freeBytes === undefined) return ok("disk", `free space in ${dataDir} is not known from here; the first \`up\` will tell`);
  const says = `${formatSize(freeBytes)} free where the engine keeps its data (${dataDir})`;
  const mend = "docker system prune";
  if (freeBytes < disk.least) return missing("disk", says, mend);
  return freeBytes < disk.enough ? warning("disk", says, mend) : ok("disk", says);
}

/** Free bytes of a folder of this machine; undefined where it may not be looked at. */
export async function freeBytesHere(folder: string): Promise<number | undefined> {
  return statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
}

/** Whole MiB or GiB, never more than there are; less than one MiB in KiB. */
export function formatSize(bytes: number): string {
  if (bytes < mebibyte) return `${Math.floor(bytes / 1024)} KiB`;
  return bytes < 1024 * mebibyte ? `${Math.floor(bytes / mebibyte)} MiB` : `${Math.floor(bytes / mebibyte / 1024)} GiB`;
}
