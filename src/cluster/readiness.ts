import { setTimeout as sleep } from "node:timers/promises";
import { DeviousError } from "../core/errors.js";
import { formatDuration } from "../core/duration.js";
import { riakPbPort } from "../core/node-contract.js";
import type { ContainerDetail, Containers, Streams } from "../engine/port.js";
import { howItEnded, remedyFor, troublesOf } from "./death.js";
import { NodePast } from "./node-past.js";
import { lastLinesSoon, postMortem } from "./post-mortem.js";
import { soon } from "./soon.js";
import { storeClientOf } from "./store-client.js";
import type { StoreClient } from "./store-client.js";

export type ReadinessEngine = Pick<Containers & Streams, "inspectContainer" | "logs" | "pastEvents">;

export interface StartedNode {
  readonly node: string;
  readonly containerId: string;
}

export interface Deadline {
  /** On the clock of `performance.now()`. */
  readonly endsAtMs: number;
  /** How long the whole of the waiting may take, as the user was told. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly advice: Advice;
}

/** What to do about a node that does not get ready, in the words of who waits for it. */
export interface Advice {
  /** What gives it more time: `--timeout`. */
  readonly timeout: string;
  /** What leaves a cluster that failed: `--keep`; null: it is left. */
  readonly keep: string | null;
  /** Name of the engine's machine, where ports are reached on that one and nobody has said so. */
  readonly machine?: string | null;
}

const pollMs = 10;
const answerTimeoutMs = 1000;
/** Looking at the container costs more than asking the node; a node that died is found out within this time. */
const inspectEveryMs = 300;

/**
 * Waits until a node of the bundled store answers and has a leader or, where nobody leads, reaches all other members but those that are `away`. A
 * node that exits is not waited for. Throws CLUSTER_NOT_READY with the check that failed, the exit code where there is one, and the
 * node's last log lines.
 */
export async function waitReady(
  engine: ReadinessEngine,
  started: StartedNode,
  deadline: Deadline,
  away: readonly string[] = [],
): Promise<StoreClient> {
  let client: StoreClient | undefined;
  let why = "";
  return untilReady(engine, started, deadline, inspectEveryMs, async (detail, leftMs) => {
    client ??= storeClientOf(started.node, detail);
    if (client === undefined) return { failed: "its container publishes no port" };
    const timeoutMs = Math.max(1, Math.min(answerTimeoutMs, leftMs));
    const isLeaderless = detail.endpoints.has(riakPbPort);
    const health = await client.health(timeoutMs);
    if (health.type === "ready") {
      const missed = isLeaderless ? await missedBy(client, timeoutMs, away) : undefined;
      return missed === undefined ? { ready: client } : { failed: missed };
    }
    // the last look has hardly any time: it hears nothing, and what was heard before counts
    if (health.type === "waiting" && health.reason !== undefined) why = `: ${health.reason}`;
    return { failed: `GET /health did not say that it ${isLeaderless ? "can serve" : "has a leader"}${why}` };
  });
}

/** What a node that serves lacks still to be as it will be: that it reaches the other members. */
async function missedBy(client: StoreClient, timeoutMs: number, away: readonly string[]): Promise<string | undefined> {
  const status = await client.status(timeoutMs);
  if (status?.design !== "leaderless") return "GET /status did not tell which members it reaches";
  const missed = status.members.filter(({ name, isReachable }) => !isReachable && !away.includes(name)).map(({ name }) => name);
  return missed.length === 0 ? undefined : `it does not reach ${missed.join(", ")}`;
}

/** What a look at a node found: that it is ready, or what is missing, which ends "was not ready after 1m: …". */
export type Found<T> =
  { readonly ready: T } | (Lack & { /** So many have failed that it is given up. */ readonly afterAttempts?: number });

/** What a node lacks to be ready. */
export interface Lack {
  readonly failed: string;
  /** Finds out more, once it is too late; undefined where there is no more. */
  readonly explain?: (() => Promise<string | undefined>) | undefined;
}

/**
 * Looks until a look finds the node ready. The container as it was last inspected, at most `everyMs` ago, is what is looked at. Throws
 * CLUSTER_NOT_READY with what a reader of the sentence has to know: what was missing, or how the node ended, and its last lines.
 */
export async function untilReady<T>(
  engine: ReadinessEngine,
  started: StartedNode,
  deadline: Deadline,
  everyMs: number,
  look: (detail: ContainerDetail, leftMs: number) => Promise<Found<T>>,
): Promise<T> {
  const { node } = started;
  const leftMs = (): number => deadline.endsAtMs - performance.now();
  let inspectAt = performance.now() + everyMs;
  let detail = await inspect(engine, started, deadline.advice);
  const past = new NodePast(engine, detail);
  const wait: Wait = { engine, started, past, advice: deadline.advice };
  // however late it is, everybody is asked once
  for (;;) {
    deadline.signal.throwIfAborted();
    const found = await look(detail, leftMs());
    if ("ready" in found) return found.ready;
    if (found.afterAttempts !== undefined) {
      const times = found.afterAttempts === 1 ? "1 attempt" : `${found.afterAttempts} attempts`;
      throw await notReady(wait, detail, `${node} was not ready after ${times}`, found, undefined);
    }
    await sleep(Math.max(0, Math.min(pollMs, leftMs())));
    if (leftMs() <= 0) {
      const { timeoutMs, advice } = deadline;
      const sentence = `${node} was not ready after ${formatDuration(timeoutMs)}`;
      throw await notReady(wait, detail, sentence, found, moreTime(advice));
    }
    past.keepUp();
    if (performance.now() < inspectAt) continue;
    inspectAt = performance.now() + everyMs;
    // an engine that does not say how the node is does not hold up the end
    detail = await soon(inspect(engine, started, deadline.advice), detail, Math.max(1, leftMs()));
  }
}

/** Whom somebody waits for, and what is known of it. */
interface Wait {
  readonly engine: ReadinessEngine;
  readonly started: StartedNode;
  readonly past: NodePast;
  readonly advice: Advice;
}

async function notReady(
  { engine, started, past, advice }: Wait,
  known: ContainerDetail,
  sentence: string,
  { failed, explain }: Lack,
  remedy: string | undefined,
): Promise<DeviousError> {
  const look = soon(there(engine, started), known);
  const [death, explained] = await Promise.all([
    postMortem(engine, known, look, past),
    explain === undefined ? undefined : soon(explain(), undefined),
  ]);
  // what a node that ends again and again does not answer is no wonder
  const whys =
    death.ends > 0 ? troublesOf(death) : [failed, ...(explained === undefined ? [] : [explained]), ...troublesOf(death)];
  return new DeviousError("CLUSTER_NOT_READY", `${sentence}: ${whys.join("; ")}.`, {
    details: death.lastLines,
    hint: hintOf(advice, remedyFor(death) ?? reachedAt(advice) ?? remedy),
  });
}

/** A node that ended while it was to go on. */
export async function endedError(
  engine: ReadinessEngine,
  { node }: StartedNode,
  detail: ContainerDetail,
  advice: Advice,
  when: string,
): Promise<DeviousError> {
  const death = await postMortem(engine, detail);
  const [how, more] = howItEnded(death);
  return new DeviousError("CLUSTER_NOT_READY", `${node} ${how} ${when}${more}.`, {
    details: death.lastLines,
    hint: hintOf(advice, remedyFor(death)),
  });
}

/** A node that had not come to its end in time. */
export async function notInTime(
  engine: ReadinessEngine,
  started: StartedNode,
  { timeoutMs, advice }: Deadline,
  sentence: string,
): Promise<DeviousError> {
  return new DeviousError("CLUSTER_NOT_READY", `${started.node} ${sentence} after ${formatDuration(timeoutMs)}.`, {
    details: await lastLinesSoon(engine, started.containerId),
    hint: hintOf(advice, moreTime(advice)),
  });
}

function moreTime({ timeout }: Advice): string {
  return `A longer ${timeout} gives it more time`;
}

/** Nodes that run well are not reached where their ports are not. */
function reachedAt({ machine }: Advice): string | undefined {
  if (machine === undefined || machine === null) return undefined;
  return `The engine is on another machine, whose ports are not this one's: DEVIOUS_ENGINE_HOST=${machine} has nodes looked for there (docs/ci.md)`;
}

function hintOf({ keep }: Advice, remedy: string | undefined): string | undefined {
  const all = [remedy, keep === null ? undefined : `${keep} leaves what was made for a closer look`];
  const said = all.filter((one) => one !== undefined).join("; ");
  return said === "" ? undefined : `${said}.`;
}

/** The node's container, which has not ended. */
async function inspect(engine: ReadinessEngine, started: StartedNode, advice: Advice): Promise<ContainerDetail> {
  const detail = await there(engine, started);
  if (detail.state !== "exited" && detail.state !== "dead") return detail;
  throw await endedError(engine, started, detail, advice, "before it was ready");
}

export async function there(
  engine: Pick<ReadinessEngine, "inspectContainer">,
  { node, containerId }: StartedNode,
): Promise<ContainerDetail> {
  const detail = await engine.inspectContainer(containerId);
  if (detail === undefined) throw new DeviousError("CLUSTER_NOT_READY", `${node} was removed while it was waited for.`);
  return detail;
}
