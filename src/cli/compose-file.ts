import { access, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { parseEnv } from "node:util";
import { importCompose } from "../compose/import.js";
import { DeviousError } from "../core/errors.js";
import { isName, nameRule } from "../core/ids.js";
import type { Problem } from "../spec/places.js";
import { writeSpec } from "./init-spec.js";

/** In the order in which compose looks for them. */
const composeNames = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

export interface TakenOver {
  /** The spec. */
  readonly file: string;
  /** The compose file, as its notices name it. */
  readonly from: string;
  /** What was not taken over, or with another meaning; at its place in the compose file. */
  readonly notices: readonly Problem[];
}

export interface Wanted {
  /** A compose file, or a folder with one. */
  readonly from: string;
  readonly name: string | undefined;
  readonly profiles: readonly string[];
  readonly force: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Writes `folder`'s spec from a compose file. Throws COMPOSE_UNREADABLE, COMPOSE_INVALID with every problem at its place, FILE_EXISTS. */
export async function specFromCompose(folder: string, wanted: Wanted): Promise<TakenOver> {
  const { name, profiles, force, environment } = wanted;
  if (name !== undefined && !isName(name)) throw new DeviousError("USAGE", `--name: "${name}" is not a name: ${nameRule}`);
  const compose = await composeFileAt(path.resolve(folder, wanted.from));
  const beside = path.dirname(compose);
  const text = await readFile(compose, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(compose, cause);
  });
  const shown = path.relative(folder, compose);
  const result = importCompose(text, {
    file: path.basename(compose),
    folderName: path.basename(beside),
    name,
    base: path.relative(folder, beside).split(path.sep).join("/"),
    profiles,
    environment,
    dotEnv: await dotEnvIn(beside),
  });
  if (!result.ok) {
    const places = result.problems.map(({ line, column, message }) => `${shown}:${line}:${column} ${message}`);
    const count = places.length === 1 ? "a problem" : `${places.length} problems`;
    throw new DeviousError("COMPOSE_INVALID", `${shown} has ${count}; nothing is written`, { details: places });
  }
  const file = await writeSpec(folder, result.text, force);
  return { file, from: shown, notices: [...(await overrideNotices(compose)), ...result.notices] };
}

async function composeFileAt(given: string): Promise<string> {
  const found = await stat(given).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(given, cause);
  });
  if (!found.isDirectory()) return given;
  for (const name of composeNames) if (await exists(path.join(given, name))) return path.join(given, name);
  throw new DeviousError("COMPOSE_UNREADABLE", `${given} has no compose file`, {
    hint: `It would be called ${composeNames.join(", ")}; --from takes any other too.`,
  });
}

/** Compose reads a second file by itself, where there is one. */
async function overrideNotices(compose: string): Promise<readonly Problem[]> {
  const { dir, name, ext } = path.parse(compose);
  const override = `${name}.override${ext}`;
  if (!composeNames.includes(`${name}${ext}`) || !(await exists(path.join(dir, override)))) return [];
  return [{ line: 1, column: 1, message: `${override}, which compose reads too, is not taken over` }];
}

/** Where there is none, it says nothing. */
async function dotEnvIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(path.join(folder, ".env"), "utf8").catch(() => "");
  return parseEnv(text) as Readonly<Record<string, string>>;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function unreadable(file: string, cause: NodeJS.ErrnoException): DeviousError {
  const why = cause.code === "ENOENT" ? "there is no such file" : cause.message;
  return new DeviousError("COMPOSE_UNREADABLE", `The compose file ${file} cannot be read: ${why}`, { cause });
}
