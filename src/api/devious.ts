/**
 * What `import "devious"` gives: clusters for programs and tests, and scenarios as programs (docs/api.md).
 *
 *     import { isolate, up } from "devious";
 *
 *     await using cluster = await up({ nodes: 3 }, { isolated: true });
 *     const cut = await cluster.chaos(isolate("leader"), { for: "30s" });
 *     …
 *     await cut.heal();
 */
import { createContext } from "../cli/context.js";
import type { SpecInput } from "../spec/schema.js";
import { type UpOptions, boot } from "./boot.js";
import type { Cluster } from "./cluster.js";

export * from "../scenario/define.js";
export { DeviousError } from "../core/errors.js";
export type { ErrorCode } from "../core/errors.js";
export type { NodeStatus, ClusterStatus } from "../cluster/status.js";
export type { DownResult } from "../cluster/down.js";
export type { Manifest } from "../cluster/collect/collect.js";
export type { StepEvent } from "../cluster/steps.js";
export type { FaultView } from "../chaos/protocol.js";
export type { LogRecord } from "../core/log-record.js";
export type { RunRecord } from "../scenario/replay.js";
export type { Cluster, ChaosOptions, DownOptions, FaultInForce, LogOptions, RunOptions } from "./cluster.js";
export type { SpecInput, UpOptions };

/**
 * Boots a cluster and waits until every node is ready, as `devious up` does: of the spec at a path, of one given as a value in the words of
 * devious.yaml, or of the folder's own, else three raft nodes. A cluster that is up already is brought to what the spec asks for.
 *
 * The cluster lasts no longer than this process: whatever it leaves, when it is killed say, `devious gc` removes. Throws
 * {@link DeviousError}: SPEC_INVALID, ENGINE_UNREACHABLE, CLUSTER_HELD, CLUSTER_NOT_READY and others, with what `up` has made taken back.
 */
export async function up(spec?: string | SpecInput, options: UpOptions = {}): Promise<Cluster> {
  return boot(createContext(), spec, options);
}
