/**
 * Expected trouble, as a product: one sentence that says what and where, and what to try.
 * Impossible trouble is `invariant` (invariant.ts).
 */

/** Process exit codes of the CLI; 64 follows sysexits(3) EX_USAGE, 128+n follows the shell's rule for signals. */
export const ExitCode = {
  ok: 0,
  expectationFailed: 1,
  unknown: 2,
  trouble: 3,
  usage: 64,
  /** A command of the user's was ended by its time limit, as timeout(1) says it. */
  timeLimit: 124,
  /** As a shell says it. */
  notExecutable: 126,
  notFound: 127,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Every kind of expected trouble, with the exit code the CLI leaves with. Stable: scripts match on these names. */
export const errorCodes = {
  // what was asked is wrong
  USAGE: ExitCode.usage,
  SPEC_INVALID: ExitCode.usage,
  SPEC_UNREADABLE: ExitCode.usage,
  COMPOSE_INVALID: ExitCode.usage,
  COMPOSE_UNREADABLE: ExitCode.usage,
  SCENARIO_INVALID: ExitCode.usage,
  SCENARIO_UNREADABLE: ExitCode.usage,
  ARCHIVE_UNREADABLE: ExitCode.usage,
  SNAPSHOT_UNREADABLE: ExitCode.usage,
  FILE_EXISTS: ExitCode.usage,
  UNKNOWN_NODE: ExitCode.usage,
  UNKNOWN_CLUSTER: ExitCode.usage,
  UNKNOWN_FAULT: ExitCode.usage,
  UNKNOWN_BUCKET_TYPE: ExitCode.usage,
  // the cluster or the engine could not do it
  ENGINE_UNREACHABLE: ExitCode.trouble,
  ENGINE_REFUSED: ExitCode.trouble,
  CLUSTER_HELD: ExitCode.trouble,
  PORT_TAKEN: ExitCode.trouble,
  HOOK_FAILED: ExitCode.trouble,
  CLUSTER_NOT_READY: ExitCode.trouble,
  NODE_UNREACHABLE: ExitCode.trouble,
  NO_LEADER: ExitCode.trouble,
  REQUEST_REFUSED: ExitCode.trouble,
  AGENT_UNREACHABLE: ExitCode.trouble,
  FAULT_NOT_APPLIED: ExitCode.trouble,
  NETEM_MISSING: ExitCode.trouble,
  IMAGE_BUILD: ExitCode.trouble,
  IMAGE_MISSING: ExitCode.trouble,
  IMAGE_PULL: ExitCode.trouble,
  // the command to run beside a cluster
  COMMAND_NOT_EXECUTABLE: ExitCode.notExecutable,
  COMMAND_NOT_FOUND: ExitCode.notFound,
  // an answer that proves nothing either way
  REQUEST_INDEFINITE: ExitCode.unknown,
  AGENT_SILENT: ExitCode.unknown,
  // it works, and the answer is no
  FAULT_NOT_PROVEN: ExitCode.expectationFailed,
  KEY_NOT_FOUND: ExitCode.expectationFailed,
  NO_MATCH: ExitCode.expectationFailed,
} as const satisfies Record<string, ExitCode>;
export type ErrorCode = keyof typeof errorCodes;

export interface DeviousErrorOptions {
  /** What the reader can do about it: one sentence or a command to type. */
  readonly hint?: string | undefined;
  /** Further facts, one a line (last log lines, what was tried). */
  readonly details?: readonly string[] | undefined;
  readonly cause?: unknown;
}

/** Expected trouble. The message is one sentence for a person: what, where. */
export class DeviousError extends Error {
  override readonly name = "DeviousError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: readonly string[];

  constructor(code: ErrorCode, message: string, options: DeviousErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? [];
  }

  get exitCode(): ExitCode {
    return errorCodes[this.code];
  }
}

/** Several troubles as one: the first is the sentence, the others are its details. USAGE unless all have one code. */
export function allAtOnce(errors: readonly [DeviousError, ...DeviousError[]]): DeviousError {
  const [first, ...more] = errors;
  if (more.length === 0) return first;
  const code = more.every((error) => error.code === first.code) ? first.code : "USAGE";
  const hint = errors.map((error) => error.hint).find((one) => one !== undefined);
  return new DeviousError(code, first.message, {
    hint,
    details: [...first.details, ...more.flatMap(({ message, details }) => [message, ...details])],
  });
}

/** The text of anything thrown, for messages and logs. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
