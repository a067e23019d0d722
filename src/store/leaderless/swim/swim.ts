import type { Prng } from "../../../core/prng.js";
import { LocalFailures } from "./local-failures.js";
import { MemberTable } from "./member-table.js";
import type { Liveness, SwimMessage, Update } from "./messages.js";
import { Outstanding } from "./outstanding.js";
import { Rotation } from "./rotation.js";
import { Rumors } from "./rumors.js";
import type { SwimEffects, SwimEvent, SwimInput } from "./steps.js";

export interface SwimOptions {
  readonly self: string;
  readonly prng: Prng;
  readonly nowMs: number;
  /** One member is pinged in each period. Ticks have to come several times as often. */
  readonly periodMs?: number;
  /** Through how many others a member is pinged that did not answer. */
  readonly helpers?: number;
}

/** The ping of this period. */
interface Probe {
  readonly sequence: number;
  readonly target: string;
  readonly lateAtMs: number;
  isAnswered: boolean;
  helpersAsked: number;
  nacks: number;
}

/** Local health (Lifeguard): 0 is well; everything takes 1 + this times as long. */
const illnessMax = 8;
/** Besides the probe, so many members that do not answer are pinged in a period. */
const retriesMax = 2;

type Body<T> = T extends unknown ? Omit<T, "from" | "to" | "incarnation" | "updates"> : never;

/**
 * Failure detector of one node, after Das, Gupta and Motivala, "SWIM" (2002), with what is cheap of Dadgar, Phillips and Currey, "Lifeguard" (2018):
 * local health, suspicions that shrink when shared, news of its receiver first, nacks. What members there are, the ring says. Besides what
 * all agree on in the end (liveness), it has the local notion of the Dynamo paper (§4.8.3): {@link isReachable}. Messages of a node in a period are a constant
 * number whatever the size of the cluster.
 */
export class Swim {
  readonly #self: string;
  readonly #prng: Prng;
  readonly #periodMs: number;
  readonly #helpers: number;
  readonly #table: MemberTable;
  readonly #rotation: Rotation;
  readonly #rumors = new Rumors();
  readonly #outstanding = new Outstanding();
  readonly #failures = new LocalFailures();
  #incarnation = 0;
  #illness = 0;
  #nowMs: number;
  #tickedMs: number;
  #nextPeriodMs: number;
  #probe: Probe | undefined;
  #retriesLeft = retriesMax;
  #told = new Map<string, boolean>();
  #send: SwimMessage[] = [];
  #events: SwimEvent[] = [];

  constructor({ self, prng, nowMs, periodMs = 1000, helpers = 3 }: SwimOptions) {
    this.#self = self;
    this.#prng = prng;
    this.#periodMs = periodMs;
    this.#helpers = helpers;
    this.#table = new MemberTable(self, periodMs);
    this.#rotation = new Rotation(prng);
    this.#nowMs = this.#tickedMs = nowMs;
    this.#nextPeriodMs = nowMs + prng.int(0, periodMs);
  }

  /** Takes all inputs in order. `nowMs` is of a clock that never goes back. */
  step(nowMs: number, inputs: readonly SwimInput[]): SwimEffects {
    this.#nowMs = nowMs;
    for (const input of inputs) this.#take(input);
    this.#tellReachability();
    const effects = { send: this.#send, events: this.#events };
    this.#send = [];
    this.#events = [];
    return effects;
  }

  /** Whether a request to this member is worth trying: it is not held to be dead, and answered this node last time. */
  isReachable(member: string): boolean {
    if (member === this.#self) return true;
    const record = this.#table.get(member);
    return record !== undefined && record.liveness !== "dead" && !this.#failures.has(member);
  }

  /** Whether nobody has reached it for long. */
  isDead(member: string): boolean {
    return this.#table.get(member)?.liveness === "dead";
  }

  /** After how long an answer of this member is late, as learnt from its answers to pings; undefined: there was none. */
  answerMs(member: string): number | undefined {
    return this.#table.get(member)?.roundTrip.lateMs;
  }

  /** Whether this node holds a failure against the member, or has not long ago: only then it matters that it answers. */
  isDoubted(member: string): boolean {
    return this.#failures.isDoubted(member);
  }

  /** What is held of each other member; `roundTripMs` once it answered. */
  status(): {
    readonly member: string;
    readonly liveness: Liveness;
    readonly incarnation: number;
    readonly roundTripMs: number | undefined;
  }[] {
    return [...this.#table.entries()].map(([member, { liveness, incarnation, roundTrip }]) => ({
      member,
      liveness,
      incarnation,
      roundTripMs: roundTrip.smoothedMs,
    }));
  }

