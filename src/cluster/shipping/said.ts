/** What the shipper has said of its work, read from the last lines of its log. */
import { type ShipCounts, shipEvents } from "../../core/ship-contract.js";

export interface ShipperSaid {
  /** The last that it told; null before the first. */
  readonly counts: ShipCounts | null;
  /** Since when the receiver takes nothing, and why; null while it does. */
  readonly stalled: { readonly since: string; readonly why: string } | null;
  /** Why the last records that were dropped were; null where that is too long ago. */
  readonly whyDropped: string | null;
  /** What it failed with; null where it has begun again since. */
  readonly failed: string | null;
  /** Its last word is that it ended, as it was told to. */
  readonly ended: boolean;
}

/** Lines that are none of its own are passed over: a program may be cut off in a line, and the engine's log may begin in one. */
export function readShipperSaid(lines: readonly string[]): ShipperSaid {
  let said: ShipperSaid = { counts: null, stalled: null, whyDropped: null, failed: null, ended: false };
  for (const line of lines) said = after(said, objectIn(line));
  return said;
}

function after(said: ShipperSaid, line: Readonly<Record<string, unknown>>): ShipperSaid {
  const why = typeof line["why"] === "string" ? line["why"] : "";
  switch (line["event"]) {
    case shipEvents.began:
      return { ...said, stalled: null, failed: null, ended: false };
    case shipEvents.progress:
      return { ...said, counts: countsIn(line) ?? said.counts };
    case shipEvents.stalled:
      return { ...said, stalled: { since: String(line["ts"]), why } };
    case shipEvents.resumed:
      return { ...said, stalled: null };
    case shipEvents.dropped:
      return { ...said, whyDropped: why };
    case shipEvents.failed:
      return { ...said, failed: String(line["msg"]) };
    case shipEvents.ended:
      return { ...said, counts: countsIn(line) ?? said.counts, ended: true };
    default:
      return said;
  }
}

function objectIn(line: string): Readonly<Record<string, unknown>> {
  if (!line.startsWith("{")) return {};
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

function countsIn({ sent, dropped, gaps, waiting, sentUpTo }: Readonly<Record<string, unknown>>): ShipCounts | undefined {
  if (typeof sent !== "number" || typeof dropped !== "number" || typeof gaps !== "number" || typeof waiting !== "number") {
    return undefined;
  }
  return { sent, dropped, gaps, waiting, sentUpTo: typeof sentUpTo === "string" ? sentUpTo : null };
}
