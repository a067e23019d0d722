import { createHash } from "node:crypto";
import { unsafeSwitches } from "../core/store-switches.js";
import type { Clock } from "./clock.js";
import type { MemberState } from "./member-state.js";
import type { Membership } from "./membership.js";
import type { MvccStore } from "./mvcc/mvcc-store.js";
import type { NodeOptions } from "./node-options.js";
import { none } from "./raft/types.js";
import type { MemberId, Raft } from "./raft/types.js";
import type { Header, RaftView } from "./rpc/store.js";
import { inSlices } from "./slices.js";
import { storeVersion } from "./version.js";

export interface NodeStatusOptions {
  readonly options: NodeOptions;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly state: MemberState;
  readonly membership: Pick<Membership, "nameOf">;
  readonly raft: Pick<Raft, "status">;
  /** A connection to this member stands. */
  readonly isUp: (member: MemberId) => boolean;
  readonly isStopping: () => boolean;
}

/** What a node tells of itself. */
export class NodeStatus {
  readonly #options: NodeStatusOptions;
  readonly #clusterId: string;
  readonly #startedMs: number;

  constructor(options: NodeStatusOptions) {
    this.#options = options;
    this.#clusterId = clusterId(options.options.cluster);
    this.#startedMs = options.clock.monotonicMs();
  }

  header(): Header {
    const { state, options } = this.#options;
    return { cluster: this.#clusterId, member: String(options.member), revision: state.kv.revision, term: state.term };
  }

  raftStatus(): RaftView {
    const { raft, state, options } = this.#options;
    const { leader, commit, applied, conf } = raft.status();
    const isLearner = conf.learners.includes(options.member);
    return { leader, committed: commit, applied, isLearner, bytes: state.kv.bytes, mostBytes: state.kv.mostBytes };
  }

  unhealthy(): string | undefined {
    const { state, options, membership, isUp, isStopping } = this.#options;
    if (isStopping()) return "the node is stopping";
    if (state.conf.voters.length === 0) return "waiting to be told the cluster's configuration";
    if (!state.hasLeader) return "no leader is known";
    const toLeader = state.leader === options.member || isUp(state.leader);
    return toLeader ? undefined : `the leader ${membership.nameOf(state.leader)} cannot be reached`;
  }

  async status(withHash: boolean): Promise<unknown> {
    const { options, state, membership, raft } = this.#options;
    const { cluster, node, member, switches } = options;
    const { role, term, leader, commit, applied, lastIndex, firstIndex, conf } = raft.status();
    const { kv } = state;
    const facts = {
      node,
      member,
      cluster,
      role,
      term,
      leader: leader === none ? null : membership.nameOf(leader),
      commit,
      applied,
      lastIndex,
      firstIndex,
      revision: kv.revision,
      keys: kv.size,
      voters: conf.voters.map((id) => membership.nameOf(id)),
      learners: conf.learners.map((id) => membership.nameOf(id)),
      uptimeMs: Math.round(this.uptimeMs()),
      version: storeVersion,
      unsafe: unsafeSwitches(switches),
    };
    return withHash ? { ...facts, hash: await hashOf(kv) } : facts;
  }

  uptimeMs(): number {
    return this.#options.clock.monotonicMs() - this.#startedMs;
  }
}

/** etcd's clusters have a number: ours is made from the name. */
function clusterId(cluster: string): string {
  return createHash("sha256").update(cluster).digest().readBigUInt64BE().toString();
}

/** Of everything that is in the store when it is called: equal for equal states. Taken in slices, since anybody may ask for it. */
function hashOf(kv: MvccStore): Promise<string> {
  const hash = createHash("sha256");
  const writer = kv.snapshot();
  return inSlices((hasTime) => {
    for (let chunk = writer.next(); chunk !== undefined; chunk = writer.next()) {
      hash.update(chunk);
      if (!hasTime()) return undefined;
    }
    return hash.digest("hex");
  });
}