  #take(input: SwimInput): void {
    switch (input.type) {
      case "tick":
        return this.#tick();
      case "receive":
        return this.#receive(input.message);
      case "members":
        for (const member of this.#table.set(input.members)) {
          this.#failures.clear(member);
          this.#rumors.forget(member);
        }
        return this.#rotation.set(input.members.filter((member) => member !== this.#self));
      case "requestFailed":
        return this.#fail(input.member);
      case "requestSucceeded":
        return this.#failures.clear(input.member);
    }
  }

  #tick(): void {
    const asleepMs = this.#nowMs - this.#tickedMs;
    this.#tickedMs = this.#nowMs;
    if (asleepMs > this.#periodMs) this.#wake(asleepMs);
    for (const { to, sequence } of this.#outstanding.lateRelays(this.#nowMs)) this.#post(to, { type: "nack", sequence });
    for (const [member, { suspicion, incarnation }] of this.#table.entries()) {
      if (suspicion !== undefined && suspicion.deadlineMs <= this.#nowMs) {
        this.#learn({ member, liveness: "dead", incarnation, by: this.#self });
      }
    }
    if (this.#probe && !this.#probe.isAnswered && this.#probe.helpersAsked === 0 && this.#nowMs >= this.#probe.lateAtMs) {
      this.#askHelpers(this.#probe);
    }
    if (this.#nowMs >= this.#nextPeriodMs) this.#beginPeriod();
    for (const member of this.#failures.due(this.#nowMs, this.#retriesLeft, this.#periodMs)) {
      this.#retriesLeft--;
      this.#ping(member);
    }
  }

  /** This node did not run: whoever was to answer or to refute may have done so in time. */
  #wake(asleepMs: number): void {
    this.#probe = undefined;
    this.#outstanding.dropBefore(Infinity);
    this.#ail(1);
    for (const [, { suspicion }] of this.#table.entries()) suspicion?.postpone(asleepMs);
  }

  #beginPeriod(): void {
    if (this.#probe) this.#conclude(this.#probe);
    const lengthMs = this.#periodMs * (1 + this.#illness);
    this.#nextPeriodMs = this.#nowMs + lengthMs;
    this.#retriesLeft = retriesMax;
    this.#outstanding.dropBefore(this.#nowMs - 2 * lengthMs);
    this.#probe = undefined;
    const target = this.#rotation.next((member) => this.#table.get(member)?.liveness !== "dead");
    if (target === undefined) return;
    const lateAtMs = this.#nowMs + this.#lateMs(target) * (1 + this.#illness);
    this.#probe = { sequence: this.#ping(target), target, lateAtMs, isAnswered: false, helpersAsked: 0, nacks: 0 };
  }

  /** How long a member has to answer before others are asked: learnt, but such that their answers fit into the period. */
  #lateMs(member: string): number {
    const learntMs = this.#table.get(member)?.roundTrip.lateMs ?? Infinity;
    return Math.min(this.#periodMs / 3, Math.max(this.#periodMs / 10, learntMs));
  }

  #askHelpers({ target, sequence }: Probe): void {
    this.#fail(target);
    const able = [...this.#table.entries()].filter(([member]) => member !== target && this.isReachable(member));
    const helpers = this.#prng.shuffle(able.map(([member]) => member)).slice(0, this.#helpers);
    for (const helper of helpers) this.#post(helper, { type: "pingReq", sequence, target });
    if (this.#probe) this.#probe.helpersAsked = helpers.length;
  }

  #conclude({ target, isAnswered, helpersAsked, nacks }: Probe): void {
    if (isAnswered) return this.#ail(-1);
    this.#ail(helpersAsked === 0 ? 1 : helpersAsked - nacks);
    const record = this.#table.get(target);
    if (record === undefined || record.liveness === "dead") return;
    this.#learn({ member: target, liveness: "suspect", incarnation: record.incarnation, by: this.#self });
  }

  #receive(message: SwimMessage): void {
    this.#learn({ member: message.from, liveness: "alive", incarnation: message.incarnation, by: message.from });
    for (const update of message.updates) this.#learn(update);
    const { from, sequence } = message;
    switch (message.type) {
      case "ping":
        return this.#post(from, { type: "ack", sequence, member: this.#self, memberIncarnation: this.#incarnation });
      case "pingReq": {
        const nackAtMs = this.#nowMs + this.#lateMs(message.target);
        if (this.#table.get(message.target)) this.#ping(message.target, { to: from, sequence, nackAtMs });
        return;
      }
      case "ack":
        return this.#answered(message);
      case "nack":
        if (this.#probe?.sequence === sequence) this.#probe.nacks++;
    }
  }

  #answered({ from, sequence, member, memberIncarnation }: SwimMessage & { readonly type: "ack" }): void {
    const ping = this.#outstanding.get(sequence);
    if (ping?.target !== member) return;
    if (this.#probe?.sequence === sequence) this.#probe.isAnswered = true;
    this.#learn({ member, liveness: "alive", incarnation: memberIncarnation, by: member });
    if (from !== member) return;
    this.#outstanding.delete(sequence);
    this.#table.get(member)?.roundTrip.sample(this.#nowMs - ping.sentMs);
    this.#failures.pong(member, ping.sentMs);
    if (ping.relay) this.#post(ping.relay.to, { type: "ack", sequence: ping.relay.sequence, member, memberIncarnation });
  }

  /** News from whomever: kept, passed on, told. */
  #learn(update: Update): void {
    const { member, liveness, incarnation, by } = update;
    if (member === this.#self) return this.#refute(update);
    const outcome = this.#table.apply(update, this.#nowMs);
    if (outcome === "old") return;
    this.#rumors.add(update);
    if (outcome === "confirmed") return;
    this.#events.push({ type: "liveness", member, liveness, incarnation, by });
    if (liveness === "dead") this.#failures.fail(member, this.#nowMs);
  }

  #refute({ liveness, incarnation, by }: Update): void {
    if (liveness === "alive" ? incarnation <= this.#incarnation : incarnation < this.#incarnation) return;
    // an incarnation of one's own that one does not know is from before this process
    this.#incarnation = incarnation + 1;
    this.#rumors.add({ member: this.#self, liveness: "alive", incarnation: this.#incarnation, by: this.#self });
    if (liveness === "alive") return;
    this.#ail(1);
    this.#events.push({ type: "refuted", liveness, by, incarnation: this.#incarnation });
  }

  #fail(member: string): void {
    if (this.#table.get(member)) this.#failures.fail(member, this.#nowMs);
  }

  #ail(by: number): void {
    this.#illness = Math.min(illnessMax, Math.max(0, this.#illness + by));
  }

  #ping(target: string, relay?: { readonly to: string; readonly sequence: number; nackAtMs: number }): number {
    const sequence = this.#outstanding.add({ target, sentMs: this.#nowMs, ...(relay && { relay }) });
    this.#post(target, { type: "ping", sequence });
    return sequence;
  }

  #post(to: string, body: Body<SwimMessage>): void {
    const held = this.#table.get(to)?.liveness;
    const about = held === undefined || held === "alive" ? undefined : this.#table.update(to);
    const updates = this.#rumors.take(this.#table.count, about);
    this.#send.push({ ...body, from: this.#self, to, incarnation: this.#incarnation, updates });
  }

  #tellReachability(): void {
    const now = new Map([...this.#table.entries()].map(([member]) => [member, this.isReachable(member)]));
    for (const [member, isReachable] of now) {
      if (isReachable !== (this.#told.get(member) ?? true)) this.#events.push({ type: "reachability", member, isReachable });
    }
    this.#told = now;
  }
}
