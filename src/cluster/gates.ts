import type { Prerequisite } from "./start-order.js";

/**
 * Nodes on their way up: each starts when all that it depends on is as it has to be, whatever the others wait for. However many wait for a
 * node, it is asked once; what it fails with, all of them fail with.
 */
export class Gates {
  readonly #starts = new Map<string, Promise<void>>();
  readonly #settled = new Map<string, Promise<void>>();
  readonly #settle: (node: string) => Promise<void>;
  readonly #asTheyAre: ReadonlySet<string>;

  /** `asTheyAre`: nodes that somebody wants down or frozen, for whom nobody waits. */
  constructor(settle: (node: string) => Promise<void>, asTheyAre: ReadonlySet<string>) {
    this.#settle = settle;
    this.#asTheyAre = asTheyAre;
  }

  /** All that are to start are told of before the first one does: `run` is called later, at once where there are no prerequisites. */
  start(node: string, prerequisites: readonly Prerequisite[], run: () => Promise<void>): Promise<void> {
    const started = Promise.resolve().then(async () => {
      await Promise.all(prerequisites.map((one) => this.#pass(one)));
      await run();
    });
    this.#starts.set(node, started);
    return started;
  }

  /** Ends when the node is as it is to be, ready or completed. */
  settled(node: string): Promise<void> {
    const known = this.#settled.get(node);
    if (known !== undefined) return known;
    const settled = this.#settle(node);
    this.#settled.set(node, settled);
    return settled;
  }

  async #pass({ node, condition }: Prerequisite): Promise<void> {
    // who is not to be started runs already
    await this.#starts.get(node);
    if (condition !== "started" && !this.#asTheyAre.has(node)) await this.settled(node);
  }
}
