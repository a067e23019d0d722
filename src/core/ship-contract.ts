/** What the CLI and the program in the shipper's container have to agree on. */

/** Environment variables of the shipper's container. */
export const shipEnv = {
  cluster: "DEVIOUS_CLUSTER",
  /** Where to send, as the spec says it: the receiver's base URL. */
  otlp: "DEVIOUS_SHIP_OTLP",
  /** HTTP headers to send along, as a JSON object of texts. Secrets are among them. */
  headers: "DEVIOUS_SHIP_HEADERS",
  /** The node that is the receiver, where it is one: what it says of what it is sent would never end. */
  receiver: "DEVIOUS_SHIP_RECEIVER",
} as const;

/** Where the shipper finds the engine, and keeps how far it has come, in its container. */
export const shipPaths = {
  engineSocket: "/run/engine.sock",
  dir: "/ship",
} as const;

/** Node name under which the shipper's own records appear; `chaos` is the agent's. */
export const shipperNode = "shipper";

/** What the shipper's stdout says, as `LogLine`s: of each event, `fields` are what is named here. */
export const shipEvents = {
  /** It begins, or goes on where it was: `otlp` (without credentials). */
  began: "ship-began",
  /** Level debug, every few seconds in which something changed: {@link ShipCounts}. */
  progress: "ship-progress",
  /** Level warn: the receiver takes nothing at the moment: `why`. Said once, until it takes something again. */
  stalled: "ship-stalled",
  resumed: "ship-resumed",
  /** Level error: records that will never arrive: `count`, `why`. */
  dropped: "ship-dropped",
  /** It was told to end: {@link ShipCounts} for the last time. */
  ended: "ship-ended",
  /** Level warn: how far it had come cannot be read, so that everything is sent again. */
  bookmarkUnreadable: "ship-bookmark-unreadable",
  /** Level error: how far it has come cannot be saved. Said once, until it can. */
  bookmarkUnsaved: "ship-bookmark-unsaved",
  /** Level fatal: the engine is lost (exit code 3), or it was started with an environment it does not understand (64). */
  failed: "ship-failed",
} as const;

/** Since the cluster was made, over restarts of the shipper. */
export interface ShipCounts {
  /** Records that the receiver has acknowledged. */
  readonly sent: number;
  /** Records that the receiver has refused for good. */
  readonly dropped: number;
  /** Places where records may be missing because the engine had rotated them away before they were read. */
  readonly gaps: number;
  /** Records read and not acknowledged; in the last line, all that were said and were not sent. */
  readonly waiting: number;
  /** Stamp of the last record acknowledged, as `LogRecord.ts`; null before the first. */
  readonly sentUpTo: string | null;
}

/** How long the shipper may take to send the rest when it is told to end, before it says what is left: less than the engine's patience. */
export const shipGraceMs = 8000;
