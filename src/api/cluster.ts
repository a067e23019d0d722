import { randomInt } from "node:crypto";
import path from "node:path";
import { isMomentary } from "../chaos/fault.js";
import type { FaultView } from "../chaos/protocol.js";
import { planStormOn } from "../ci/faults-meanwhile.js";
import type { Context } from "../cli/context.js";
import { type Manifest, collect } from "../cluster/collect/collect.js";
import { type DownResult, down } from "../cluster/down.js";
import { endpointVariables } from "../cluster/endpoint-variables.js";
import { clusterFacts } from "../cluster/facts.js";
import { findNode } from "../cluster/find.js";
import { heal, inject } from "../cluster/inject.js";
import { type Observed, observeCluster } from "../cluster/observe.js";
import { type ClusterStatus, type NodeStatus, clusterStatus } from "../cluster/status.js";
import type { Report } from "../cluster/steps.js";
import { DeviousError } from "../core/errors.js";
import type { LogRecord } from "../core/log-record.js";
import { parseFilter } from "../logs/filter.js";
import { readLogs } from "../logs/tail.js";
import type { FaultStep, ScenarioDefinition } from "../scenario/define.js";
import { fromDefinition, loadScenario } from "../scenario/load.js";
import { wishOf } from "../scenario/one-fault.js";
import { performRecorded } from "../scenario/record-run.js";
import type { RunRecord } from "../scenario/replay.js";
import type { ProfileName } from "../scenario/storm.js";
import type { Timeline } from "../scenario/timeline.js";
import { openReportFolder } from "../workspace/report-folder.js";
import { msOf } from "./durations.js";

export interface ChaosOptions {
  /** `10s`, milliseconds, or null: until healed. Default 1m. */
  readonly for?: string | number | null;
  /** What random choices are drawn from; default: a random one. */
  readonly seed?: number;
  /** Measure it by probes inside the nodes; one that has no effect is healed, and an error. */
  readonly verify?: boolean;
}

/** A fault that was brought about, and ends by itself when its time is over. */
export interface FaultInForce extends FaultView, AsyncDisposable {
  /** Ends it now; ending what is over is success. */
  heal(): Promise<void>;
}

export interface LogOptions {
  /** Go on with what is said from now on, until `signal`. */
  readonly follow?: boolean;
  /** Only of these; the agent's records are those of `chaos`. */
  readonly nodes?: readonly string[];
  /** This level and above. */
  readonly level?: string;
  /** Only these events; `*` stands for any letters. */
  readonly events?: readonly string[];
  /** A regular expression. */
  readonly grep?: string;
  /** `5m`, or a time. */
  readonly since?: string;
  /** Of the past, only the last so many records of each node. */
  readonly tail?: number;
  readonly signal?: AbortSignal;
}

export interface RunOptions {
  /** What all chance is drawn from; default: the scenario's own, else a random one. */
  readonly seed?: number;
  /** End at the first fault that cannot be brought about. */
  readonly failFast?: boolean;
  /** Ends the run: what it brought about is healed. */
  readonly signal?: AbortSignal;
}

export interface DownOptions {
  /** Delete the data as well; default: where there was none before. */
  readonly volumes?: boolean;
  /** Keep the logs under `.devious/` first; default false. */
  readonly archive?: boolean;
}

const defaultFaultMs = 60_000;

/** A cluster that is up. Everything it can do throws {@link DeviousError}. */
export class Cluster implements AsyncDisposable {
  readonly name: string;
  readonly #context: Context & { readonly report: Report };
  /** What was there before. */
  readonly #before: Observed;
  #nodes: readonly NodeStatus[];

  /** `context.folder`: the owner's. */
  constructor(context: Context & { readonly report: Report }, name: string, nodes: readonly NodeStatus[], before: Observed) {
    this.name = name;
    this.#context = context;
    this.#nodes = nodes;
    this.#before = before;
  }

  /** As they were when last looked at: by `up`, or by {@link status}. Ports change where a node is started again. */
  get nodes(): readonly NodeStatus[] {
    return this.#nodes;
  }

  /** `n1:2379` -> `127.0.0.1:49153`, every published port of every node; as {@link nodes}. */
  get endpoints(): Readonly<Record<string, string>> {
    const all = this.#nodes.flatMap(({ node, ports }) => Object.entries(ports).map(([port, at]) => [`${node}:${port}`, at]));
    return Object.fromEntries(all) as Record<string, string>;
  }

