import type { KvInput, KvOutput } from "../check/models/kv.js";
import type { Answer as StoreAnswer, Ask, MemberChange } from "../store/ask.js";
import type { CommandAnswer } from "../store/entries/commands.js";
import { LeaseBook } from "../store/lease/lease-book.js";
import { LeaseKeeper } from "../store/lease/lease-keeper.js";
import { Leading } from "../store/leading.js";
import type { LeaseId } from "../store/mvcc/key-value.js";
import type { Leadership } from "../store/member-change.js";
import { OwnWrites } from "../store/own-writes.js";
import { none } from "../store/raft/types.js";
import type { Effects, Entry, Input, MemberId, RaftStatus } from "../store/raft/types.js";
import { Readers } from "../store/readers.js";
import type { Applied } from "../store/replica.js";
import { Router } from "../store/router.js";
import type { Forwarded } from "../store/router.js";
import type { Sessions } from "../store/sessions.js";
import { HastyRouter } from "./hasty-router.js";
import { LonelyLeading } from "./lonely-leading.js";
import type { SimBugs } from "./node.js";
import { encodeWrite } from "./state-machine.js";

/** What members say to each other about requests. */
export type RequestMail =
  | { readonly type: "ask"; readonly from: MemberId; readonly to: MemberId; readonly id: number; readonly ask: Ask }
  | {
      readonly type: "answer";
      readonly from: MemberId;
      readonly to: MemberId;
      readonly id: number;
      readonly answer: StoreAnswer;
    };

/** What a client hears of its operation. No answer at all is possible too. */
export type Answer =
  | { readonly type: "ok"; readonly output: KvOutput }
  /** Definitely without effect; with the member that may know better. */
  | { readonly type: "fail"; readonly hint: MemberId }
  | { readonly type: "info" };

export interface RequestsOptions {
  readonly self: MemberId;
  readonly incarnation: number;
  readonly nowMs: () => number;
  /** By the node's own clock. */
  readonly clockMs: () => number;
  readonly electionTimeoutMs: number;
  readonly timeoutMs: number;
  readonly after: (delayMs: number, act: () => void) => void;
  readonly input: (input: Input) => void;
  readonly send: (mail: RequestMail) => void;
  /** The state of a key as applied here by now. */
  readonly get: (key: string) => KvOutput;
  /** As applied here by now. */
  readonly leases: () => LeaseBook;
  /** As of now. */
  readonly leadership: (knowsAllBefore: boolean) => Leadership;
  readonly bugs: Pick<SimBugs, "goesWithLeader" | "renewsAlone" | "keepsOldDeadlines">;
}

const waitingMax = 1000;
/** A link is given up where an answer takes longer: the other side may have been asked all the same. */
const silenceMaxMs = 60;
/** So often that even these leases, which last seconds, are put down. */
const checkpointEveryMs = 400;

/** What a node does with its clients' requests: the store's own parts for that, over the network in the box. */
export class SimRequests {
  readonly #options: RequestsOptions;
  readonly #router: Router;
  readonly #leading: Leading;
  readonly #writes: OwnWrites;
  readonly #readers: Readers;
  readonly #leaseKeeper: LeaseKeeper;
  readonly #asked = new Map<number, (forwarded: Forwarded) => void>();
  #lastAsk = 0;
  #leader: MemberId = none;
  #applied: number;
  #appliedTerm = 0;
  #knowsFrom = Infinity;

