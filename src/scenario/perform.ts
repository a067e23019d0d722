/**
 * Plays a timeline on a stage: waits for each fault's moment, brings it about, sees it end. The stage is a cluster or a test's; time and
 * what happens in the cluster come from it.
 */
import type { Fault } from "../chaos/fault.js";
import { type Saying, hearRound, nobodyHeard } from "../core/elections.js";
import { DeviousError } from "../core/errors.js";
import { chaosNode, type LogRecord } from "../core/log-record.js";
import { accepts } from "../logs/filter.js";
import type { Happening } from "./scenario.js";
import { StepProgress } from "./step-progress.js";
import { type Action, type Occurrence, type Timeline, type Trigger, describeTrigger } from "./timeline.js";

export interface Stage {
  /** Returns when the fault is in force; it ends by itself after `durationMs`. Throws DeviousError where it cannot be brought about. */
  apply(action: Action, options: { readonly durationMs: number; readonly seed: number }): Promise<Applied>;
  /** Returns when the fault is over, at once if it is. */
  heal(id: string): Promise<void>;
  /** What the cluster's nodes say from now on, until the signal. */
  records(signal: AbortSignal): AsyncIterable<LogRecord>;
  /** What the nodes of users' images say that can be asked whether they lead. Throws DeviousError where the engine does not answer. */
  roles(): Promise<ReadonlyMap<string, Saying>>;
  /** Monotonic. */
  nowMs(): number;
  /** Returns after so long, or at once when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Applied {
  readonly id: string;
  readonly fault: Fault;
  readonly description: string;
}

/** What became of one occurrence; times are milliseconds since the run began, null for what never came. */
export interface Outcome {
  readonly id: string;
  /** `skipped`: what it waited for did not happen · `interrupted`: the run ended before it did. */
  readonly result: "done" | "failed" | "skipped" | "interrupted";
  /** One sentence, where it is not done. */
  readonly why: string | null;
  /** When it was to begin, once that was known. */
  readonly plannedMs: number | null;
  readonly appliedMs: number | null;
  readonly endedMs: number | null;
  /** As the agent knows it. */
  readonly faultId: string | null;
  /** With its nodes, also those that were chosen at the moment. */
  readonly fault: Fault | null;
}

export interface PerformOptions {
  /** Ends the run: what it brought about is healed. */
  readonly signal: AbortSignal;
  /** The first fault that cannot be brought about ends the run. */
  readonly failFast: boolean;
  readonly onApplied: (occurrence: Occurrence, applied: Applied, atMs: number) => void;
  readonly onOver: (occurrence: Occurrence, outcome: Outcome) => void;
}

/** How long healing may take once the run was told to end: a limit of its own, whatever ended the run. */
const healLimitMs = 5000;

/** From one round of answers to the next question: what is asked is the users' programs. */
const askRolesEveryMs = 500;

/**
 * Plays the whole timeline and returns when all its faults are over, healed. An occurrence that cannot be played is an outcome, not an
 * error. When the signal ends the run, what is in force is healed, within {@link healLimitMs}.
 */
export async function perform(timeline: Timeline, stage: Stage, options: PerformOptions): Promise<readonly Outcome[]> {
  const performance = new Performance(timeline, stage, options);
  return performance.play();
}

/** The end of waiting for a trigger: when it came, or why it never will. */
type Begin = { readonly atMs: number } | { readonly why: string };

class Performance {
  readonly #timeline: Timeline;
  readonly #stage: Stage;
  readonly #options: PerformOptions;
  readonly #stop = new AbortController();
  readonly #over = new AbortController();
  readonly #startedMs: number;
  readonly #steps = new Map<string, StepProgress>();
  readonly #watchers = new Set<{ readonly happening: Happening; readonly seen: (begin: Begin) => void }>();
  /** Set once the cluster's logs cannot be read any more. */
  #deaf: string | undefined;
  /** The run was told to end. */
  readonly #stopped: Promise<undefined>;
  /** And the time for healing is over. */
  readonly #healingOver: Promise<undefined>;

