/** A container's network namespace, held open: as long as it is, it is the same one, whatever becomes of the process. */
import { open } from "node:fs/promises";
import { type Conversation, converse } from "./conversation.js";
import { type Output, runCommand } from "./command.js";

export interface NetworkNamespace {
  /** Runs a program of ours inside, with `input` on its stdin. */
  run(command: readonly string[], input?: string): Promise<Output>;
  /** Starts one that is talked to while it runs. */
  start(command: readonly string[]): Conversation;
  close(): Promise<void>;
}

/** The network namespace of the process; undefined where there is no such process any more. */
export type OpenNamespace = (pid: number) => Promise<NetworkNamespace | undefined>;

const enter = ["nsenter", "--net=/proc/self/fd/3", "--"];

export const openNamespace: OpenNamespace = async (pid) => {
  const file = await open(`/proc/${pid}/ns/net`, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ESRCH") return undefined;
    throw error;
  });
  return (
    file && {
      run: (command, input) => runCommand([...enter, ...command], input, file.fd),
      start: (command) => converse([...enter, ...command], file.fd),
      close: () => file.close(),
    }
  );
};
