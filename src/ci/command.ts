import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { DeviousError, ExitCode, messageOf } from "../core/errors.js";

export interface CommandRequest {
  /** The program and its arguments, verbatim: no shell reads them. */
  readonly words: readonly [string, ...string[]];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Its stdout goes to our stderr, since ours is for the result. */
  readonly stdoutToStderr: boolean;
  /** Null: it may take as long as it likes. */
  readonly timeLimitMs: number | null;
  /** Tells it to end, by {@link signalName}; after a grace it is killed. */
  readonly signal: AbortSignal;
  readonly signalName: () => NodeJS.Signals;
  /** Kills it at once. */
  readonly hurry: AbortSignal;
}

/** How a command ended. */
export type Ended =
  | { readonly by: "itself"; readonly exitCode: number }
  | { readonly by: "signal"; readonly signal: NodeJS.Signals; readonly exitCode: number }
  | { readonly by: "time-limit"; readonly exitCode: typeof ExitCode.timeLimit };

/** From the signal that tells it to end to the one that nobody can ignore. */
const graceMs = 10_000;

/**
 * Runs a command to its end, with our stdin and output. With a terminal it is in our process group, where Ctrl-C reaches it by itself; without
 * one it has its own, so that what it has started is told to end as well. Throws COMMAND_NOT_FOUND and COMMAND_NOT_EXECUTABLE.
 */
export async function runCommand(request: CommandRequest): Promise<Ended> {
  const { words, folder, environment, stdoutToStderr, timeLimitMs, signal, signalName, hurry } = request;
  const [program, ...args] = words;
  const isInteractive = process.stdin.isTTY;
  const child = spawn(program, args, {
    cwd: folder,
    env: environment,
    stdio: ["inherit", stdoutToStderr ? 2 : "inherit", "inherit"],
    detached: !isInteractive,
  });
  const timers: NodeJS.Timeout[] = [];
  const after = (ms: number, act: () => void): void => void timers.push(setTimeout(act, ms));
  const kill = (): void => send(child, "SIGKILL", isInteractive);
  const end = (name: NodeJS.Signals): void => {
    // the terminal has told it already
    if (!(isInteractive && name === "SIGINT")) send(child, name, isInteractive);
    after(graceMs, kill);
  };
  const onSignal = (): void => end(signalName());
  let isLate = false;
  if (timeLimitMs !== null) {
    after(timeLimitMs, () => {
      isLate = true;
      end("SIGTERM");
    });
  }
  signal.addEventListener("abort", onSignal);
  hurry.addEventListener("abort", kill);
  if (signal.aborted) onSignal();
  try {
    const ended = await endOf(child, program);
    // what it has started and not ended: a shell's background jobs, say, which SIGINT does not reach
    if ((isLate || signal.aborted) && !isInteractive) kill();
    return isLate ? { by: "time-limit", exitCode: ExitCode.timeLimit } : ended;
  } finally {
    signal.removeEventListener("abort", onSignal);
    hurry.removeEventListener("abort", kill);
    for (const timer of timers) clearTimeout(timer);
  }
}

async function endOf(child: ChildProcess, program: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => reject(startProblem(program, error)));
    child.once("exit", (exitCode, signal) => {
      if (signal !== null) resolve({ by: "signal", signal, exitCode: 128 + constants.signals[signal] });
      else resolve({ by: "itself", exitCode: exitCode ?? 0 });
    });
  });
}

function startProblem(program: string, error: NodeJS.ErrnoException): DeviousError {
  if (error.code === "ENOENT") return new DeviousError("COMMAND_NOT_FOUND", `${program}: there is no such command`);
  return new DeviousError("COMMAND_NOT_EXECUTABLE", `${program} cannot be executed: ${messageOf(error)}`, { cause: error });
}

/** To it and, where it has a process group of its own, to all in it. */
function send(child: ChildProcess, signal: NodeJS.Signals, isInteractive: boolean): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (isInteractive || process.platform === "win32") {
    child.kill(signal);
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // it has ended in between
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