  constructor(timeline: Timeline, stage: Stage, options: PerformOptions) {
    this.#timeline = timeline;
    this.#stage = stage;
    this.#options = options;
    this.#startedMs = stage.nowMs();
    this.#stopped = new Promise((resolve) => this.#stop.signal.addEventListener("abort", () => resolve(undefined)));
    this.#healingOver = this.#stopped.then(() => stage.sleep(healLimitMs, this.#over.signal)).then(() => undefined);
    for (const { step } of timeline.occurrences) {
      const progress = this.#steps.get(step) ?? new StepProgress();
      progress.open++;
      this.#steps.set(step, progress);
    }
  }

  async play(): Promise<readonly Outcome[]> {
    const { signal } = this.#options;
    const end = (): void => this.#stop.abort();
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
    const listening = this.#timeline.occurrences.some(({ trigger }) => trigger.on === "leader-elected" || trigger.on === "log");
    const listener = listening ? this.#listen() : Promise.resolve();
    // thrown below; until then it ends the run
    listener.catch(end);
    try {
      const played = await Promise.allSettled([
        ...this.#timeline.occurrences.map((occurrence) => this.#playOne(occurrence)),
        this.#untilQuietEnd(),
        this.#watchRoles(),
      ]);
      return played.flatMap((one) => {
        if (one.status === "rejected") throw one.reason;
        return one.value ?? [];
      });
    } finally {
      this.#over.abort();
      signal.removeEventListener("abort", end);
      await listener;
    }
  }

  get #sinceStartMs(): number {
    return Math.round(this.#stage.nowMs() - this.#startedMs);
  }

  /** A storm lasts as long as it was asked to, its quiet end included. */
  async #untilQuietEnd(): Promise<undefined> {
    const { storm } = this.#timeline;
    if (storm !== null) await this.#stage.sleep(storm.durationMs, this.#stop.signal);
    return undefined;
  }

