/**
 * Docker is the database: these labels say all there is to know about what we made.
 * They are spelt here and nowhere else.
 */
export const label = {
  /** Cluster name; on every container, network and volume of ours. */
  cluster: "devious.cluster",
  /** Absolute folder of the spec that owns the cluster. */
  owner: "devious.owner",
  /** When, where and for which run it was made, as JSON; on the same things as the cluster's name. */
  made: "devious.made",
  /** "node", "agent" or "shipper"; containers only. */
  role: "devious.role",
  service: "devious.service",
  node: "devious.node",
  /** The node's zone, where the spec puts it in one. */
  zone: "devious.zone",
  /** "true" where random faults keep away from the node. */
  protect: "devious.protect",
  /** How to ask a node of the user's own image whether it leads, as JSON; where its spec says so. */
  roles: "devious.roles",
  /** How to ask a node of the user's own image whether it is ready, as JSON; where its spec says so. */
  ready: "devious.ready",
  /** "true" on nodes that are there to come to an end: another service waits for that. */
  completes: "devious.completes",
  /** What to run before the nodes of its service are removed, as JSON; where its spec says so. */
  hooks: "devious.hooks",
  /** How a node of the user's own image writes its log, as JSON; where its spec says so. */
  logs: "devious.logs",
  /** Where clients find what they need to come over TLS, as JSON; on nodes that take them so. */
  tls: "devious.tls",
  /** Number of this member in its store's configuration; on the volume, since a member is its data. */
  member: "devious.member",
  /** Where the logs are sent, a URL without secrets; on the shipper. */
  otlp: "devious.otlp",
  /** Hash of everything that, when changed, means the container must be made anew. */
  hash: "devious.hash",
  /** On containers that only look at the kernel: they belong to no cluster, and are gone within seconds. */
  look: "devious.look",
  /** On images of ours only, so that they are never taken for part of a cluster. */
  image: "devious.image",
  /** Folder of the spec that a user's image was built for; on such images, and so on their containers, whosever these are. */
  built: "devious.built",
} as const;

export type Role = "node" | "agent" | "shipper";
