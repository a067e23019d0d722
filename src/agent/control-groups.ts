/** The engine host's control groups, as they are mounted into the agent's container. */
import { constants } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface ControlGroups {
  /** The groups of a process, as /proc/PID/cgroup has them; undefined where there is no such process. */
  membershipOf(pid: number): Promise<string | undefined>;
  /** Without the newline at its end; undefined where there is no such file. */
  read(path: string): Promise<string | undefined>;
  /** Throws what the kernel says: EBUSY where the limit is below what is in use, ENOENT where the group is gone. */
  write(path: string, text: string): Promise<void>;
}

/** `root`: where all hierarchies are; `proc`: the processes, numbered as the host does. */
export function createControlGroups(root: string, proc = "/proc"): ControlGroups {
  return {
    membershipOf: (pid) => textOf(join(proc, String(pid), "cgroup")),
    read: async (path) => (await textOf(join(root, path)))?.trimEnd(),
    // a file that is not there must not be made
    write: (path, text) => writeFile(join(root, path), text, { flag: constants.O_WRONLY | constants.O_TRUNC }),
  };
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** True for the error of a file whose process or group has ended. */
export function isGone(error: unknown): boolean {
  return ["ENOENT", "ESRCH", "ENODEV"].includes((error as NodeJS.ErrnoException).code ?? "");
}
