/** What the engine tells of a node's life, as lines of its log: a program that has died cannot say so itself. */
import { createLog } from "../core/log-line.js";
import type { Level } from "../core/log-record.js";
import type { ContainerEvent } from "../engine/port.js";
import { msOfStamp } from "./stamp.js";

interface Told {
  readonly level: Level;
  readonly event: string;
  readonly msg: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** The event as a line of our own kind; undefined where it is of no interest to a reader. */
export function lifeLine(node: string, event: ContainerEvent): string | undefined {
  const told = tell(node, event);
  if (told === undefined) return undefined;
  let line = "";
  const log = createLog(
    node,
    () => msOfStamp(event.ts),
    (text) => (line = text.trimEnd()),
  );
  log(told.level, told.event, told.msg, told.fields);
  return line;
}

function tell(node: string, { action, exitCode = 0, health }: ContainerEvent): Told | undefined {
  switch (action) {
    case "start":
      return { level: "info", event: "container-started", msg: `${node} was started` };
    case "die": {
      const level = exitCode === 0 ? "info" : "error";
      return {
        level,
        event: "container-died",
        msg: `${node} ended with exit code ${exitCode}${meaning(exitCode)}`,
        fields: { exitCode },
      };
    }
    case "oom":
      return {
        level: "error",
        event: "container-oom",
        msg: `${node} wanted more memory than it may have: the kernel killed a process of it`,
      };
    case "health_status": {
      const level = health === "unhealthy" ? "error" : "info";
      return { level, event: "container-health", msg: `${node} is ${health ?? "of unknown health"}`, fields: { health } };
    }
    default:
      return undefined;
  }
}

/** Codes above 128 are signals, as shells count. */
const signals: ReadonlyMap<number, string> = new Map([
  [130, " (SIGINT)"],
  [134, " (SIGABRT)"],
  [137, " (SIGKILL)"],
  [139, " (SIGSEGV)"],
  [143, " (SIGTERM)"],
]);

function meaning(exitCode: number): string {
  return signals.get(exitCode) ?? "";
}
