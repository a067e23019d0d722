import type { ContainerDetail } from "../../engine/port.js";
import { acceptsConnections } from "../ports.js";
import type { ProbeBy, Refusal } from "./index.js";

/** Ready where somebody listens in the container, whatever takes connections in front of it. */
export async function overTcp(
  { endpoints }: Pick<ContainerDetail, "endpoints">,
  { port }: ProbeBy<"tcp">,
  timeoutMs: number,
): Promise<Refusal | undefined> {
  const endpoint = endpoints.get(port);
  if (endpoint === undefined) return { what: `its port ${port} is not published` };
  if (await acceptsConnections(endpoint, timeoutMs)) return undefined;
  return deaf(port);
}

/** Nobody is behind the port. */
export function deaf(port: number): Refusal {
  return { what: `nobody takes connections on its port ${port}`, deafPort: port };
}
