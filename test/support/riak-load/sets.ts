/** Clients that add to sets and remove from them what they have seen in them: an addition that no removal had seen stays (add wins). */
import type { Prng } from "../../../src/core/prng.js";
import type { Client } from "./load.js";

/** A bucket type for sets, which has to be there. */
export const setType = "sets";

const elements = 12;

/** Of one element. Times in ms. */
interface Story {
  /** When acknowledged additions were begun. */
  readonly added: number[];
  wasTried: boolean;
  /** When the reads were answered that removals followed from, whatever became of these: no addition that was begun later was among what they saw. */
  readonly removals: number[];
}

export class SetBook {
  readonly #sets = new Map<string, Map<string, Story>>();
  readonly #keys: number;
  #once = 0;
  /** Elements that were added once and then seen, and whose removal was acknowledged: set and element. */
  readonly #gone = new Set<string>();
  #acknowledged = 0;

  constructor(keys: number) {
    this.#keys = keys;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  async turn(client: Client, prng: Prng): Promise<void> {
    const key = `s${prng.int(0, this.#keys - 1)}`;
    const draw = prng.int(0, 99);
    if (draw < 30) await this.#add(client, key, `once-${client.name}-${this.#once++}`);
    else if (draw < 60) await this.#add(client, key, `e${prng.int(0, elements - 1)}`);
    else await this.#remove(client, key, prng);
  }

  async #add(client: Client, key: string, element: string): Promise<void> {
    const story = this.#storyOf(key, element);
    story.wasTried = true;
    const begunMs = performance.now();
    const { type } = await client.ask(update(key, { add: element }));
    if (type !== "done") return;
    this.#acknowledged++;
    story.added.push(begunMs);
  }

  async #remove(client: Client, key: string, prng: Prng): Promise<void> {
    const seen = await read(client, key);
    if (seen === undefined || seen.elements.length === 0) return;
    const element = prng.pick(seen.elements);
    this.#storyOf(key, element).removals.push(performance.now());
    const { type } = await client.ask(update(key, { remove: element, context: seen.context }));
    if (type !== "done") return;
    this.#acknowledged++;
    if (element.startsWith("once-")) this.#gone.add(`${key}/${element}`);
  }

  async faults(client: Client): Promise<readonly string[]> {
    const faults: string[] = [];
    for (const [key, stories] of this.#sets) {
      const found = new Set((await read(client, key))?.elements);
      for (const element of found) if (stories.get(element)?.wasTried !== true) faults.push(`nobody added ${element} to ${key}`);
      for (const [element, { added, removals }] of stories) {
        const lastSeenMs = Math.max(0, ...removals);
        const isKept = added.some((begunMs) => begunMs > lastSeenMs);
        if (isKept && !found.has(element)) faults.push(`${key} has lost ${element}`);
        if (this.#gone.has(`${key}/${element}`) && found.has(element)) faults.push(`${element} is back in ${key}`);
      }
    }
    return faults;
  }

  #storyOf(key: string, element: string): Story {
    const set = this.#sets.get(key) ?? new Map<string, Story>();
    this.#sets.set(key, set);
    const story = set.get(element) ?? { added: [], wasTried: false, removals: [] };
    set.set(element, story);
    return story;
  }
}

interface Seen {
  readonly elements: readonly string[];
  readonly context: string | undefined;
}

async function read(client: Client, key: string): Promise<Seen | undefined> {
  const outcome = await client.ask({ method: "GET", path: pathOf(key) });
  if (outcome.type !== "done") return undefined;
  if (outcome.status === 404) return { elements: [], context: undefined };
  const { value, context } = JSON.parse(outcome.text) as { readonly value: readonly string[]; readonly context?: string };
  return { elements: value, context };
}

function update(key: string, operation: Readonly<Record<string, string | undefined>>) {
  const headers = { "content-type": "application/json" };
  return { method: "POST", path: pathOf(key), headers, body: JSON.stringify(operation) } as const;
}

function pathOf(key: string): string {
  return `/types/${setType}/buckets/tags/datatypes/${key}`;
}
