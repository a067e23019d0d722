import type { NodeOptions } from "./node-options.js";
import type { RaftOptions } from "./raft/types.js";

const bounds = { appendBytesMax: 2 ** 20, inflightAppendsMax: 64, uncommittedBytesMax: 64 * 2 ** 20 };

/** Left over of a lease for clocks that do not run quite alike. */
const leaseShare = 0.9;

/** What the machine is told of a node's options: it counts in ticks, one to a heartbeat. */
export function raftOptions({ member, timing, switches }: Pick<NodeOptions, "member" | "timing" | "switches">): RaftOptions {
  const electionTicks = Math.round(timing.electionTimeoutMs / timing.heartbeatIntervalMs);
  // the first of the ticks that a follower counts may come at once
  const promisedMs = (electionTicks - 1) * timing.heartbeatIntervalMs;
  const leaseMs = switches.reads === "lease" ? leaseShare * promisedMs : 0;
  return { id: member, electionTicks, heartbeatTicks: 1, leaseMs, ...bounds, ...switches };
}
