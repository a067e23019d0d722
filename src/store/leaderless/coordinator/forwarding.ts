import type { Answer, Failure, Request } from "../api.js";
import type { Coordinated } from "../messages.js";
import { failed, noSuchType, type OnAnswer } from "./answers.js";
import { Patience } from "./patience.js";
import { endOf, lastChanceMs, type Surroundings } from "./surroundings.js";
import type { Writes } from "./writes.js";

/** Does what has to be done at a replica. `wallMs`: the wall clock of the node that the client asked, where that is another one. */
export type Coordinate = (request: Coordinated, onAnswer: OnAnswer, wallMs?: number) => void;

interface Forwarded {
  /** This node's number for what it asks of others. */
  readonly id: number;
  /** Whether another node had passed it on to this one. */
  readonly isPassedOn: boolean;
  /** Wall clock of the node that the client asked, then. */
  readonly wallMs: number;
  readonly request: Coordinated;
  readonly onAnswer: OnAnswer;
  /** Whom it was offered to, and what became of that. `writing`: has been told to write. */
  readonly tried: Map<string, "offered" | "writing" | "lost" | "refused">;
  /** It is offered before it is passed on: it was once, or somebody has refused to take it without that. */
  isOffered: boolean;
  /** The last time that it was offered to somebody. */
  askedAtMs: number;
  endsAtMs: number;
  /** Why it failed where it failed last. */
  reason: Failure["reason"];
  /** Whether one of those who failed may have written it. */
  mayBeWritten: boolean;
}

/**
 * Brings each write to a node that can coordinate it: one that keeps a copy of its object. Whoever was heard of a moment ago gets it at once; to others it is
 * offered first, and passed on to who says to be there: whoever is silent for longer than patience lasts, or lost, is not waited for, and the
 * next replica is asked. So no write is ever made twice: a counter would count it twice, and a value would come back beside what has
 * overwritten it since. Who is lost once it has the write may have made it; only then a write fails without it being known whether it was made.
 */
export class Forwarding {
  readonly #around: Surroundings;
  readonly #writes: Writes;
  readonly #coordinate: Coordinate;
  readonly #forwarded = new Map<number, Forwarded>();
  readonly #patience = new Patience();

  /** `coordinate`: what this node does itself, where it is the one. */
  constructor(around: Surroundings, writes: Writes, coordinate: Coordinate) {
    this.#around = around;
    this.#writes = writes;
    this.#coordinate = coordinate;
  }

  /** Has the write coordinated, here or elsewhere. `onAnswer` is called once, it may be before this returns. */
  begin(request: Coordinated, onAnswer: OnAnswer): void {
    const { self, isReady, newRequest, wallMs, propertiesOf } = this.#around;
    if (propertiesOf(request.name) === undefined) return onAnswer(noSuchType(request.name));
    if (this.#coordinatorsOf(request)[0] === self && isReady()) return this.#coordinate(request, onAnswer);
    const id = newRequest();
    this.#passOn(request, { id, wallMs: wallMs(), isPassedOn: false }, onAnswer);
  }

  /** Another node held this one to be a replica. By what this node knows of the ring it may be none: then it passes the write on, once. */
  received(request: Coordinated, isPassedOn: boolean, wallMs: number, onAnswer: OnAnswer): void {
    const { newRequest, propertiesOf } = this.#around;
    const { name, options } = request;
    const properties = propertiesOf(name);
    if (properties === undefined) return onAnswer(noSuchType(name));
    const canCoordinate = (): boolean => this.#writes.canCoordinate(name, options, properties);
    const isHere = isPassedOn || canCoordinate() || this.#coordinatorsOf(request).length === 0;
    if (isHere) this.#coordinate(request, onAnswer, wallMs);
    else this.#passOn(request, { wallMs, id: newRequest(), isPassedOn: true }, onAnswer);
  }

  #passOn(request: Coordinated, known: Pick<Forwarded, "id" | "isPassedOn" | "wallMs">, onAnswer: OnAnswer): void {
    const { nowMs, awakeMs } = this.#around;
    const { id, isPassedOn, wallMs } = known;
    const forwarded: Forwarded = {
      id,
      isPassedOn,
      wallMs,
      request,
      onAnswer,
      tried: new Map(),
      isOffered: false,
      askedAtMs: awakeMs(),
      endsAtMs: endOf(nowMs(), request.options.timeoutMs),
      reason: { type: "insufficientNodes", wanted: 1, got: 0 },
      mayBeWritten: false,
    };
    this.#forwarded.set(id, forwarded);
    this.#tryNext(forwarded);
  }

  replied(from: string, request: number, answer: Answer<Request["type"]>): void {
    const forwarded = this.#forwarded.get(request);
    if (forwarded?.tried.get(from) !== "writing") return;
    if (answer.ok) return this.#finish(forwarded, answer);
    const { definite, reason } = answer.failure;
    if (definite && reason.type === "overload" && !forwarded.isOffered) {
      // it may have been paused until now, and is asked whether it is there after all
      forwarded.isOffered = true;
      forwarded.tried.delete(from);
      return this.#tryNext(forwarded);
    }
    forwarded.tried.set(from, "refused");
    forwarded.reason = reason;
    forwarded.mayBeWritten ||= !definite;
    if (isPassing(reason) && definite) return this.#tryNext(forwarded);
    if (definite || !isWaitedFor(forwarded)) this.#fail(forwarded);
  }

