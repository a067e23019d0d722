/** Clients that read objects and write what follows from them, and the book of who had seen what, which knows nothing of vectors. */
import type { Prng } from "../../../src/core/prng.js";
import type { Client } from "./load.js";

const bucket = "objects";
/** So many of a hundred writes are made without having read. */
const blindPercent = 10;
const paddingBytes = 200;

interface Write {
  readonly key: string;
  /** Writes that its client had seen. */
  readonly follows: readonly string[];
  outcome: "ok" | "unknown" | "refused";
}

export class ObjectBook {
  readonly #writes = new Map<string, Write>();
  readonly #keys: number;

  constructor(keys: number) {
    this.#keys = keys;
  }

  get acknowledged(): number {
    return [...this.#writes.values()].filter(({ outcome }) => outcome === "ok").length;
  }

  /** One client reads one key through one node, and writes it through another one, or the same. */
  async turn(client: Client, prng: Prng): Promise<void> {
    const key = `k${prng.int(0, this.#keys - 1)}`;
    const isBlind = prng.int(0, 99) < blindPercent;
    const seen = isBlind ? { ids: [], context: undefined } : await read(client, key);
    if (seen === undefined) return;
    const id = `${client.name}-${this.#writes.size}`;
    const write = this.begin(id, key, seen.ids);
    const { type } = await client.ask({
      method: "PUT",
      path: pathOf(key),
      headers: { "content-type": "text/plain", ...(seen.context === undefined ? {} : { "x-riak-vclock": seen.context }) },
      body: `w:${id};${"x".repeat(paddingBytes)}`,
    });
    write.outcome = type === "done" ? "ok" : type;
  }

  /** Until more is known, nobody can tell what became of it. */
  begin(id: string, key: string, follows: readonly string[]): { outcome: Write["outcome"] } {
    const write: Write = { key, follows, outcome: "unknown" };
    this.#writes.set(id, write);
    return write;
  }

  /** Reads all keys, and says what is wrong with them. */
  async faults(client: Client): Promise<readonly string[]> {
    const faults: string[] = [];
    for (const key of new Set([...this.#writes.values()].map((write) => write.key))) {
      const found = await read(client, key);
      faults.push(...(found === undefined ? [`${key} could not be read`] : this.faultsOf(key, found.ids)));
    }
    return faults;
  }

  /** Lost: acknowledged, and neither found nor followed by what is. Risen: found beside what followed it. Unheard of: found, and never written. */
  faultsOf(key: string, found: readonly string[]): readonly string[] {
    const pasts = new Map(found.map((id) => [id, this.#pastOf(id)]));
    const known = new Set([...found, ...[...pasts.values()].flatMap((past) => [...past])]);
    const lost = [...this.#writes]
      .filter(([id, write]) => write.key === key && write.outcome === "ok" && !known.has(id))
      .map(([id]) => `${key} has lost ${id}`);
    const risen = found.filter((id) => [...pasts.values()].some((past) => past.has(id))).map((id) => `${id} is back in ${key}`);
    const unheardOf = found
      .filter((id) => this.#writes.get(id)?.key !== key || this.#writes.get(id)?.outcome === "refused")
      .map((id) => `nobody wrote ${id} to ${key}`);
    return [...lost, ...risen, ...unheardOf];
  }

  /** All that it follows, at any distance. */
  #pastOf(id: string): ReadonlySet<string> {
    const past = new Set<string>();
    const open = [...(this.#writes.get(id)?.follows ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (past.has(next)) continue;
      past.add(next);
      open.push(...(this.#writes.get(next)?.follows ?? []));
    }
    return past;
  }
}

/** Undefined: it was not told. */
async function read(
  client: Client,
  key: string,
): Promise<{ readonly ids: readonly string[]; readonly context: string | undefined } | undefined> {
  const outcome = await client.ask({ method: "GET", path: pathOf(key), headers: { accept: "multipart/mixed, */*" } });
  if (outcome.type !== "done") return undefined;
  const context = outcome.headers["x-riak-vclock"];
  return { ids: Array.from(outcome.text.matchAll(/w:([\w-]+);/g), ([, id = ""]) => id), context: context as string | undefined };
}

function pathOf(key: string): string {
  return `/buckets/${bucket}/keys/${key}`;
}
