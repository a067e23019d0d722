/**
 * What the agent asks of the probe, the program that it runs inside a node's network namespace: one task as JSON a line on stdin, and
 * for each, in the same order, one line with its result on stdout. The probe ends when its stdin does.
 */
import type { Family } from "../../chaos/address.js";
import type { Arrival } from "../../chaos/probe.js";

export interface HttpTask {
  readonly task: "http";
  readonly method: "GET" | "PUT";
  /** On 127.0.0.1 of the namespace. */
  readonly port: number;
  readonly path: string;
  /** Sent as it is, as JSON; null: no body. */
  readonly body: string | null;
  /** How long to go on while nobody listens: the program may be starting. */
  readonly patienceMs: number;
}

/** `refused`: nobody listens there · `silent`: connected, or not even that, and no whole answer in time. */
export type HttpResult =
  { readonly answer: "answered"; readonly status: number; readonly body: string } | { readonly answer: "refused" | "silent" };

/** Hears udp packets from now on, or takes tcp connections. */
export interface ListenTask {
  readonly task: "listen";
  readonly doors: readonly Door[];
}

export interface Door {
  readonly protocol: "udp" | "tcp";
  readonly family: Family;
  /** Null: any that is free. */
  readonly port: number | null;
}

export interface ListenResult {
  /** The ports, in the order of the doors; null where somebody else has that port. */
  readonly ports: readonly (number | null)[];
}

/** Sends these streams, all at once. */
export interface SendTask {
  readonly task: "send";
  readonly streams: readonly Stream[];
}

export interface Stream {
  /** Known to both ends. */
  readonly id: number;
  readonly protocol: "udp" | "tcp";
  readonly host: string;
  readonly port: number;
  readonly count: number;
  readonly spacingMs: number;
  readonly payloadBytes: number;
  readonly atOnce: number;
  /** How long a tcp connection may take. */
  readonly limitMs: number;
}

export interface SendResult {
  /** In the order of the streams; of tcp, with the connections that were made. */
  readonly streams: readonly { readonly sent: number; readonly tookMs: number; readonly arrivals: readonly Arrival[] }[];
}

/** What was heard so far. */
export interface ReportTask {
  readonly task: "report";
}

export interface ReportResult {
  /** Udp packets that reached the namespace and found no room, because this process was kept from running. */
  readonly overflowed: number;
  /** By the id of the stream. */
  readonly arrivals: Readonly<Record<string, readonly Arrival[]>>;
}

export interface TaskResults {
  readonly http: HttpResult;
  readonly listen: ListenResult;
  readonly send: SendResult;
  readonly report: ReportResult;
}

export type Task = HttpTask | ListenTask | SendTask | ReportTask;

/** `trouble`: the probe could not do what it was asked, in words. */
export type Result<T extends Task> = TaskResults[T["task"]] | { readonly trouble: string };
