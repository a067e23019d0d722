/**
 * What must hold after every step of every member, whatever the faults: the safety properties of Raft (thesis, figure 3.2) and
 * what a restart must keep. The whole cluster's past is known here, so each check looks only at what a step added.
 */
import { voteResult } from "../store/raft/quorum.js";
import type { ConfState, Effects, Entry, MemberId, Message, RaftStatus, Recovered, SnapshotMeta } from "../store/raft/types.js";
import { hold } from "./broken-invariant.js";

/** A member's log as its effects tell of it, terms only, on disk or not. */
interface LogView {
  base: number;
  /** `terms[i]` is the term at index `base + i`; the first is the snapshot's. */
  terms: number[];
}

const termAt = (view: LogView, index: number): number | undefined => view.terms[index - view.base];
const lastIndexOf = (view: LogView): number => view.base + view.terms.length - 1;

interface MemberView {
  log: LogView;
  conf: ConfState;
  /** As of the last step of this life. */
  term: number;
  commit: number;
  applied: number;
  leads: boolean;
}

export class Invariants {
  readonly #members = new Map<MemberId, MemberView>();
  readonly #leaderOf = new Map<number, MemberId>();
  readonly #voteOf = new Map<string, MemberId>();
  /** Every entry that was ever in any log, by term and index, with the term of the one before it. */
  readonly #entries = new Map<string, { readonly entry: Entry; readonly termBefore: number | undefined }>();
  /**
   * What was applied by whoever was first, from index 1, for which the cluster's first snapshot stands; with that member's
   * term, which is at least the one in which a leader committed it.
   */
  readonly #committed: { readonly entry: Entry; readonly byTerm: number }[];
  readonly #chains = new Map<number, number>();
  /** Who may stand in a term: by candidate and term, those that would vote for it, or that it was told to. */
  readonly #wouldVote = new Map<string, Set<MemberId>>();
  readonly #toldToStand = new Set<string>();
  readonly #isLossy: boolean;

  /** `isLossy`: leaders commit by themselves, so what was committed may go, and no promise about it is held. */
  constructor({ index, term }: SnapshotMeta, isLossy: boolean) {
    this.#isLossy = isLossy;
    this.#committed = [{ entry: { index, term, kind: "normal", data: new Uint8Array(0) }, byTerm: term }];
  }

  /** Highest index that anyone has applied. */
  get committedIndex(): number {
    return this.#committed.length;
  }

  committedTermAt(index: number): number | undefined {
    return this.#committed[index - 1]?.entry.term;
  }

  /** A member begins a life with what its disk held. */
  started(id: MemberId, { hardState, snapshot, entries }: Recovered, status: RaftStatus): void {
    hold(
      status.term >= hardState.term,
      "term is monotonic",
      () => `member ${id} restarts in term ${status.term}, on disk is ${hardState.term}`,
    );
    const log = { base: snapshot.meta.index, terms: [snapshot.meta.term, ...entries.map((entry) => entry.term)] };
    const durableCommit = Math.max(snapshot.meta.index, Math.min(hardState.commit, lastIndexOf(log)));
    hold(
      status.commit >= durableCommit,
      "commit is monotonic",
      () => `member ${id} restarts at commit ${status.commit}, on disk is ${durableCommit}`,
    );
    const { conf, term, commit } = status;
    this.#members.set(id, { log, conf, term, commit, applied: snapshot.meta.index, leads: false });
  }

