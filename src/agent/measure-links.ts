/**
 * Sends probes over links and says what became of them: one probe program in each node's namespace, all of which listen before any sends.
 * One machine's namespaces share a monotonic clock, so delays are measured one way.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Peer } from "../chaos/desired-state.js";
import { type Question, judge, median, notMeasured, patienceMs } from "../chaos/expectation.js";
import { type Arrival, describeLink } from "../chaos/probe.js";
import type { Measurement } from "../chaos/proof.js";
import { invariant } from "../core/invariant.js";
import { probeCommand, taken } from "./ask-probe.js";
import type { Conversation } from "./conversation.js";
import type { NetworkNamespace } from "./netns.js";
import type { Door, ListenTask, ReportResult, ReportTask, SendResult, SendTask, Stream, TaskResults } from "./probe/tasks.js";

/** The nodes that run, and the way into them. */
export interface MeasuredCluster {
  /** With their addresses of this moment. */
  readonly nodes: readonly Peer[];
  /** The network namespace of the node, which is closed here; undefined where nothing of it runs. */
  open(node: string): Promise<NetworkNamespace | undefined>;
}

/** The probe of one node, while it is talked to. */
interface Station {
  readonly node: string;
  readonly namespace: NetworkNamespace;
  readonly conversation: Conversation;
}

/** What the stations say of one question. */
interface Answer {
  /** Where the probes go; null where somebody else hears what arrives there. */
  readonly port: number | null;
  readonly result: SendResult["streams"][number] | undefined;
  readonly heard: readonly Arrival[];
  /** Packets that arrived and were not heard. */
  readonly overflowed: number;
}

/** All questions at once. Throws FAULT_NOT_APPLIED where a probe does not work. */
export async function measureLinks(questions: readonly Question[], cluster: MeasuredCluster): Promise<readonly Measurement[]> {
  const nodes = new Set(questions.flatMap(({ probe: { link } }) => [link.from, link.to]));
  const stations: Station[] = [];
  try {
    for (const node of nodes) {
      const namespace = await cluster.open(node);
      if (namespace !== undefined) stations.push({ node, namespace, conversation: namespace.start(probeCommand) });
    }
    return await askAll(questions, stations, cluster.nodes);
  } finally {
    for (const { conversation, namespace } of stations) {
      conversation.end();
      await namespace.close();
    }
  }
}

async function askAll(
  questions: readonly Question[],
  stations: readonly Station[],
  nodes: readonly Peer[],
): Promise<readonly Measurement[]> {
  const at = <T>(act: (station: Station) => Promise<T>): Promise<readonly T[]> => Promise.all(stations.map(act));
  const known = questions.map((question, id) => ({ question, id, to: question.probe.link.to, from: question.probe.link.from }));

  const opened = await at(async (station) => {
    // streams from two senders come in by one door
    const doors = new Map(
      known.filter(({ to }) => to === station.node).map(({ question }) => [nameOf(question), doorFor(question)]),
    );
    const [own, ...ports] = await listen(station, [ownDoor, ...doors.values()]);
    return {
      node: station.node,
      own: own ?? null,
      ports: new Map([...doors.keys()].map((name, index) => [name, ports[index] ?? null])),
    };
  });
  const portOf = (question: Question): number | null =>
    opened.find(({ node }) => node === question.probe.link.to)?.ports.get(nameOf(question)) ?? null;

  const sent = await at(async (station) => {
    const mine = known.filter(({ from, question }) => from === station.node && destination(question, portOf(question)) !== null);
    const streams = mine.map(({ question, id }) => streamFor(question, id, destination(question, portOf(question)) ?? 0, nodes));
    const own = opened.find(({ node }) => node === station.node)?.own ?? null;
    const results = await send(station, own === null ? streams : [...streams, ownStream(own)]);
    return new Map(mine.map(({ id }, index) => [id, results[index]]));
  });

  await sleep(Math.max(0, ...questions.filter(isUdp).map(patienceMs)));
  const reports = await at(async (station) => ({ node: station.node, ...(await report(station)) }));
  const noiseMs = Math.max(0, ...reports.map(({ arrivals }) => medianDelayMs(arrivals[String(ownId)] ?? [])));

  return known.flatMap(({ question, id, to }) => {
    const there = reports.find(({ node }) => node === to);
    const answer: Answer = {
      port: portOf(question),
      result: sent.map((results) => results.get(id)).find((result) => result !== undefined),
      heard: there?.arrivals[String(id)] ?? [],
      overflowed: there?.overflowed ?? 0,
    };
    return read(question, answer, noiseMs);
  });
}

