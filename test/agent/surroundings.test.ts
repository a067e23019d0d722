// Shows what is read off the file systems of old and new machines.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lookAround } from "../../src/agent/surroundings.js";

async function machine(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), "devious-machine-"));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  return root;
}

const v2 = { "sys/fs/cgroup/cgroup.controllers": "cpu memory\n" };
const v1 = (enabled: number) => ({
  "proc/cgroups": `#subsys_name\thierarchy\tnum_cgroups\tenabled\nfreezer\t7\t12\t${enabled}\n`,
});

test.each([
  ["cgroup v1", v1(1), { version: 1, freezer: true }],
  ["cgroup v1, freezer disabled", v1(0), { version: 1, freezer: false }],
  ["cgroup v1 without freezer", {}, { version: 1, freezer: false }],
  ["cgroup v2", { ...v2, "proc/sys/kernel/osrelease": "6.1.0-18-amd64\n" }, { version: 2, freezer: true }],
  [
    "cgroup v2 of the first kernel with its freezer",
    { ...v2, "proc/sys/kernel/osrelease": "5.2.0\n" },
    { version: 2, freezer: true },
  ],
  ["cgroup v2 of an older kernel", { ...v2, "proc/sys/kernel/osrelease": "4.19.0\n" }, { version: 2, freezer: false }],
])("%s", async (_, files, cgroup) => {
  expect(await lookAround(await machine(files))).toMatchObject({ cgroup });
});

test.each([
  ["none", {}, ["uniform"]],
  ["some", { "usr/lib64/tc/normal.dist": "" }, ["uniform", "normal"]],
  [
    "all, in the architecture's own folder",
    Object.fromEntries(
      ["normal", "pareto", "paretonormal", "experimental"].map((n) => [`usr/lib/arm-linux-gnu/tc/${n}.dist`, ""]),
    ),
    ["uniform", "normal", "pareto", "paretonormal"],
  ],
])("tables of tc: %s", async (_, files, distributions) => {
  expect(await lookAround(await machine(files))).toMatchObject({ distributions });
});

test("limits of inotify, and free space", async () => {
  const limits = { "proc/sys/fs/inotify/max_user_instances": "128\n", "proc/sys/fs/inotify/max_user_watches": "8192\n" };
  const { inotify, freeBytes } = await lookAround(await machine(limits));
  expect(inotify).toEqual({ instances: 128, watches: 8192 });
  expect(freeBytes).toBeGreaterThan(0);
  expect(await lookAround(await machine({}))).toMatchObject({ inotify: null });
});
