/** Files that are put into the nodes of an image. */
import { z } from "zod";
import { mapping, reading, shortFor, templated, unless } from "./fields.js";
import { isMapping, misfitAt, readIfRight } from "./names.js";
import type { Misfit, Named } from "./names.js";
import type { FileSpec } from "./own-image.js";
import { isBelow, normalized } from "./paths.js";
import { problemWithTemplates } from "./templates.js";
import { volumes } from "./volumes.js";

const defaultMode = 0o644;

const mode = reading((value, refuse): number => {
  if (typeof value === "string" && /^0?[0-7]{3,4}$/.test(value)) return Number.parseInt(value, 8);
  return refuse(`${JSON.stringify(value)} is no mode: write permission bits in octal and in quotes, such as "0755"`);
}).meta({ type: "string", pattern: "^0?[0-7]{3,4}$" });

const file = shortFor(
  mapping(
    {
      content: templated.describe("What is in it; templates are filled in."),
      mode: mode.optional().describe('Permission bits in octal and in quotes; default "0644".'),
    },
    "with content and mode, or one text, which is the content",
  ),
  [{ type: "string" }],
  (value) => (typeof value === "string" ? { content: value } : value),
);

function problemWithPath(path: string): string | undefined {
  if (!path.startsWith("/")) return `${JSON.stringify(path)} is not an absolute path in the container: it begins with /`;
  return path.endsWith("/") ? `${JSON.stringify(path)} is a folder's path: name the file` : problemWithTemplates(path);
}

export const files = z
  .record(z.string().superRefine(unless(problemWithPath)), file, {
    error: (issue) =>
      issue.code === "invalid_key" ? issue.issues[0]?.message : 'must be a mapping such as { /etc/api.json: "{}" }',
  })
  .describe("Files put into the container before it starts: absolute path, and content, or a mapping with content and mode.");

export type FilesFile = z.output<typeof files>;

export function fileSpecs(files: FilesFile): readonly FileSpec[] {
  return Object.entries(files).map(([path, { content, mode = defaultMode }]) => ({ path: normalized(path), content, mode }));
}

/** What would be put where nobody sees it, or onto the user's own disk. */
export function checkFiles({ path, keys }: Named): readonly Misfit[] {
  const written = keys?.["files"];
  if (!isMapping(written)) return [];
  const mounted = (readIfRight(volumes, keys?.["volumes"]) ?? []).map((one) => ({ ...one, target: normalized(one.target) }));
  const paths = Object.keys(written)
    .filter((file) => problemWithPath(file) === undefined)
    .map((file) => ({ file, where: normalized(file) }));
  return paths.flatMap(({ file, where }, i): readonly Misfit[] => {
    const at = [...path, "files", file];
    const other = paths.find((one, j) => (j < i || one.where !== where) && j !== i && isBelow(where, one.where));
    const around = mounted.findLast(({ target }) => isBelow(where, target));
    return [
      ...(other === undefined
        ? []
        : [misfitAt(at, other.where === where ? "is there already" : `cannot be inside ${other.file}, which is a file`, "key")]),
      ...(around?.type === "tmpfs" ? [misfitAt(at, `nobody would see it below the tmpfs at ${around.target}`, "key")] : []),
      ...(around?.type === "bind"
        ? [misfitAt(at, `it would be written to your own ${around.source}, which is mounted at ${around.target}`, "key")]
        : []),
    ];
  });
}
