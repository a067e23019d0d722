/**
 * The one shape of a log record, whoever said it: a node of the store, the agent (`node: "chaos"`), the user's program.
 *
 * Our own programs write one JSON object a line, {@link LogLine}; the logs room turns every line of every
 * stream into a {@link LogRecord}.
 */

export const levels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type Level = (typeof levels)[number];

/** What the bundled store adds to every line: clocks, for programs that order lines by cause and effect. */
export interface CausalFields {
  /** Hybrid logical clock as text (core/hlc.ts): a line that caused another one has the smaller text. */
  readonly hlc: string;
  /** Vector clock: of each node, the number of its last line that can have caused this one. Numbers rise by one a line, from anywhere. */
  readonly vc: Readonly<Record<string, number>>;
}

/** Names of {@link CausalFields}: nothing that a person wants to read. */
export const causalFields: readonly (keyof CausalFields)[] = ["hlc", "vc"];

/** What our own programs write to stdout: `{"ts":"…","level":"info","node":"n1","event":"leader-elected","msg":"…", …fields}`. */
export interface LogLine {
  /** RFC 3339, UTC, milliseconds: the writer's own clock. */
  readonly ts: string;
  readonly level: Level;
  readonly node: string;
  /** Stable name of this kind of event, kebab-case; documented in docs/reference/events.md. */
  readonly event: string;
  /** One sentence for a person. */
  readonly msg: string;
  readonly [field: string]: unknown;
}

export type StreamName = "stdout" | "stderr";

/** `engine`: told by the engine of the node's container, not said by its program. */
export type RecordStream = StreamName | "engine";

export interface LogRecord {
  /** The engine's stamp: RFC 3339, UTC, always nine decimals, so that text order is time order. */
  readonly ts: string;
  readonly cluster: string;
  readonly service: string;
  readonly node: string;
  readonly stream: RecordStream;
  readonly level: Level;
  /** Empty for lines of programs that name no events. */
  readonly event: string;
  readonly msg: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /**
   * Position among what was read of its node, from 1 without a hole: where the whole log is read, since the container was made. What the
   * engine tells is counted by itself.
   */
  readonly seq: number;
  /** Present where something about this record's place or completeness should be known. */
  readonly flags?: readonly RecordFlag[];
}

/**
 * late: came after later records had been shown · clamped: stamp moved forward to keep its stream in order ·
 * joined: put together from chunks · truncated: longer than the limit · gap: records before this one may be missing.
 */
export type RecordFlag = "late" | "clamped" | "joined" | "truncated" | "gap";

/** Node name under which the agent's records appear. */
export const chaosNode = "chaos";
