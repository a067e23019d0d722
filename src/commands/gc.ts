import { Flags } from "@oclif/core";
import { BaseCommand } from "../cli/base-command.js";
import { durationFlag } from "../cli/flags.js";
import { formatTable } from "../cli/table.js";
import { type Litter, litterOf } from "../cluster/litter/find.js";
import { removeLitter } from "../cluster/litter/remove.js";
import { formatDuration } from "../core/duration.js";
import { ExitCode } from "../core/errors.js";

interface Shown {
  readonly name: string;
  readonly why: string;
}

interface GcResult {
  /** On a dry run: what would be. */
  readonly removed: readonly Shown[];
  /** What may be needed, and what is too young. */
  readonly left: readonly Shown[];
  /** What could not be removed. */
  readonly failed: readonly Shown[];
}

export default class Gc extends BaseCommand {
  static override summary = "Find and remove what nobody needs any more, on this engine.";
  static override description =
    "Clusters, with their volumes, of runs that were killed, whose folder is gone, or of which only a half is there; containers that looked at the kernel; our images that no cluster uses, and those of yours that were built for a spec that is gone, or built anew since. What is in use is never touched, nor what `down` has kept. Of a run on another machine, or in another container, nobody here can see whether it goes on; --all-runs takes those, too, and what `run --keep-on-failure` and `up --isolated` left.";
  static override examples = [
    "<%= config.bin %> gc --dry-run",
    "<%= config.bin %> gc",
    "<%= config.bin %> gc --all-runs --older-than 6h",
  ];
  static override flags = {
    "dry-run": Flags.boolean({ default: false, description: "List it with the reasons, and do nothing." }),
    "older-than": durationFlag({ description: "Leave what was made less than so long ago." }),
    "all-runs": Flags.boolean({ default: false, description: "Also what only you can know that nobody needs." }),
  };

  async run(): Promise<GcResult> {
    const { flags } = await this.parse(Gc);
    const { signal, report, world } = this;
    const at = new Date();
    const youngerMs = flags["older-than"] ?? 0;
    const isLeft = ({ isDoubtful, madeMs }: Litter): boolean =>
      (isDoubtful && !flags["all-runs"]) || (madeMs !== undefined && at.getTime() - madeMs < youngerMs);
    const litter = await litterOf(world);
    const doomed = litter.filter((one) => !isLeft(one));
    const failed = flags["dry-run"]
      ? new Map<Litter, string>()
      : await removeLitter(world.engine, doomed, { version: world.version, at, signal, report });
    const result = {
      removed: doomed.filter((one) => !failed.has(one)).map(shown),
      left: litter.filter(isLeft).map((one) => ({ name: one.name, why: whyLeft(one, at) })),
      failed: [...failed].map(([{ name }, why]) => ({ name, why })),
    };
    this.#print(result, flags["dry-run"]);
    if (failed.size > 0) process.exitCode = ExitCode.trouble;
    return result;
  }

  #print({ removed, left, failed }: GcResult, isDry: boolean): void {
    const { chalk } = this.terminal;
    const row = (verb: string, { name, why }: Shown): readonly string[] => [`${verb} ${name}`, chalk.dim(why)];
    const rows = [
      ...removed.map((one) => row(isDry ? "would remove" : "removed", one)),
      ...left.map((one) => row("left", one)),
      ...failed.map((one) => row(chalk.red("could not remove"), one)),
    ];
    this.log(rows.length === 0 ? "nothing to remove" : formatTable(rows));
  }
}

function shown({ name, why }: Litter): Shown {
  return { name, why };
}

function whyLeft({ isDoubtful, madeMs, why }: Litter, at: Date): string {
  const age = madeMs === undefined ? "" : `, ${formatDuration(at.getTime() - madeMs)} old`;
  return `${why}${age}${isDoubtful ? "; --all-runs takes it" : ""}`;
}
