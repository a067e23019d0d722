/** What a container's process has in memory. */
import { readFileSync } from "node:fs";
import { inspect } from "./docker.js";

/**
 * By /proc/PID/status: all, its own part, and files'. Undefined where the engine's processes are not this machine's.
 * @returns {Promise<{VmRSS: number, RssAnon: number, RssFile: number} | undefined>} bytes
 */
export async function resident({ container }) {
  const { State } = await inspect(container);
  try {
    const status = readFileSync(`/proc/${State.Pid}/status`, "utf8");
    const figure = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)[1]) * 1024;
    return { VmRSS: figure("VmRSS"), RssAnon: figure("RssAnon"), RssFile: figure("RssFile") };
  } catch {
    return undefined;
  }
}
