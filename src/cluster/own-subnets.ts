import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { routedSubnets } from "./subnets.js";

/** Subnets that this machine is in or has routes to, as far as it tells. */
export async function ownSubnets(): Promise<readonly string[]> {
  // Linux alone has the table
  const table = await readFile("/proc/net/route", "utf8").catch(() => "");
  const addresses = Object.values(networkInterfaces()).flatMap((each = []) => each.flatMap(({ cidr }) => cidr ?? []));
  return [...addresses, ...routedSubnets(table)];
}
