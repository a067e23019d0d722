import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { clusterFacts } from "../cluster/facts.js";
import type { Observed } from "../cluster/observe.js";
import type { NodeFacts } from "../chaos/target.js";
import { formatDuration } from "../core/duration.js";
import { DeviousError, ExitCode } from "../core/errors.js";
import type { Outcome } from "../scenario/perform.js";
import { performRecorded } from "../scenario/record-run.js";
import type { RunRecord } from "../scenario/replay.js";
import type { Timeline } from "../scenario/timeline.js";
import { BaseCommand } from "./base-command.js";
import { loadSpec } from "./spec-file.js";

export interface RunResult extends RunRecord {
  /** Where the record is kept. */
  readonly file: string;
}

interface RunOptions {
  readonly failFast: boolean;
  readonly scenarioHash: string | null;
}

/** What `chaos run` and `chaos storm` share: they differ in where the timeline comes from. */
export abstract class RunCommand extends BaseCommand {
  protected async nodesOf(found: Observed): Promise<readonly NodeFacts[]> {
    return (await clusterFacts(this.world.engine, found, false)).nodes;
  }

  /** Plays the timeline, says what happens as it happens, and keeps a record that is never older than the last fault. */
  protected async conduct(found: Observed, timeline: Timeline, { failFast, scenarioHash }: RunOptions): Promise<RunResult> {
    const { signal } = this;
    const { chalk, draw } = this.terminal;
    const folder = found.owner !== undefined && existsSync(found.owner) ? found.owner : this.world.folder;
    const say = (atMs: number | null, faultId: string | null, id: string, what: string): void =>
      this.log(`${(atMs === null ? "-" : seconds(atMs)).padStart(7)}  ${chalk.bold((faultId ?? "-").padEnd(4))} ${id}: ${what}`);

    this.log(draw(chalk.bold(`${timeline.name} · seed ${timeline.seed} · cluster ${found.name}`)));
    const { record, file } = await performRecorded(this.world.engine, found, timeline, {
      folder,
      specHash: await specHash(folder),
      scenarioHash,
      signal,
      failFast,
      onApplied: ({ id, durationMs }, applied, atMs) => {
        const lasting = durationMs === 0 ? "" : ` for ${formatDuration(durationMs)}`;
        say(atMs, applied.id, id, `${chalk.yellow(applied.description)}${lasting}`);
      },
      onOver: ({ id }, { result, why, endedMs, plannedMs, faultId }) => {
        if (result === "done") say(endedMs, faultId, id, chalk.dim("over"));
        else if (result !== "interrupted") say(plannedMs, faultId, id, chalk.red(`${result}: ${why}`));
        else if (faultId !== null) say(endedMs, faultId, id, "healed, because the run was ended");
      },
    });
    const shown = path.relative(this.world.folder, file);
    this.#summarize(record.outcomes, shown, signal.aborted);
    return { ...record, file: shown };
  }

  #summarize(outcomes: readonly Outcome[], file: string, ended: boolean): void {
    const count = (result: Outcome["result"]): number => outcomes.filter((one) => one.result === result).length;
    const bad = outcomes.filter(({ result }) => result === "failed" || result === "skipped");
    const parts = [`${count("done")} of ${outcomes.length} faults came and went`];
    if (bad.length > 0) parts.push(`not ${listed(bad.map(({ id }) => id))}`);
    if (ended) parts.push("ended early");
    this.log(`${parts.join("; ")}. ${this.terminal.chalk.dim(file)}`);
    // it ran, and the answer is no
    if (bad.length > 0) process.exitCode = ExitCode.expectationFailed;
  }
}

const listedMost = 5;

function listed(ids: readonly string[]): string {
  const more = ids.length - listedMost;
  return more > 0 ? `${ids.slice(0, listedMost).join(", ")} and ${more} more` : ids.join(", ");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`;
}

/** Null where the spec cannot be read: a cluster outlives it. */
async function specHash(folder: string): Promise<string | null> {
  try {
    const { spec } = await loadSpec(undefined, folder);
    return createHash("sha256").update(JSON.stringify(spec)).digest("hex");
  } catch (error) {
    if (error instanceof DeviousError) return null;
    throw error;
  }
}
