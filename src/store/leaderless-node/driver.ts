import type { Answer, LeaderlessStore, Request } from "../leaderless/api.js";
import type { RingCommand } from "../../core/ring-contract.js";
import type { RingOutcome } from "../leaderless/cluster-view.js";
import type { Leaderless } from "../leaderless/machine.js";
import type { Input, LeaderlessEvent } from "../leaderless/steps.js";
import type { Outgoing } from "../leaderless/messages.js";
import type { Clock } from "../clock.js";
import { riakName } from "../leaderless/node-name.js";

export interface DriverOptions {
  readonly node: string;
  readonly machine: Pick<Leaderless, "step">;
  readonly clock: Pick<Clock, "monotonicMs" | "wallMs">;
  readonly peers: { send(messages: readonly Outgoing[]): void };
  readonly onEvent: (event: LeaderlessEvent) => void;
}

type OnAnswer = (answer: Answer<Request["type"]>) => void;

/** More questions at a time than this are refused at once: their clients would wait for longer than they do. */
const asksMax = 20_000;

/**
 * Drives the machine of the leaderless store on real disk and network: gathers what happens in one turn of the event loop, steps the machine once with
 * all of it, and carries out what it says.
 */
export class LeaderlessDriver implements LeaderlessStore {
  readonly nodeName: string;
  /** How often clients have asked what. */
  readonly counts = new Map<Request["type"], number>();
  readonly #options: DriverOptions;
  readonly #asked = new Map<number, OnAnswer>();
  readonly #commanded = new Map<number, (outcome: RingOutcome) => void>();
  #inputs: Input[] = [];
  #turn: NodeJS.Immediate | undefined;
  #lastAsk = 0;
  #stopped = false;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.nodeName = riakName(options.node);
  }

  input(input: Input): void {
    this.#inputs.push(input);
    this.#schedule();
  }

  ask<R extends Request>(request: R, answer: (answer: Answer<R["type"]>) => void): () => void {
    const id = ++this.#lastAsk;
    this.counts.set(request.type, (this.counts.get(request.type) ?? 0) + 1);
    this.#asked.set(id, answer as OnAnswer);
    if (this.#stopped || this.#asked.size > asksMax) this.#refuse(id);
    else this.input({ type: "ask", id, request });
    return () => {
      if (this.#asked.delete(id) && !this.#stopped) this.input({ type: "cancel", id });
    };
  }

  /** What an operator asks of the ring. Never answered once this node has stopped. */
  command(command: RingCommand, done: (outcome: RingOutcome) => void): void {
    const id = ++this.#lastAsk;
    this.#commanded.set(id, done);
    this.input({ type: "command", id, command });
  }

  /** Whoever waits is told nothing any more. */
  stop(): void {
    this.#stopped = true;
    clearImmediate(this.#turn);
    this.#asked.clear();
    this.#commanded.clear();
  }

  /** Steps once this turn of the event loop is over. */
  #schedule(): void {
    if (!this.#stopped) this.#turn ??= setImmediate(() => this.#step());
  }

  #step(): void {
    this.#turn = undefined;
    const { machine, clock, peers, onEvent } = this.#options;
    const inputs = this.#inputs;
    this.#inputs = [];
    inputs.unshift({ type: "clock", nowMs: clock.monotonicMs(), wallMs: Math.round(clock.wallMs()) });
    const { send, answers, outcomes, events, isBusy } = machine.step(inputs);
    // what waits comes between what arrives
    if (isBusy) this.input({ type: "work" });
    // what others have to write is on its way before our own clients are told
    if (send.length > 0) peers.send(send);
    for (const event of events) onEvent(event);
    for (const { id, answer } of answers) this.#answer(id, answer);
    for (const { id, outcome } of outcomes) {
      this.#commanded.get(id)?.(outcome);
      this.#commanded.delete(id);
    }
  }

  #answer(id: number, answer: Answer<Request["type"]>): void {
    const onAnswer = this.#asked.get(id);
    if (onAnswer === undefined) return;
    const more = moreOf(answer);
    if (more === undefined) {
      this.#asked.delete(id);
      onAnswer(answer);
      return;
    }
    // the machine goes on with the next step
    const next = (): void => {
      more();
      this.#schedule();
    };
    onAnswer({ ok: true, value: { ...(answer as { readonly value: object }).value, more: next } } as typeof answer);
  }

  #refuse(id: number): void {
    setImmediate(() => this.#answer(id, { ok: false, failure: { definite: true, reason: { type: "overload" } } }));
  }
}

/** How to get the next page, where the answer is one of several. */
function moreOf(answer: Answer<Request["type"]>): (() => void) | undefined {
  if (!answer.ok || typeof answer.value !== "object" || answer.value === null) return undefined;
  return "more" in answer.value ? answer.value.more : undefined;
}
