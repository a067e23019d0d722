/** Carries out the checks of one service after another on a stage, and says of each what came of it. */
import { formatDuration } from "../../core/duration.js";
import { DeviousError } from "../../core/errors.js";
import { unreachable } from "../../core/invariant.js";
import type { Check, InflictedFault } from "../report/report.js";
import { type Act, type Batch, type Hurt, type PlannedCheck, keysInBatch } from "./plan.js";
import type { Inflicted, SmokeStage } from "./stage.js";

export interface CarryOutOptions {
  /** For each thing that is waited for. */
  readonly timeoutMs: number;
  /** When this begins, since the report's beginning. */
  readonly beganMs: number;
  readonly onCheck: (check: Check) => void;
  readonly onFault: (fault: InflictedFault) => void;
}

/** What came of an act; what cannot be done at all throws, and is a failure as well. */
type Found =
  { readonly verdict: "pass"; readonly why: string | null } | { readonly verdict: "skip" | "fail"; readonly why: string };
const passed: Found = { verdict: "pass", why: null };

/** Between two attempts at what is waited for. */
const retryMs = 50;
/** How long a leader stays away at most for another to take over. */
const failOverMs = 10_000;
/** Sentinel makes a replica of a master that is back within some ten seconds. */
const settleMs = 30_000;
/** The faults outlast what is done meanwhile, and end by themselves all the same. */
const faultLastsFactor = 3;

/** Trouble that says nothing about the cluster: no check can be made any more. */
const endsAll: readonly string[] = ["ENGINE_UNREACHABLE"];

export class SmokeRun {
  readonly #stage: SmokeStage;
  readonly #options: CarryOutOptions;
  /** The report's beginning, by the stage's clock. */
  readonly #startedMs: number;
  /** `service/id` of checks that passed. */
  readonly #passed = new Set<string>();
  /** What each service holds for certain. */
  readonly #written = new Map<string, Map<string, string>>();
  /** By node that is down. */
  readonly #down = new Map<string, Down>();

  constructor(stage: SmokeStage, options: CarryOutOptions) {
    this.#stage = stage;
    this.#options = options;
    this.#startedMs = stage.nowMs() - options.beganMs;
  }

  /** One after the other. A check that fails is a verdict; only what leaves nothing to check throws. */
  async carryOut(planned: readonly PlannedCheck[]): Promise<void> {
    for (const one of planned) this.#options.onCheck(await this.#check(one, planned));
  }

  /**
   * Waits until a service is led by no more nodes than before all checks, a while at most: the election that a check has brought about
   * may end after it, and a scenario that aims at the leader has to find one.
   */
  async leadersSettle(service: string, most: number): Promise<void> {
    await this.#leadersOnce(service, isLedByAtMost(most), settleMs);
  }

