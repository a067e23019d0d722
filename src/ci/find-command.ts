import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import path from "node:path";
import { DeviousError } from "../core/errors.js";

/**
 * Whether a shell would find this command, asked before a cluster is booted for it. A name with a slash is a path below `folder`, any other
 * one is looked for in PATH. Throws COMMAND_NOT_FOUND and COMMAND_NOT_EXECUTABLE.
 */
export async function assertCommand(name: string, folder: string, pathVariable: string | undefined): Promise<void> {
  // there, what a name stands for hangs on its endings
  if (process.platform === "win32") return;
  const isPath = name.includes("/");
  const folders = isPath ? [""] : (pathVariable ?? "").split(path.delimiter);
  const found = await Promise.all(folders.map((one) => stateOf(path.resolve(folder, one, name))));
  if (found.includes("fine")) return;
  if (found.includes("not executable")) {
    throw new DeviousError("COMMAND_NOT_EXECUTABLE", `${name}: the command cannot be executed`, { hint: `chmod +x ${name}` });
  }
  throw new DeviousError("COMMAND_NOT_FOUND", `${name}: there is no such command`, {
    hint: isPath ? `It was looked for in ${folder}.` : "It was looked for in PATH.",
  });
}

async function stateOf(file: string): Promise<"fine" | "not executable" | "missing"> {
  const isFile = await stat(file).then(
    (found) => found.isFile(),
    () => undefined,
  );
  if (isFile === undefined) return "missing";
  if (!isFile) return "not executable";
  return access(file, constants.X_OK).then(
    () => "fine" as const,
    () => "not executable" as const,
  );
}
