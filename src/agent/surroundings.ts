/** What can be read off the file system of the container we are in: the kernel's own files, tc's tables, the engine's disk. */
import { access, readFile, readdir, statfs } from "node:fs/promises";
import path from "node:path";
import { type Distribution, distributions } from "../chaos/impairment.js";
import type { Examination } from "../chaos/protocol.js";

/** Where tc was compiled to look for the tables of its distributions: some systems have a folder for each architecture in `/usr/lib`. */
const libraryDirs = ["usr/lib", "usr/lib64"];

/** `root` is `/`, but for tests. */
export async function lookAround(root: string): Promise<Pick<Examination, "distributions" | "cgroup" | "inotify" | "freeBytes">> {
  const { bavail, bsize } = await statfs(root);
  return {
    distributions: await findDistributions(root),
    cgroup: await findCgroup(root),
    inotify: await findInotify(root),
    // the container's own files lie where the engine keeps all of them
    freeBytes: bavail * bsize,
  };
}

async function findDistributions(root: string): Promise<readonly Distribution[]> {
  const list = (...dir: readonly string[]): Promise<string[]> => readdir(path.join(root, ...dir)).catch(() => []);
  const byArchitecture = (await list("usr/lib")).filter((name) => name.endsWith("-linux-gnu")).map((name) => `usr/lib/${name}`);
  const tables = new Set((await Promise.all([...libraryDirs, ...byArchitecture].map((dir) => list(dir, "tc")))).flat());
  return distributions.filter((name) => name === "uniform" || tables.has(`${name}.dist`));
}

/** cgroups(7): the second version has its controllers listed at its root, and a freezer in every group since Linux 5.2. */
async function findCgroup(root: string): Promise<Examination["cgroup"]> {
  const exists = (file: string): Promise<boolean> =>
    access(path.join(root, file)).then(
      () => true,
      () => false,
    );
  if (await exists("sys/fs/cgroup/cgroup.controllers")) {
    const [major = 0, minor = 0] = (await read(root, "proc/sys/kernel/osrelease")).split(".").map(Number);
    return { version: 2, freezer: major > 5 || (major === 5 && minor >= 2) };
  }
  // name, hierarchy, number of groups, enabled
  return { version: 1, freezer: /^freezer\s+\d+\s+\d+\s+1$/m.test(await read(root, "proc/cgroups")) };
}

async function findInotify(root: string): Promise<Examination["inotify"]> {
  const limit = async (name: string): Promise<number> => Number.parseInt(await read(root, `proc/sys/fs/inotify/${name}`), 10);
  const [instances, watches] = [await limit("max_user_instances"), await limit("max_user_watches")];
  return Number.isNaN(instances) || Number.isNaN(watches) ? null : { instances, watches };
}

/** Empty where there is no such file: a kernel need not have it. */
function read(root: string, file: string): Promise<string> {
  return readFile(path.join(root, file), "utf8").catch(() => "");
}
