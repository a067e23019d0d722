/** Many clients of a ring at once that keep book of all that they were told, and in the end hold what the ring has against it. */
import { setTimeout as sleep } from "node:timers/promises";
import { createPrng } from "../../../src/core/prng.js";
import type { Prng } from "../../../src/core/prng.js";
import { CounterBook } from "./counters.js";
import { ObjectBook } from "./objects.js";
import { RiakHttp, type Outcome, type Sent } from "./riak-http.js";
import { SetBook } from "./sets.js";

export interface Client {
  readonly name: string;
  ask(sent: Sent): Promise<Outcome>;
}

interface Book {
  readonly acknowledged: number;
  turn(client: Client, prng: Prng): Promise<void>;
  /** Reads everything, and says what is not as it was acknowledged, a sentence for each. */
  faults(client: Client): Promise<readonly string[]>;
}

export interface LoadOptions {
  /** Of Riak's HTTP, `host:port` by node; clients ask those who are in it at the time. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Of each kind. */
  readonly clients: number;
  readonly seed: number;
}

/** Between two turns of a client, at most. */
const thinkMsMax = 40;
/** And after a request that failed. */
const failedMs = 200;
/** Of a hundred requests so many go to another node than the client's own, with contexts that this one may know nothing of. */
const elsewherePercent = 20;
const askedElsewhereMax = 5;

export class Load {
  readonly #options: LoadOptions;
  readonly #books: readonly Book[] = [new ObjectBook(80), new CounterBook(12), new SetBook(12)];
  readonly #over = new AbortController();
  readonly #http: RiakHttp;
  readonly #running: Promise<void>[] = [];
  /** Requests that were not answered as they should be, a sentence for each. */
  readonly failures: string[] = [];
  #requests = 0;

  /** Begins at once. */
  constructor(options: LoadOptions) {
    this.#options = options;
    this.#http = new RiakHttp(options.addresses);
    const prng = createPrng(options.seed);
    for (const book of this.#books) {
      for (let number = 0; number < options.clients; number++)
        this.#running.push(this.#run(book, `c${number}`, number, prng.fork()));
    }
  }

  get requests(): number {
    return this.#requests;
  }

  /** By kind: writes of objects, sums of counters, operations on sets. */
  get acknowledged(): readonly number[] {
    return this.#books.map((book) => book.acknowledged);
  }

  /** Ends it; resolves once every client has its last answer. */
  async stop(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#running);
  }

  /** To be called when it has ended, and the ring is well again. */
  async faults(): Promise<readonly string[]> {
    const client = { name: "judge", ask: (sent: Sent) => this.#http.ask(this.#nodes()[0] ?? "", sent) };
    const found: string[] = [];
    for (const book of this.#books) found.push(...(await book.faults(client)));
    this.#http.close();
    return found;
  }

  async #run(book: Book, name: string, number: number, prng: Prng): Promise<void> {
    const http = new RiakHttp(this.#options.addresses);
    const ask = async (sent: Sent): Promise<Outcome> => {
      const nodes = this.#nodes();
      const away = prng.int(0, 99) < elsewherePercent ? prng.int(0, askedElsewhereMax) : 0;
      const outcome = await http.ask(nodes[(number + away) % nodes.length] ?? "", sent);
      this.#requests++;
      if (outcome.type === "done") return outcome;
      this.failures.push(`${outcome.type}: ${outcome.why}`);
      await sleep(failedMs);
      return outcome;
    };
    while (!this.#over.signal.aborted) {
      await book.turn({ name, ask }, prng);
      await sleep(prng.int(0, thinkMsMax));
    }
    http.close();
  }

  #nodes(): readonly string[] {
    return [...this.#options.addresses.keys()].sort();
  }
}
