import { label } from "../core/labels.js";
import { type Observed, containersOf } from "./observe.js";

/** When, where and by whom something of a cluster was made: what tells later whether anybody still needs it. */
export interface Made {
  /** RFC 3339. */
  readonly at: string;
  readonly host: Host;
  readonly process: ProcessMark;
  /**
   * `down`: until somebody types it · `process`: no longer than the process that made it · `success`: the same, but where that fails, it is
   * left for a closer look.
   */
  readonly lasts: "down" | "process" | "success";
  /** Under which name its files are kept, where the cluster's own is new every time; null: under its own. */
  readonly base: string | null;
}

/** A machine as far as it matters to process ids: they mean the same only where all of this is the same. */
export interface Host {
  readonly name: string;
  /** New after each start of the machine; empty where it cannot be told. */
  readonly boot: string;
  /** The namespace of process ids; empty where there are none. */
  readonly pids: string;
}

export interface ProcessMark {
  readonly pid: number;
  /** When it started, in whatever words the machine has: another process of this number has other ones. */
  readonly started: string;
}

/** The mark of what this process makes now. */
export function madeHere({ host, own }: Processes, { lasts, base }: Pick<Made, "lasts" | "base">, at: Date): Made {
  return { at: at.toISOString(), host, process: own, lasts, base };
}

/** Its label's text, as {@link parseMade} reads it. */
export function formatMade(made: Made): string {
  return JSON.stringify(made);
}

/** Undefined for whatever is not ours: older versions had no such label, and anybody may write one. */
export function parseMade(text: string): Made | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const made = (value ?? {}) as Partial<Made>;
  const { at, host, process, lasts, base } = made;
  const isSound =
    typeof at === "string" &&
    !Number.isNaN(Date.parse(at)) &&
    [host?.name, host?.boot, host?.pids, process?.started].every((part) => typeof part === "string") &&
    Number.isSafeInteger(process?.pid) &&
    (lasts === "down" || lasts === "process" || lasts === "success") &&
    (base === null || typeof base === "string");
  return isSound ? (made as Made) : undefined;
}

/** By whom the last of it was made; undefined where an older version made it all. */
export function lastMade(found: Observed): Made | undefined {
  return [...found.networks, ...containersOf(found), ...found.volumes]
    .map(({ labels }) => parseMade(labels[label.made] ?? ""))
    .filter((made) => made !== undefined)
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
}

/** The name of its folder under `.devious/`. */
export function filedAs(found: Observed): string {
  return lastMade(found)?.base ?? found.name;
}

/** The processes that can be seen from here. */
export interface Processes {
  readonly host: Host;
  /** The one that asks. */
  readonly own: ProcessMark;
  /** When the process of this number started, as {@link ProcessMark.started} says it; undefined where there is none. */
  readonly startOf: (pid: number) => string | undefined;
}

/** Whether the process that made it still runs. `unknown`: it ran where its number means nothing here. */
export function stateOfMaker({ host, process }: Made, here: Processes): "runs" | "ended" | "unknown" {
  if (host.name !== here.host.name) return "unknown";
  // the machine has been started anew
  if (host.boot !== here.host.boot) return "ended";
  if (host.pids !== here.host.pids) return "unknown";
  return here.startOf(process.pid) === process.started ? "runs" : "ended";
}
