/** What the checks of `devious smoke` need of a cluster; a real one, or a test's. What cannot be done throws DeviousError. */
import type { Hurt } from "./plan.js";

export interface SmokeStage {
  /** Writes all of these through the node. */
  put(node: string, pairs: ReadonlyMap<string, string>): Promise<void>;
  /** What the node has at these keys, those left out that it has not. */
  get(node: string, keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Returns when the fault is in force. It ends by itself after `durationMs`, whoever is there. */
  hurt(by: Hurt, node: string, durationMs: number): Promise<Inflicted>;
  /** Returns when the fault is over, its node started again where it was brought down. */
  heal(id: string): Promise<void>;
  /** Returns when the node is ready; throws CLUSTER_NOT_READY, with what it said last, where it is not in time. */
  ready(service: string, node: string): Promise<void>;
  /** In which respect the nodes of a store do not hold the same just now, as a sentence; null where they do. */
  difference(service: string): Promise<string | null>;
  /** The nodes that say they lead the service. */
  leaders(service: string): Promise<readonly string[]>;
  lastLines(node: string): Promise<readonly string[]>;
  /** Monotonic. */
  nowMs(): number;
  /** Rejects when the user interrupts. */
  sleep(ms: number): Promise<void>;
}

export type Inflicted =
  | { readonly type: "inflicted"; readonly id: string; readonly description: string }
  /** The machine cannot do it. */
  | { readonly type: "impossible"; readonly why: string };
