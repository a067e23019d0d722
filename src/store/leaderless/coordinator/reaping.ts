import type { ObjectName } from "../api.js";
import type { ReapDecision } from "../objects/tombstones.js";
import { storageKey } from "../storage-key.js";
import type { PlacedReplica, Surroundings } from "./surroundings.js";

/** A deletion that is to be forgotten once its time has come. */
interface Due {
  readonly atMs: number;
  readonly key: string;
  readonly replicas: readonly PlacedReplica[];
  readonly objectHash: number;
}

/** Has deletions forgotten by all owners, once these all have them. */
export class Reaping {
  readonly #around: Surroundings;
  #waiting: Due[] = [];

  constructor(around: Surroundings) {
    this.#around = around;
  }

  begin(name: ObjectName, replicas: readonly PlacedReplica[], decision: Extract<ReapDecision, { readonly kind: "reap" }>): void {
    const { afterMs, objectHash } = decision;
    this.#waiting.push({ atMs: this.#around.nowMs() + afterMs, key: storageKey(name), replicas, objectHash });
  }

  /** Time has passed. */
  tick(): void {
    const nowMs = this.#around.nowMs();
    const due = this.#waiting.filter(({ atMs }) => atMs <= nowMs);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter(({ atMs }) => atMs > nowMs);
    for (const reaping of due) this.#reap(reaping);
  }

  #reap({ key, replicas, objectHash }: Due): void {
    const { self, copies, send } = this.#around;
    for (const { member, place } of replicas) {
      if (member === self) copies.forget(place, key, objectHash);
      else send({ type: "reap", to: member, place, key, objectHash });
    }
  }
}
