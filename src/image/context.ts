import { readFile, stat } from "node:fs/promises";
import { pack } from "tar-stream";
import type { Pack } from "tar-stream";
import type { HostFile, HostTool } from "./host-files.js";
import { localDockerfile, localSettings, registryDockerfile } from "./recipe.js";

/** Our own programs, by the name of the one bundled file that each of them is. */
export const programNames = ["store", "agent", "probe", "shipper"] as const;
export type Programs = Readonly<Record<(typeof programNames)[number], string>>;

/** The build context as a tar made while it is sent: nothing is written to disk. */
export function localContext(
  programs: Programs,
  tools: readonly HostTool[],
  libraries: readonly HostFile[],
): AsyncIterable<Uint8Array> {
  return fill(async (tar) => {
    await addText(tar, "Dockerfile", localDockerfile());
    await addPrograms(tar, "rootfs/devious", programs);
    for (const [name, text] of Object.entries(localSettings)) await addText(tar, `rootfs${name}`, text);
    await addDirectory(tar, "rootfs/tmp", 0o1777);
    await addDirectory(tar, "rootfs/run", 0o755);
    for (const file of [...tools, ...libraries]) await addFile(tar, `rootfs${file.target}`, file.source);
    for (const tool of tools) for (const link of tool.links) await addLink(tar, `rootfs${link}`, tool.target);
  });
}

export function registryContext(programs: Programs): AsyncIterable<Uint8Array> {
  return fill(async (tar) => {
    await addText(tar, "Dockerfile", registryDockerfile());
    await addPrograms(tar, "devious", programs);
  });
}

function fill(write: (tar: Pack) => Promise<void>): AsyncIterable<Uint8Array> {
  const tar = pack();
  write(tar).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(error as Error),
  );
  // a streamx readable: iterable, though its types do not say so
  return tar as unknown as AsyncIterable<Uint8Array>;
}

/** A fixed time, so that the same content is the same layer. */
const mtime = new Date(0);

async function addPrograms(tar: Pack, folder: string, programs: Programs): Promise<void> {
  for (const name of programNames) await addText(tar, `${folder}/${name}.mjs`, programs[name]);
}

function addText(tar: Pack, name: string, text: string): Promise<void> {
  return addEntry(tar, { name, mode: 0o644, mtime }, Buffer.from(text));
}

async function addFile(tar: Pack, name: string, source: string): Promise<void> {
  const [{ mode }, content] = await Promise.all([stat(source), readFile(source)]);
  await addEntry(tar, { name, mode: mode & 0o777, mtime }, content);
}

function addLink(tar: Pack, name: string, linkname: string): Promise<void> {
  return addEntry(tar, { name, type: "symlink", linkname, mtime });
}

function addDirectory(tar: Pack, name: string, mode: number): Promise<void> {
  return addEntry(tar, { name, type: "directory", mode, mtime });
}

/** Resolves once the reader has taken the entry, so that memory holds one file at a time. */
function addEntry(tar: Pack, headers: Parameters<Pack["entry"]>[0], content?: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => (error ? reject(error) : resolve());
    if (content === undefined) tar.entry(headers, done);
    else tar.entry(headers, content, done);
  });
}
