import { voteResult } from "../store/raft/quorum.js";
import type { Input, MemberId, RaftStatus } from "../store/raft/types.js";

/**
 * Whether a leader goes on leading though it does not hear its quorum. It may for two election timeouts: it looks once in each, and what
 * came in just before one look counts at the next.
 */
export class LeaderPatience {
  #ticks = 0;
  readonly #heardAt = new Map<MemberId, number>();

  /** False where the member, after these inputs, leads a quorum that is long silent. Ticks are those of its own clock. */
  isHeard(inputs: readonly Input[], { id, role, conf }: RaftStatus, electionTicks: number): boolean {
    for (const input of inputs) {
      if (input.type === "tick") this.#ticks++;
      else if (input.type === "receive") this.#heardAt.set(input.message.from, this.#ticks);
    }
    if (role !== "leader") {
      this.#heardAt.clear();
      return true;
    }
    const heard = voteResult(conf, (voter) => voter === id || this.#ticks - this.#heard(voter) <= 3 * electionTicks);
    return heard === "won";
  }

  /** A new leader, and a new voter, begin with patience. */
  #heard(voter: MemberId): number {
    const at = this.#heardAt.get(voter) ?? this.#ticks;
    this.#heardAt.set(voter, at);
    return at;
  }
}
