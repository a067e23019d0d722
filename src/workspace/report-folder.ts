import { mkdir, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { DeviousError } from "../core/errors.js";

/** A folder that is filled with what belongs together. */
export interface ReportFolder {
  readonly path: string;
  /** Where to write the file of this name, which may have folders in it; they are there afterwards. */
  place(name: string): Promise<string>;
  /** Size of the file of this name. */
  bytesOf(name: string): Promise<number>;
}

/** Makes the folder where it is missing; throws FILE_EXISTS where something is in it and `force` is not set. */
export async function openReportFolder(folder: string, force: boolean): Promise<ReportFolder> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR") throw new DeviousError("FILE_EXISTS", `${folder} is a file`, { cause: error });
    throw error;
  });
  if (there.length > 0 && !force) {
    throw new DeviousError("FILE_EXISTS", `The folder ${folder} is not empty`, {
      hint: "Name another one, or write over what is there with --force.",
    });
  }
  await mkdir(folder, { recursive: true });
  return {
    path: folder,
    place: async (name) => {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      return file;
    },
    bytesOf: async (name) => (await stat(path.join(folder, name))).size,
  };
}