  async #check(planned: PlannedCheck, all: readonly PlannedCheck[]): Promise<Check> {
    const { service, node, what, needs } = planned;
    const startedMs = this.#stage.nowMs();
    const told = (rest: Pick<Check, "verdict" | "why" | "lastLines">): Check => {
      const tookMs = Math.round(this.#stage.nowMs() - startedMs);
      return { service, node, what, tookMs, ...rest };
    };
    const missing = needs.find((need) => !this.#passed.has(`${service}/${need}`));
    if (missing !== undefined) {
      const other = all.find(({ id }) => id === missing);
      const name = other === undefined ? missing : [other.node, other.what].filter((word) => word !== null).join(": ");
      return told({ verdict: "skip", why: `It needs what did not pass: ${name}.`, lastLines: [] });
    }
    try {
      const found = await this.#act(planned);
      if (found.verdict === "pass") this.#passed.add(`${service}/${planned.id}`);
      const isMute = found.verdict !== "fail" || node === null;
      return told({ ...found, lastLines: isMute ? [] : await this.#stage.lastLines(node) });
    } catch (error) {
      if (!(error instanceof DeviousError) || endsAll.includes(error.code)) throw error;
      const lastLines = error.details.length > 0 || node === null ? error.details : await this.#stage.lastLines(node);
      return told({ verdict: "fail", why: sentence(error.message), lastLines });
    }
  }

  async #act({ service, act }: PlannedCheck): Promise<Found> {
    switch (act.do) {
      case "write":
        await this.#write(service, act.batch, act.through);
        return passed;
      case "read":
        return this.#read(service, act);
      case "kill": {
        const down = await this.#inflict("kill", act.node);
        if ("why" in down) return { verdict: "skip", why: down.why };
        this.#down.set(act.node, down);
        return passed;
      }
      case "return": {
        await this.#down.get(act.node)?.end();
        await this.#stage.ready(service, act.node);
        return passed;
      }
      case "converge":
        return this.#converge(service);
      case "ready":
        await Promise.all(act.nodes.map((node) => this.#stage.ready(service, node)));
        return passed;
      case "hurt":
        return this.#hurt(service, act);
      case "fail-over":
        return this.#failOver(service, act.protect);
      case "skip":
        return { verdict: "skip", why: act.why };
      default:
        return unreachable(act);
    }
  }

  /** A write of the same value again does no harm, so what got no answer is tried once more, through the next node. */
  async #write(service: string, batch: Batch, through: readonly string[]): Promise<void> {
    const names = Array.from({ length: keysInBatch }, (_, i) => `${batch}-${i + 1}`);
    const pairs = new Map(names.map((name) => [`devious-smoke/${name}`, `value of ${name}`]));
    await this.#eventually((attempt) => this.#stage.put(through[attempt % through.length] ?? "", pairs));
    this.#written.set(service, new Map([...(this.#written.get(service) ?? []), ...pairs]));
  }

  async #read(service: string, { from, isEventual }: Extract<Act, { readonly do: "read" }>): Promise<Found> {
    const written = this.#written.get(service) ?? new Map<string, string>();
    const find = (): Promise<string | null> => this.#missing(from, written);
    if (!isEventual) {
      const missing = await find();
      return missing === null ? passed : failed(`${missing}.`);
    }
    const { first, latest, tookMs } = await this.#untilNothing(find);
    if (latest !== null) return failed(this.#still(latest));
    if (first === null) return passed;
    return { verdict: "pass", why: `Not at once: ${first}; after ${formatDuration(tookMs)} nothing was missing.` };
  }

  /** A key that one of the nodes does not have as it was written, and how many more there are; null: all have all. */
  async #missing(from: readonly string[], written: ReadonlyMap<string, string>): Promise<string | null> {
    const wrong = await Promise.all(
      from.map(async (node) => {
        const got = await this.#eventually(() => this.#stage.get(node, [...written.keys()]));
        const keys = [...written].filter(([key, value]) => got.get(key) !== value).map(([key]) => key);
        return keys.map((key) => `${node} ${got.has(key) ? "has another value of" : "does not have"} ${key}`);
      }),
    );
    const [first, ...more] = wrong.flat();
    if (first === undefined) return null;
    const others = more.length === 0 ? "" : `, and so it is with ${more.length} more`;
    return `${first}, which was written and acknowledged${others}`;
  }

  async #converge(service: string): Promise<Found> {
    const { latest } = await this.#untilNothing(() => this.#stage.difference(service));
    return latest === null ? passed : failed(this.#still(latest.replace(/\.$/, "")));
  }

  async #hurt(service: string, { by, node, holdMs }: Extract<Act, { readonly do: "hurt" }>): Promise<Found> {
    const fault = await this.#inflict(by, node);
    if ("why" in fault) return { verdict: "skip", why: fault.why };
    try {
      await this.#stage.sleep(holdMs);
    } finally {
      await fault.end();
    }
    await this.#stage.ready(service, node);
    return passed;
  }

  async #failOver(service: string, protect: readonly string[]): Promise<Found> {
    const { timeoutMs } = this.#options;
    const before = await this.#leadersOnce(service, (leaders) => leaders.length > 0, timeoutMs);
    const [leader] = before;
    if (leader === undefined) return notLed(service, timeoutMs);
    if (protect.includes(leader)) return { verdict: "skip", why: `${leader}, which leads, is protected.` };
    const fault = await this.#inflict("kill", leader);
    if ("why" in fault) return { verdict: "skip", why: fault.why };
    const startedMs = this.#stage.nowMs();
    let taken: string | undefined;
    let tookMs: number;
    try {
      const isTaken = (leaders: readonly string[]): boolean => leaders.some((node) => node !== leader);
      const leaders = await this.#leadersOnce(service, isTaken, Math.min(failOverMs, timeoutMs));
      taken = leaders.find((node) => node !== leader);
      tookMs = this.#stage.nowMs() - startedMs;
    } finally {
      await fault.end();
    }
    await this.#stage.ready(service, leader);
    // who comes back may take itself for the leader until it has heard of another
    const isSettled = isLedByAtMost(before.length);
    const after = await this.#leadersOnce(service, isSettled, timeoutMs);
    const [leads] = after;
    if (leads === undefined) return notLed(service, timeoutMs);
    if (!isSettled(after)) {
      return failed(`${after.join(" and ")} each say that they lead ${service}, still after ${formatDuration(timeoutMs)}.`);
    }
    const how =
      taken === undefined
        ? `Nobody led without ${leader}; ${leads} leads now that it is back.`
        : `${taken} led ${formatDuration(tookMs)} after ${leader} was killed.`;
    return { verdict: "pass", why: how };
  }

