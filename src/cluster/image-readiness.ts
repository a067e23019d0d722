import type { Listener } from "../chaos/listener.js";
import type { ContainerDetail } from "../engine/port.js";
import type { ReadyProbe, ReadySpec } from "../spec/own-image.js";
import { whyDeaf } from "./deafness.js";
import type { FindListeners } from "./deafness.js";
import { deafPortOf } from "./ports.js";
import type { Endpoints } from "./ports.js";
import { askBy } from "./ready/index.js";
import type { ReadyEngine, Refusal } from "./ready/index.js";
import { afterFailure, attemptMs, isGivenUp, noAttempts } from "./ready/schedule.js";
import { untilReady } from "./readiness.js";
import type { Deadline, Found, Lack, ReadinessEngine, StartedNode } from "./readiness.js";
import { deaf } from "./ready/tcp.js";
import { soon } from "./soon.js";

/** A program that cannot start mostly says so at once: one that has run so long has found its files and its configuration. */
const settleMs = 500;
const inspectEveryMs = 100;
const connectTimeoutMs = 1000;
/** Where its service says how to ask the node itself, the engine is asked only whether it still runs. */
const lookEveryMs = 300;
/** So long whoever sees a node's network from inside has to say who listens there. */
const confirmMs = 2000;
/** So long a connection has to stay where nobody was seen to listen: on a busy machine docker may take long to break it. */
const doubtedMs = 2000;
/** An attempt at the end of the time that has no more than this hears nothing, and what was heard before counts. */
const hastyMs = 100;

export interface ImageWait {
  /** Null: the service does not say. */
  readonly ready?: ReadySpec | null;
  /** Asked where nobody takes connections on a port, and where nothing but that somebody does says that the node is ready. */
  readonly findListeners?: FindListeners;
}

/**
 * Waits until a node of the user's image is ready, as its service says. Where that says nothing: until it has run for a moment, takes
 * connections on every port it publishes, and is content with itself where its image has a health check. Throws as {@link waitReady} does.
 */
export async function waitImageReady(
  engine: ReadinessEngine & ReadyEngine,
  started: StartedNode,
  deadline: Deadline,
  { ready = null, findListeners = async () => undefined }: ImageWait = {},
): Promise<void> {
  const lackOf = ({ what, deafPort }: Refusal): Lack => ({
    failed: what,
    explain: deafPort === undefined ? undefined : async () => whyDeaf(deafPort, await findListeners(started.node)),
  });
  const check = async (taken: Endpoints, leftMs: number): Promise<Found<undefined>> => {
    const port = await deafAfterAll(taken, () => findListeners(started.node), leftMs);
    return port === undefined ? { ready: undefined } : lackOf(deaf(port));
  };
  if (ready === null) await untilSettled(engine, started, deadline, { lackOf, check });
  else await untilAnswered(engine, started, within(deadline, ready), ready, { lackOf, check });
}

/** What answers mean. */
interface Judge {
  readonly lackOf: (refusal: Refusal) => Lack;
  /** Whether ports on which connections were taken have somebody behind them. */
  readonly check: (taken: Endpoints, leftMs: number) => Promise<Found<undefined>>;
}

/**
 * The port behind which nobody is, though connections were taken there: those who see the node's network from inside find no listener, and none
 * of our connections stays. One that stays says more than they: a node may have rules that take connections elsewhere.
 */
async function deafAfterAll(
  taken: Endpoints,
  listenersOf: () => Promise<readonly Listener[] | undefined>,
  leftMs: number,
): Promise<number | undefined> {
  if (taken.size === 0) return undefined;
  const endsAtMs = performance.now() + leftMs;
  const inTime = (ms: number): number => Math.max(1, Math.min(ms, endsAtMs - performance.now()));
  const listeners = await soon(listenersOf(), undefined, inTime(confirmMs));
  if (listeners === undefined) return undefined;
  const heard = new Set(listeners.flatMap(({ port, isLoopback }) => (isLoopback ? [] : port)));
  const doubted = new Map([...taken].filter(([port]) => !heard.has(port)));
  return deafPortOf(doubted, inTime(connectTimeoutMs + doubtedMs), doubtedMs);
}

async function untilSettled(
  engine: ReadinessEngine,
  started: StartedNode,
  deadline: Deadline,
  { lackOf, check }: Judge,
): Promise<void> {
  const seen = new Map<string, number>();
  await untilReady(engine, started, deadline, inspectEveryMs, async (detail, leftMs) => {
    if (detail.state !== "running") return { failed: `its container is ${detail.state}` };
    const run = detail.startedAt ?? "";
    const firstSeenAt = seen.get(run) ?? performance.now();
    seen.set(run, firstSeenAt);
    // the engine's clock may be another one: whichever says that it has run long enough
    const ranMs = Math.max(performance.now() - firstSeenAt, Date.now() - Date.parse(run));
    if (!(ranMs >= settleMs)) return { failed: "it had only just started" };
    const refusal = await imageProblem(detail, Math.min(connectTimeoutMs, leftMs));
    return refusal === undefined ? check(detail.endpoints, leftMs) : lackOf(refusal);
  });
}

/** The service may have less patience with its nodes than the user with the cluster. */
function within(deadline: Deadline, { timeoutMs }: ReadySpec): Deadline {
  const endsAtMs = performance.now() + (timeoutMs ?? Infinity);
  if (timeoutMs === null || endsAtMs >= deadline.endsAtMs) return deadline;
  return { ...deadline, endsAtMs, timeoutMs, advice: { ...deadline.advice, timeout: "`timeout` of its service's `ready`" } };
}

async function untilAnswered(
  engine: ReadinessEngine & ReadyEngine,
  started: StartedNode,
  deadline: Deadline,
  ready: ReadySpec,
  { lackOf, check }: Judge,
): Promise<void> {
  const ask = askBy(engine, started.containerId, ready.probe);
  let run: { readonly startedAt: string | undefined; readonly seenAtMs: number } | undefined;
  let attempts = noAttempts;
  let lack: Lack = { failed: "it has not been asked" };
  await untilReady(engine, started, deadline, lookEveryMs, async (detail, leftMs): Promise<Found<undefined>> => {
    if (detail.state !== "running") return { failed: `its container is ${detail.state}` };
    if (run === undefined || run.startedAt !== detail.startedAt) {
      run = { startedAt: detail.startedAt, seenAtMs: performance.now() };
      attempts = noAttempts;
    }
    if (performance.now() < attempts.nextAtMs) return lack;
    const refusal = await ask(detail, attemptMs(ready, leftMs));
    const found = refusal === undefined ? await check(takenBy(ready.probe, detail), leftMs) : lackOf(refusal);
    if ("ready" in found) return found;
    if (attempts === noAttempts || leftMs > hastyMs) lack = found;
    attempts = afterFailure(attempts, ready, run.seenAtMs, performance.now());
    return isGivenUp(attempts, ready) ? { ...lack, afterAttempts: attempts.failed } : lack;
  });
}

/** What keeps a running node of the user's image from being ready; undefined where nothing does. */
export async function imageProblem({ health, endpoints }: ContainerDetail, timeoutMs: number): Promise<Refusal | undefined> {
  if (health !== undefined && health !== "healthy") return { what: `its image's health check says ${health}` };
  const port = await deafPortOf(endpoints, timeoutMs);
  return port === undefined ? undefined : deaf(port);
}

/** Ports of which an attempt that found no refusal knows only that connections are taken. */
function takenBy(probe: ReadyProbe, { endpoints }: ContainerDetail): Endpoints {
  return new Map([...endpoints].filter(([port]) => probe.by === "tcp" && port === probe.port));
}
