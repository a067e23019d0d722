import type { ChalkInstance } from "chalk";
import { DeviousError, ExitCode, messageOf } from "../core/errors.js";
import type { ErrorCode } from "../core/errors.js";

/** Anything thrown, as a user and a script shall see it. */
export interface Problem {
  readonly code: ErrorCode | "INTERNAL";
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: readonly string[];
  readonly exitCode: number;
  /** Only of trouble that nobody expected. */
  readonly stack: string | undefined;
}

export function toProblem(error: unknown): Problem {
  if (error instanceof DeviousError) {
    const { code, message, hint, details, exitCode } = error;
    return { code, message: sentence(unwrapped(message)), hint, details, exitCode, stack: undefined };
  }
  if (isUsageError(error)) {
    const [first = "", ...rest] = error.message.split("\n");
    const details = rest.filter((line) => line.trim() !== "" && !line.startsWith("See more help"));
    return {
      code: "USAGE",
      message: sentence(first.replace(/:$/, "")),
      hint: "--help shows what this command takes.",
      details,
      exitCode: ExitCode.usage,
      stack: undefined,
    };
  }
  return {
    code: "INTERNAL",
    message: sentence(`This should not have happened: ${messageOf(error)}`),
    hint: "Please report it, with the command you typed.",
    details: [],
    exitCode: ExitCode.unknown,
    stack: error instanceof Error ? error.stack : undefined,
  };
}

/** oclif's complaints about arguments and flags carry an `oclif` property. */
function isUsageError(error: unknown): error is Error {
  return error instanceof Error && "oclif" in error;
}

/** oclif puts two lines of its own around what a flag's parser says. */
function unwrapped(message: string): string {
  const { flag, said } = /^Parsing (?<flag>--\S+)\s+(?<said>.*)\nSee more help/s.exec(message)?.groups ?? {};
  return flag === undefined || said === undefined ? message : `${flag}: ${said}`;
}

function sentence(text: string): string {
  const trimmed = text.trim();
  // node names and flags stay as they are typed
  const capital = /^[a-z]+ /.test(trimmed) ? trimmed.charAt(0).toUpperCase() + trimmed.slice(1) : trimmed;
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

export function problemJson({ code, message, hint, details, exitCode }: Problem): Readonly<Record<string, unknown>> {
  return { error: { code, message, hint: hint ?? null, details, exitCode } };
}

/** For people, on stderr: the sentence, the facts, what to do. */
export function renderProblem({ message, details, hint, stack }: Problem, chalk: ChalkInstance): string {
  return [
    `${chalk.red("error:")} ${message}`,
    ...details.map((detail) => `  ${detail}`),
    ...(hint === undefined ? [] : [chalk.dim(`  ${hint}`)]),
    ...(stack === undefined ? [] : [chalk.dim(stack)]),
  ].join("\n");
}