  /** A member took a step. */
  stepped(id: MemberId, effects: Effects, status: RaftStatus): void {
    const member = this.#members.get(id) as MemberView;
    if (effects.persist !== undefined) {
      const { snapshot, discardLog, entries } = effects.persist;
      if (snapshot !== undefined) this.#snapshotTaken(id, member.log, snapshot.meta, discardLog);
      for (const entry of entries) this.#appended(id, member.log, entry, status.term);
    }
    hold(status.term >= member.term, "term is monotonic", () => `member ${id} goes from term ${member.term} to ${status.term}`);
    hold(
      status.commit >= member.commit || (this.#isLossy && effects.restore !== undefined),
      "commit is monotonic",
      () => `member ${id} goes from commit ${member.commit} to ${status.commit}`,
    );
    hold(
      status.commit <= lastIndexOf(member.log),
      "commit is in the log",
      () => `member ${id}: ${status.commit} of ${lastIndexOf(member.log)}`,
    );
    for (const event of effects.events) {
      if (event.event === "role-changed" && event.role === "candidate") this.#stood(id, event.term, [member.conf, status.conf]);
    }
    member.conf = status.conf;
    member.term = status.term;
    member.commit = status.commit;
    const leads = status.role === "leader";
    if (leads && !member.leads) this.#elected(id, member);
    member.leads = leads;
  }

  /** A message left its member for good. */
  sent(message: Message): void {
    const { from, to, term } = message;
    if (message.type === "timeoutNow") this.#toldToStand.add(`${to} ${term + 1}`);
    if (message.type === "preVoteReply" && message.granted) {
      const voters = this.#wouldVote.get(`${to} ${term}`) ?? new Set();
      this.#wouldVote.set(`${to} ${term}`, voters.add(from));
    }
    if (message.type !== "voteReply" || !message.granted) return;
    const key = `${message.from} ${message.term}`;
    const before = this.#voteOf.get(key) ?? message.to;
    hold(
      before === message.to,
      "one vote per term",
      () => `member ${message.from} votes for ${before} and for ${message.to} in term ${message.term}`,
    );
    this.#voteOf.set(key, message.to);
  }

  /** A member took a step; `isHeard`: it does not lead, or hears those that it leads. */
  led(id: MemberId, isHeard: boolean): void {
    hold(isHeard, "a leader hears its quorum", () => `member ${id} leads on, though no quorum answers`);
  }

  /** A state machine applied `entry` and now stands at `chain`. */
  applied(id: MemberId, entry: Entry, chain: number): void {
    const member = this.#members.get(id) as MemberView;
    const { index, term } = entry;
    hold(index === member.applied + 1, "applied in order", () => `member ${id} applies ${index} after ${member.applied}`);
    member.applied = index;
    if (this.#isLossy) return;
    const first = this.#committed[index - 1]?.entry;
    if (first === undefined) {
      this.#committed.push({ entry, byTerm: member.term });
      for (const [other, view] of this.#members)
        if (view.leads && view.term >= member.term) this.#holdsCommitted(other, view, index);
    } else {
      hold(
        first.term === term && sameBytes(first.data, entry.data),
        "state machine safety",
        () => `member ${id} applies at ${index} an entry of term ${term}, another applied one of term ${first.term}`,
      );
    }
    this.#checkChain(id, index, chain);
  }

  /** A state machine was replaced by a snapshot's. */
  restored(id: MemberId, { index, term }: SnapshotMeta, chain: number): void {
    const member = this.#members.get(id) as MemberView;
    if (this.#isLossy) {
      member.applied = index;
      return;
    }
    const committed = this.committedTermAt(index);
    hold(
      index === 0 || committed === term,
      "state machine safety",
      () => `member ${id} restores ${index} of term ${term}, committed is term ${committed}`,
    );
    hold(
      index >= member.applied,
      "applied in order",
      () => `member ${id} goes from ${member.applied} back to a snapshot of ${index}`,
    );
    member.applied = index;
    this.#checkChain(id, index, chain);
  }

  #checkChain(id: MemberId, index: number, chain: number): void {
    const expected = this.#chains.get(index) ?? chain;
    hold(chain === expected, "state machine safety", () => `member ${id} has another state at index ${index}`);
    this.#chains.set(index, chain);
  }

  #snapshotTaken(id: MemberId, log: LogView, { index, term }: SnapshotMeta, discardLog: boolean): void {
    const committed = this.committedTermAt(index);
    hold(
      committed === term || this.#isLossy,
      "state machine safety",
      () => `member ${id} takes a snapshot at ${index} of term ${term}, committed is term ${committed}`,
    );
    const keeps = !discardLog && index < lastIndexOf(log);
    log.terms = keeps ? [term, ...log.terms.slice(index - log.base + 1)] : [term];
    log.base = index;
  }

  /** Log matching: an index and a term name one entry, and the entry before it; by induction everything before it. */
  #appended(id: MemberId, log: LogView, entry: Entry, memberTerm: number): void {
    const { index, term } = entry;
    hold(
      index > log.base && index <= lastIndexOf(log) + 1,
      "log without holes",
      () => `member ${id} appends ${index} to a log of ${log.base} to ${lastIndexOf(log)}`,
    );
    const before = termAt(log, index);
    const committed = this.#committed[index - 1];
    // a leader of a term that is over may still overwrite what a later one committed, on members that heard of neither
    const isLost = committed?.entry.term === before && before !== term && memberTerm >= (committed?.byTerm ?? Infinity);
    hold(!isLost, "committed entries stay", () => `member ${id} overwrites the committed entry ${index}`);
    log.terms.length = index - log.base;
    const termBefore = termAt(log, index - 1);
    hold((termBefore ?? 0) <= term, "terms grow along the log", () => `member ${id} appends term ${term} after ${termBefore}`);
    log.terms.push(term);
    const key = `${term} ${index}`;
    const known = this.#entries.get(key);
    if (known === undefined) {
      this.#entries.set(key, { entry, termBefore });
      return;
    }
    const matches = known.entry === entry || (known.entry.kind === entry.kind && sameBytes(known.entry.data, entry.data));
    hold(
      matches && known.termBefore === termBefore,
      "log matching",
      () => `member ${id} holds another entry ${index} of term ${term}`,
    );
  }

  /** Whoever enters a term to lead it has been told to, or knows that a quorum would vote for it: else a node alone could depose a leader. */
  #stood(id: MemberId, term: number, confs: readonly ConfState[]): void {
    const would = this.#wouldVote.get(`${id} ${term}`);
    const isWanted = confs.some((conf) => voteResult(conf, (voter) => voter === id || would?.has(voter) === true) === "won");
    hold(
      isWanted || this.#toldToStand.has(`${id} ${term}`),
      "terms are asked for first",
      () => `member ${id} stands in term ${term}, and no quorum had said that it would vote for it`,
    );
  }

  #elected(id: MemberId, member: MemberView): void {
    const { term } = member;
    const before = this.#leaderOf.get(term) ?? id;
    hold(before === id, "one leader per term", () => `members ${before} and ${id} lead in term ${term}`);
    this.#leaderOf.set(term, id);
    for (let index = Math.max(1, member.log.base); index <= this.#committed.length; index++) {
      // a leader elected late, of a term that is over, need not hold what a later one committed
      if ((this.#committed[index - 1]?.byTerm ?? 0) > term) break;
      this.#holdsCommitted(id, member, index);
    }
  }

  #holdsCommitted(id: MemberId, { log, term }: MemberView, index: number): void {
    if (index < log.base) return;
    const [own, committed] = [termAt(log, index), this.committedTermAt(index)];
    hold(
      own === committed,
      "leader completeness",
      () => `the leader of term ${term}, member ${id}, holds term ${own} at ${index}, committed is term ${committed}`,
    );
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || (a.length === b.length && a.every((byte, i) => byte === b[i]));
}
