import { Command } from "@oclif/core";
import { ExitCode } from "../core/errors.js";
import type { Report } from "../cluster/steps.js";
import { createContext } from "./context.js";
import type { Context } from "./context.js";
import { problemJson, renderProblem, toProblem } from "./problem.js";
import { createProgress } from "./progress.js";
import { terminalOf } from "./terminal.js";
import type { Terminal } from "./terminal.js";

/** Two signals within this are one. */
const passedOnMs = 300;

const signalExit = { SIGINT: ExitCode.interrupted, SIGTERM: ExitCode.terminated } as const;

/** What all commands share: `--json` prints what `run()` returns, trouble is one sentence with an exit code, signals end the work. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  /** Tests set it before they run the command. */
  context: Context | undefined;
  readonly #interrupted = new AbortController();
  #signalled: keyof typeof signalExit | undefined;
  /** True once the command has asked for {@link signal}: it cleans up by itself. */
  #cleansUp = false;
  readonly #hurried = new AbortController();
  /** True once the command has asked for {@link hurry}: the second signal is for it. */
  #hurries = false;
  #signalledMs = 0;
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const name = signal as keyof typeof signalExit;
    if (this.#cleansUp && this.#signalled === undefined) {
      this.#signalled = name;
      this.#signalledMs = performance.now();
      return this.#interrupted.abort();
    }
    if (this.#hurries && !this.#hurried.signal.aborted) {
      // who started us may pass on what the terminal has sent to us as well
      if (performance.now() - this.#signalledMs > passedOnMs) this.#hurried.abort();
      return;
    }
    // nothing to clean up, or the user is in more of a hurry than the cleaning
    process.exit(signalExit[name]);
  };

  protected override async init(): Promise<void> {
    await super.init();
    for (const signal of Object.keys(signalExit)) process.on(signal, this.#onSignal);
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    for (const signal of Object.keys(signalExit)) process.off(signal, this.#onSignal);
    if (this.#signalled !== undefined) process.exitCode = signalExit[this.#signalled];
    await super.finally(error);
  }

  /** Everything thrown ends here. oclif would lose the exit code with --json, so it is set on the process. */
  protected override catch(error: unknown): Promise<void> {
    // what a signal cut short needs no further words; finally() sets the exit code
    if (this.#signalled !== undefined) return Promise.resolve();
    const problem = toProblem(error);
    process.exitCode = problem.exitCode;
    if (this.jsonEnabled()) this.logJson(problemJson(problem));
    else this.logToStderr(renderProblem(problem, terminalOf(process.stderr, process.env).chalk));
    return Promise.resolve();
  }

  /** Aborted by SIGINT and SIGTERM. A command that never asks for it ends at once. */
  protected get signal(): AbortSignal {
    this.#cleansUp = true;
    return this.#interrupted.signal;
  }

  /** Aborted by a second signal, for a command that can be quicker about it; only a third one ends the process at once. */
  protected get hurry(): AbortSignal {
    this.#hurries = true;
    return this.#hurried.signal;
  }

  /** The signal that has aborted {@link signal}. */
  protected get signalName(): "SIGINT" | "SIGTERM" | undefined {
    return this.#signalled;
  }

  protected get world(): Context {
    return (this.context ??= createContext());
  }

  protected get terminal(): Terminal {
    return terminalOf(process.stdout, process.env);
  }

  /** Progress goes to stderr, so that stdout holds results only; with --json there is none. */
  protected get report(): Report {
    if (this.jsonEnabled()) return () => undefined;
    return createProgress(terminalOf(process.stderr, process.env), (text) => void process.stderr.write(text));
  }
}
