import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";

/**
 * A run's record on disk, `.devious/<cluster>/runs/<UTC time>-<name>.json` in the folder of the spec. Each write replaces the whole file
 * at once, so that whoever is killed leaves the last state; writes happen one after the other.
 */
export interface RunFile {
  readonly path: string;
  /** Fails as soon as one write has failed; nobody has to wait for it. */
  write(record: unknown): Promise<void>;
}

export function createRunFile(folder: string, cluster: string, name: string, startedAt: Date): RunFile {
  const stamp = startedAt.toISOString().replaceAll(":", "");
  const file = path.join(folder, ".devious", cluster, "runs", `${stamp}-${name}.json`);
  let last: Promise<void> = mkdir(path.dirname(file), { recursive: true }).then(() => undefined);
  return {
    path: file,
    write: (record) => {
      const text = `${JSON.stringify(record, null, 2)}\n`;
      last = last.then(async () => {
        await writeFile(`${file}.part`, text);
        await rename(`${file}.part`, file);
      });
      // who waits is told; who does not must not be ended by it
      last.catch(() => undefined);
      return last;
    },
  };
}

/** Throws what the file system and JSON throw. */
export async function readRunFile(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, "utf8"));
}
