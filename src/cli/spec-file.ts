import { readFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { parseEnv } from "node:util";
import { DeviousError } from "../core/errors.js";
import { toName } from "../core/ids.js";
import { defaultSpec, specFileName } from "../spec/cluster-spec.js";
import type { ClusterSpec } from "../spec/cluster-spec.js";
import type { Problem } from "../spec/places.js";
import type { SpecInput } from "../spec/schema.js";
import type { EnvFile } from "../spec/surroundings.js";
import type { Variables } from "../spec/variables.js";

export interface LoadedSpec {
  readonly spec: ClusterSpec;
  /** Absolute folder that owns the cluster: the spec's own. */
  readonly owner: string;
  /** Absolute; null where there is none, and the spec is the default. */
  readonly file: string | null;
}

/**
 * The spec at `given` (a file, or a folder with a devious.yaml), else the one of `folder`, else three raft nodes named after the folder.
 * Throws SPEC_UNREADABLE or SPEC_INVALID, the latter with every problem at file:line:column. What boots clusters gives its environment, for
 * the variables and env files that the spec names; whoever only looks at the spec need not have them.
 */
export async function loadSpec(given: string | undefined, folder: string, variables?: Variables): Promise<LoadedSpec> {
  const file = given === undefined ? path.join(folder, specFileName) : await fileAt(path.resolve(folder, given));
  const owner = path.dirname(file);
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (given === undefined && cause.code === "ENOENT") return undefined;
    throw unreadable(file, cause);
  });
  if (text === undefined) return { spec: defaultSpec(toName(path.basename(folder))), owner, file: null };
  const shown = path.relative(folder, file) || file;
  const placed = ({ line, column, message }: Problem): string => `${shown}:${line}:${column} ${message}`;
  return { spec: await accept(text, owner, variables, shown, placed), owner, file };
}

/** The spec that a program gives as a value; without a file, its problems have no line. Throws SPEC_INVALID. */
export async function readSpec(value: SpecInput, owner: string, variables: Variables): Promise<ClusterSpec> {
  // JSON is YAML
  return accept(JSON.stringify(value), owner, variables, "The spec", ({ message }) => message);
}

async function accept(
  text: string,
  owner: string,
  variables: Variables | undefined,
  shown: string,
  placed: (problem: Problem) => string,
): Promise<ClusterSpec> {
  // what reads YAML takes a while to load, and without a spec nobody needs it
  const { parseSpec } = await import("../spec/parse.js");
  const result = parseSpec(text, owner, variables === undefined ? undefined : { variables, readEnvFile });
  if (result.ok) return result.spec;
  const { problems } = result;
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  throw new DeviousError("SPEC_INVALID", `${shown} has ${count}`, { details: problems.map(placed) });
}

async function fileAt(given: string): Promise<string> {
  const found = await stat(given).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(given, cause);
  });
  return found.isDirectory() ? path.join(given, specFileName) : given;
}

function readEnvFile(file: string): EnvFile {
  try {
    return { variables: parseEnv(readFileSync(file, "utf8")) as Readonly<Record<string, string>> };
  } catch (error) {
    return { problem: whyUnreadable(error as NodeJS.ErrnoException) };
  }
}

function unreadable(file: string, cause: NodeJS.ErrnoException): DeviousError {
  return new DeviousError("SPEC_UNREADABLE", `The spec ${file} cannot be read: ${whyUnreadable(cause)}`, {
    hint: "`devious init` writes one; without any, `devious up` boots three raft nodes.",
    cause,
  });
}

function whyUnreadable({ code, message }: NodeJS.ErrnoException): string {
  const known: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file",
    EACCES: "you may not read it",
    EISDIR: "it is a folder",
  };
  return known[code ?? ""] ?? message;
}
