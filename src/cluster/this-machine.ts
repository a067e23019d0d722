import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Processes } from "./made.js";

/** Of this machine, as the label of what is made here names it. */
export function processesHere(): Processes {
  const host = {
    name: hostname(),
    boot: textOr("", () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    pids: textOr("", () => readlinkSync("/proc/self/ns/pid")),
  };
  return { host, own: { pid: process.pid, started: startOf(process.pid) ?? "" }, startOf };
}

/** On Linux the kernel's own count; elsewhere only that there is such a process. */
function startOf(pid: number): string | undefined {
  if (process.platform !== "linux") return isThere(pid) ? "running" : undefined;
  const stat = textOr("", () => readFileSync(`/proc/${pid}/stat`, "utf8"));
  // proc(5): the second field is the program's name in parentheses and may hold anything; the third is the state, the 22nd the start
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // a zombie has ended
  return fields[0] === "Z" ? undefined : fields[19];
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // somebody else's is there as well
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function textOr(otherwise: string, read: () => string): string {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