function read(question: Question, { port, result, heard, overflowed }: Answer, noiseMs: number): readonly Measurement[] {
  const { link, packet, family } = question.probe;
  const without = (why: string): readonly Measurement[] =>
    question.figures.map(({ word, asked }) => ({
      what: `${describeLink(link, packet, family)} ${word}`,
      asked,
      ...notMeasured(why),
    }));
  if (port === null && isUdp(question)) return without(`somebody listens on port ${packet.port} of ${link.to} already`);
  if (result === undefined) return without("one of them ended meanwhile");
  if (overflowed > 0 && isUdp(question))
    return without(`this machine is too busy: ${overflowed} probes arrived and were not heard`);
  return judge(question, { ...result, arrivals: isUdp(question) ? heard : result.arrivals }, noiseMs);
}

function isUdp({ probe }: Question): boolean {
  return probe.packet.protocol === "udp";
}

function doorFor({ probe }: Question): Door {
  return { protocol: probe.packet.protocol, port: probe.packet.port, family: probe.family };
}

function nameOf(question: Question): string {
  return JSON.stringify(doorFor(question));
}

/** The port that was opened; of tcp, any that somebody listens on will do, for a connection is a connection. */
function destination(question: Question, opened: number | null): number | null {
  return isUdp(question) ? opened : (opened ?? question.probe.packet.port);
}

function streamFor(question: Question, id: number, port: number, nodes: readonly Peer[]): Stream {
  const { link, family, packet, count, spacingMs, payloadBytes, atOnce } = question.probe;
  const [host] = nodes.find(({ name }) => name === link.to)?.addresses[family] ?? [];
  invariant(host !== undefined, "only nodes with an address of the family are asked about");
  return { id, protocol: packet.protocol, host, port, count, spacingMs, payloadBytes, atOnce, limitMs: patienceMs(question) };
}

/** Every probe also sends to itself: what that takes is the machine's doing, not the link's. */
const ownId = 0xffff_ffff;
const ownDoor: Door = { protocol: "udp", family: "v4", port: null };

function ownStream(port: number): Stream {
  const pace = { count: 20, spacingMs: 10, payloadBytes: 64, atOnce: 0, limitMs: 0 };
  return { id: ownId, protocol: "udp", host: "127.0.0.1", port, ...pace };
}

function medianDelayMs(arrivals: readonly Arrival[]): number {
  return arrivals.length === 0 ? 0 : median(arrivals.map(({ delayMs }) => delayMs));
}

/** For a program to start, and for whatever takes no time once it runs, on the busiest of machines. */
const shortMs = 10_000;

async function listen(station: Station, doors: readonly Door[]): Promise<readonly (number | null)[]> {
  return (await say<ListenTask>(station, { task: "listen", doors }, shortMs)).ports;
}

async function send(station: Station, streams: readonly Stream[]): Promise<SendResult["streams"]> {
  const longestMs = Math.max(0, ...streams.map(({ count, spacingMs, limitMs }) => count * spacingMs + limitMs));
  return (await say<SendTask>(station, { task: "send", streams }, shortMs + longestMs)).streams;
}

function report(station: Station): Promise<ReportResult> {
  return say<ReportTask>(station, { task: "report" }, shortMs);
}

async function say<T extends ListenTask | SendTask | ReportTask>(
  { conversation, node }: Station,
  task: T,
  limitMs: number,
): Promise<TaskResults[T["task"]]> {
  return taken<T>(node, await conversation.ask(JSON.stringify(task), limitMs));
}
