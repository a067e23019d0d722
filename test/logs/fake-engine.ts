import { DeviousError } from "../../src/core/errors.js";
import { label } from "../../src/core/labels.js";
import type { StreamName } from "../../src/core/log-record.js";
import type {
  ContainerDetail,
  ContainerEvent,
  ContainerInfo,
  ContainerState,
  Labels,
  LogOptions,
} from "../../src/engine/port.js";
import { Bell } from "../../src/logs/bell.js";
import type { LogEngine } from "../../src/logs/tail.js";
import { concat, cut, entriesOf, frame, stampAt, ttyMessage, type Entry } from "./docker-log.js";

export const away = (): DeviousError => new DeviousError("ENGINE_UNREACHABLE", "no engine answers");

/** A container as far as logs go: an append-only log, and whether its program runs. */
export class FakeContainer implements ContainerInfo {
  readonly id: string;
  readonly name: string;
  readonly image = "fake";
  readonly labels: Labels;
  readonly tty: boolean;
  readonly logFileBytes: number | undefined;
  state: ContainerState = "created";
  log: Entry[] = [];
  /** Rings at anything a reader may have to act on. */
  readonly changed = new Bell();
  /** Every reading of this log that was asked for. */
  readonly reads: LogOptions[] = [];

  constructor(
    cluster: string,
    node: string,
    options: {
      readonly role?: string;
      readonly tty?: boolean;
      readonly id?: string;
      readonly labels?: Labels;
      readonly logFileBytes?: number;
    } = {},
  ) {
    this.id = options.id ?? `id-${node}`;
    this.name = `${cluster}-${node}`;
    this.tty = options.tty ?? false;
    this.logFileBytes = options.logFileBytes;
    this.labels = {
      [label.cluster]: cluster,
      [label.role]: options.role ?? "node",
      ...(options.role === "agent" ? {} : { [label.service]: "kv", [label.node]: node }),
      ...options.labels,
    };
  }

  /** Writes what a program writes in one go. `ns`: nanoseconds after noon. */
  say(ns: number, text: string, stream: StreamName = "stdout"): void {
    this.log.push(...entriesOf(stream, stampAt(ns), text));
    this.changed.ring();
  }
}

/** An engine with logs and events only, whose connections a test can cut. */
export class FakeEngine implements LogEngine {
  readonly containers = new Map<string, FakeContainer>();
  /** Stamp of the events that are told from now on. */
  eventTs = stampAt(0);
  /** What it remembers of the past. */
  past: ContainerEvent[] = [];
  /** While false every call fails. */
  reachable = true;
  readonly #events = new Set<{ readonly queue: ContainerEvent[]; readonly changed: Bell }>();
  /** Connections made before the current epoch are dead. */
  #epoch = 0;

  add(...containers: readonly FakeContainer[]): void {
    for (const container of containers) this.containers.set(container.id, container);
  }

  start(container: FakeContainer): void {
    this.add(container);
    container.state = "running";
    this.#tell(container, "start");
  }

  stop(container: FakeContainer): void {
    container.state = "exited";
    this.#tell(container, "die");
  }

  remove(container: FakeContainer): void {
    this.stop(container);
    this.containers.delete(container.id);
    this.#tell(container, "destroy");
  }

  /** Breaks every connection that is open; `forGood` until `reachable` is set again. */
  cut(forGood = false): void {
    this.#epoch += 1;
    this.reachable = !forGood;
    for (const container of this.containers.values()) container.changed.ring();
    for (const subscriber of this.#events) subscriber.changed.ring();
  }

  listContainers = async (): Promise<readonly ContainerInfo[]> => {
    this.#answer();
    return [...this.containers.values()];
  };

  inspectContainer = async (id: string): Promise<ContainerDetail | undefined> => {
    this.#answer();
    const container = this.containers.get(id);
    if (container === undefined) return undefined;
    const { name, image, labels, state, tty, logFileBytes } = container;
    return {
      id,
      name,
      image,
      labels,
      state,
      tty,
      logFileBytes,
      startedAt: undefined,
      endedAt: undefined,
      exitCode: undefined,
      oomKilled: false,
      restarts: 0,
      health: undefined,
      endpoints: new Map(),
    };
  };

  async *logs(id: string, options: LogOptions): AsyncGenerator<Uint8Array> {
    const container = this.containers.get(id);
    container?.reads.push(options);
    this.#answer();
    if (container === undefined) throw new DeviousError("ENGINE_REFUSED", `no such container: ${id}`);
    const epoch = this.#epoch;
    let sent = options.tail === undefined ? 0 : Math.max(0, container.log.length - options.tail);
    for (;;) {
      const fresh = container.log.slice(sent).filter(({ stamp }) => options.since === undefined || stamp >= options.since);
      sent = container.log.length;
      for (const chunk of cut(concat(fresh.map(container.tty ? ttyMessage : frame)), [7, 1000, 3, 30_000])) {
        yield chunk;
        if (epoch !== this.#epoch) throw away();
      }
      if (sent < container.log.length) continue;
      const alive = container.state === "running" || container.state === "paused";
      if (!options.follow || !alive || options.signal?.aborted === true) return;
      const wake = (): void => container.changed.ring();
      options.signal?.addEventListener("abort", wake, { once: true });
      await container.changed.next();
      options.signal?.removeEventListener("abort", wake);
      if (epoch !== this.#epoch) throw away();
    }
  }

  events = async (_filter: string, signal: AbortSignal): Promise<AsyncIterable<ContainerEvent>> => {
    this.#answer();
    const subscriber = { queue: [] as ContainerEvent[], changed: new Bell() };
    this.#events.add(subscriber);
    signal.addEventListener("abort", () => subscriber.changed.ring(), { once: true });
    return this.#eventsOf(subscriber, signal);
  };

  pastEvents = async (): Promise<readonly ContainerEvent[]> => {
    this.#answer();
    return this.past;
  };

  async *#eventsOf(
    subscriber: { readonly queue: ContainerEvent[]; readonly changed: Bell },
    signal: AbortSignal,
  ): AsyncGenerator<ContainerEvent> {
    const epoch = this.#epoch;
    while (!signal.aborted) {
      if (epoch !== this.#epoch) {
        this.#events.delete(subscriber);
        throw away();
      }
      const event = subscriber.queue.shift();
      if (event === undefined) await subscriber.changed.next();
      else yield event;
    }
  }

  #tell(container: FakeContainer, action: ContainerEvent["action"]): void {
    for (const { queue, changed } of this.#events) {
      queue.push({
        id: container.id,
        ts: this.eventTs,
        action,
        labels: container.labels,
        exitCode: undefined,
        health: undefined,
      });
      changed.ring();
    }
    container.changed.ring();
  }

  #answer(): void {
    if (!this.reachable) throw away();
  }
}
