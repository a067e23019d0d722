import type { Hurt } from "../../src/ci/smoke/plan.js";
import type { Inflicted, SmokeStage } from "../../src/ci/smoke/stage.js";
import { DeviousError } from "../../src/core/errors.js";

/** A cluster of nothing but what the checks of `devious smoke` see of it. Its time passes only where somebody sleeps, or asks who leads. */
export class FakeSmokeStage implements SmokeStage {
  /** Everything that was done to it, in order. */
  readonly done: string[] = [];
  readonly data = new Map<string, string>();
  readonly down = new Set<string>();
  /** Nodes that are never ready again once this was done to them. */
  readonly brittle = new Map<string, Hurt>();
  /** What the machine cannot do, and why. */
  readonly impossible = new Map<Hurt, string>();
  /** Keys that a node has lost. */
  readonly lost = new Map<string, string>();
  /** For so long they have lost them. */
  lostMs = Infinity;
  /** For so long nobody takes writes, and the nodes differ. */
  unsettledMs = 0;
  leading: readonly string[] = [];
  /** Who leads once the leader is down; undefined: it leads again itself once it is back, null: nobody ever. */
  heir: string | null | undefined;
  /** For so long after it is back, a leader that has an heir says that it leads as well. */
  insistsMs = 0;
  /** So long it takes to find out who leads. */
  answerMs = 0;
  /** How often somebody asked. */
  asked = 0;
  readonly #broken = new Set<string>();
  #nowMs = 0;
  #faults = 0;
  #deposed: string | undefined;
  #insistsUntilMs = 0;
  readonly #active = new Map<string, string>();

  async put(node: string, pairs: ReadonlyMap<string, string>): Promise<void> {
    this.#reach(node);
    if (this.#nowMs < this.unsettledMs) throw new DeviousError("REQUEST_REFUSED", `${node}: there is no leader`);
    this.done.push(`put ${pairs.size} through ${node}`);
    for (const [key, value] of pairs) this.data.set(key, value);
  }

  async get(node: string, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    this.#reach(node);
    this.done.push(`get ${keys.length} from ${node}`);
    const lost = this.#nowMs < this.lostMs ? this.lost.get(node) : undefined;
    return new Map([...this.data].filter(([key]) => keys.includes(key) && key !== lost));
  }

  async hurt(by: Hurt, node: string): Promise<Inflicted> {
    const why = this.impossible.get(by);
    if (why !== undefined) return { type: "impossible", why };
    const id = `f${++this.#faults}`;
    this.done.push(`${by} ${node}`);
    this.#active.set(id, node);
    if (this.brittle.get(node) === by) this.#broken.add(node);
    if (by === "kill") {
      this.down.add(node);
      if (this.leading.includes(node)) this.#deposed = node;
      if (this.leading.includes(node)) this.leading = typeof this.heir === "string" ? [this.heir] : [];
    }
    return { type: "inflicted", id, description: `${by} ${node}` };
  }

  async heal(id: string): Promise<void> {
    const node = this.#active.get(id) ?? "";
    this.done.push(`heal ${node}`);
    this.#active.delete(id);
    this.down.delete(node);
    if (this.#deposed !== node) return;
    if (this.heir === undefined) this.leading = [node];
    else this.#insistsUntilMs = this.#nowMs + this.insistsMs;
  }

  async ready(_service: string, node: string): Promise<void> {
    if (this.down.has(node) || this.#broken.has(node)) {
      throw new DeviousError("CLUSTER_NOT_READY", `${node} was not ready after 5s: nobody listens.`, { details: ["it broke"] });
    }
  }

  async difference(): Promise<string | null> {
    return this.#nowMs < this.unsettledMs ? "n1 has applied 3, n2 2." : null;
  }

  async leaders(): Promise<readonly string[]> {
    this.asked++;
    this.#nowMs += this.answerMs;
    const insisting = this.#deposed !== undefined && this.#nowMs < this.#insistsUntilMs ? [this.#deposed] : [];
    return [...insisting, ...this.leading];
  }

  async lastLines(node: string): Promise<readonly string[]> {
    return [`${node} says nothing`];
  }

  nowMs(): number {
    return this.#nowMs;
  }

  async sleep(ms: number): Promise<void> {
    this.#nowMs += ms;
  }

  /** Still in force. */
  get active(): readonly string[] {
    return [...this.#active.values()];
  }

  #reach(node: string): void {
    if (this.down.has(node)) throw new DeviousError("NODE_UNREACHABLE", `${node} does not answer.`);
  }
}
