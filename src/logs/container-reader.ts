import { InvariantViolation } from "../core/invariant.js";
import type { Containers, ContainerState, Streams } from "../engine/port.js";
import { Bell } from "./bell.js";
import type { Entry } from "./entry.js";
import { Last } from "./last.js";
import { NodeLog, type Origin } from "./node-log.js";
import type { Patience } from "./patience.js";
import { msOfStamp, stampOfMs } from "./stamp.js";

const sliceBytes = 256 * 1024;

/** The end of a log that is looked at first: what a person asks for is nearly always in it. */
const linesAtFirst = 200;
/** Stamps of one log step back by less: two writers stamp it, and a long line has the stamp of its beginning. */
const marginMs = 1000;

/** A log whose files are smaller is not followed but read again and again: see {@link ContainerReader}. */
const followedFileBytes = 4 * 1024 * 1024;
/** From one such reading to the next. */
const pageMs = 20;
/** After much was said and nothing more for so long, it is looked whether that is all: some engines lose their way in rotations (20.10). */
const quietMs = 1000;

/** Where a reader's entries go. */
export interface Sink {
  /** Whether the entry will be shown, if it is young enough. */
  wants(entry: Entry): boolean;
  /** Takes the next entries. A promise where there is no room for more yet: it resolves when there is. */
  take(entries: readonly Entry[]): Promise<void> | undefined;
  /** All of the past has been given; what follows is live. */
  caughtUp(): void;
  /** The engine broke off or did not answer, and is asked again. */
  interrupted(): void;
}

/**
 * Reads one container's log: its past, then, while following, whatever comes, over restarts and broken connections, until
 * the container has been removed.
 *
 * An engine that follows a log over its rotation goes from the file it has read to the one that is written now, and leaves out in silence what
 * lay between where there were several rotations meanwhile (moby `daemon/logger/loggerutils/follow.go`). Small files rotate faster than
 * anybody follows. What is read without following is all there is, in one piece, so that {@link NodeLog} sees what is missing.
 */
export class ContainerReader {
  readonly #engine: Pick<Streams, "logs"> & Pick<Containers, "inspectContainer">;
  readonly #id: string;
  readonly #sink: Sink;
  readonly #patience: Patience;
  readonly #signal: AbortSignal;
  readonly #bell = new Bell();
  /** How long a line waits for others that go on with it, as those of a stack trace do. */
  readonly #settleMs: number;
  #woken = false;
  /** How many bytes came since it was last known that there are no more. */
  #heard = 0;
  /** While only the last of the past is wanted and the past is being read: what it is so far. */
  #past: Last<Entry> | undefined;

  constructor(
    engine: Pick<Streams, "logs"> & Pick<Containers, "inspectContainer">,
    id: string,
    sink: Sink,
    patience: Patience,
    signal: AbortSignal,
    settleMs: number,
  ) {
    this.#engine = engine;
    this.#id = id;
    this.#sink = sink;
    this.#patience = patience;
    this.#signal = signal;
    this.#settleMs = settleMs;
  }

  /** There may be more to read: the container started, or was removed, or nobody knows. */
  wake(): void {
    this.#woken = true;
    this.#bell.ring();
  }