  /** Looks for what is wrong until nothing is, for the time-out at most: what it was at first, and what in the end. */
  async #untilNothing(
    find: () => Promise<string | null>,
  ): Promise<{ readonly first: string | null; readonly latest: string | null; readonly tookMs: number }> {
    const startedMs = this.#stage.nowMs();
    const first = await find();
    for (let latest = first; ; latest = await find()) {
      const tookMs = this.#stage.nowMs() - startedMs;
      if (latest === null || tookMs >= this.#options.timeoutMs) return { first, latest, tookMs };
      await this.#stage.sleep(retryMs);
    }
  }

  #still(wrong: string): string {
    return `${wrong}, still after ${formatDuration(this.#options.timeoutMs)}.`;
  }

  /** Who says that it leads, as soon as that is as it has to be; else as it is when the time is over. */
  async #leadersOnce(
    service: string,
    isRight: (leaders: readonly string[]) => boolean,
    withinMs: number,
  ): Promise<readonly string[]> {
    const endsMs = this.#stage.nowMs() + withinMs;
    for (;;) {
      const askedMs = this.#stage.nowMs();
      const leaders = await this.#stage.leaders(service);
      const answeredMs = this.#stage.nowMs();
      if (isRight(leaders) || answeredMs >= endsMs) return leaders;
      // a question may be a program in each node, and they have elections to hold
      await this.#stage.sleep(Math.max(retryMs, answeredMs - askedMs));
    }
  }

  async #inflict(by: Hurt, node: string): Promise<Down | { readonly why: string }> {
    const fault: Inflicted = await this.#stage.hurt(by, node, this.#options.timeoutMs * faultLastsFactor + failOverMs);
    if (fault.type === "impossible") return { why: fault.why };
    const { id, description } = fault;
    const sinceStartMs = (): number => Math.round(this.#stage.nowMs() - this.#startedMs);
    const appliedMs = sinceStartMs();
    return {
      end: async () => {
        await this.#stage.heal(id);
        this.#options.onFault({ description, appliedMs, endedMs: sinceStartMs() });
      },
    };
  }

  /** Tries again until it works; throws what it threw last. */
  async #eventually<T>(attempt: (count: number) => Promise<T>): Promise<T> {
    const endsMs = this.#stage.nowMs() + this.#options.timeoutMs;
    for (let count = 0; ; count++) {
      try {
        return await attempt(count);
      } catch (error) {
        const isOver = this.#stage.nowMs() >= endsMs;
        if (!(error instanceof DeviousError) || endsAll.includes(error.code) || isOver) throw error;
      }
      await this.#stage.sleep(retryMs);
    }
  }
}

interface Down {
  readonly end: () => Promise<void>;
}

function failed(why: string): Found {
  return { verdict: "fail", why };
}

function isLedByAtMost(most: number): (leaders: readonly string[]) => boolean {
  return (leaders) => leaders.length > 0 && leaders.length <= most;
}

function notLed(service: string, withinMs: number): Found {
  return failed(`Nobody said that it leads ${service} for ${formatDuration(withinMs)}.`);
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
