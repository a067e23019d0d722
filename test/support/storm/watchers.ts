/** Watchers that go on where they were when their stream broke, as etcd's clients do. */
import { setTimeout as sleep } from "node:timers/promises";
import { base64, fromBase64, GatewayClient } from "./gateway-client.js";
import type { Json } from "./gateway-client.js";
import type { SeenEvent } from "./watch-log.js";

const quietMsMax = 20_000;
const againAfterMs = 50;

export class Watcher {
  readonly log: SeenEvent[] = [];
  /** When this watcher heard of a key's end, by `performance.now()`. */
  readonly deletedAtMs = new Map<string, number>();
  readonly #gateway: GatewayClient;
  readonly #nodes: readonly string[];
  readonly #prefix: string;
  #next: number;
  readonly #closed = new AbortController();
  /** Streams that it took. */
  streams = 0;

  /** @param from the first revision it wants to see. */
  constructor(ports: ReadonlyMap<string, number>, prefix: string, from: number, firstNode: number) {
    this.#gateway = new GatewayClient(ports);
    const nodes = [...ports.keys()];
    this.#nodes = [...nodes.slice(firstNode), ...nodes.slice(0, firstNode)];
    this.#prefix = prefix;
    this.#next = from;
  }

  /** Goes on until {@link close}. Rejects where a stream says that there is something it will never send. */
  async run(): Promise<void> {
    for (let turn = 0; !this.#closed.signal.aborted; turn++) {
      try {
        await this.#follow(this.#nodes[turn % this.#nodes.length] as string);
      } catch (error) {
        if (error instanceof WatchLost) throw error;
      }
      await sleep(againAfterMs);
    }
  }

  close(): void {
    this.#closed.abort();
    this.#gateway.close();
  }

  async #follow(node: string): Promise<void> {
    this.streams++;
    const [key, rangeEnd] = [base64(this.#prefix), base64(`${this.#prefix.slice(0, -1)}0`)];
    const create = { create_request: { key, range_end: rangeEnd, start_revision: String(this.#next) } };
    for await (const { result, error } of this.#gateway.stream(node, "/v3/watch", create, quietMsMax)) {
      if (error !== undefined) return;
      const { canceled, compact_revision: compacted, events } = result as Json;
      if (compacted !== undefined) throw new WatchLost(`what ${this.#prefix} wants to see from ${this.#next} is compacted`);
      if (canceled === true) return;
      for (const { type, kv } of (events ?? []) as readonly { readonly type?: string; readonly kv: Json }[]) {
        const revision = Number(kv["mod_revision"]);
        const seenKey = fromBase64(kv["key"]);
        const value = type === "DELETE" ? undefined : fromBase64(kv["value"]);
        this.log.push({ revision, key: seenKey, value });
        if (value === undefined && !this.deletedAtMs.has(seenKey)) this.deletedAtMs.set(seenKey, performance.now());
        // a response holds whole revisions
        this.#next = revision + 1;
      }
    }
  }
}

class WatchLost extends Error {
  override readonly name = "WatchLost";
}
