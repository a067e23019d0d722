import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { storeNodes } from "../cluster/store-nodes.js";
import { envFilesIn } from "../compose/env-files.js";
import { exportCompose } from "../compose/export.js";
import { DeviousError } from "../core/errors.js";
import type { Context } from "./context.js";
import { loadSpec } from "./spec-file.js";

export interface ExportedCompose {
  /** The compose file. */
  readonly compose: string;
  /** Where it is written to; null: nowhere. */
  readonly file: string | null;
  /** What is not in it, or means something else. */
  readonly notices: readonly string[];
}

/**
 * The compose file of a spec, which is written to `output` where there is one, with the files of nodes in a folder beside it. Throws what
 * {@link loadSpec} does, and COMPOSE_UNREADABLE where it cannot be written.
 */
export async function composeFromSpec(
  world: Context,
  given: string | undefined,
  output: string | undefined,
): Promise<ExportedCompose> {
  const { engine, bundleDir, version } = world;
  const { spec, owner, file: specFile } = await loadSpec(given, world.folder);
  const file = output === undefined ? null : path.resolve(world.folder, output);
  const folder = file === null ? world.folder : path.dirname(file);
  const { text, notices, files } = exportCompose(spec, {
    storeNodes: await storeNodes(spec, { facts: () => engine.facts(), bundleDir, version }),
    envFiles: specFile === null ? new Map() : envFilesIn(await readFile(specFile, "utf8"), owner),
    folder,
    filesFolder: file === null ? null : `${path.parse(file).name}.files`,
  });
  if (file !== null)
    await write(
      file,
      text,
      files.map((one) => ({ ...one, path: path.join(folder, one.path) })),
    );
  return { compose: text, file, notices };
}

async function write(
  file: string,
  text: string,
  files: readonly { readonly path: string; readonly content: string; readonly mode: number }[],
): Promise<void> {
  try {
    for (const one of files) {
      await mkdir(path.dirname(one.path), { recursive: true });
      await writeFile(one.path, one.content);
      await chmod(one.path, one.mode);
    }
    await writeFile(file, text);
  } catch (cause) {
    throw new DeviousError("COMPOSE_UNREADABLE", `${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
}
