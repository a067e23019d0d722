import { errorCodes, ExitCode } from "../../core/errors.js";
import type { ErrorCode } from "../../core/errors.js";
import { code, page, table } from "./markdown.js";

const exitMeanings: Readonly<Record<keyof typeof ExitCode, string>> = {
  ok: "done; also when there was nothing to do",
  expectationFailed: "it works, and the answer is no",
  unknown: "an answer that proves nothing either way, or trouble that nobody foresaw",
  trouble: "the cluster or the engine could not do it; it had no effect, or was taken back",
  usage: "what was asked is wrong: the command line, the spec, or a name in it",
  timeLimit: "of `devious run`: its command was ended by `--time-limit`",
  notExecutable: "of `devious run`: its command cannot be executed",
  notFound: "of `devious run`: its command is not there",
  interrupted: "ended by SIGINT",
  terminated: "ended by SIGTERM",
};

const errorMeanings: Readonly<Record<ErrorCode, string>> = {
  USAGE: "the command line asks for what there is not, or what cannot be",
  SPEC_INVALID: "the spec has problems; `details` has every one of them, as file:line:column",
  SPEC_UNREADABLE: "the spec's file cannot be read or written",
  COMPOSE_INVALID: "the compose file has problems; `details` has every one of them, as file:line:column",
  COMPOSE_UNREADABLE: "the compose file cannot be read, or the one to be made of a spec not be written",
  SCENARIO_INVALID: "the scenario has problems; `details` has every one of them, as file:line:column where it is YAML",
  SCENARIO_UNREADABLE: "the scenario's file cannot be read",
  ARCHIVE_UNREADABLE: "a kept log is not there, is cut off, or has a line that is no record",
  SNAPSHOT_UNREADABLE: "the file to restore is not there, is damaged, or is no snapshot of the bundled store",
  FILE_EXISTS: "a file is there already and is not replaced unasked",
  UNKNOWN_NODE: "the cluster has no node of this name",
  UNKNOWN_CLUSTER: "there is no such cluster, or none can be meant",
  UNKNOWN_FAULT: "the cluster never had a fault of this id",
  UNKNOWN_BUCKET_TYPE: "the leaderless store has no bucket type of this name",
  ENGINE_UNREACHABLE: "no Docker engine answers at the address in use",
  ENGINE_REFUSED: "the engine answered no; the message has its words",
  CLUSTER_HELD: "somebody else has a cluster of this name: another folder, or a run",
  HOOK_FAILED: "a command that the spec wants run once the cluster is up did not end with exit code 0",
  PORT_TAKEN: "a port of this machine that the spec fixes for a node is somebody else's",
  CLUSTER_NOT_READY: "a node was not ready in time, or exited; `details` has its last log lines",
  NODE_UNREACHABLE: "the node does not run, or takes no connection; the request had no effect",
  NO_LEADER: "the fault was to hit the leader, and there is none",
  REQUEST_REFUSED: "the node refused the request, which definitely had no effect",
  AGENT_UNREACHABLE: "the cluster's agent is missing or does not answer",
  FAULT_NOT_APPLIED: "the fault could not be brought about, and was taken back",
  NETEM_MISSING: "the engine's kernel has no netem, so it cannot delay",
  IMAGE_BUILD:
    "an image of the spec cannot be built, `details` has the last lines of the output; or something that goes into the node image is missing",
  IMAGE_MISSING: "the engine does not have an image that the spec names and is not to pull; nothing was made",
  IMAGE_PULL:
    "an image that the spec names cannot be pulled: its registry does not answer, or does not give it; nothing was made",
  COMMAND_NOT_EXECUTABLE: "the command to run beside the cluster is there and cannot be executed; nothing was made",
  COMMAND_NOT_FOUND: "the command to run beside the cluster is not there; nothing was made",
  REQUEST_INDEFINITE: "nobody knows whether the request took effect: read the key again",
  AGENT_SILENT: "the agent was asked and did not answer: it may still do it",
  FAULT_NOT_PROVEN: "`--verify` measured something else than was asked; the fault is healed.",
  KEY_NOT_FOUND: "there is no such key",
  NO_MATCH: "the log ended, or the time was over, before a record matched `--until-match`",
};

/** What scripts may rely on when a command fails. */
export function errorsPage(): string {
  const exits = Object.entries(ExitCode).map(([name, exit]) => [code(String(exit)), exitMeanings[name as keyof typeof ExitCode]]);
  const errors = Object.entries(errorCodes).map(([name, exit]) => [code(name), code(String(exit)), errorMeanings[name as ErrorCode]]); // prettier-ignore
  return page(
    "# Exit codes and errors",
    "## Exit codes",
    table(["code", "meaning"], exits),
    "`devious exec` and `devious run` leave with the exit code of the command they ran, 128 + n where signal n ended that of `run`.",
    "## Errors",
    "An error is a sentence on stderr, with what to try below it. With `--json` it is an object on stdout instead; `code` is stable:",
    [
      "```json",
      '{ "error": { "code": "UNKNOWN_NODE", "message": "…", "hint": "…", "details": [], "exitCode": 64 } }',
      "```",
    ].join("\n"),
    "`hint` is null where there is no advice. `INTERNAL` (exit code 2) stands for a mistake in devious itself.",
    table(["error", "exit code", "meaning"], errors),
  );
}
