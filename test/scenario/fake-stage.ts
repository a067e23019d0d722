import { setMaxListeners } from "node:events";
import { setImmediate } from "node:timers/promises";
import type { Fault } from "../../src/chaos/fault.js";
import type { Saying } from "../../src/core/elections.js";
import { DeviousError } from "../../src/core/errors.js";
import type { LogRecord } from "../../src/core/log-record.js";
import type { Applied, Stage } from "../../src/scenario/perform.js";
import type { Action } from "../../src/scenario/timeline.js";

/** A stage with a clock of its own, which jumps to the next moment somebody waits for as soon as nobody has anything else to do. */
export class FakeStage implements Stage {
  /** What happened, as `12.0s apply pause n1`. */
  readonly diary: string[] = [];
  /** What the cluster says, and when. */
  readonly said: { readonly atMs: number; readonly record: Partial<LogRecord> }[] = [];
  /** What the nodes of images say of themselves, from when on. */
  readonly roleChanges: { readonly atMs: number; readonly roles: Readonly<Record<string, Saying>> }[] = [];
  /** How often they were asked. */
  asked = 0;
  /** Faults by description that cannot be brought about. */
  readonly refused = new Map<string, DeviousError>();
  /** How long the agent takes to bring a fault about, and to heal one. */
  applyMs = 0;
  healMs = 0;
  #nowMs = 0;
  #faults = 0;
  readonly #active = new Map<string, string>();
  readonly #timers: { readonly atMs: number; readonly ring: () => void }[] = [];

  /** Descriptions of the faults that are in force. */
  get active(): readonly string[] {
    return [...this.#active.values()];
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || ms <= 0) return Promise.resolve();
    setMaxListeners(0, signal);
    return new Promise((resolve) => {
      this.#timers.push({ atMs: this.#nowMs + ms, ring: resolve });
      signal.addEventListener("abort", () => resolve());
    });
  }

  async apply(action: Action, { durationMs }: { readonly durationMs: number }): Promise<Applied> {
    await this.sleep(this.applyMs, new AbortController().signal);
    const fault: Fault = action.by === "plan" ? action.fault : { kind: "pause", nodes: ["n2"] };
    const description = `${fault.kind} ${"nodes" in fault ? fault.nodes.join(",") : fault.shape}`;
    const refusal = this.refused.get(description);
    if (refusal !== undefined) {
      this.#note(`refuse ${description}`);
      throw refusal;
    }
    const id = `f${++this.#faults}`;
    this.#active.set(id, description);
    this.#note(`apply ${id} ${description} for ${durationMs / 1000}s`);
    return { id, fault, description };
  }

  async heal(id: string): Promise<void> {
    await this.sleep(this.healMs, new AbortController().signal);
    this.#active.delete(id);
    this.#note(`heal ${id}`);
  }

  async roles(): Promise<ReadonlyMap<string, Saying>> {
    this.asked++;
    const [roles] = this.roleChanges.filter(({ atMs }) => atMs <= this.#nowMs).reverse();
    if (roles === undefined) throw new DeviousError("ENGINE_UNREACHABLE", "The engine does not answer.");
    return new Map(Object.entries(roles.roles));
  }

  async *records(signal: AbortSignal): AsyncGenerator<LogRecord, void, undefined> {
    for (const { atMs, record } of this.said) {
      await this.sleep(atMs - this.#nowMs, signal);
      if (signal.aborted) return;
      yield { ts: "", cluster: "c", service: "store", node: "n1", stream: "stdout", level: "info", event: "", msg: "", fields: {}, seq: 1, ...record }; // prettier-ignore
    }
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  }

  /** Rings at `atMs`, for what the test itself does then. */
  at(atMs: number, act: () => void): void {
    this.#timers.push({ atMs, ring: act });
  }

  /** Lets time pass until `work` is over. */
  async until<T>(work: Promise<T>): Promise<T> {
    let over = false;
    void work.finally(() => (over = true)).catch(() => undefined);
    for (;;) {
      await setImmediate();
      if (over) return work;
      const next = this.#timers.sort((a, b) => a.atMs - b.atMs).shift();
      if (next === undefined) throw new Error("everybody waits for nothing");
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.ring();
    }
  }

  #note(what: string): void {
    this.diary.push(`${(this.#nowMs / 1000).toFixed(1)}s ${what}`);
  }
}
