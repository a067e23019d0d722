/**
 * What the agent asks of the probe, the program that it runs inside a node's network namespace: one task as JSON a line on stdin, and
 * for each, in the same order, one line with its result on stdout. The probe ends when its stdin does.
 */

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

export interface TaskResults {
  readonly http: HttpResult;
}

export type Task = HttpTask;

/** `trouble`: the probe could not do what it was asked, in words. */
export type Result<T extends Task> = TaskResults[T["task"]] | { readonly trouble: string };
