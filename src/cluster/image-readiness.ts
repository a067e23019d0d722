import type { ContainerDetail } from "../engine/port.js";
import { acceptsConnections } from "./ports.js";
import { untilReady } from "./readiness.js";
import type { Deadline, ReadinessEngine, StartedNode } from "./readiness.js";

/** A program that cannot start mostly says so at once: one that has run so long has found its files and its configuration. */
const settleMs = 500;
const inspectEveryMs = 100;
const connectTimeoutMs = 1000;

/**
 * Waits until a node of the user's image has run for a moment, takes connections on every port it publishes, and is content with itself
 * where its image has a health check. Throws as {@link waitReady} does.
 */
export async function waitImageReady(engine: ReadinessEngine, started: StartedNode, deadline: Deadline): Promise<void> {
  const seen = new Map<string, number>();
  await untilReady(engine, started, deadline, inspectEveryMs, async (detail, leftMs) => {
    if (detail.state !== "running") return { failed: `its container is ${detail.state}` };
    const run = detail.startedAt ?? "";
    const firstSeenAt = seen.get(run) ?? performance.now();
    seen.set(run, firstSeenAt);
    // the engine's clock may be another one: whichever says that it has run long enough
    const ranMs = Math.max(performance.now() - firstSeenAt, Date.now() - Date.parse(run));
    if (!(ranMs >= settleMs)) return { failed: "it had only just started" };
    const failed = await imageProblem(detail, Math.min(connectTimeoutMs, leftMs));
    return failed === undefined ? { ready: undefined } : { failed };
  });
}

/** What keeps a running node of the user's image from being ready; undefined where nothing does. */
export async function imageProblem({ health, endpoints }: ContainerDetail, timeoutMs: number): Promise<string | undefined> {
  if (health !== undefined && health !== "healthy") return `its image's health check says ${health}`;
  const ports = [...endpoints];
  const accepts = await Promise.all(ports.map(([, endpoint]) => acceptsConnections(endpoint, timeoutMs)));
  const [deaf] = ports.filter((_, i) => accepts[i] === false);
  return deaf === undefined ? undefined : `nobody takes connections on its port ${deaf[0]}`;
}
