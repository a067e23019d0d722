import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { DeviousError } from "../core/errors.js";
import { toName } from "../core/ids.js";
import { defaultSpec } from "../spec/cluster-spec.js";
import { withOverrides } from "../spec/overrides.js";
import { specFileName } from "../spec/cluster-spec.js";

/** Writes the template, filled in, and gives the file's path. Throws FILE_EXISTS rather than replace anything unasked. */
export async function initSpec(
  folder: string,
  wanted: { readonly name?: string | undefined; readonly nodes: number; readonly force: boolean },
): Promise<string> {
  const spec = withOverrides(defaultSpec(toName(path.basename(folder))), wanted);
  const template = await readFile(fileURLToPath(new URL("../../templates/devious.yaml", import.meta.url)), "utf8");
  const text = template.replace("{{name}}", spec.name).replace("{{nodes}}", String(wanted.nodes));
  return writeSpec(folder, text, wanted.force);
}

/** Gives the file's path. Throws FILE_EXISTS, unless `force` is to replace what is there. */
export async function writeSpec(folder: string, text: string, force: boolean): Promise<string> {
  const file = path.join(folder, specFileName);
  await writeFile(file, text, { flag: force ? "w" : "wx" }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EEXIST")
      throw new DeviousError("SPEC_UNREADABLE", `${file} cannot be written: ${cause.message}`, { cause });
    throw new DeviousError("FILE_EXISTS", `${file} is there already`, { hint: "--force replaces it.", cause });
  });
  return file;
}
