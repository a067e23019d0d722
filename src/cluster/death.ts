import { constants } from "node:os";
import type { ContainerDetail, ContainerEvent } from "../engine/port.js";

/** What is known of how the programs of a node came to their end, as far as one has. */
export interface Death {
  /** Of its last run; undefined while it has never ended. */
  readonly exitCode: number | undefined;
  /** The kernel has ended one of them, which need not be the one that is waited for. */
  readonly outOfMemory: boolean;
  /** How often the node has ended: more than once where the engine starts it again. */
  readonly ends: number;
  readonly lastLines: readonly string[];
}

/** What a sentence says of it after the node's name, in two parts, between which there is room for when it was. */
export function howItEnded(death: Death): readonly [how: string, more: string] {
  const { exitCode, outOfMemory, ends } = death;
  const often = `ended ${ends} times`;
  // only the kernel's word tells a kill for want of memory from any other
  if (outOfMemory) return ends > 1 ? [often, ", for want of memory"] : ["was killed for want of memory", ""];
  const why = becauseOf(death);
  return ends > 1 ? [often, `, the last time with ${codeOf(exitCode)}${why}`] : [`exited with ${codeOf(exitCode)}`, why];
}

/** What troubles a node that has not ended for good, besides what it is asked; empty where nothing does. */
export function troublesOf(death: Death): readonly string[] {
  return [
    ...(death.ends > 0 ? [`it ${howItEnded(death).join("")}`] : []),
    ...(death.ends === 0 && death.outOfMemory ? ["a process in it was killed for want of memory"] : []),
    ...(death.ends === 0 && isDiskFull(death.lastLines) ? ["a disk that it writes to is full"] : []),
  ];
}

/** What to do about it, where that is known. */
export function remedyFor({ outOfMemory, exitCode, lastLines }: Death): string | undefined {
  if (outOfMemory) return "`memory` of its service says how much it may use";
  if (isDiskFull(lastLines)) return "the `size` of a tmpfs, or the engine's disk, is what it may fill";
  if (exitCode === 127 || exitCode === 126) return "`command` and `entrypoint` of its service say what is run";
  return undefined;
}

function codeOf(exitCode: number | undefined): string {
  const signal = exitCode === undefined ? undefined : signalNames.get(exitCode - 128);
  return `code ${exitCode ?? "unknown"}${signal === undefined ? "" : ` (${signal})`}`;
}

const signalNames = new Map(
  Object.entries(constants.signals).flatMap(([name, number]) =>
    ["SIGKILL", "SIGSEGV", "SIGABRT", "SIGILL", "SIGBUS", "SIGFPE", "SIGTERM", "SIGINT"].includes(name) ? [[number, name]] : [],
  ),
);

function becauseOf({ exitCode, lastLines }: Death): string {
  if (isDiskFull(lastLines)) return ": a disk that it writes to is full";
  if (exitCode === 127) return ": a command in it was not found";
  if (exitCode === 126) return ": a command in it could not be run";
  return "";
}

/** errno(3) ENOSPC and EDQUOT, as programs of all kinds print them. */
function isDiskFull(lines: readonly string[]): boolean {
  return lines.some((line) => /no space left on device|\bENOSPC\b|disk quota exceeded|\bEDQUOT\b/i.test(line));
}

type Ended = Pick<ContainerDetail, "id" | "labels" | "oomKilled" | "restarts" | "exitCode" | "state" | "startedAt">;

/** How a container fared since somebody started it, by what it is like now and by what the engine remembers of its node. */
export function deathOf(detail: Ended, past: readonly ContainerEvent[], lastLines: readonly string[]): Death {
  const { id, oomKilled, restarts, exitCode, state, startedAt = "" } = detail;
  // of one that was started again earlier runs count as well
  const events = past.filter((event) => event.id === id && (restarts > 0 || event.ts >= startedAt));
  const hasEnded = state === "exited" || state === "dead";
  return {
    exitCode: exitCode ?? (restarts > 0 ? events.findLast(({ action }) => action === "die")?.exitCode : undefined),
    outOfMemory: oomKilled || events.some(({ action }) => action === "oom"),
    ends: restarts + (hasEnded ? 1 : 0),
    lastLines,
  };
}
