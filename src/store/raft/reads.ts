/**
 * Reads that wait for a quorum to confirm the leader (thesis §6.4). Reads that arrive together share one round; a round is confirmed
 * by heartbeats that left after it opened, so an answer to an earlier heartbeat proves nothing.
 */
export interface Read {
  readonly id: number;
  readonly index: number;
}

interface Round {
  readonly context: number;
  /** The leader's commit index when the round opened: at least that of when the reads arrived. */
  readonly index: number;
  readonly ids: readonly number[];
  readonly openedMs: number;
}

export class ReadQueue {
  /** Number of the newest round; 0 = there was none yet. */
  context = 0;
  private arrived: number[] = [];
  private rounds: Round[] = [];
  /** When the newest round that a quorum confirmed was opened: a lease counts from there. */
  confirmedMs = -Infinity;

  add(id: number): void {
    this.arrived.push(id);
  }

  get hasArrived(): boolean {
    return this.arrived.length > 0;
  }

  /** Number of the newest round that still waits, 0 where none does. */
  get pendingContext(): number {
    return this.rounds.at(-1)?.context ?? 0;
  }

  /** May be without reads: a lease is kept up by rounds as well. `nowMs` is no later than when its heartbeats leave. */
  openRound(commit: number, nowMs: number): void {
    this.context++;
    this.rounds.push({ context: this.context, index: commit, ids: this.takeArrived(), openedMs: nowMs });
  }

  /** The reads that are in no round yet. */
  takeArrived(): number[] {
    const ids = this.arrived;
    this.arrived = [];
    return ids;
  }

  /** The reads of all rounds up to `context`: a later round's quorum also confirms the earlier ones. */
  confirm(context: number): Read[] {
    const reads: Read[] = [];
    while (this.rounds[0] !== undefined && this.rounds[0].context <= context) {
      const { index, ids, openedMs } = this.rounds[0];
      this.rounds.shift();
      this.confirmedMs = openedMs;
      for (const id of ids) reads.push({ id, index });
    }
    return reads;
  }

  /** Everything that was not confirmed. */
  abandon(): number[] {
    const ids = [...this.rounds.flatMap((round) => round.ids), ...this.arrived];
    this.rounds = [];
    this.arrived = [];
    return ids;
  }
}
