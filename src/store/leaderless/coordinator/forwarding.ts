import type { Answer, Request } from "../api.js";
import type { Coordinated } from "../messages.js";
import { failed, noSuchType, type OnAnswer } from "./answers.js";
import { requestTimeoutMs, type Surroundings } from "./surroundings.js";
import type { Writes } from "./writes.js";

interface Forwarded {
  readonly to: string;
  readonly onAnswer: OnAnswer;
  readonly endsAtMs: number;
}

/** Brings each write to a node that can coordinate it: one that keeps a copy of its object. */
export class Forwarding {
  readonly #around: Surroundings;
  readonly #writes: Writes;
  readonly #coordinate: (request: Coordinated, onAnswer: OnAnswer) => void;
  readonly #forwarded = new Map<number, Forwarded>();

  /** `coordinate`: what this node does itself, where it is the one. */
  constructor(around: Surroundings, writes: Writes, coordinate: (request: Coordinated, onAnswer: OnAnswer) => void) {
    this.#around = around;
    this.#writes = writes;
    this.#coordinate = coordinate;
  }

  /** Has the write coordinated, here or elsewhere. `onAnswer` is called once, it may be before this returns. */
  begin(request: Coordinated, onAnswer: OnAnswer, isPassedOn = false): void {
    const { self, send, newRequest, nowMs, propertiesOf } = this.#around;
    const properties = propertiesOf(request.name);
    if (properties === undefined) return onAnswer(noSuchType(request.name));
    const to = this.#writes.coordinatorOf(request.name, request.options, properties);
    if (to === self || (isPassedOn && to === undefined)) return this.#coordinate(request, onAnswer);
    if (to === undefined) return onAnswer(failed({ type: "insufficientNodes", wanted: 1, got: 0 }, true));
    const id = newRequest();
    this.#forwarded.set(id, { to, onAnswer, endsAtMs: nowMs() + (request.options.timeoutMs ?? requestTimeoutMs) });
    send({ type: "forward", to, request: id, asked: request, isPassedOn });
  }

  /** Another node held this one to be a replica. By what this node knows of the ring it may be none: then it passes the write on, once. */
  received(request: Coordinated, isPassedOn: boolean, onAnswer: OnAnswer): void {
    const properties = this.#around.propertiesOf(request.name);
    if (properties === undefined) return onAnswer(noSuchType(request.name));
    const isReplica = this.#writes.canCoordinate(request.name, request.options, properties);
    if (isPassedOn || isReplica) this.#coordinate(request, onAnswer);
    else this.begin(request, onAnswer, true);
  }

  replied(from: string, request: number, answer: Answer<Request["type"]>): void {
    const waiting = this.#forwarded.get(request);
    if (waiting?.to !== from) return;
    this.#forwarded.delete(request);
    waiting.onAnswer(answer);
  }

  /** Nothing that was asked of this member will be answered: whether it has written, nobody knows. */
  lost(member: string): void {
    for (const [request, { to, onAnswer }] of this.#forwarded) {
      if (to !== member) continue;
      this.#forwarded.delete(request);
      onAnswer(failed({ type: "timeout" }, false));
    }
  }

  /** Time has passed. */
  tick(): void {
    const nowMs = this.#around.nowMs();
    for (const [request, { endsAtMs, onAnswer }] of this.#forwarded) {
      if (endsAtMs > nowMs) continue;
      this.#forwarded.delete(request);
      onAnswer(failed({ type: "timeout" }, false));
    }
  }
}
