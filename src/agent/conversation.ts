/** A program that is told lines on its stdin and answers with lines on its stdout. */
import { spawn } from "node:child_process";
import { DeviousError } from "../core/errors.js";
import { invariant } from "../core/invariant.js";
import { linesOf } from "./lines.js";

export interface Conversation {
  /** Says a line and resolves with the next one that comes back; one at a time. Throws FAULT_NOT_APPLIED where none comes in time. */
  ask(line: string, limitMs: number): Promise<string>;
  /** Ends the program, whatever it is doing. */
  end(): void;
}

/** `netns`, an open file, becomes the program's file 3. */
export function converse(command: readonly string[], netns: number): Conversation {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe", netns] });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.once("error", (error) => (said += error.message));
  const { stdin, stdout } = child;
  invariant(stdin !== null && stdout !== null, "both are pipes");
  stdin.on("error", () => undefined); // it ended early: then its answer is missing, and why is in `said`
  const answers = linesOf(stdout);

  return {
    async ask(line, limitMs) {
      const kill = setTimeout(() => child.kill("SIGKILL"), limitMs);
      try {
        stdin.write(`${line}\n`);
        const { value, done } = await answers.next();
        if (done !== true) return value;
      } finally {
        clearTimeout(kill);
      }
      throw new DeviousError(
        "FAULT_NOT_APPLIED",
        `\`${command.join(" ")}\` did not answer: ${said.trim() || "it ended, or took too long"}.`,
      );
    },
    end: () => void child.kill("SIGKILL"),
  };
}
