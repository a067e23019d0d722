import type { Prng } from "../core/prng.js";
import { encodeCommand } from "../store/entries/commands.js";
import type { LeaseId } from "../store/mvcc/key-value.js";
import type { MemberId } from "../store/raft/types.js";
import type { LeasePromises } from "./lease-promises.js";
import type { SimNode } from "./node.js";
import type { Timeline } from "./timeline.js";
import type { Trace } from "./trace.js";

export interface LeaseClientOptions {
  readonly clients: number;
  /** Few: leases of one id come one after the other, and clients get in each other's way. */
  readonly ids: readonly LeaseId[];
  readonly ttlSecMax: number;
  /** Share of grants among what clients ask for; most of the rest are renewals. */
  readonly grantShare: number;
  readonly thinkMsMax: number;
  readonly timeoutMs: number;
}

/** The key that hangs on a lease, whoever has it. */
export function leasedKey(id: LeaseId): string {
  return `leased/${id}`;
}

const lostAnswerProbability = 0.02;
const travelMsMax = 2;

/** Clients that ask for leases, hang keys on them, renew them for a while, give some back, and forget the others. */
export class LeaseClients {
  readonly #timeline: Timeline;
  readonly #prng: Prng;
  readonly #trace: Trace;
  readonly #options: LeaseClientOptions;
  readonly #nodes: ReadonlyMap<MemberId, SimNode>;
  readonly #promises: LeasePromises;
  #isStopped = false;

  constructor(
    timeline: Timeline,
    prng: Prng,
    trace: Trace,
    options: LeaseClientOptions,
    nodes: ReadonlyMap<MemberId, SimNode>,
    promises: LeasePromises,
  ) {
    this.#timeline = timeline;
    this.#prng = prng;
    this.#trace = trace;
    this.#options = options;
    this.#nodes = nodes;
    this.#promises = promises;
  }

  start(): void {
    for (let i = 0; i < this.#options.clients; i++) this.#think();
  }

  /** Nobody renews anything any more. */
  stop(): void {
    this.#isStopped = true;
  }

  #think(): void {
    this.#timeline.after(this.#prng.next() * this.#options.thinkMsMax, () => {
      if (this.#isStopped) return;
      const id = this.#prng.pick(this.#options.ids);
      const draw = this.#prng.next();
      const { grantShare } = this.#options;
      if (draw < grantShare) this.#grant(id);
      else if (draw < grantShare + 0.1) this.#put(id);
      else if (draw < grantShare + 0.15) this.#write(encodeCommand("leaseRevoke", { id }), () => undefined);
      else this.#renew(id, this.#prng.int(1, 4));
    });
  }

  #grant(id: LeaseId): void {
    const askedMs = this.#timeline.nowMs();
    const ttl = this.#prng.int(1, this.#options.ttlSecMax);
    this.#write(encodeCommand("leaseGrant", { id, ttl }), (told) => {
      if (told.type !== "applied" || told.answer.type !== "leaseGrant") return;
      this.#trace.note(() => `lease ${id} is granted for ${ttl} s, asked for at ${askedMs.toFixed(1)}ms`);
      this.#promises.grantAcknowledged(told.answer.lease, askedMs);
    });
  }

  #put(id: LeaseId): void {
    const value = new TextEncoder().encode(`${this.#timeline.nowMs()}`);
    this.#write(encodeCommand("put", { key: leasedKey(id), value, lease: id }), () => undefined);
  }

  #renew(id: LeaseId, times: number): void {
    if (times === 0 || this.#isStopped) return this.#think();
    const askedMs = this.#timeline.nowMs();
    this.#ask(
      (node, answer) => node.keepAlive(id, answer),
      (told) => {
        const ttlSec = told.type === "keptAlive" ? (told.ttlsSec[0] ?? 0) : 0;
        if (ttlSec > 0) {
          this.#trace.note(() => `lease ${id} is renewed, asked for at ${askedMs.toFixed(1)}ms`);
          this.#promises.renewalAcknowledged(id, ttlSec, askedMs);
        }
        this.#timeline.after(this.#prng.next() * 4 * this.#options.thinkMsMax, () => this.#renew(id, ttlSec > 0 ? times - 1 : 0));
      },
    );
  }

  #write(command: Uint8Array, done: (told: LeaseAnswer) => void): void {
    this.#ask(
      (node, answer) => node.write(command, answer),
      (told) => {
        done(told);
        this.#think();
      },
    );
  }

  /** Of any node, once; an answer may be late, and then nobody listens any more. */
  #ask(ask: (node: SimNode, answer: (told: LeaseAnswer) => void) => void, done: (told: LeaseAnswer) => void): void {
    let isOver = false;
    const end = (told: LeaseAnswer): void => {
      if (isOver) return;
      isOver = true;
      done(told);
    };
    const answer = (told: LeaseAnswer): void => {
      if (this.#prng.chance(lostAnswerProbability)) return;
      this.#timeline.after(this.#prng.next() * travelMsMax, () => end(told));
    };
    const node = this.#prng.pick([...this.#nodes.keys()]);
    this.#timeline.after(this.#prng.next() * travelMsMax, () => {
      const asked = this.#nodes.get(node);
      if (asked !== undefined) ask(asked, answer);
    });
    this.#timeline.after(this.#options.timeoutMs, () => end(noAnswer));
  }
}

type LeaseAnswer = Parameters<Parameters<SimNode["write"]>[1]>[0];

const noAnswer: LeaseAnswer = {
  type: "failed",
  failure: { kind: "indefinite", message: "the client has waited for long enough" },
};
