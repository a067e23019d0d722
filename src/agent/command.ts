/** Runs one program and waits for it, with a limit on everything. */
import { spawn } from "node:child_process";

export interface Output {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** It was ended, or could not be started though it is there: it may well work the next time. */
  readonly cutShort: boolean;
}

const timeoutMs = 5000;

/** Copied once: node would do so for every program, reading each variable from the process anew. */
const environment = { ...process.env };

/**
 * Runs `command`, with `input` on its stdin; `netns`, an open file, becomes its file 3. Never throws: a program that is missing, or takes
 * longer than 5 s, has exit code 127 and says so in `stderr`.
 */
export function runCommand(command: readonly string[], input = "", netns?: number): Promise<Output> {
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: environment,
      stdio: ["pipe", "pipe", "pipe", netns ?? "ignore"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin?.on("error", () => undefined); // a program that fails early closes its stdin; its exit code says the rest
    child.stdin?.end(input);
    child.once("error", (error: NodeJS.ErrnoException) =>
      resolve({ exitCode: 127, stdout: "", stderr: error.message, cutShort: error.code !== "ENOENT" }),
    );
    child.once("close", (code, signal) => {
      const killed = signal === null ? "" : `\n${program} was ended by ${signal} (limit ${timeoutMs} ms)`;
      resolve({
        exitCode: code ?? 127,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString() + killed,
        cutShort: signal !== null,
      });
    });
  });
}