  constructor(options: RequestsOptions, applied: number) {
    const { self, incarnation, nowMs, timeoutMs, input, bugs } = options;
    this.#options = options;
    this.#applied = applied;
    this.#readers = new Readers(applied);
    this.#router = new (bugs.goesWithLeader === true ? HastyRouter : Router)({
      self,
      nowMs,
      timeoutMs,
      waitingMax,
      leader: () => this.#leader,
      lead: (op) => this.#leading.lead(op),
      forward: (leader, ask, onForwarded) => this.#forward(leader, ask, onForwarded),
      onRead: () => undefined,
    });
    this.#leading = new (bugs.renewsAlone === true ? LonelyLeading : Leading)({
      input,
      router: this.#router,
      onConfirmed: (op, index) => this.#leaseKeeper.confirmed(op, index),
      leadership: () => options.leadership(this.#applied >= this.#knowsFrom),
    });
    this.#writes = new OwnWrites({ self, incarnation, router: this.#router });
    this.#leaseKeeper = new LeaseKeeper({
      nowMs: options.clockMs,
      log: () => undefined,
      router: this.#router,
      readers: this.#readers,
      electionTimeoutMs: bugs.keepsOldDeadlines === true ? 0 : options.electionTimeoutMs,
      book: bugs.keepsOldDeadlines === true ? () => withNothingLeft(options.leases()) : options.leases,
      propose: (data) => input({ type: "propose", id: 0, data }),
      checkpointEveryMs,
    });
  }

  /** A client's, as it stands in the log. */
  write(command: Uint8Array, answer: (told: StoreAnswer) => void): void {
    this.#writes.submit(command, undefined, answer);
  }

  /** An operator's. */
  changeMembers(change: MemberChange, answer: (told: StoreAnswer) => void): void {
    this.#router.submit({ type: "member", change }, answer);
  }

  /** A client's. */
  keepAlive(id: LeaseId, answer: (told: StoreAnswer) => void): void {
    this.#router.submit({ type: "keepAlive", ids: [id] }, answer);
  }

  /** A client's. */
  request(input: KvInput, answer: (answer: Answer) => void): void {
    const failed = (told: StoreAnswer): void => {
      const isIndefinite = told.type !== "failed" || told.failure.kind === "indefinite";
      answer(isIndefinite ? { type: "info" } : { type: "fail", hint: this.#leader });
    };
    if (input.op === "get") {
      this.#router.submit({ type: "readIndex" }, (told) => {
        if (told.type !== "readable") return failed(told);
        const serve = (): void => answer({ type: "ok", output: this.#options.get(input.key) });
        this.#readers.add({ index: told.index, deadlineMs: Infinity, serve, fail: () => undefined });
      });
      return;
    }
    this.#writes.submit(encodeWrite(input), undefined, (told) => {
      if (told.type === "applied") answer({ type: "ok", output: outputOf(told.answer) });
      else failed(told);
    });
  }

  receive(mail: RequestMail): void {
    if (mail.type === "answer") {
      this.#heard(mail.id, { type: "answered", answer: mail.answer });
      return;
    }
    const { from, to, id, ask } = mail;
    const { send } = this.#options;
    this.#router.submitForPeer(ask, (answer) => send({ type: "answer", from: to, to: from, id, answer }));
  }

  /** After each step of the machine, before its entries are applied. */
  stepped({ events, proposed, dropped, reads }: Effects, { leader }: RaftStatus): void {
    for (const event of events) {
      if (event.event !== "role-changed") continue;
      this.#knowsFrom = event.knowsFrom ?? Infinity;
      if (event.role !== "leader") this.#leaseKeeper.follow();
    }
    if (leader !== this.#leader) {
      this.#leader = leader;
      this.#router.leaderChanged();
    }
    for (const each of proposed) this.#leading.onProposed(each);
    for (const each of dropped) this.#leading.onDropped(each);
    for (const each of reads) this.#leading.onReadable(each);
    this.#router.sweep();
    this.#leaseKeeper.look();
  }

  applied(entry: Entry, applied: Applied): void {
    this.#leaseKeeper.applied(applied);
    this.#leading.onApplied(entry, applied);
    this.#writes.onApplied(applied, entry.term);
    this.#enterTerm(entry.term);
  }

  /** After all that a step had to apply. */
  appliedAll(index: number, { term }: RaftStatus): void {
    this.#applied = index;
    if (index >= this.#knowsFrom) this.#leaseKeeper.lead(term);
    this.#readers.advance(index);
  }

  restored(index: number, term: number, sessions: Sessions): void {
    this.#leading.onRestored(index);
    this.#writes.onRestored(sessions);
    this.#enterTerm(term);
  }

  #enterTerm(term: number): void {
    if (term === this.#appliedTerm) return;
    this.#appliedTerm = term;
    this.#router.reachedTerm(term);
  }

  #forward(to: MemberId, ask: Ask, onForwarded: (forwarded: Forwarded) => void): void {
    const { self, send, after } = this.#options;
    const id = ++this.#lastAsk;
    this.#asked.set(id, onForwarded);
    send({ type: "ask", from: self, to, id, ask });
    after(silenceMaxMs, () => this.#heard(id, { type: "lost" }));
  }

  #heard(id: number, forwarded: Forwarded): void {
    const onForwarded = this.#asked.get(id);
    this.#asked.delete(id);
    onForwarded?.(forwarded);
  }
}

/** The planted bug `keepsOldDeadlines`: who leads next takes leases for as old as they would be if nobody had renewed them. */
function withNothingLeft(book: LeaseBook): LeaseBook {
  const leases = book.part().leases.map((lease) => ({ ...lease, remainingSec: 0 }));
  return LeaseBook.restore({ ...book.part(), leases });
}

/** A put answers nothing; clients that deleted ask whether there was something. */
function outputOf(answer: CommandAnswer): KvOutput {
  return answer.type === "deleteRange" ? answer.deleted > 0 : null;
}
