import { stat } from "node:fs/promises";
import path from "node:path";
import { archivesOf } from "../../workspace/archives.js";
import { type Finding, ok } from "./finding.js";
import { formatSize } from "./room.js";

/** What `down` has kept under this folder of the logs of its clusters. */
export async function keptLogsFinding(folder: string): Promise<Finding> {
  const archives = await archivesOf(folder);
  const sizes = await Promise.all(archives.flatMap(({ file, about }) => [sizeOf(file), sizeOf(about)]));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const clusters = [...new Set(archives.map(({ cluster }) => cluster))].sort();
  if (archives.length === 0) return ok("kept logs", "none in this folder");
  return ok(
    "kept logs",
    `${archives.length} of ${clusters.join(", ")}: ${formatSize(bytes)} in ${path.join(folder, ".devious")}`,
  );
}

/** Bytes; none of what is not there, or no longer. */
function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
