import type { KvInput, KvOutput } from "../check/models/kv.js";
import type { Answer as StoreAnswer, Ask } from "../store/ask.js";
import type { CommandAnswer } from "../store/entries/commands.js";
import { Leading } from "../store/leading.js";
import { OwnWrites } from "../store/own-writes.js";
import { none } from "../store/raft/types.js";
import type { Effects, Entry, Input, MemberId, RaftStatus } from "../store/raft/types.js";
import type { Applied } from "../store/replica.js";
import { Router } from "../store/router.js";
import type { Forwarded } from "../store/router.js";
import type { Sessions } from "../store/sessions.js";
import { HastyRouter } from "./hasty-router.js";
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
  readonly timeoutMs: number;
  readonly after: (delayMs: number, act: () => void) => void;
  readonly status: () => RaftStatus;
  readonly input: (input: Input) => void;
  readonly send: (mail: RequestMail) => void;
  /** The state of a key as applied here by now. */
  readonly get: (key: string) => KvOutput;
  /** See `SimBugs`. */
  readonly goesWithLeader: boolean;
}

const waitingMax = 1000;
/** A link is given up where an answer takes longer: the other side may have been asked all the same. */
const silenceMaxMs = 60;

/** What a node does with its clients' requests: the store's own parts for that, over the network in the box. */
export class SimRequests {
  readonly #options: RequestsOptions;
  readonly #router: Router;
  readonly #leading: Leading;
  readonly #writes: OwnWrites;
  readonly #asked = new Map<number, (forwarded: Forwarded) => void>();
  #lastAsk = 0;
  #leader: MemberId = none;
  #applied: number;
  #appliedTerm = 0;
  /** Reads that wait for their index to be applied. */
  #reads: { readonly index: number; readonly serve: () => void }[] = [];

  constructor(options: RequestsOptions, applied: number) {
    const { self, incarnation, nowMs, timeoutMs, input, goesWithLeader } = options;
    this.#options = options;
    this.#applied = applied;
    this.#router = new (goesWithLeader ? HastyRouter : Router)({
      self,
      nowMs,
      timeoutMs,
      waitingMax,
      leader: () => this.#leader,
      lead: (op) => this.#leading.lead(op),
      forward: (leader, ask, onForwarded) => this.#forward(leader, ask, onForwarded),
      onRead: () => undefined,
    });
    this.#leading = new Leading({ input, router: this.#router, onConfirmed: noLeases, leadership });
    this.#writes = new OwnWrites({ self, incarnation, router: this.#router });
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
        this.#reads.push({ index: told.index, serve: () => answer({ type: "ok", output: this.#options.get(input.key) }) });
        this.#serveReads();
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
  stepped({ proposed, dropped, reads }: Effects): void {
    const { leader } = this.#options.status();
    if (leader !== this.#leader) {
      this.#leader = leader;
      this.#router.leaderChanged();
    }
    for (const each of proposed) this.#leading.onProposed(each);
    for (const each of dropped) this.#leading.onDropped(each);
    for (const each of reads) this.#leading.onReadable(each);
    this.#router.sweep();
  }

  applied(entry: Entry, applied: Applied): void {
    this.#applied = entry.index;
    this.#leading.onApplied(entry, applied);
    this.#writes.onApplied(applied, entry.term);
    this.#enterTerm(entry.term);
    this.#serveReads();
  }

  restored(index: number, term: number, sessions: Sessions): void {
    this.#applied = index;
    this.#leading.onRestored(index);
    this.#writes.onRestored(sessions);
    this.#enterTerm(term);
    this.#serveReads();
  }

  #enterTerm(term: number): void {
    if (term === this.#appliedTerm) return;
    this.#appliedTerm = term;
    this.#router.reachedTerm(term);
  }

  #serveReads(): void {
    const isReady = ({ index }: { readonly index: number }): boolean => index <= this.#applied;
    const ready = this.#reads.filter(isReady);
    this.#reads = this.#reads.filter((read) => !isReady(read));
    for (const { serve } of ready) serve();
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

/** Members are changed past the router here. */
function leadership(): never {
  throw new Error("nobody asks a simulated node's router to change the members");
}

/** Leases have a test of their own: test/store/lease/never-early.test.ts. */
function noLeases(): never {
  throw new Error("nobody asks a simulated node for leases");
}

/** A put answers nothing; clients that deleted ask whether there was something. */
function outputOf(answer: CommandAnswer): KvOutput {
  return answer.type === "deleteRange" ? answer.deleted > 0 : null;
}
