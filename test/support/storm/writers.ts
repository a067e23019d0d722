/** Clients that read and write a few keys, each its own history: what they did, saw, and could not tell. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Operation } from "../../../src/check/history.js";
import type { KvInput, KvOutput } from "../../../src/check/models/kv.js";
import { createPrng } from "../../../src/core/prng.js";
import type { Prng } from "../../../src/core/prng.js";
import { base64, fromBase64, GatewayClient, revisionOf } from "./gateway-client.js";
import type { Json, Outcome } from "./gateway-client.js";
import type { TriedPut } from "./watch-log.js";

/** Every key of the writers begins so. */
export const writersPrefix = "storm/";

export interface WritersOptions {
  readonly ports: ReadonlyMap<string, number>;
  readonly clients: number;
  readonly keys: number;
  readonly seed: number;
  /** Between an answer and the next question of a client, at most. */
  readonly thinkMsMax: number;
}

export interface WritersStory {
  readonly operations: readonly Operation<KvInput, KvOutput>[];
  readonly puts: readonly TriedPut[];
  /** One sentence for each answer of an older state than the one that the same client had seen before. */
  readonly wentBack: readonly string[];
}

/** Goes on until `signal` says stop; resolves once every client has its last answer. */
export async function write(options: WritersOptions, signal: AbortSignal): Promise<WritersStory> {
  const operations: Operation<KvInput, KvOutput>[] = [];
  const puts: TriedPut[] = [];
  const wentBack: string[] = [];
  const prng = createPrng(options.seed);
  const client = async (number: number, own: Prng): Promise<void> => {
    const gateway = new GatewayClient(options.ports);
    const nodes = [...options.ports.keys()];
    let seenRevision = 0;
    // a client that cannot tell what became of its call is another one from then on
    for (let turn = 0, life = 0; !signal.aborted; turn++) {
      const key = `${writersPrefix}${own.int(0, options.keys - 1)}`;
      const input = inputOf(own, key, `c${number}-${turn}`);
      const invokedAt = performance.now();
      const outcome = await ask(gateway, own.pick(nodes), input);
      const asked = { process: `c${number}.${life}`, input, invokedAt };
      if (outcome.type === "done") {
        const revision = revisionOf(outcome.body);
        if (revision < seenRevision) wentBack.push(`c${number} saw revision ${seenRevision}, then ${revision}`);
        seenRevision = revision;
        operations.push({ ...asked, type: "ok", output: outputOf(input, outcome.body), returnedAt: performance.now() });
        if (input.op === "put") puts.push({ key, value: input.value, revision });
      } else {
        operations.push({ ...asked, type: outcome.type === "refused" ? "fail" : "info" });
        if (outcome.type === "unknown") life++;
        // one that was refused certainly is never seen
        if (outcome.type === "unknown" && input.op === "put") puts.push({ key, value: input.value, revision: undefined });
      }
      await sleep(own.int(0, options.thinkMsMax));
    }
    gateway.close();
  };
  await Promise.all(Array.from({ length: options.clients }, (_, number) => client(number, prng.fork())));
  return { operations, puts, wentBack };
}

function inputOf(prng: Prng, key: string, value: string): KvInput {
  const draw = prng.int(0, 99);
  if (draw < 50) return { op: "put", key, value };
  return draw < 95 ? { op: "get", key } : { op: "delete", key };
}

function ask(gateway: GatewayClient, node: string, input: KvInput): Promise<Outcome> {
  const key = base64(input.key);
  switch (input.op) {
    case "put":
      return gateway.call(node, "/v3/kv/put", { key, value: base64(input.value) });
    case "get":
      return gateway.call(node, "/v3/kv/range", { key });
    case "delete":
      return gateway.call(node, "/v3/kv/deleterange", { key });
  }
}

function outputOf(input: KvInput, body: Json): KvOutput {
  switch (input.op) {
    case "put":
      return null;
    case "get": {
      const [found] = (body["kvs"] ?? []) as readonly Json[];
      return found === undefined ? null : fromBase64(found["value"]);
    }
    case "delete":
      return Number(body["deleted"] ?? 0) > 0;
  }
}
