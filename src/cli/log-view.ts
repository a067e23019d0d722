import { asksForLeader, resolveTarget, type ClusterFacts } from "../chaos/target.js";
import { clusterFacts } from "../cluster/facts.js";
import type { Observed } from "../cluster/observe.js";
import type { StatusEngine } from "../cluster/status.js";
import { formatDuration } from "../core/duration.js";
import { DeviousError } from "../core/errors.js";
import { closest } from "../core/ids.js";
import { chaosNode, type LogRecord } from "../core/log-record.js";
import { createPrng } from "../core/prng.js";
import { faultSpan } from "../logs/fault-span.js";
import { throughUntil, type LogFilter, type Placed } from "../logs/filter.js";
import { createQuietEnd, timerMostMs } from "../logs/quiet-end.js";
import type { PrettyOptions } from "../logs/pretty/pretty.js";
import { msOfStamp } from "../logs/stamp.js";
import { readEntries, type LogEngine, type ReadLogsOptions } from "../logs/tail.js";
import { untilMatch } from "../logs/until.js";
import { stampBeside } from "../logs/when.js";
import type { LogQuestion } from "./log-question.js";

/** Where records come from: a cluster that is up, or what was kept of one. */
export interface LogSource {
  /** `withLeaders`: who leads is asked of the nodes. */
  readonly facts: (withLeaders: boolean) => Promise<ClusterFacts>;
  /** In order, as many at once as are there. */
  readonly read: (options: ReadLogsOptions) => AsyncIterable<readonly Said[]>;
}

/** A line of a log, with what it says where somebody wants to know. */
export interface Said extends Placed {
  readonly record: LogRecord;
}

/** The logs that the engine has of a cluster. */
export function engineLogs(engine: LogEngine & StatusEngine, found: Observed): LogSource {
  return {
    facts: (withLeaders) => clusterFacts(engine, found, withLeaders),
    read: (options) => readEntries(engine, found.name, options),
  };
}

const asideMs = 5000;

/**
 * The lines that answer a question, as they come: a text is as many as are there at once, with new lines between them. `pretty`: how to write for a person, its nodes are filled in. Throws UNKNOWN_NODE,
 * UNKNOWN_FAULT, USAGE for a service that is not there, and NO_MATCH where `--until-match` never came true.
 */
export async function* logLines(
  question: LogQuestion,
  source: LogSource,
  pretty: PrettyOptions,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const facts = await source.facts(question.who !== undefined && asksForLeader(question.who.target));
  const filter = await filterOf(question, facts, source, signal);
  const writer = question.writer({ ...pretty, nodes: facts.nodes.map(({ node }) => node) });
  if (writer.head !== undefined) yield writer.head;
  for await (const batch of story(question, filter, source, signal)) {
    const lines = batch.map(({ record }) => writer.line(record)).filter((line) => line !== "");
    if (lines.length > 0) yield lines.join("\n");
  }
  const rest = writer.flush?.() ?? "";
  if (rest !== "") yield rest;
}

/** The question's filter, with what it takes the cluster to know: nodes, and the time of a fault. */
async function filterOf(
  { who, services, filter, fault }: LogQuestion,
  facts: ClusterFacts,
  source: LogSource,
  signal: AbortSignal,
): Promise<LogFilter> {
  for (const service of services) assertService(service, facts);
  const nodes = who === undefined ? undefined : new Set(who.agent ? [chaosNode] : []);
  // nothing but the agent is no target: that would be everybody
  if (nodes !== undefined && who !== undefined && who.target.length > 0) {
    // no random choice is among them, so the seed is of no account
    for (const node of resolveTarget(who.target, facts, createPrng(0))) nodes.add(node);
  }
  if (fault === undefined) return { ...filter, nodes };
  const agentRecords = source.read({ follow: false, filter: { nodes: new Set([chaosNode]) }, signal });
  const { from, to } = await faultSpan(agentRecords, fault);
  return { ...filter, nodes, since: stampBeside(from, -asideMs), until: to === undefined ? undefined : stampBeside(to, asideMs) };
}

function assertService(service: string, { nodes }: ClusterFacts): void {
  const known = [...new Set(nodes.map((each) => each.service))];
  if (known.includes(service)) return;
  const meant = closest(service, known);
  throw new DeviousError("USAGE", `The cluster has no service "${service}"`, {
    hint: meant === undefined ? `It has ${known.join(", ")}.` : `Did you mean "${meant}"?`,
  });
}

/** The records, to their last: the end of time that was asked for, the match, the time-out or the user. */
async function* story(
  { follow, tail, holdBackMs, untilMatch: pattern, timeoutMs }: LogQuestion,
  filter: LogFilter,
  source: LogSource,
  signal: AbortSignal,
): AsyncGenerator<readonly Said[], void, undefined> {
  const { until } = filter;
  const timedOut = timeoutMs === undefined ? [] : [AbortSignal.timeout(Math.min(timeoutMs, timerMostMs))];
  const untilEndMs = until === undefined ? Infinity : msOfStamp(until) - Date.now();
  const follows = follow && untilEndMs > 0;
  const end = createQuietEnd(follows ? untilEndMs + (holdBackMs ?? 0) : Infinity);
  const all = source.read({
    follow: follows,
    // the last records of a node are counted before the story is merged, so only those may pass that are shown
    filter: until === undefined || tail !== undefined ? filter : { ...filter, passEnd: true },
    tail,
    holdBackMs,
    signal: AbortSignal.any([signal, end.signal, ...timedOut]),
  });
  const batches = until === undefined ? all : throughUntil(end.through(all), until);
  if (pattern === undefined) return yield* batches;

  let matched = false;
  yield* untilMatch(batches, pattern, () => (matched = true));
  if (matched || signal.aborted) return;
  const within = timedOut[0]?.aborted === true ? ` within ${formatDuration(timeoutMs ?? 0)}` : "";
  throw new DeviousError("NO_MATCH", `No record matched ${String(pattern)}${within}`, {
    hint: "Records that the other flags leave out are not looked at; --level debug lets more through.",
  });
}
