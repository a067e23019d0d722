import { randomBytes } from "node:crypto";
import path from "node:path";
import { isolated } from "../ci/isolated.js";
import type { Context } from "../cli/context.js";
import { loadSpec, readSpec } from "../cli/spec-file.js";
import { bringUp } from "../cluster/bring-up.js";
import { claimFromRuns } from "../cluster/claim.js";
import { defaultPatienceMs } from "../cluster/default-patience.js";
import { assertOwner } from "../cluster/find.js";
import { madeHere } from "../cluster/made.js";
import type { StepEvent } from "../cluster/steps.js";
import { withOverrides } from "../spec/overrides.js";
import type { SpecInput } from "../spec/schema.js";
import { Cluster } from "./cluster.js";
import { msOf } from "./durations.js";

export interface UpOptions {
  /** Cluster name, instead of the spec's. */
  readonly name?: string;
  /** Folder that owns the cluster, where the spec is no file of its own; default: the process's. */
  readonly folder?: string;
  /** A cluster of its own beside all others: a name that no other has, and ports that the engine chooses. For tests that run side by side. */
  readonly isolated?: boolean;
  /** What `{{seed}}` is, instead of the spec's. */
  readonly seed?: number;
  /** For all nodes to be ready: `30s`, or milliseconds; default 1m, or longer where the spec's `ready` says so. */
  readonly timeout?: string | number;
  /** Where it fails, leave what was made. */
  readonly keep?: boolean;
  /** Ends the work; what was made is taken back. */
  readonly signal?: AbortSignal;
  /** For the variables that the spec names; default: the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly onStep?: (event: StepEvent) => void;
}

/** What {@link ./devious.ts up} does, on whatever engine. */
export async function boot(context: Context, spec: string | SpecInput | undefined, options: UpOptions): Promise<Cluster> {
  const { engine, processes, version } = context;
  const { environment = context.environment, signal = new AbortController().signal, onStep: report = () => undefined } = options;
  const folder = path.resolve(options.folder ?? context.folder);
  const loaded =
    typeof spec === "object"
      ? { spec: await readSpec(spec, folder, environment), owner: folder }
      : await loadSpec(spec, folder, environment);
  const named = { ...withOverrides(loaded.spec, options), ...(options.seed === undefined ? {} : { seed: options.seed }) };
  const asked = options.isolated === true ? isolated(named, randomBytes(6)) : named;
  const { owner } = loaded;
  const before = await claimFromRuns(engine, { name: asked.name, owner, here: processes, version, signal, report });
  assertOwner(before, owner);
  const world = { ...context, folder: owner, environment, report };
  const { nodes } = await bringUp(engine, {
    ...world,
    spec: asked,
    owner,
    observed: before,
    made: madeHere(processes, { lasts: "process", base: options.isolated === true ? named.name : null }, new Date()),
    wait: true,
    timeoutMs: options.timeout === undefined ? defaultPatienceMs(asked) : msOf(options.timeout, "timeout"),
    keep: options.keep === true,
    advice: { timeout: "`timeout`", keep: options.keep === true ? null : "`keep: true`" },
    dryRun: false,
    signal,
  });
  return new Cluster(world, asked.name, nodes, before);
}
