/** How to ask a node of the user's image whether it is ready, one file for each way. */
import { unreachable } from "../../core/invariant.js";
import { label } from "../../core/labels.js";
import type { ContainerDetail, Exec, Streams } from "../../engine/port.js";
import type { ReadyProbe, ReadySpec } from "../../spec/own-image.js";
import { byExec } from "./exec.js";
import { overHttp } from "./http.js";
import { inLog } from "./log.js";
import { overTcp } from "./tcp.js";

export type ProbeBy<By extends ReadyProbe["by"]> = Extract<ReadyProbe, { readonly by: By }>;

/** What a node's label says of it: all that it takes to ask once. */
export type ReadyLabel = Pick<ReadySpec, "probe" | "attemptTimeoutMs">;

/** Undefined: its spec does not say how to ask it. */
export function readyOf({ labels }: Pick<ContainerDetail, "labels">): ReadyLabel | undefined {
  const text = labels[label.ready];
  return text === undefined ? undefined : (JSON.parse(text) as ReadyLabel);
}

export type ReadyEngine = Pick<Streams & Exec, "logs" | "exec">;

/** What was found in place of readiness. */
export interface Refusal {
  /** Ends "was not ready: …". */
  readonly what: string;
  /** The published port on which nobody took a connection. */
  readonly deafPort?: number | undefined;
}

/** One attempt at a running container: undefined where it is ready. */
export type Ask = (running: ContainerDetail, timeoutMs: number) => Promise<Refusal | undefined>;

/** How one container is asked, again and again: what was found out by earlier attempts need not be found out again. */
export function askBy(engine: ReadyEngine, containerId: string, probe: ReadyProbe): Ask {
  switch (probe.by) {
    case "http":
      return (running, timeoutMs) => overHttp(running, probe, timeoutMs);
    case "tcp":
      return (running, timeoutMs) => overTcp(running, probe, timeoutMs);
    case "log":
      return inLog(engine, probe);
    case "exec": {
      const ask = byExec(engine, containerId, probe);
      return (_running, timeoutMs) => ask(timeoutMs);
    }
    default:
      return unreachable(probe);
  }
}
