/**
 * Members that lose their disks, as store/admission.ts and store/member-change.ts treat them: whoever held a log gets the next number, as a
 * learner, in the same joint change that takes the old one out, and votes again once it has caught up.
 */
import type { MemberId } from "../store/raft/types.js";
import { findLeader } from "./faults.js";
import type { SimNode } from "./node.js";
import type { Timeline } from "./timeline.js";
import type { Trace } from "./trace.js";

export interface ReplacementsOptions {
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly nodes: Map<MemberId, SimNode>;
  /** A node whose disk is empty, under this number: a stranger to the cluster, or, as a founder is, one that takes itself for a voter. */
  readonly create: (id: MemberId) => SimNode;
  /** Plants the mistake that all this is to prevent. */
  readonly keepsNumber: boolean;
}

const lookEveryMs = 40;
const noContext = new Uint8Array(0);
/** A learner that lags so little may vote. */
const lagMax = 5;

export class Replacements {
  readonly #options: ReplacementsOptions;
  #nextMember: MemberId;
  /** One at a time: with two out of three disks the data is gone. */
  #isBusy = false;
  /** By then the last replacement was committed; Infinity: it is not yet. */
  #replacedAt = Infinity;

  constructor(options: ReplacementsOptions) {
    this.#options = options;
    this.#nextMember = Math.max(...options.nodes.keys()) + 1;
  }

  /** True where `victim` lost its disk; false where that would be one too many. */
  wipe(victim: SimNode): boolean {
    const { nodes, create, keepsNumber, trace } = this.#options;
    if (this.#isBusy) return false;
    trace.note(() => `n${victim.id} loses its disk`);
    victim.retire();
    if (keepsNumber) {
      const same = create(victim.id);
      nodes.set(same.id, same);
      same.start();
      return true;
    }
    this.#isBusy = true;
    this.#replacedAt = Infinity;
    const successor = create(this.#nextMember++);
    nodes.set(successor.id, successor);
    nodes.delete(victim.id);
    successor.start();
    this.#replace(victim.id, successor);
    return true;
  }

  #replace(old: MemberId, successor: SimNode): void {
    const { id } = successor;
    const { nodes, timeline } = this.#options;
    timeline.after(lookEveryMs, () => {
      const leader = findLeader(nodes);
      const status = leader?.status();
      if (leader !== undefined && status !== undefined) {
        const { conf, match, commit } = status;
        if (conf.votersOutgoing.length === 0 && conf.voters.includes(id)) {
          this.#replacedAt = Math.min(this.#replacedAt, commit);
          if (this.#isKept(conf.voters, this.#replacedAt)) {
            this.#isBusy = false;
            return;
          }
        }
        if (conf.voters.includes(old) && conf.votersOutgoing.length === 0) {
          const changes = [
            { kind: "addLearner", member: id },
            { kind: "remove", member: old },
          ] as const;
          leader.changeConf({ changes, context: noContext });
        } else if (conf.learners.includes(id) && (match.get(id) ?? 0) + lagMax >= commit) {
          leader.changeConf({ changes: [{ kind: "addVoter", member: id }], context: noContext });
        }
      }
      this.#replace(old, successor);
    });
  }
  /**
   * Whether all voters know, also after a restart, that everything up to `index` is committed. They go by the configuration of which they know
   * that it is: where only the leader did and lost its disk, the others would wait for the votes of members that are gone.
   */
  #isKept(voters: readonly MemberId[], index: number): boolean {
    return voters.every((voter) => (this.#options.nodes.get(voter)?.disk.recover().hardState.commit ?? 0) >= index);
  }
}
