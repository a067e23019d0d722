/** What processor time a container's process has taken. */
import { readFileSync } from "node:fs";
import { inspect } from "./docker.js";

/** Linux counts in hundredths of a second, whatever its own clock (proc(5), sysconf(_SC_CLK_TCK)). */
const tickMs = 10;

/**
 * Of all its threads, in user mode and in the kernel, by /proc/PID/stat. Undefined where the engine's processes are not this machine's.
 * @returns {Promise<number | undefined>} milliseconds
 */
export async function cpuTimeMs({ container }) {
  const { State } = await inspect(container);
  try {
    const stat = readFileSync(`/proc/${State.Pid}/stat`, "utf8");
    // the second field is the program's name in parentheses, and may hold anything
    const [user, system] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13);
    return (Number(user) + Number(system)) * tickMs;
  } catch {
    return undefined;
  }
}
