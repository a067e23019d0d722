import type { Socket } from "node:net";
import type { ContainerSpec } from "../port.js";

/** What a container of the memory engine runs: called at each start, alive until `exit` or SIGKILL. */
export type Program = (process: Process) => void;

/** A program's view of the container it runs in. */
export interface Process {
  readonly spec: ContainerSpec;
  /** Aborted when the container no longer runs. */
  readonly ended: AbortSignal;
  /** Text from whoever attaches. */
  onInput(take: (text: string) => void): void;
  /** As for process 1 in a real container: a signal that nobody handles does nothing, except SIGKILL. */
  onSignal(handle: (signal: string) => void): void;
  write(stream: "stdout" | "stderr", text: string): void;
  /** Takes connections to this port of the container; one that is published is reached from this machine. */
  listen(port: number, onConnection: (socket: Socket) => void): void;
  /** What is in the volume mounted at this path; it outlives the container. */
  volume(path: string): Map<string, string>;
  exit(code: number): void;
}

/** What `exec` brings: the command's own output and exit code. */
export interface Executed {
  readonly exitCode: number;
  readonly stdout?: string;
  readonly stderr?: string;
}
