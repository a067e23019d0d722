import { constants } from "node:fs";
import { access, copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { DeviousError } from "../core/errors.js";
import { closest, toName } from "../core/ids.js";
import { defaultSpec, specFileName } from "../spec/cluster-spec.js";
import { withOverrides } from "../spec/overrides.js";

/** A folder of `templates/`: a spec with the files it needs, a README and a scenario. */
export interface Template {
  readonly name: string;
  /** One line, the first paragraph of its README. */
  readonly says: string;
  /** False where a paragraph of the README begins with "Not tested here": nobody of ours has ever booted it. */
  readonly tested: boolean;
}

const templatesFolder = fileURLToPath(new URL("../../templates/", import.meta.url));

/** All there are, by name. */
export async function listTemplates(): Promise<readonly Template[]> {
  return Promise.all((await templateNames()).map(readTemplate));
}

async function templateNames(): Promise<readonly string[]> {
  const entries = await readdir(templatesFolder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const withSpec = await Promise.all(folders.map((name) => isThere(path.join(templatesFolder, name, specFileName))));
  return folders.filter((_, at) => withSpec[at]).sort();
}

async function readTemplate(name: string): Promise<Template> {
  const readme = await readFile(path.join(templatesFolder, name, "README.md"), "utf8");
  const [, says = "", ...rest] = readme.split(/\n{2,}/);
  return { name, says, tested: !rest.some((paragraph) => paragraph.startsWith("Not tested here")) };
}

/**
 * Copies a template into a folder and gives the files it wrote, relative to the folder, whose name is the cluster's unless another is
 * wanted. Throws USAGE where there is no such template, and FILE_EXISTS with every file that is there, before anything is written.
 */
export async function writeTemplate(
  name: string,
  folder: string,
  wanted: { readonly name?: string | undefined; readonly force: boolean },
): Promise<readonly string[]> {
  const named = withOverrides(defaultSpec(toName(path.basename(folder))), { name: wanted.name });
  const from = path.join(templatesFolder, await knownName(name));
  const files = await filesUnder(from);
  const there = await Promise.all(files.map((file) => isThere(path.join(folder, file))));
  const taken = files.filter((_, at) => there[at]);
  if (taken.length > 0 && !wanted.force) {
    throw new DeviousError("FILE_EXISTS", `${folder} has ${taken.join(", ")} already; nothing was written`, {
      hint: "A template is best written into an empty folder; --force replaces the files.",
    });
  }
  await copyAll(files, from, folder).catch((cause: NodeJS.ErrnoException) => {
    throw new DeviousError("SPEC_UNREADABLE", `The template cannot be written into ${folder}: ${cause.message}`, { cause });
  });
  const spec = path.join(folder, specFileName);
  await writeFile(spec, (await readFile(spec, "utf8")).replace(/^name: .*$/m, `name: ${named.name}`));
  return files;
}

async function knownName(name: string): Promise<string> {
  const names = await templateNames();
  if (names.includes(name)) return name;
  const meant = closest(name, names);
  throw new DeviousError("USAGE", `There is no template "${name}"${meant === undefined ? "" : `; did you mean "${meant}"?`}`, {
    hint: `Known are ${names.join(", ")}; devious init --list says what they are.`,
  });
}

/** Relative to the folder, sorted. */
async function filesUnder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => path.relative(folder, path.join(parentPath, name))).sort();
}

async function copyAll(files: readonly string[], from: string, to: string): Promise<void> {
  for (const file of files) {
    const target = path.join(to, file);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(path.join(from, file), target);
  }
}

function isThere(file: string): Promise<boolean> {
  return access(file, constants.F_OK).then(
    () => true,
    () => false,
  );
}
