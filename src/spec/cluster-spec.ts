/** The complete, internal shape of a spec: nothing optional, nothing to look up, durations in milliseconds. */
export interface ClusterSpec {
  readonly name: string;
  readonly services: readonly ServiceSpec[];
}

export interface ServiceSpec {
  readonly name: string;
  readonly store: StoreSpec;
  /** Node names, in order: `n1..n3` for the shorthand, `kv-1..kv-3` for a service `kv`. */
  readonly nodes: readonly string[];
}

/** Options of each design of the bundled store. */
export interface StoreSpec {
  readonly design: "raft";
  readonly electionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** Entries applied between two snapshots. */
  readonly snapshotEntries: number;
}

export const raftDefaults: StoreSpec = {
  design: "raft",
  electionTimeoutMs: 1000,
  heartbeatIntervalMs: 100,
  snapshotEntries: 10_000,
};

export const nodesMax = 15;

/** Name of the one service of a spec that names none. */
export const defaultService = "store";

export function nodeNames(service: string | undefined, count: number): readonly string[] {
  const prefix = service === undefined ? "n" : `${service}-`;
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
}

/** The spec of a folder that has none: three raft nodes. */
export function defaultSpec(name: string, nodes = 3): ClusterSpec {
  return { name, services: [{ name: defaultService, store: raftDefaults, nodes: nodeNames(undefined, nodes) }] };
}
