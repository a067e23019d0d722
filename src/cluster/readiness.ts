import { setTimeout as sleep } from "node:timers/promises";
import { DeviousError } from "../core/errors.js";
import { formatDuration } from "../core/duration.js";
import { clientPort } from "../core/node-contract.js";
import type { Containers, Endpoint, Streams } from "../engine/port.js";
import { lastLines } from "./last-lines.js";
import { createStoreClient } from "./store-client.js";
import type { StoreClient } from "./store-client.js";

export type ReadinessEngine = Pick<Containers & Streams, "inspectContainer" | "logs">;

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
}

const pollMs = 10;
const answerTimeoutMs = 1000;
/** Looking at the container costs more than asking the node; a node that died is found out within this time. */
const inspectEveryMs = 300;

/**
 * Waits until a node answers and has a leader. A node that exits is not waited for. Throws CLUSTER_NOT_READY with the check that failed,
 * the exit code where there is one, and the node's last log lines.
 */
export async function waitReady(engine: ReadinessEngine, started: StartedNode, deadline: Deadline): Promise<StoreClient> {
  const { node, containerId } = started;
  const leftMs = (): number => deadline.endsAtMs - performance.now();
  let client: StoreClient | undefined;
  let inspectAt = 0;
  let failed = "its container publishes no port";
  // however late it is, everybody is asked once
  do {
    deadline.signal.throwIfAborted();
    if (performance.now() >= inspectAt) {
      inspectAt = performance.now() + inspectEveryMs;
      const endpoint = await endpointOf(engine, started);
      if (endpoint !== undefined) client ??= createStoreClient(node, endpoint);
    }
    if (client !== undefined) {
      if (await client.healthy(Math.max(1, Math.min(answerTimeoutMs, leftMs())))) return client;
      failed = "GET /health did not say that it has a leader";
    }
    await sleep(Math.max(0, Math.min(pollMs, leftMs())));
  } while (leftMs() > 0);
  throw new DeviousError("CLUSTER_NOT_READY", `${node} was not ready after ${formatDuration(deadline.timeoutMs)}: ${failed}.`, {
    details: await lastLines(engine, containerId),
    hint: "A longer --timeout gives it more time; --keep leaves what was made for a closer look.",
  });
}

async function endpointOf(engine: ReadinessEngine, { node, containerId }: StartedNode): Promise<Endpoint | undefined> {
  const detail = await engine.inspectContainer(containerId);
  if (detail === undefined) throw new DeviousError("CLUSTER_NOT_READY", `${node} was removed while it was waited for.`);
  if (detail.state !== "exited" && detail.state !== "dead") return detail.endpoints.get(clientPort);
  const how = detail.oomKilled ? "was killed for want of memory" : `exited with code ${detail.exitCode ?? "unknown"}`;
  throw new DeviousError("CLUSTER_NOT_READY", `${node} ${how} before it was ready.`, {
    details: await lastLines(engine, containerId),
    hint: "--keep leaves what was made for a closer look.",
  });
}
