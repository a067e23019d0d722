import { asksForLeader, resolveTarget, type ClusterFacts } from "../chaos/target.js";
import { clusterFacts } from "../cluster/facts.js";
import type { Observed } from "../cluster/observe.js";
import type { StatusEngine } from "../cluster/status.js";
import { formatDuration } from "../core/duration.js";
import { DeviousError } from "../core/errors.js";
import { closest } from "../core/ids.js";
import { chaosNode, type LogRecord } from "../core/log-record.js";
import { shipperNode } from "../core/ship-contract.js";
import { createPrng } from "../core/prng.js";
import { faultSpan } from "../logs/fault-span.js";
import { throughUntil, type LogFilter } from "../logs/filter.js";
import { type CausalOptions, inCausalOrder } from "../logs/in-causal-order.js";
import { createQuietEnd, timerMostMs } from "../logs/quiet-end.js";
import type { PrettyOptions } from "../logs/pretty/pretty.js";
import { msOfStamp } from "../logs/stamp.js";
import { readArchive } from "../logs/archive-reader.js";
import { readArchived } from "../logs/archive-source.js";
import { withPauses } from "../logs/pauses.js";
import type { Shown } from "../logs/shown.js";
import type { Tally } from "../logs/tally.js";
import type { RecordWriter } from "../logs/templates/writer.js";
import { readEntries, type LogEngine, type ReadLogsOptions } from "../logs/tail.js";
import { untilMatch } from "../logs/until.js";
import { stampBeside } from "../logs/when.js";
import type { LogQuestion } from "./log-question.js";

/** Where records come from: a cluster that is up, or what was kept of one. */
export interface LogSource {
  /** Of the cluster, or of the file. */
  readonly name: string;
  /** `withLeaders`: who leads is asked of the nodes. `isNeeded`: somebody asks for nodes by what is known of them. */
  readonly facts: (withLeaders: boolean, isNeeded: boolean) => Promise<ClusterFacts>;
  /** In order, as many at once as are there. */
  readonly read: (options: ReadLogsOptions) => AsyncIterable<readonly Shown[]>;
}

/** The logs that the engine has of a cluster. */
export function engineLogs(engine: LogEngine & StatusEngine, found: Observed): LogSource {
  return {
    name: found.name,
    facts: (withLeaders) => clusterFacts(engine, found, withLeaders),
    read: (options) => readEntries(engine, found.name, { ...options, life: true }),
  };
}

/** The logs that were kept of a cluster. It is read once more for its nodes, where somebody asks for some of them. */
export function archivedLogs(file: string): LogSource {
  return {
    name: file,
    facts: async (_withLeaders, isNeeded) => ({ nodes: isNeeded ? await nodesIn(file) : [], leaders: {} }),
    read: (options) => readArchived(file, options),
  };
}

async function nodesIn(file: string): Promise<ClusterFacts["nodes"]> {
  const services = new Map<string, string>();
  for await (const records of readArchive(file)) {
    for (const { node, service } of records) if (node !== chaosNode && node !== shipperNode) services.set(node, service);
  }
  return [...services]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([node, service]) => ({ node, service, zone: null, protected: false, bundled: false }));
}

const asideMs = 5000;
/** How long what is folded waits for another of its kind. */
const foldMs = 1000;

/** What is told of a reading, beside what was read. */
export interface Telling {
  readonly signal: AbortSignal;
  readonly tally?: Tally | undefined;
}

/**
 * The lines that answer a question, as they come: a text is as many as are there at once, with newlines between them. `pretty`: how to write
 * for a person, its nodes are filled in. Throws UNKNOWN_NODE, UNKNOWN_FAULT, USAGE for a service that is not there, and NO_MATCH where
 * `--until-match` never came true.
 */
