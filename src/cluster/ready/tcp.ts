import type { ContainerDetail } from "../../engine/port.js";
import { acceptsConnections } from "../ports.js";
import type { ProbeBy } from "./index.js";

/** Ready where somebody listens in the container, whatever takes connections in front of it. */
export async function overTcp(
  { endpoints }: Pick<ContainerDetail, "endpoints">,
  { port }: ProbeBy<"tcp">,
  timeoutMs: number,
): Promise<string | undefined> {
  const endpoint = endpoints.get(port);
  if (endpoint === undefined) return `its port ${port} is not published`;
  return (await acceptsConnections(endpoint, timeoutMs)) ? undefined : `nobody takes connections on its port ${port}`;
}
