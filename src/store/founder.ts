import type { MemberState } from "./member-state.js";
import type { MemberId } from "./raft/types.js";

export interface FounderOptions {
  readonly self: MemberId;
  readonly state: Pick<MemberState, "conf" | "hasLeader">;
  readonly nowMs: () => number;
  readonly electionTimeoutMs: number;
  /** What this member asks of that one, it can answer. */
  readonly hears: (member: MemberId) => boolean;
  readonly campaign: () => void;
}

/** In a new cluster nobody has to wait out an election timeout: the founder with the lowest number stands as soon as it can win. */
export class Founder {
  readonly #options: FounderOptions;
  #isFounding: boolean;
  #stoodAtMs = -Infinity;

  /** @param isFresh there was nothing on this member's disk. */
  constructor(isFresh: boolean, options: FounderOptions) {
    this.#options = options;
    this.#isFounding = isFresh && options.state.conf.voters[0] === options.self;
  }

  /** There was a leader, or there is one. */
  done(): void {
    this.#isFounding = false;
  }

  /** To be called whenever a peer was reached, and now and then. */
  standIfFounding(): void {
    if (!this.#isFounding) return;
    const { self, state, electionTimeoutMs, hears, campaign } = this.#options;
    const nowMs = this.#options.nowMs();
    if (nowMs - this.#stoodAtMs < electionTimeoutMs / 2) return;
    const { voters } = state.conf;
    const reachable = voters.filter((id) => id === self || hears(id));
    if (reachable.length * 2 <= voters.length) return;
    this.#stoodAtMs = nowMs;
    campaign();
  }
}
