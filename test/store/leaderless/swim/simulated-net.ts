import { createPrng, type Prng } from "../../../../src/core/prng.js";
import type { SwimMessage } from "../../../../src/store/leaderless/swim/messages.js";
import type { SwimEvent, SwimInput } from "../../../../src/store/leaderless/swim/steps.js";
import { Swim } from "../../../../src/store/leaderless/swim/swim.js";

export const periodMs = 1000;
const tickMs = 50;

/** Nodes that run the failure detector over a network which loses, delays and cuts, all from one seed. Time begins at 0. */
export class SimulatedNet {
  readonly names: readonly string[];
  readonly events: { readonly atMs: number; readonly node: string; readonly event: SwimEvent }[] = [];
  readonly sent = new Map<string, number>();
  /** Chance that a message is lost. */
  loss = 0;
  /** Whether messages from one to the other are dropped. */
  isCut: (from: string, to: string) => boolean = () => false;
  nowMs = 0;
  readonly #prng: Prng;
  readonly #swims = new Map<string, Swim>();
  readonly #paused = new Set<string>();
  readonly #down = new Set<string>();
  /** What arrived while a node was paused waits in its sockets. */
  readonly #held = new Map<string, SwimInput[]>();
  #onTheWay: { readonly atMs: number; readonly message: SwimMessage }[] = [];

  constructor(seed: number, size: number) {
    this.#prng = createPrng(seed);
    this.names = Array.from({ length: size }, (_, i) => `n${i + 1}`);
    for (const name of this.names) this.#start(name);
  }

  swim(name: string): Swim {
    return this.#swims.get(name) as Swim;
  }

  kill(name: string): void {
    this.#down.add(name);
  }

  /** Comes back without any memory of what it was. */
  restart(name: string): void {
    this.#down.delete(name);
    this.#start(name);
  }

  pause(name: string): void {
    this.#paused.add(name);
  }

  resume(name: string): void {
    this.#paused.delete(name);
    this.give(name, [{ type: "tick" }, ...(this.#held.get(name) ?? [])]);
    this.#held.delete(name);
  }

  /** Who runs, and so has a say. */
  running(): string[] {
    return this.names.filter((name) => !this.#down.has(name) && !this.#paused.has(name));
  }

  livenessAt(node: string, member: string): string | undefined {
    return this.swim(node)
      .status()
      .find((entry) => entry.member === member)?.liveness;
  }

  give(name: string, inputs: readonly SwimInput[]): void {
    if (this.#down.has(name)) return;
    if (this.#paused.has(name)) {
      const received = inputs.filter(({ type }) => type === "receive");
      this.#held.set(name, [...(this.#held.get(name) ?? []), ...received]);
      return;
    }
    const { send, events } = this.swim(name).step(this.nowMs, inputs);
    for (const event of events) this.events.push({ atMs: this.nowMs, node: name, event });
    for (const message of send) {
      this.sent.set(name, (this.sent.get(name) ?? 0) + 1);
      if (this.isCut(name, message.to) || this.#prng.chance(this.loss)) continue;
      this.#onTheWay.push({ atMs: this.nowMs + this.#prng.int(1, 40), message });
    }
  }

  run(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (; this.nowMs < untilMs; this.nowMs += 10) {
      const due = this.#onTheWay.filter(({ atMs }) => atMs <= this.nowMs);
      this.#onTheWay = this.#onTheWay.filter(({ atMs }) => atMs > this.nowMs);
      for (const { message } of due) this.give(message.to, [{ type: "receive", message }]);
      this.names.forEach((name, i) => {
        if ((this.nowMs + 10 * i) % tickMs === 0) this.give(name, [{ type: "tick" }]);
      });
    }
  }

  #start(name: string): void {
    const swim = new Swim({ self: name, prng: this.#prng.fork(), nowMs: this.nowMs, periodMs });
    this.#swims.set(name, swim);
    this.give(name, [{ type: "members", members: this.names }]);
  }
}
