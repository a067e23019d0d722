import type { Wal } from "./io/wal.js";
import type { Transport } from "./io/transport.js";
import type { Effects, Entry, Input, Message, Raft, RaftEvent, Snapshot } from "./raft/types.js";

/** What the node does with the effects that are not disk or network. */
export interface DriverHandlers {
  /** Before each step: the last moment to hand in inputs for it. */
  readonly beforeStep: () => void;
  readonly onEvent: (event: RaftEvent) => void;
  readonly onProposed: (proposed: Effects["proposed"][number]) => void;
  readonly onDropped: (dropped: Effects["dropped"][number]) => void;
  readonly onReadable: (read: Effects["reads"][number]) => void;
  readonly onRestore: (snapshot: Snapshot) => void;
  readonly onApply: (entries: readonly Entry[]) => void;
  /** Monotonic clock, ms, where the machine needs one; it is looked at once all inputs of a step are there. */
  readonly nowMs?: () => number;
}

/**
 * Drives a raft machine on real disk and network: gathers what happens in one turn of the event loop, steps the machine once with all of
 * it, and carries out what it owes in the order of the contract (raft/types.ts, `Effects`).
 */
export class Driver {
  readonly #raft: Raft;
  readonly #wal: Pick<Wal, "append">;
  readonly #transport: Pick<Transport, "send" | "flush">;
  readonly #handlers: DriverHandlers;
  #inputs: Input[] = [];
  #turn: NodeJS.Immediate | undefined;
  #persistsIssued = 0;
  #persistsDurable = 0;
  /** Messages that wait for a persist, oldest first. */
  #heldBack: { readonly persistNumber: number; readonly messages: readonly Message[] }[] = [];
  #stopped = false;

  constructor(raft: Raft, wal: Pick<Wal, "append">, transport: Pick<Transport, "send" | "flush">, handlers: DriverHandlers) {
    this.#raft = raft;
    this.#wal = wal;
    this.#transport = transport;
    this.#handlers = handlers;
  }

  input(input: Input): void {
    this.#inputs.push(input);
    this.schedule();
  }

  /** Steps once this turn of the event loop is over. */
  schedule(): void {
    if (!this.#stopped) this.#turn ??= setImmediate(() => this.#step());
  }

  /** The log says that this persist and all before it are durable. */
  onDurable(persistNumber: number): void {
    this.#persistsDurable = persistNumber;
    const held = this.#heldBack.findIndex((each) => each.persistNumber > persistNumber);
    const free = this.#heldBack.splice(0, held < 0 ? this.#heldBack.length : held);
    for (const { messages } of free) this.#sendAll(messages);
    this.input({ type: "persisted", persistNumber });
  }

  stop(): void {
    this.#stopped = true;
    clearImmediate(this.#turn);
  }

  #step(): void {
    this.#turn = undefined;
    this.#handlers.beforeStep();
    const inputs = this.#inputs;
    this.#inputs = [];
    const { nowMs } = this.#handlers;
    if (nowMs !== undefined) inputs.unshift({ type: "clock", nowMs: nowMs() });
    this.#carryOut(this.#raft.step(inputs));
  }

  #carryOut(effects: Effects): void {
    this.#sendAll(effects.send);
    if (effects.persist !== undefined) {
      this.#persistsIssued = effects.persist.persistNumber;
      this.#wal.append(effects.persist);
    }
    if (this.#persistsDurable >= this.#persistsIssued) this.#sendAll(effects.sendAfterPersist);
    else if (effects.sendAfterPersist.length > 0) {
      this.#heldBack.push({ persistNumber: this.#persistsIssued, messages: effects.sendAfterPersist });
    }
    const { onEvent, onProposed, onDropped, onReadable, onRestore, onApply } = this.#handlers;
    // Events first: whoever is told that a proposal was dropped must already know the new leader.
    effects.events.forEach(onEvent);
    effects.proposed.forEach(onProposed);
    effects.dropped.forEach(onDropped);
    effects.reads.forEach(onReadable);
    if (effects.restore !== undefined) onRestore(effects.restore);
    if (effects.apply.length > 0) onApply(effects.apply);
    // What others have to write is on its way before we write it ourselves, which begins after this. That something is committed can wait
    // until our own clients know.
    if (effects.persist !== undefined || effects.apply.length === 0) this.#transport.flush();
  }

  #sendAll(messages: readonly Message[]): void {
    for (const message of messages) this.#transport.send(message);
  }
}