  /** `tail`: of the past, the last so many entries that the sink wants are enough. */
  async run(known: Omit<Origin, "tty" | "once" | "isShort" | "logFileBytes">, follow: boolean, tail?: number): Promise<void> {
    const detail = await this.#insist(() => this.#engine.inspectContainer(this.#id));
    if (detail === undefined) return;
    const { tty, logFileBytes } = detail;
    const isShort = logFileBytes !== undefined && logFileBytes < followedFileBytes;
    const origin = { ...known, tty, once: !follow, isShort, logFileBytes };
    const last = tail === undefined ? undefined : await this.#insist(() => this.#lastOf(tail, origin));
    if (last !== undefined && !follow) {
      await this.#sink.take(last.entries);
      this.#sink.caughtUp();
      return;
    }
    const log = new NodeLog({ ...origin, since: last?.since ?? origin.since });

    // from where it is to be followed on, the log is read once more: what was read from its end cannot be gone on with
    this.#past = tail === undefined ? undefined : new Last(tail);
    await this.#insist(() => this.#pass(log, false));
    await this.#take(follow ? log.settled() : log.stopped());
    const past = this.#past?.items() ?? [];
    this.#past = undefined;
    await this.#take(past);
    this.#sink.caughtUp();
    this.#heard = 0;

    let attached = false;
    while (follow && !this.#signal.aborted) {
      this.#woken = false;
      const state = (await this.#insist(() => this.#engine.inspectContainer(this.#id)))?.state;
      if (state === undefined) break;
      if (!isAlive(state)) {
        // its last words: nobody says when the engine has sent them all to those who follow
        await this.#insist(() => this.#pass(log, false));
        await this.#take(log.stopped());
        await this.#untilWoken();
      } else if (isShort) await this.#bell.next(pageMs);
      else if (attached && !log.isInDoubt) await this.#patience.pause();
      // in one piece, which shows what is missing since
      if (logFileBytes !== undefined) await this.#insist(() => this.#pass(log, false));
      if (isShort) await this.#take(log.settled());
      else await this.#insist(() => this.#pass(log, true, logFileBytes));
      attached = true;
    }
    await this.#take(log.stopped());
  }

  /**
   * The last so many entries that are wanted, found from the end of the log, which the engine need not read from its start then; and a stamp
   * from which on it has them.
   */
  async #lastOf(
    count: number,
    origin: Origin,
  ): Promise<{ readonly entries: readonly Entry[]; readonly since: string | undefined }> {
    for (let lines = linesAtFirst + 2 * count; ; lines *= 8) {
      const log = new NodeLog({ ...origin, since: undefined, once: true });
      const last = new Last<Entry>(count);
      let read = 0;
      let latest: string | undefined;
      const take = (some: readonly Entry[]): void => {
        read += some.length;
        latest = some.at(-1)?.ts ?? latest;
        last.add(some.filter((entry) => this.#sink.wants(entry)));
      };
      for await (const chunk of this.#engine.logs(this.#id, { follow: false, tail: lines, signal: this.#signal })) {
        take(log.push(chunk));
      }
      take(log.stopped());
      // lines may be many pieces, so that fewer than asked for are all there are only where they are much fewer
      const isAll = read < lines / 2;
      const entries = last.items();
      if (entries.length < count && !isAll) continue;
      const young = entries.filter(({ ts }) => ts >= (origin.since ?? ""));
      const from = isAll ? undefined : (young[0]?.ts ?? latest);
      const since = from === undefined ? "" : stampOfMs(msOfStamp(from) - marginMs);
      return { entries: young, since: since <= (origin.since ?? "") ? origin.since : since };
    }
  }

  #take(entries: readonly Entry[]): Promise<void> | undefined {
    if (this.#past === undefined) return this.#sink.take(entries);
    this.#past.add(entries.filter((entry) => this.#sink.wants(entry)));
    return undefined;
  }

  /** One go at the log, from where the last one got to. `logFileBytes`: where it is in several files, so that following it cannot be trusted. */
  async #pass(log: NodeLog, follow: boolean, logFileBytes = Infinity): Promise<void> {
    if (this.#signal.aborted) return;
    const since = log.attach(follow);
    let settling: NodeJS.Timeout | undefined;
    const settle = (): void => void this.#take(log.settled());
    const go = new AbortController();
    const signal = follow ? AbortSignal.any([this.#signal, go.signal]) : this.#signal;
    let quiet: NodeJS.Timeout | undefined;
    let askedMs = performance.now();
    try {
      for await (const chunk of this.#engine.logs(this.#id, { follow, since, once: log.isReadOnce, signal })) {
        this.#patience.succeeded();
        clearTimeout(quiet);
        this.#heard += chunk.length;
        clearTimeout(settling);
        // an engine may send a whole log at once; its entries must not all be there at once
        for (let start = 0, waitedMs = performance.now() - askedMs; start < chunk.length; start += sliceBytes, waitedMs = 0) {
          const full = this.#take(log.push(chunk.subarray(start, start + sliceBytes), waitedMs));
          if (full !== undefined) await full;
          if (this.#signal.aborted || log.isInDoubt) return;
        }
        if (follow && log.isOpen) settling = setTimeout(settle, this.#settleMs);
        // what is sent is less than what is in the file
        if (this.#heard > logFileBytes / 8) quiet = setTimeout(() => go.abort(), quietMs);
        askedMs = performance.now();
      }
    } finally {
      clearTimeout(quiet);
      clearTimeout(settling);
      if (follow) settle();
    }
    this.#patience.succeeded();
    if (go.signal.aborted) this.#heard = 0;
    else await this.#take(log.detach());
  }

  async #untilWoken(): Promise<void> {
    const wake = (): void => this.wake();
    this.#signal.addEventListener("abort", wake, { once: true });
    if (!this.#woken && !this.#signal.aborted) await this.#bell.next();
    this.#signal.removeEventListener("abort", wake);
  }

  /** Repeats what fails as long as patience lasts; undefined where there is no container any more, or nobody who listens. */
  async #insist<T>(act: () => Promise<T>): Promise<T | undefined> {
    while (!this.#signal.aborted) {
      try {
        return await act();
      } catch (error) {
        if (error instanceof InvariantViolation) throw error;
        if (this.#signal.aborted || (await this.#isGone())) break;
        await this.#patience.failed(error);
        this.#sink.interrupted();
      }
    }
    return undefined;
  }

  /** False also where the engine does not answer. */
  async #isGone(): Promise<boolean> {
    try {
      return (await this.#engine.inspectContainer(this.#id)) === undefined;
    } catch {
      return false;
    }
  }
}

function isAlive(state: ContainerState): boolean {
  return state === "running" || state === "paused" || state === "restarting";
}