  async #playOne(occurrence: Occurrence): Promise<Outcome> {
    const progress = this.#steps.get(occurrence.step);
    let outcome: Outcome | undefined;
    try {
      outcome = await this.#carryOut(occurrence);
    } catch (error) {
      // a mistake in this program ends the run as a signal would
      this.#stop.abort();
      throw error;
    } finally {
      progress?.settle(this.#sinceStartMs);
    }
    this.#options.onOver(occurrence, outcome);
    if (outcome.result !== "done" && outcome.result !== "interrupted" && this.#options.failFast) this.#stop.abort();
    return outcome;
  }

  async #carryOut(occurrence: Occurrence): Promise<Outcome> {
    const { id, trigger, offsetMs } = occurrence;
    const blank: Outcome = { id, result: "interrupted", why: interrupted, plannedMs: null, appliedMs: null, endedMs: null, faultId: null, fault: null }; // prettier-ignore
    const begin = await this.#begin(trigger);
    if (this.#stop.signal.aborted) return blank;
    if ("why" in begin) return { ...blank, result: "skipped", why: begin.why };
    const plannedMs = begin.atMs + offsetMs;
    await this.#stage.sleep(plannedMs - this.#sinceStartMs, this.#stop.signal);
    if (this.#stop.signal.aborted) return { ...blank, plannedMs };
    return this.#hurt(occurrence, { ...blank, plannedMs });
  }

  async #hurt(occurrence: Occurrence, blank: Outcome): Promise<Outcome> {
    const { action, durationMs, seed } = occurrence;
    const applying = this.#stage.apply(action, { durationMs, seed }).catch((error: unknown) => {
      if (error instanceof DeviousError) return error;
      throw error;
    });
    const applied = await this.#withinHealLimit(applying);
    if (applied === undefined) return { ...blank, result: "failed", why: "The agent did not answer in time." };
    if (applied instanceof DeviousError) return { ...blank, result: "failed", why: applied.message };
    const appliedMs = this.#sinceStartMs;
    const inForce = { ...blank, appliedMs, faultId: applied.id, fault: applied.fault };
    this.#steps.get(occurrence.step)?.apply(appliedMs);
    this.#options.onApplied(occurrence, applied, appliedMs);
    await this.#stage.sleep(durationMs, this.#stop.signal);
    const early = this.#stop.signal.aborted;
    // the agent has ended it by now; asking for it tells when all is clean
    const healing = this.#stage.heal(applied.id).then(
      () => null,
      (error: unknown) => {
        if (error instanceof DeviousError) return error.message;
        throw error;
      },
    );
    const trouble = await this.#withinHealLimit(healing);
    if (trouble === undefined) return { ...inForce, result: "failed", why: "Healing took too long; its deadline ends it." };
    if (trouble !== null) return { ...inForce, result: "failed", why: trouble };
    const ended = { ...inForce, endedMs: this.#sinceStartMs };
    return early ? ended : { ...ended, result: "done", why: null };
  }

  /** Undefined where the run was told to end and the time for that is over. */
  #withinHealLimit<T>(work: Promise<T>): Promise<T | undefined> {
    return Promise.race([work, this.#healingOver]);
  }

  async #begin(trigger: Trigger): Promise<Begin> {
    switch (trigger.on) {
      case "start":
        return { atMs: 0 };
      case "step": {
        const progress = this.#steps.get(trigger.step);
        const atMs = await Promise.race([progress?.[trigger.event], this.#stopped]);
        return atMs === undefined ? { why: `The step ${trigger.step} was not ${trigger.event}.` } : { atMs };
      }
      default:
        return this.#await(trigger);
    }
  }

  /** The first time the cluster says it, or why that is not waited for any more. */
  async #await(trigger: Happening & { readonly withinMs: number }): Promise<Begin> {
    if (this.#deaf !== undefined) return { why: this.#deaf };
    const waiting = new AbortController();
    let forget = (): boolean => false;
    const seen = new Promise<Begin>((resolve) => {
      const watcher = { happening: trigger, seen: resolve };
      this.#watchers.add(watcher);
      forget = () => this.#watchers.delete(watcher);
    });
    const late = this.#stage
      .sleep(trigger.withinMs, AbortSignal.any([this.#stop.signal, waiting.signal]))
      .then((): Begin => ({ why: `It did not happen within ${trigger.withinMs / 1000} s: ${describeTrigger(trigger)}.` }));
    const begin = await Promise.race([seen, late]);
    waiting.abort();
    forget();
    return begin;
  }

  /** What the bundled store says when a leader is elected, others are asked, as long as somebody waits for it. */
  async #watchRoles(): Promise<undefined> {
    if (!this.#timeline.nodes.some(({ tellsRole }) => tellsRole)) return undefined;
    const waiting = () => [...this.#watchers].filter(({ happening }) => happening.on === "leader-elected");
    let heard = nobodyHeard;
    while (waiting().length > 0 && !this.#stop.signal.aborted) {
      const round = hearRound(heard, await this.#askRoles());
      heard = round.heard;
      if (round.elected.length > 0) for (const { seen } of waiting()) seen({ atMs: this.#sinceStartMs });
      await this.#stage.sleep(askRolesEveryMs, this.#stop.signal);
    }
    return undefined;
  }

  /** Nobody says anything through an engine that is away. */
  async #askRoles(): Promise<ReadonlyMap<string, Saying>> {
    try {
      return await this.#stage.roles();
    } catch (error) {
      if (error instanceof DeviousError) return new Map();
      throw error;
    }
  }

  async #listen(): Promise<void> {
    try {
      for await (const record of this.#stage.records(AbortSignal.any([this.#stop.signal, this.#over.signal]))) {
        for (const watcher of this.#watchers) {
          if (!isIt(watcher.happening, record)) continue;
          this.#watchers.delete(watcher);
          watcher.seen({ atMs: this.#sinceStartMs });
        }
      }
      this.#deaf = "The cluster's logs have ended.";
    } catch (error) {
      if (!(error instanceof DeviousError)) throw error;
      this.#deaf = error.message;
    }
    for (const watcher of this.#watchers) watcher.seen({ why: this.#deaf });
    this.#watchers.clear();
  }
}

const interrupted = "The run ended before it did.";

/** A pattern means what nodes say; the agent, who says what is done to them, only where it is named. */
function isIt(happening: Happening, record: LogRecord): boolean {
  if (happening.on === "leader-elected") return record.event === "leader-elected" && record.node !== chaosNode;
  const { pattern, node } = happening;
  if (node === null && record.node === chaosNode) return false;
  return accepts({ grep: new RegExp(pattern, "u"), nodes: node === null ? undefined : new Set([node]) }, record);
}
