/** What a spec says of the nodes of a user's image: the parts of {@link ./cluster-spec.ts ImageService}, in the words of compose where they mean the same. */

/** How the image comes to be. */
export interface BuildSpec {
  /** Absolute folder that is sent to the engine. */
  readonly context: string;
  /** Path of the Dockerfile inside the context. */
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  /** Stage to stop at; null: the last. */
  readonly target: string | null;
}

/** When the engine is asked to pull an image: where it has none of that name, before each `up`, or never. */
export const pullPolicies = ["missing", "always", "never"] as const;
export type PullPolicy = (typeof pullPolicies)[number];

/** A TCP port of the container, published on 127.0.0.1. */
export interface PublishedPort {
  readonly container: number;
  /** Port of this machine for each node, in their order; null: the engine chooses. */
  readonly host: readonly number[] | null;
}

export type VolumeSpec =
  /** Of the engine's. Each node has its own, as each has its own disk; `shared`: all that name it, of whatever service, have one. */
  | {
      readonly type: "volume";
      readonly name: string;
      readonly target: string;
      readonly readOnly: boolean;
      readonly shared: boolean;
    }
  /** A file or folder of the engine's machine, absolute. */
  | { readonly type: "bind"; readonly source: string; readonly target: string; readonly readOnly: boolean }
  /** `sizeBytes` null: as much as there is memory. */
  | { readonly type: "tmpfs"; readonly target: string; readonly sizeBytes: number | null };

/** A file put into the container before it starts. */
export interface FileSpec {
  /** Absolute, inside the container. */
  readonly path: string;
  readonly content: string;
  /** Permission bits. */
  readonly mode: number;
}

/** What has to be so of all nodes of another service before nodes of this one start. `completed`: they have ended, with exit code 0. */
export const conditions = ["started", "ready", "completed"] as const;
export type Condition = (typeof conditions)[number];

export interface Dependency {
  readonly service: string;
  readonly condition: Condition;
}

/** How to tell that a node is ready. What is not said in a spec is in {@link readyDefaults}. */
export interface ReadySpec {
  readonly probe: ReadyProbe;
  /** Between the end of an attempt and the next, at most: {@link ../cluster/ready/schedule.ts} says when it is less. */
  readonly intervalMs: number;
  /** For one attempt to answer. */
  readonly attemptTimeoutMs: number;
  /** For all attempts together, from the container's start; null: as long as `up` waits. */
  readonly timeoutMs: number | null;
  /** Failed attempts in a row after which the node is given up; null: none, time alone decides. */
  readonly retries: number | null;
  /** From the container's start; failures within it do not count as retries. */
  readonly startPeriodMs: number;
}

export type ReadyProbe =
  /** GET on a published port; ready with this status, null: any 2xx. */
  | { readonly by: "http"; readonly port: number; readonly path: string; readonly status: number | null }
  /** Somebody listens on this published port. */
  | { readonly by: "tcp"; readonly port: number }
  /** A line of this run of the container in which this regular expression is found. */
  | { readonly by: "log"; readonly pattern: string }
  /** Exit code 0 of a command in the node. */
  | { readonly by: "exec"; readonly command: readonly string[] };

export const readyDefaults = {
  intervalMs: 200,
  attemptTimeoutMs: 5000,
  timeoutMs: null,
  retries: null,
  startPeriodMs: 0,
} as const;

/** Whether the engine starts a container again that has ended; `maxRetries` of `on-failure` only, null: always again. */
export interface RestartSpec {
  readonly policy: "no" | "on-failure" | "always" | "unless-stopped";
  readonly maxRetries: number | null;
}

export interface Ulimit {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

/** What a node may use of its machine; null: all of it. */
export interface Limits {
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
}

/** Commands besides the nodes' own: after `up` has booted nodes of the service and all are ready, and before `down` removes them. */
export interface Hooks {
  readonly afterUp: readonly Hook[];
  readonly beforeDown: readonly Hook[];
}

export type Hook =
  /** On this machine, in the spec's folder, with the endpoints of the cluster in its environment. */
  | { readonly on: "host"; readonly command: readonly string[] }
  /** Inside this node. */
  | { readonly on: "node"; readonly node: string; readonly command: readonly string[] };

export const noHooks: Hooks = { afterUp: [], beforeDown: [] };
export const noLimits: Limits = { cpus: null, memoryBytes: null };
