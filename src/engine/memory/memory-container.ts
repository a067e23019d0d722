import type { Attached, ContainerDetail, ContainerEvent, ContainerSpec, ContainerState, Endpoint, LogOptions } from "../port.js";
import { frame, LogFile } from "./log-file.js";
import type { Process, Program } from "./program.js";
import { PublishedPort } from "./published-port.js";
import { Queue } from "./queue.js";

/** What a container needs of its engine. */
export interface Surroundings {
  readonly nextStamp: () => string;
  readonly volume: (name: string) => Map<string, string>;
  readonly tell: (container: MemoryContainer, action: ContainerEvent["action"], exitCode?: number) => void;
}

/** Exit code of a process that a signal ended, as a shell counts. */
const killed = 128 + 9;

/** A container and the program in it. Nothing restarts a program that ended: there is no restart policy here. */
export class MemoryContainer {
  readonly id: string;
  readonly spec: ContainerSpec;
  /** Put into the container itself, beside its program: name -> bytes as latin1. */
  readonly files = new Map<string, string>();
  readonly #program: Program;
  readonly #surroundings: Surroundings;
  readonly #log: LogFile;
  readonly #attached = new Set<Queue<Uint8Array>>();
  readonly #ports = new Map<number, PublishedPort>();
  #state: ContainerState = "created";
  #startedAt: string | undefined;
  #endedAt: string | undefined;
  #exitCode = 0;
  #ended = new AbortController();
  #onInput: (text: string) => void = () => undefined;
  #onSignal: (signal: string) => void = () => undefined;

  constructor(id: string, spec: ContainerSpec, program: Program, surroundings: Surroundings) {
    this.id = id;
    this.spec = spec;
    this.#program = program;
    this.#surroundings = surroundings;
    this.#log = new LogFile(surroundings.nextStamp);
  }

  get state(): ContainerState {
    return this.#state;
  }

  /** Running or paused: it has a process. */
  get isAlive(): boolean {
    return this.#state === "running" || this.#state === "paused";
  }

  detail(): ContainerDetail {
    const { id, spec } = this;
    const endpoints = new Map<number, Endpoint>([...this.#ports].map(([port, published]) => [port, published.endpoint]));
    return {
      id,
      name: spec.name,
      image: spec.image,
      labels: spec.labels,
      state: this.#state,
      startedAt: this.#startedAt,
      endedAt: this.#endedAt,
      exitCode: this.isAlive ? undefined : this.#exitCode,
      oomKilled: false,
      restarts: 0,
      health: undefined,
      tty: false,
      logFileBytes: undefined,
      endpoints,
    };
  }

  /** Throws EADDRINUSE, and does not run, where a port of this machine that it is to have is taken. */
  async start(): Promise<void> {
    this.#ended = new AbortController();
    try {
      for (const { container, host } of this.spec.ports) {
        const published = new PublishedPort();
        await published.open(host ?? 0);
        this.#ports.set(container, published);
      }
    } catch (error) {
      this.#closePorts();
      throw error;
    }
    this.#state = "running";
    this.#startedAt = this.#surroundings.nextStamp();
    this.#log.open();
    this.#surroundings.tell(this, "start");
    this.#program(this.#process(this.#ended.signal));
  }

  /** Gives the signal to the program, thawed first where it is frozen, as moby does (`daemon/kill.go`). */
  signal(signal: string): void {
    this.unpause();
    if (signal === "SIGKILL") this.#exit(killed);
    else this.#onSignal(signal);
  }

  /** SIGTERM, and SIGKILL where that has not ended it after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    if (!this.isAlive) return;
    const { signal } = this.#ended;
    const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    const timer = setTimeout(() => this.signal("SIGKILL"), graceMs);
    this.signal("SIGTERM");
    await ended;
    clearTimeout(timer);
  }

  pause(): void {
    this.#state = "paused";
    for (const port of this.#ports.values()) port.pause();
    this.#surroundings.tell(this, "pause");
  }

  unpause(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    for (const port of this.#ports.values()) port.unpause();
    this.#surroundings.tell(this, "unpause");
  }

  logs(options: LogOptions): AsyncIterable<Uint8Array> {
    return this.#log.read(options);
  }

  /** Before the program runs nobody hears what is written; its output comes once it does. */
  attach(): Attached {
    const output = new Queue<Uint8Array>();
    this.#attached.add(output);
    return {
      // as with stdin, the program hears it a moment later
      write: (text) => queueMicrotask(() => this.#onInput(text)),
      output,
      close: () => {
        this.#attached.delete(output);
        output.end();
      },
    };
  }

  #process(ended: AbortSignal): Process {
    return {
      spec: this.spec,
      ended,
      onInput: (take) => void (this.#onInput = take),
      onSignal: (handle) => void (this.#onSignal = handle),
      write: (stream, text) => {
        if (!ended.aborted) this.#write(stream, text);
      },
      listen: (port, onConnection) => {
        const published = this.#ports.get(port);
        if (published !== undefined) published.onConnection = onConnection;
      },
      volume: (path) => {
        const name = this.spec.volumes.find((mount) => mount.path === path)?.name;
        if (name === undefined) throw new Error(`${this.spec.name} has no volume at ${path}`);
        return this.#surroundings.volume(name);
      },
      exit: (code) => {
        if (!ended.aborted) this.#exit(code);
      },
    };
  }

  #write(stream: "stdout" | "stderr", text: string): void {
    this.#log.write(stream, text);
    for (const output of this.#attached) output.push(frame(stream, Buffer.from(text, "utf8")));
  }

  #closePorts(): void {
    for (const port of this.#ports.values()) port.close();
    this.#ports.clear();
  }

  #exit(code: number): void {
    if (!this.isAlive) return;
    this.#state = "exited";
    this.#exitCode = code;
    this.#endedAt = this.#surroundings.nextStamp();
    this.#onInput = () => undefined;
    this.#onSignal = () => undefined;
    this.#closePorts();
    this.#log.close();
    for (const output of this.#attached) output.end();
    this.#attached.clear();
    this.#ended.abort();
    this.#surroundings.tell(this, "die", code);
  }
}
