/** Paths as a spec in a folder means them. This room knows no machine, so whether it is a Windows machine is told by the folder. */

const drive = /^[A-Za-z]:[\\/]/;

/** Whether a volume's source is a file or folder, and not a volume's name. */
export function isPath(text: string): boolean {
  return /^(?:\.{1,2}(?:[\\/]|$)|[\\/~])/.test(text) || drive.test(text);
}

/** The absolute path of what `path` means in `folder`, which is absolute. */
export function pathIn(folder: string, path: string): string {
  const isWindows = drive.test(folder) || folder.startsWith("\\\\");
  const isAbsolute = path.startsWith("/") || drive.test(path) || (isWindows && path.startsWith("\\"));
  const separator = isWindows ? "\\" : "/";
  const parts = (isAbsolute ? path : `${folder}${separator}${path}`).split(isWindows ? /[\\/]/ : "/");
  const kept: string[] = [];
  for (const part of parts) {
    if (part === "..") kept.pop();
    else if (part !== "." && part !== "") kept.push(part);
  }
  const root = isWindows ? (drive.test(parts.join(separator)) ? "" : separator.repeat(2)) : "/";
  return root + kept.join(separator);
}

/** The last name of a path. */
export function lastName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? "";
}

/** A path inside a container, or inside a build's context, in one way of writing. */
export function normalized(path: string): string {
  return pathIn("/", path);
}

/** Whether `path` is `folder` or below it; both are normalized. */
export function isBelow(path: string, folder: string): boolean {
  return path === folder || folder === "/" || path.startsWith(`${folder}/`);
}
