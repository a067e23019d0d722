import { BaseCommand } from "../cli/base-command.js";
import { formatTable } from "../cli/table.js";
import { examine } from "../cluster/doctor/examine.js";
import type { Finding } from "../cluster/doctor/finding.js";
import { ExitCode } from "../core/errors.js";

export default class Doctor extends BaseCommand {
  static override summary = "Check what devious needs from this machine and its engine, and say how to get what is missing.";
  static override examples = ["<%= config.bin %> doctor", "<%= config.bin %> doctor --json"];

  async run(): Promise<{ readonly findings: readonly Finding[] }> {
    await this.parse(Doctor);
    const findings = await examine(this.world, this.signal);
    const { chalk, draw } = this.terminal;
    const marks = { ok: chalk.green(draw("✔")), warning: chalk.yellow("!"), missing: chalk.red(draw("✖")) };
    const rows = findings.flatMap(({ state, what, says, mend }) => [
      [`${marks[state]} ${what}`, says],
      ...(mend === undefined ? [] : [["", chalk.dim(mend)]]),
    ]);
    this.log(formatTable(rows));
    if (findings.some(({ state }) => state === "missing")) process.exitCode = ExitCode.trouble;
    return { findings };
  }
}
