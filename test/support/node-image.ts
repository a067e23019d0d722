import { execFileSync } from "node:child_process";
import { execa } from "execa";

/** Where this machine's Node is in such an image: its entrypoint. */
export const nodeProgram = process.execPath;

/** This machine's Node and its libraries, as an image that has nothing of ours. `changes`: further lines of a Dockerfile. */
export async function importNodeImage(reference: string, changes: readonly string[] = []): Promise<void> {
  const libraries = execFileSync("ldd", [nodeProgram], { encoding: "utf8" }).match(/\/\S+(?= \(0x)/g) ?? [];
  const all = [`ENTRYPOINT ${JSON.stringify([nodeProgram])}`, ...changes];
  const load = ["import", ...all.flatMap((change) => ["--change", change]), "-", reference];
  await execa("tar", ["-ch", "-P", nodeProgram, ...libraries], { buffer: false }).pipe("docker", load);
}

/** What is not there is no trouble. */
export async function removeImage(...references: readonly string[]): Promise<void> {
  await execa("docker", ["rmi", "-f", ...references], { reject: false });
}
