/**
 * The engine, as the rest of the program sees it: small interfaces, so that a function asks for what it uses and a test gives it no more.
 * Drawn for three engines (one Docker host, several hosts joined by an overlay, Kubernetes): nothing here knows faults, and
 * a node is named by its engine id, never by a host-local path.
 *
 * Every call throws `DeviousError` with code ENGINE_UNREACHABLE (nobody answers) or ENGINE_REFUSED (it answered no, with its words).
 * Removing what is not there is success.
 */

export type Labels = Readonly<Record<string, string>>;

export type ContainerState = "created" | "running" | "paused" | "restarting" | "exited" | "dead";

export interface ContainerInfo {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly labels: Labels;
  readonly state: ContainerState;
}

export interface ContainerDetail extends ContainerInfo {
  /** RFC 3339; undefined while it has never been started. */
  readonly startedAt: string | undefined;
  /** RFC 3339; when it ended last, undefined while it never has. */
  readonly endedAt: string | undefined;
  readonly exitCode: number | undefined;
  readonly oomKilled: boolean;
  /** How often the engine has started it again since somebody did. */
  readonly restarts: number;
  /** What the image's own health check found last; undefined where the image has none. */
  readonly health: "starting" | "healthy" | "unhealthy" | undefined;
  /** False: the log stream is framed and stdout can be told from stderr. */
  readonly tty: boolean;
  /** How large a file of its log grows before the engine begins another one and forgets the oldest; undefined: there is only one. */
  readonly logFileBytes: number | undefined;
  /** Published ports: container port -> where to reach it from this machine. */
  readonly endpoints: ReadonlyMap<number, Endpoint>;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface EngineFacts {
  readonly version: string;
  readonly apiVersion: string;
  readonly os: string;
  readonly arch: string;
  readonly kernel: string;
  /** True where the engine runs on this machine and shares its kernel. */
  readonly local: boolean;
  /** The address in use, e.g. `unix:///var/run/docker.sock`. */
  readonly address: string;
  /** What named the address: `DOCKER_HOST`, a docker context, the default. */
  readonly addressFrom: string;
  /**
   * Name of the engine's machine where that is another one, whose ports nobody here reaches, since nothing says to publish them for others
   * (DEVIOUS_ENGINE_HOST). Null: they are reached.
   */
  readonly unreachedMachine: string | null;
}

/** What the engine has to give to new clusters. */
export interface EngineResources {
  /** Folder of the engine's machine in which it keeps images, containers and volumes. */
  readonly dataDir: string;
  /** Where it takes subnets of new networks from: prefixes of `size` bits out of `base`; none where it goes by its own defaults. */
  readonly addressPools: readonly { readonly base: string; readonly size: number }[];
  /** Subnets of all of its networks, whoever's they are, as `172.18.0.0/16`. */
  readonly subnets: readonly string[];
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly labels: Labels;
  /** In place of the image's entrypoint; with it, the image's own command is not used either. */
  readonly entrypoint?: readonly string[] | undefined;
  /** Empty: the image's own. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly hostname: string;
  /** Network to join, with the names it answers to there: one of ours, `none`, or `host`, the engine's machine's own. */
  readonly network: string;
  readonly aliases: readonly string[];
  /** Volumes to mount; one that is not there yet is made together with the container. */
  readonly volumes: readonly VolumeMount[];
  /** Published on 127.0.0.1. */
  readonly ports: readonly PortMapping[];
  /** Files and folders of the engine's machine; one that is not there is refused. */
  readonly binds?: readonly BindMount[] | undefined;
  readonly tmpfs?: readonly TmpfsMount[] | undefined;
  /** Unless given, what has ended stays so. */
  readonly restart?: RestartPolicy | undefined;
  /** `name`, `uid` or `uid:gid`, in place of the image's own. */
  readonly user?: string | undefined;
  /** Capabilities beyond those that every container has, as `SYS_NICE`. */
  readonly capAdd?: readonly string[] | undefined;
  readonly ulimits?: readonly Ulimit[] | undefined;
  /** How many of the machine's processors it may keep busy; may be a fraction. */
  readonly cpus?: number | undefined;
  /** Of its memory, swapped out or not: who needs more is killed. */
  readonly memoryBytes?: number | undefined;
  /** From SIGTERM to SIGKILL where who stops it says nothing else. */
  readonly stopGraceMs?: number | undefined;
  /** True for a container that may do to its own network what the agent may do to a node's, and nothing else of what the agent may. */
  readonly looksAtKernel?: boolean;
  /** What only the agent gets: it sees the processes and control groups of the engine's host, and these paths of it (`there:here`). */
  readonly agent?: { readonly binds: readonly string[] };
  /**
   * What only the shipper gets: these paths of the engine's host. It has no capability, cannot write but to its volumes, and is started again
   * when it ends by itself.
   */
  readonly shipper?: { readonly binds: readonly string[] };
}

export interface VolumeMount {
  readonly name: string;
  readonly path: string;
  /** For a volume that this container makes; one that is there keeps its own. */
  readonly labels: Labels;
  readonly readOnly?: boolean | undefined;
}

export interface PortMapping {
  readonly container: number;
  /** Port of this machine; null: the engine chooses one that is free. */
  readonly host: number | null;
}

export interface BindMount {
  /** Absolute, on the engine's machine. */
  readonly source: string;
  readonly path: string;
  readonly readOnly: boolean;
}

/** A folder in memory, empty at each start. */
export interface TmpfsMount {
  readonly path: string;
  /** Null: as much as there is memory. */
  readonly sizeBytes: number | null;
}

export interface RestartPolicy {
  readonly policy: "no" | "on-failure" | "always" | "unless-stopped";
  /** Of `on-failure` only; null: always again. */
  readonly maxRetries: number | null;
}

export interface Ulimit {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

export interface EngineInfo {
  /** Who the engine is; it is asked once, however often this is called. */
  facts(): Promise<EngineFacts>;
  resources(): Promise<EngineResources>;
}

export interface Images {
  hasImage(reference: string): Promise<boolean>;
  /** The image's content, as an id that changes with it; undefined where the engine has none of this name. Pulls nothing. */
  imageId(reference: string): Promise<string | undefined>;
  /** Builds from a tar context with a Dockerfile in it; `onLine` gets the engine's output. */
  buildImage(
    reference: string,
    context: AsyncIterable<Uint8Array>,
    labels: Labels,
    onLine: (line: string) => void,
  ): Promise<void>;
  /**
   * Builds from a folder of this machine, as `docker build` does: with BuildKit where it can be had, by what `.dockerignore` leaves of it, with the
   * user's own credentials for registries. `onLine` gets the output. Throws the reason of `signal`, at once.
   */
  buildFolder(build: FolderBuild, onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
  /**
   * Has the engine get an image from its registry, with the user's own credentials. `onProgress` is called whenever it has come further. Throws the
   * reason of `signal`, at once.
   */
  pullImage(reference: string, onProgress: () => void, signal: AbortSignal): Promise<void>;
  listImages(labelFilter: string): Promise<readonly ImageInfo[]>;
  removeImage(id: string): Promise<void>;
}

export interface ImageInfo {
  readonly id: string;
  /** None where another image has taken its name. */
  readonly references: readonly string[];
  readonly labels: Labels;
}

export interface FolderBuild {
  readonly reference: string;
  readonly folder: string;
  /** Path in the folder. */
  readonly dockerfile: string;
  readonly args: Readonly<Record<string, string>>;
  /** Stage to stop at; null: the last. */
  readonly target: string | null;
  readonly labels: Labels;
}

export interface FileToPut {
  /** Inside the folder; with folders of its own before it, which are made where they are missing. */
  readonly name: string;
  readonly byteLength: number;
  readonly content: () => AsyncIterable<Uint8Array>;
  /** Permission bits; unless given, all may read it. */
  readonly mode?: number | undefined;
  /** Whose it is, by number; undefined: root's. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

export interface Containers {
  createContainer(spec: ContainerSpec): Promise<string>;
  /**
   * Puts a file of root's into a folder of a container, or of a volume of its; the container need not run. The file's name may be a path: folders
   * of it that are not there are made, the first folder has to be.
   */
  putFile(id: string, folder: string, file: FileToPut): Promise<void>;
  startContainer(id: string): Promise<void>;
  /** SIGTERM, then SIGKILL after `graceMs`; unless given, after what the container was made with. */
  stopContainer(id: string, graceMs?: number): Promise<void>;
  /** Sends a signal, e.g. `SIGKILL`. */
  signalContainer(id: string, signal: string): Promise<void>;
  unpauseContainer(id: string): Promise<void>;
  /** Also when running or paused, with its anonymous volumes. */
  removeContainer(id: string): Promise<void>;
  /** Every container that carries all of these labels (`key` or `key=value`), running or not. */
  listContainers(labelFilters: readonly string[]): Promise<readonly ContainerInfo[]>;
  /** Undefined where there is none. */
  inspectContainer(id: string): Promise<ContainerDetail | undefined>;
}

export interface NetworkInfo {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
}

export interface Networks {
  /** `subnet`, as `10.1.2.0/24`; unless given, the engine takes one out of its pools. */
  createNetwork(name: string, labels: Labels, subnet?: string): Promise<string>;
  listNetworks(labelFilters: readonly string[]): Promise<readonly NetworkInfo[]>;
  /** Disconnects whatever is still attached, whoever's it is, then removes it. */
  removeNetwork(id: string): Promise<void>;
}

export interface VolumeInfo {
  readonly name: string;
  readonly labels: Labels;
}

export interface Volumes {
  listVolumes(labelFilters: readonly string[]): Promise<readonly VolumeInfo[]>;
  removeVolume(name: string): Promise<void>;
}

export interface LogOptions {
  readonly follow: boolean;
  /** Engine stamp (RFC 3339 with nanoseconds) from which to read, included. */
  readonly since?: string | undefined;
  /** Only the last so many lines. */
  readonly tail?: number | undefined;
  /** It is read once and nothing goes on beside it: memory may be spent on more being read ahead. */
  readonly once?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ContainerEvent {
  readonly id: string;
  /** The engine's stamp (RFC 3339 with nanoseconds). */
  readonly ts: string;
  readonly action: "create" | "start" | "die" | "pause" | "unpause" | "destroy" | "oom" | "health_status" | "other";
  readonly labels: Labels;
  readonly exitCode: number | undefined;
  /** What a check of its health has come to, e.g. `unhealthy`. */
  readonly health: string | undefined;
}

export interface Streams {
  /**
   * The container's log as the engine sends it: every line stamped, stdout and stderr framed unless the container has a TTY
   * (Docker Engine API, "ContainerAttach", stream format). Chunks are cut anywhere.
   */
  logs(id: string, options: LogOptions): AsyncIterable<Uint8Array>;
  /** Life-cycle events of containers with this label, from now on; subscribed once the promise resolves. */
  events(labelFilter: string, signal: AbortSignal): Promise<AsyncIterable<ContainerEvent>>;
  /** Those of the past, as far as the engine remembers: oldest first. */
  pastEvents(labelFilter: string): Promise<readonly ContainerEvent[]>;
  /** Both ends of a running container's own stdin, stdout and stderr, from now on. */
  attach(id: string): Promise<Attached>;
}

export interface Attached {
  write(text: string): void;
  /** Framed bytes, as {@link Streams.logs} but without stamps. */
  readonly output: AsyncIterable<Uint8Array>;
  close(): void;
}

export interface ExecResult {
  readonly exitCode: number;
}

export interface Exec {
  /** Runs a command in a running container; output goes to the two callbacks as it comes. */
  exec(
    id: string,
    command: readonly string[],
    onStdout: (chunk: Uint8Array) => void,
    onStderr: (chunk: Uint8Array) => void,
  ): Promise<ExecResult>;
}

export interface Inspection {
  /** All that the engine knows of a container, network or volume, as JSON in its own words; undefined where there is none. */
  inspectAll(what: "container" | "network" | "volume", id: string): Promise<unknown>;
}

export interface Engine extends EngineInfo, Images, Containers, Networks, Volumes, Streams, Exec, Inspection {}