export async function* logLines(
  question: LogQuestion,
  source: LogSource,
  pretty: PrettyOptions,
  telling: Telling,
): AsyncGenerator<string, void, undefined> {
  const { filter, nodes } = await asked(question, source, telling.signal);
  const writer = question.writer({ ...pretty, nodes });
  const batches = inOrder(question, story(question, filter, source, { ...telling, faultsToo: writer.skip !== undefined }));
  if (writer.head !== undefined) yield writer.head;
  const { flush } = writer;
  for await (const batch of question.follow && flush !== undefined ? withPauses(batches, foldMs) : batches) {
    // one text that grows: to join a list costs twice as much
    let text = batch === undefined ? (flush?.() ?? "") : "";
    for (const shown of batch ?? []) {
      const line = lineOf(shown, writer);
      if (line !== "") text += text === "" ? line : `\n${line}`;
    }
    if (text !== "") yield text;
  }
  const rest = flush?.() ?? "";
  if (rest !== "") yield rest;
}

/** The records that answer a question, one after the other. */
export async function* logRecords(
  question: LogQuestion,
  source: LogSource,
  telling: Telling,
): AsyncGenerator<LogRecord, void, undefined> {
  const { filter } = await asked(question, source, telling.signal);
  for await (const batch of inOrder(question, story(question, filter, source, telling))) {
    for (const { record } of batch) yield record;
  }
}

function lineOf(shown: Shown, writer: RecordWriter): string {
  if (shown.isAside === true) return writer.skip?.(shown.record) ?? "";
  return writer.shown === undefined ? writer.line(shown.record) : writer.shown(shown);
}

function inOrder(
  { isCausal, follow, holdBackMs }: LogQuestion,
  batches: AsyncIterable<readonly Shown[]>,
): AsyncIterable<readonly Shown[]> {
  return isCausal ? byCause(batches, { follow, windowMs: holdBackMs }) : batches;
}

async function* byCause(
  batches: AsyncIterable<readonly Shown[]>,
  options: CausalOptions,
): AsyncGenerator<readonly Shown[], void, undefined> {
  // the agent has no clock, so its records come out as they went in
  const asides = new WeakSet<LogRecord>();
  for await (const record of inCausalOrder(recordsOf(batches, asides), options)) {
    yield [{ ts: record.ts, flags: record.flags ?? [], record, isAside: asides.has(record) }];
  }
}

async function* recordsOf(
  batches: AsyncIterable<readonly Shown[]>,
  asides: WeakSet<LogRecord>,
): AsyncGenerator<LogRecord, void, undefined> {
  for await (const batch of batches) {
    for (const { record, isAside } of batch) {
      if (isAside === true) asides.add(record);
      yield record;
    }
  }
}

/** The question's filter, and the nodes there are. */
async function asked(
  question: LogQuestion,
  source: LogSource,
  signal: AbortSignal,
): Promise<{ readonly filter: LogFilter; readonly nodes: readonly string[] }> {
  const { who, services } = question;
  const facts = await source.facts(who !== undefined && asksForLeader(who.target), who !== undefined || services.length > 0);
  return { filter: await filterOf(question, facts, source, signal), nodes: facts.nodes.map(({ node }) => node) };
}

/** The question's filter, with what it takes the cluster to know: nodes, and the time of a fault. */
async function filterOf(
  { who, services, filter, fault }: LogQuestion,
  facts: ClusterFacts,
  source: LogSource,
  signal: AbortSignal,
): Promise<LogFilter> {
  for (const service of services) assertService(service, facts);
  const nodes = who === undefined ? undefined : new Set(who.ours);
  // nothing but what is ours is no target: that would be everybody
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
  { signal, tally, faultsToo }: Telling & Pick<ReadLogsOptions, "faultsToo">,
): AsyncGenerator<readonly Shown[], void, undefined> {
  const { until } = filter;
  const timedOut = timeoutMs === undefined ? [] : [AbortSignal.timeout(Math.min(timeoutMs, timerMostMs))];
  const untilEndMs = until === undefined ? Infinity : msOfStamp(until) - Date.now();
  const follows = follow && untilEndMs > 0;
  const end = createQuietEnd(follows ? untilEndMs + (holdBackMs ?? 0) : Infinity);
  const all = source.read({
    follow: follows,
    // the last records of a node are counted before the story is merged, so only those may pass that are shown
    filter: until === undefined || tail !== undefined ? filter : { ...filter, passEnd: true },
    faultsToo,
    tail,
    holdBackMs,
    tally,
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
