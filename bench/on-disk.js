/** What a container's volume takes on the disk of this machine. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { docker, inspect } from "./docker.js";

/**
 * Blocks, not lengths: what the disk is short of. A file that goes meanwhile counts as gone. Undefined where the engine's files are not to be seen
 * from here.
 * @returns {Promise<number | undefined>} bytes
 */
export async function onDisk({ container }) {
  const { Mounts } = await inspect(container);
  const { Mountpoint } = await docker("GET", `/volumes/${Mounts.find(({ Type }) => Type === "volume").Name}`);
  try {
    let bytes = 0;
    for (const entry of readdirSync(Mountpoint, { recursive: true })) {
      const status = statSync(join(Mountpoint, entry), { throwIfNoEntry: false });
      if (status?.isFile()) bytes += status.blocks * 512;
    }
    return bytes;
  } catch {
    return undefined;
  }
}
