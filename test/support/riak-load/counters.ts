/** Clients that count, and the sum of what they counted: an interval, where nobody could tell what became of an increment. */
import type { Prng } from "../../../src/core/prng.js";
import type { Client } from "./load.js";

interface Sum {
  acknowledged: number;
  unknown: number;
}

export class CounterBook {
  readonly #sums = new Map<string, Sum>();
  readonly #keys: number;

  constructor(keys: number) {
    this.#keys = keys;
  }

  get acknowledged(): number {
    return [...this.#sums.values()].reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  async turn(client: Client, prng: Prng): Promise<void> {
    const [key, amount] = [`c${prng.int(0, this.#keys - 1)}`, prng.int(1, 5)];
    const sum = this.#sums.get(key) ?? { acknowledged: 0, unknown: 0 };
    this.#sums.set(key, sum);
    const { type } = await client.ask({ method: "POST", path: pathOf(key), body: String(amount) });
    if (type === "done") sum.acknowledged += amount;
    else if (type === "unknown") sum.unknown += amount;
  }

  async faults(client: Client): Promise<readonly string[]> {
    const faults: string[] = [];
    for (const [key, { acknowledged, unknown }] of this.#sums) {
      const outcome = await client.ask({ method: "GET", path: pathOf(key) });
      const value = outcome.type !== "done" ? NaN : outcome.status === 404 ? 0 : Number(outcome.text);
      if (value >= acknowledged && value <= acknowledged + unknown) continue;
      faults.push(`${key} is ${value}; ${acknowledged} were acknowledged, and of ${unknown} nobody could tell`);
    }
    return faults;
  }
}

function pathOf(key: string): string {
  return `/buckets/counts/counters/${key}`;
}