  /** The node is there: it gets the write, unless another one has it or may take it. */
  ready(from: string, request: number, isReady: boolean): void {
    const forwarded = this.#forwarded.get(request);
    const state = forwarded?.tried.get(from);
    if (forwarded === undefined || (state !== "offered" && (state !== "lost" || isWaitedFor(forwarded)))) return;
    if (isReady) return this.#handOver(forwarded, from, true);
    forwarded.tried.set(from, "refused");
    forwarded.reason = { type: "overload" };
    this.#tryNext(forwarded);
  }

  /** What was asked of this member will not be answered, as it seems: whether it has written, nobody knows. */
  lost(member: string): void {
    for (const forwarded of this.#forwarded.values()) {
      const state = forwarded.tried.get(member);
      if (state === "offered" || state === "writing") this.#lose(forwarded, member);
    }
  }

  /** Time may have passed: whoever is silent for too long is held to be lost. */
  lookForSilent(): void {
    const nowMs = this.#around.awakeMs();
    for (const id of this.#patience.over(nowMs)) {
      const forwarded = this.#forwarded.get(id);
      if (forwarded === undefined) continue;
      for (const [member, state] of Array.from(forwarded.tried)) {
        if (state !== "offered") continue;
        if (nowMs - forwarded.askedAtMs < this.#around.patienceMs(member)) this.#patience.begin(id, nowMs);
        else {
          this.#around.silent(member);
          // the failure detector may have known it already
          if (forwarded.tried.get(member) === "offered") this.#lose(forwarded, member);
        }
      }
    }
  }

  /** Time has passed. */
  tick(): void {
    const nowMs = this.#around.nowMs();
    for (const forwarded of this.#forwarded.values()) {
      if (forwarded.endsAtMs > nowMs) continue;
      forwarded.reason = { type: "timeout" };
      this.#fail(forwarded);
    }
  }

  #coordinatorsOf({ name, options }: Coordinated): readonly string[] {
    const properties = this.#around.propertiesOf(name);
    return properties === undefined ? [] : this.#writes.coordinatorsOf(name, options, properties);
  }

  #tryNext(forwarded: Forwarded): void {
    const { self, isReady, isFresh, send, nowMs, awakeMs } = this.#around;
    const { id, request: asked, tried } = forwarded;
    const next = this.#coordinatorsOf(asked).find((member) => !tried.has(member) && (member !== self || isReady()));
    if (next === undefined) {
      const mayBeSlow = [...tried.values()].includes("lost");
      if (mayBeSlow) forwarded.endsAtMs = Math.min(forwarded.endsAtMs, nowMs() + lastChanceMs);
      else if (!isWaitedFor(forwarded)) this.#fail(forwarded);
      return;
    }
    if (next === self) {
      tried.set(self, "writing");
      return this.#coordinate(asked, (answer) => this.replied(self, id, answer), forwarded.wallMs);
    }
    if (isFresh(next) && !forwarded.isOffered) return this.#handOver(forwarded, next, false);
    forwarded.isOffered = true;
    tried.set(next, "offered");
    forwarded.askedAtMs = awakeMs();
    this.#patience.begin(id, awakeMs());
    send({ type: "offer", to: next, request: id });
  }

  #handOver({ id, isPassedOn, wallMs, request: asked, tried }: Forwarded, to: string, isOffered: boolean): void {
    tried.set(to, "writing");
    this.#around.send({ type: "forward", to, request: id, asked, isPassedOn, isOffered, wallMs });
  }

  #lose(forwarded: Forwarded, member: string): void {
    if (forwarded.tried.get(member) === "writing") {
      // nobody else may write it, so its late answer is all there is to hope for
      forwarded.endsAtMs = Math.min(forwarded.endsAtMs, this.#around.nowMs() + lastChanceMs);
      return;
    }
    forwarded.tried.set(member, "lost");
    this.#tryNext(forwarded);
  }

  #fail(forwarded: Forwarded): void {
    const isUnknown = forwarded.mayBeWritten || [...forwarded.tried.values()].includes("writing");
    this.#finish(forwarded, failed(forwarded.reason, !isUnknown));
  }

  #finish({ id, onAnswer }: Forwarded, answer: Answer<Request["type"]>): void {
    if (this.#forwarded.delete(id)) onAnswer(answer);
  }
}

/** Whether somebody may answer who is not held to be lost. */
function isWaitedFor({ tried }: Forwarded): boolean {
  for (const state of tried.values()) if (state === "offered" || state === "writing") return true;
  return false;
}

/** Whether another replica may well do what this one refused for now. */
function isPassing({ type }: Failure["reason"]): boolean {
  return type === "overload" || type === "insufficientNodes";
}
