import { Config, flush, run } from "@oclif/core";
import { closest } from "../core/ids.js";
import { DeviousError } from "../core/errors.js";
import { problemJson, renderProblem, toProblem } from "./problem.js";
import { terminalOf } from "./terminal.js";

/** Runs one command line and ends the process with its exit code. `url` is the entry script's, from which oclif finds the package. */
export async function main(argv: readonly string[], url: string): Promise<void> {
  // a reader that has seen enough (`devious logs | head`) ends us in silence
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  const config = await Config.load(url);
  try {
    await run([...argv], config);
  } catch (error) {
    if (isExit(error)) process.exitCode = error.oclif.exit;
    else complain(unknownCommand(error, config, argv) ?? error, asksForJson(argv));
  }
  await flush();
  // sockets to the engine may still be closing; nothing is left to wait for
  process.exit();
}

/** What stands behind `--` is somebody else's. */
function asksForJson(argv: readonly string[]): boolean {
  const at = argv.indexOf("--json");
  const others = argv.indexOf("--");
  return at >= 0 && (others < 0 || at < others);
}

/** oclif ends --help and the like by throwing. */
function isExit(error: unknown): error is { readonly oclif: { readonly exit: number } } {
  return error instanceof Error && "code" in error && error.code === "EEXIT";
}

/** oclif says "command x:y not found", also of a word too many: say what was typed, and what may have been meant. */
function unknownCommand(error: unknown, config: Config, argv: readonly string[]): DeviousError | undefined {
  if (!(error instanceof Error) || !/command .* not found/i.test(error.message)) return undefined;
  const typed = argv.filter((word) => !word.startsWith("-"));
  const known = config.commands.filter(({ hidden }) => !hidden).map(({ id }) => id.replaceAll(":", " "));
  const named = typed[0] === "chaos" ? typed.slice(0, 2) : typed.slice(0, 1);
  const words = named.join(" ");
  if (known.includes(words)) {
    const [more = ""] = typed.slice(named.length);
    return new DeviousError("USAGE", `\`devious ${words}\` takes no "${more}"`, {
      hint: `\`devious ${words} --help\` shows what it takes.`,
    });
  }
  const meant = closest(words, known);
  return new DeviousError("USAGE", `There is no command "${words}"`, {
    hint: meant === undefined ? "`devious --help` lists them." : `Did you mean "${meant}"?`,
  });
}

function complain(error: unknown, json: boolean): void {
  const problem = toProblem(error);
  process.exitCode = problem.exitCode;
  if (json) process.stdout.write(`${JSON.stringify(problemJson(problem), null, 2)}\n`);
  else process.stderr.write(`${renderProblem(problem, terminalOf(process.stderr, process.env).chalk)}\n`);
}
