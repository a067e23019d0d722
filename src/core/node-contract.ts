/** Where things are inside a node container. */
export const clientPort = 2379;
export const peerPort = 2380;
/** Of the leaderless store: Riak's protocol buffers and Riak's HTTP. */
export const riakPbPort = 8087;
export const riakHttpPort = 8098;
/**
 * Where the store takes orders to hurt itself (store-hooks.ts), on the loopback of its own network namespace: the agent, which can enter
 * that, reaches it, and nobody else. `GET /hooks` tells the hooks in force, `PUT /hooks` with a whole `StoreHooks` sets and tells them.
 */
export const adminPort = 2381;
/**
 * Where `up` puts what a node shows clients that come over TLS: into the container itself, so that it is neither in what the engine tells of
 * it nor among the data, and goes with it.
 */
export const tlsFiles = {
  folder: "/devious",
  cert: "tls-cert.pem",
  key: "tls-key.pem",
  clientCa: "tls-client-ca.pem",
} as const;
/** In the data folder of a node that founds a cluster: the state that the cluster begins with. */
export const restoreFile = "snapshot-to-begin-with";

export const dataDir = "/data";
/** A file of this name in the folder of the data tells the node to lose its disk: at its next start it removes everything there. */
export const wipeOrder = "wipe";

/** Environment variables by which a node's program learns who it is. */
export const nodeEnv = {
  cluster: "DEVIOUS_CLUSTER",
  service: "DEVIOUS_SERVICE",
  node: "DEVIOUS_NODE",
  /** This member's number, e.g. `2`. */
  member: "DEVIOUS_MEMBER",
  /** All members known when the container was made: `1=n1,2=n2,3=n3`; names resolve on the cluster network. */
  members: "DEVIOUS_MEMBERS",
  /** `new`: bootstrap with these members · `existing`: wait to be told the configuration by the leader. */
  clusterState: "DEVIOUS_CLUSTER_STATE",
  /** Options of the store's design, as JSON. */
  options: "DEVIOUS_STORE_OPTIONS",
} as const;

/** Environment variables of the agent's container. */
export const agentEnv = {
  cluster: "DEVIOUS_CLUSTER",
} as const;

/** What the agent's program does when it is told, instead of looking after a cluster. */
export const agentCommands = { examine: "examine" } as const;

/** Where the agent finds the engine, its host's control groups and the program for nodes' namespaces, and keeps its ledger, in its container. */
export const agentPaths = {
  engineSocket: "/run/engine.sock",
  ledgerDir: "/ledger",
  cgroupDir: "/run/cgroup",
  probe: "/devious/probe.mjs",
} as const;
