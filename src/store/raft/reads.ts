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
}

export class ReadQueue {
  /** Number of the newest round; 0 = there was none yet. */
  context = 0;
  private arrived: number[] = [];
  private rounds: Round[] = [];

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

  openRound(commit: number): void {
    this.context++;
    this.rounds.push({ context: this.context, index: commit, ids: this.arrived });
    this.arrived = [];
  }

  /** The reads of all rounds up to `context`: a later round's quorum also confirms the earlier ones. */
  confirm(context: number): Read[] {
    const reads: Read[] = [];
    while (this.rounds[0] !== undefined && this.rounds[0].context <= context) {
      const { index, ids } = this.rounds[0];
      this.rounds.shift();
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