  /** The same as `devious run` gives it to its command: `DEVIOUS_ENDPOINTS`, `DEVIOUS_N1_2379`, …; as {@link nodes}. */
  get environment(): Readonly<Record<string, string>> {
    return endpointVariables(this.name, this.#nodes);
  }

  /** Every node's role, health and ports, and the active faults, asked anew. */
  async status(): Promise<ClusterStatus> {
    const status = await clusterStatus(this.#engine, await this.#look(), { withHash: false });
    this.#nodes = status.nodes;
    return status;
  }

  /** What the nodes and the agent say, in one order. */
  logs({ follow = false, tail, signal, ...filter }: LogOptions = {}): AsyncIterable<LogRecord> {
    return readLogs(this.#engine, this.name, { follow, filter: parseFilter(filter, Date.now()), tail, signal });
  }

  /** Brings a fault about, in the words of scenarios: `pause("leader")`. Returns when it is in force. */
  async chaos(fault: FaultStep, options: ChaosOptions = {}): Promise<FaultInForce> {
    const { seed = randomInt(2 ** 32), verify = false, for: time = defaultFaultMs } = options;
    const wish = wishOf(fault, seed);
    const durationMs = isMomentary(wish) || time === null ? null : msOf(time, "for");
    const view = await inject(this.#engine, await this.#look(), wish, { durationMs, seed, verify });
    const end = async (): Promise<void> => void (await heal(this.#engine, await this.#look(), { by: "id", id: view.id }));
    return { ...view, heal: end, [Symbol.asyncDispose]: end };
  }

  /** Ends all faults now. */
  async heal(): Promise<void> {
    await heal(this.#engine, await this.#look(), { by: "all" });
  }

  /** Runs a scenario, a file or a value, to its end. What could not be brought about is in the record's outcomes. */
  async run(scenario: string | ScenarioDefinition, options: RunOptions = {}): Promise<RunRecord> {
    const { folder } = this.#context;
    const loaded =
      typeof scenario === "string"
        ? await loadScenario(scenario, folder)
        : { ...fromDefinition(scenario, scenario.name), hash: null };
    const found = await this.#look();
    const { nodes } = await clusterFacts(this.#engine, found, false);
    const seed = options.seed ?? loaded.seed ?? randomInt(2 ** 32);
    return this.#perform(found, loaded.plan(seed, nodes), loaded.hash, options);
  }

  /** Random faults for a while, a quorum kept; over at the end. */
  async storm(profile: ProfileName, options: RunOptions & { readonly for?: string | number } = {}): Promise<RunRecord> {
    const found = await this.#look();
    const seed = options.seed ?? randomInt(2 ** 32);
    const timeline = await planStormOn(this.#engine, found, profile, seed, msOf(options.for ?? "1m", "for"));
    return this.#perform(found, timeline, null, options);
  }

  async #perform(found: Observed, timeline: Timeline, scenarioHash: string | null, options: RunOptions): Promise<RunRecord> {
    const { record } = await performRecorded(this.#engine, found, timeline, {
      folder: this.#context.folder,
      specHash: null,
      scenarioHash,
      signal: options.signal ?? new AbortController().signal,
      failFast: options.failFast === true,
      onApplied: () => undefined,
      onOver: () => undefined,
    });
    return record;
  }

  /** Runs a command inside a node's container. */
  async exec(
    node: string,
    command: readonly [string, ...string[]],
  ): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
    const { id } = findNode(await this.#look(), node);
    const [stdout, stderr]: [Uint8Array[], Uint8Array[]] = [[], []];
    const { exitCode } = await this.#engine.exec(
      id,
      command,
      (chunk) => void stdout.push(chunk),
      (chunk) => void stderr.push(chunk),
    );
    return { exitCode, stdout: Buffer.concat(stdout).toString("utf8"), stderr: Buffer.concat(stderr).toString("utf8") };
  }

  /** Puts all that is known of the cluster into a folder, which is made where it is missing; what is in it is written over. */
  async collect(folder: string): Promise<Manifest> {
    const { signal } = new AbortController();
    const opened = await openReportFolder(path.resolve(folder), true);
    return collect(this.#context, await this.#look(), opened, { at: new Date(), signal, report: this.#context.report });
  }

  /** Removes the cluster, in whatever state it is. */
  async down({ volumes = this.#before.volumes.length === 0, archive = false }: DownOptions = {}): Promise<DownResult> {
    const { version, report } = this.#context;
    const { signal } = new AbortController();
    const kept = archive ? { version, at: new Date() } : null;
    return down(this.#engine, await observeCluster(this.#engine, this.name), {
      volumes,
      archive: kept,
      hooks: "all",
      signal,
      report,
    });
  }

  /** {@link down}, unless the cluster was up before: what others have made is left to them. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#before.nodes.length === 0) await this.down();
  }

  get #engine(): Context["engine"] {
    return this.#context.engine;
  }

  async #look(): Promise<Observed> {
    const found = await observeCluster(this.#engine, this.name);
    if (found.nodes.length > 0) return found;
    throw new DeviousError("UNKNOWN_CLUSTER", `The cluster ${this.name} is not there any more.`);
  }
}
