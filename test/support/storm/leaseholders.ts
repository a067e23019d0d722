/** Clients that hold a lease for a while and then let it go: what they were promised, against which its end is measured. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Prng } from "../../../src/core/prng.js";
import { base64, GatewayClient } from "./gateway-client.js";

/** Every key of the leaseholders begins so. */
export const leasesPrefix = "leased/";

/** A lease with one key on it. */
export interface Held {
  readonly key: string;
  /** The key cannot end before, by `performance.now()`: a time to live after the question that was last answered was asked. */
  readonly promisedUntilMs: number;
}

const ttlSec = 3;
const keepEveryMs = 500;

/** One lease after the other; resolves with all of them, after `signal` said stop. Each is kept alive for up to `heldMsMax`. */
export async function holdLeases(
  ports: ReadonlyMap<string, number>,
  { name, prng, heldMsMax }: { readonly name: string; readonly prng: Prng; readonly heldMsMax: number },
  signal: AbortSignal,
): Promise<readonly Held[]> {
  const gateway = new GatewayClient(ports);
  const nodes = [...ports.keys()];
  const held: Held[] = [];
  for (let turn = 0; !signal.aborted; turn++) {
    const key = `${leasesPrefix}${name}-${turn}`;
    const granted = await gateway.call(prng.pick(nodes), "/v3/lease/grant", { TTL: String(ttlSec) });
    if (granted.type === "done") {
      const { ID: id, TTL: granting } = granted.body;
      const ttlMs = Number(granting) * 1000;
      const put = await gateway.call(prng.pick(nodes), "/v3/kv/put", { key: base64(key), value: base64("x"), lease: id });
      let promisedUntilMs = 0;
      const endsAtMs = performance.now() + prng.int(0, heldMsMax);
      while (put.type === "done" && performance.now() < endsAtMs) {
        const askedAtMs = performance.now();
        const ttl = await keepAlive(gateway, prng.pick(nodes), id);
        if (ttl !== undefined && ttl > 0) promisedUntilMs = askedAtMs + ttlMs;
        else if (ttl === 0) break;
        await sleep(keepEveryMs);
      }
      if (put.type === "done") held.push({ key, promisedUntilMs });
    }
    await sleep(prng.int(0, keepEveryMs));
  }
  gateway.close();
  return held;
}

/** Seconds it has again; 0: it has ended; undefined: nobody knows. */
async function keepAlive(gateway: GatewayClient, node: string, id: unknown): Promise<number | undefined> {
  try {
    for await (const { result } of gateway.stream(node, "/v3/lease/keepalive", { ID: id }, 3000))
      return Number((result as { readonly TTL?: string } | undefined)?.TTL ?? 0);
  } catch {
    // as if it had not been answered
  }
  return undefined;
}
