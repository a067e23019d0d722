import { label } from "../core/labels.js";
import type { ContainerDetail, ContainerEvent, Streams } from "../engine/port.js";
import { soon } from "./soon.js";

const lookEveryMs = 2000;

/**
 * What the engine has told of a node's containers since somebody began to wait for it, also what it has forgotten by now: Docker keeps the last
 * 256 events of all containers together, and a probe that runs a program in each of a few nodes makes so many within seconds.
 */
export class NodePast {
  readonly #engine: Pick<Streams, "pastEvents">;
  readonly #node: Pick<ContainerDetail, "labels">;
  readonly #told = new Map<string, ContainerEvent>();
  #lookAtMs = performance.now() + lookEveryMs;

  constructor(engine: Pick<Streams, "pastEvents">, node: Pick<ContainerDetail, "labels">) {
    this.#engine = engine;
    this.#node = node;
  }

  /** To be called time and again; looks when it is time to, and keeps nobody waiting. */
  keepUp(): void {
    if (performance.now() < this.#lookAtMs) return;
    this.#lookAtMs = performance.now() + lookEveryMs;
    void this.#look();
  }

  /** In their order; without the latest where the engine takes long to tell them. */
  async events(): Promise<readonly ContainerEvent[]> {
    await soon(this.#look(), undefined);
    return [...this.#told.values()].sort((a, b) => (a.ts < b.ts ? -1 : 1));
  }

  async #look(): Promise<undefined> {
    const ofNode = `${label.node}=${this.#node.labels[label.node] ?? ""}`;
    // one that does not say has nothing to add
    const told = await this.#engine.pastEvents(ofNode).catch(() => []);
    for (const event of told) this.#told.set(`${event.ts} ${event.id} ${event.action}`, event);
  }
}
