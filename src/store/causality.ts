import { HybridClock, formatHlc } from "../core/hlc.js";
import type { CausalFields } from "../core/log-record.js";

/** What travels with every frame from member to member: the sender's clocks when it left. */
export interface CausalStamp {
  readonly ms: number;
  readonly counter: number;
  /** Of each node, the number of its last line that the sender's state can depend on. */
  readonly vector: Readonly<Record<string, number>>;
}

/**
 * What this process knows of cause and effect, for its log lines: a hybrid logical clock, which orders them, and a vector clock, which
 * also tells which of them have nothing to do with each other (Fidge, Mattern). Only a line is an event: it alone raises the node's own
 * entry, so that a reader finds every event in the log.
 *
 * A node's lines are numbered from its wall clock at the start of the process, one by one: no process writes a line a millisecond for as
 * long as it lives, so a restarted node goes on above what its peers have heard of it, with nothing kept on disk. Where the wall clock was
 * set back in between, the first peer that it hears from lifts it there.
 */
export class Causality {
  readonly #node: string;
  readonly #wallMs: () => number;
  readonly #clock = new HybridClock();
  readonly #lines = new Map<string, number>();
  /** {@link #lines} as it was last given out; whoever has it keeps it, so a change makes a new one. */
  #vector: Readonly<Record<string, number>> | undefined;

  /** `wallMs` may jump and drift; only causality within one process and through its messages is relied on. */
  constructor(node: string, wallMs: () => number) {
    this.#node = node;
    this.#wallMs = wallMs;
    this.#set(node, Math.max(0, Math.floor(wallMs())));
  }

  /** The fields of the log line that is written now. */
  line(): CausalFields {
    this.#set(this.#node, (this.#lines.get(this.#node) ?? 0) + 1);
    return { hlc: formatHlc(this.#clock.tick(this.#wallMs())), vc: this.#snapshot() };
  }

  /** The stamp of a message that leaves now. */
  send(): CausalStamp {
    const { ms, counter } = this.#clock.tick(this.#wallMs());
    return { ms, counter, vector: this.#snapshot() };
  }

  /** A message with this stamp has arrived. */
  receive(stamp: CausalStamp): void {
    this.#clock.receive(stamp, this.#wallMs());
    for (const node in stamp.vector) {
      const line = stamp.vector[node] ?? 0;
      if (line > (this.#lines.get(node) ?? 0)) this.#set(node, line);
    }
  }

  #set(node: string, line: number): void {
    this.#lines.set(node, line);
    this.#vector = undefined;
  }

  #snapshot(): Readonly<Record<string, number>> {
    this.#vector ??= Object.fromEntries(this.#lines);
    return this.#vector;
  }
}
