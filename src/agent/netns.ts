/** A container's network namespace, held open: as long as it is, it is the same one, whatever becomes of the process. */
import { open } from "node:fs/promises";
import { type Output, runCommand } from "./command.js";

export interface NetworkNamespace {
  /** Runs a program of ours inside, with `input` on its stdin. */
  run(command: readonly string[], input?: string): Promise<Output>;
  close(): Promise<void>;
}

/** The network namespace of the process; undefined where there is no such process any more. */
export type OpenNamespace = (pid: number) => Promise<NetworkNamespace | undefined>;

export const openNamespace: OpenNamespace = async (pid) => {
  const file = await open(`/proc/${pid}/ns/net`, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ESRCH") return undefined;
    throw error;
  });
  return (
    file && {
      run: (command, input) => runCommand(["nsenter", "--net=/proc/self/fd/3", "--", ...command], input, file.fd),
      close: () => file.close(),
    }
  );
};
