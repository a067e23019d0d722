import { rm } from "node:fs/promises";
import path from "node:path";
import { isName } from "../core/ids.js";

/** `.devious/<cluster>`: all that is kept of it. `folder`: that of the spec. What is not there is removed. */
export async function removeClusterFolder(folder: string, cluster: string): Promise<void> {
  // names come from labels, which anybody may write
  if (isName(cluster)) await rm(path.join(folder, ".devious", cluster), { recursive: true, force: true });
}
