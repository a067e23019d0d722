import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { docker, rulesIn } from "./cli.js";

/** All that faults change of a node, looked up past devious: by docker, the control group files, and the store's own answer. */
export interface Condition {
  readonly status: string;
  /** Rules of ours in its network namespace. */
  readonly rules: readonly string[];
  /** Name of a limit's file -> its text. */
  readonly limits: Readonly<Record<string, string>>;
  /** What its store was told to do to itself. */
  readonly hooks: unknown;
}

const limitFiles = [
  "cpu.cfs_period_us",
  "cpu.cfs_quota_us",
  "cpu.max",
  "memory.limit_in_bytes",
  "memory.memsw.limit_in_bytes",
  "memory.max",
  "memory.swap.max",
];

export async function conditionOf(container: string): Promise<Condition> {
  const [status = "", id = "", pid = "0"] = (
    await docker("inspect", "--format", "{{.State.Status}} {{.Id}} {{.State.Pid}}", container)
  ).split(" ");
  if (status !== "running") return { status, rules: [], limits: {}, hooks: null };
  const [rules, limits, hooks] = await Promise.all([rulesIn(container), limitsOf(id), hooksOf(pid)]);
  // what passed by a tree of ours is no part of its condition
  return { status, rules: rules.map((rule) => rule.replace(/ direct_packets_stat \d+/, "")), limits, hooks };
}

/** In every hierarchy, wherever the engine puts its containers. */
export async function limitsOf(id: string): Promise<Readonly<Record<string, string>>> {
  const folders = (await Promise.all((await hierarchies()).map((root) => foldersNamed(root, id, 4)))).flat();
  const texts = folders.flatMap((folder) =>
    limitFiles.map(async (name) => [name, (await readFile(path.join(folder, name), "utf8").catch(() => "")).trim()] as const),
  );
  return Object.fromEntries((await Promise.all(texts)).filter(([, text]) => text !== ""));
}

async function hierarchies(): Promise<readonly string[]> {
  const root = "/sys/fs/cgroup";
  const isOne = (await readdir(root)).includes("cgroup.controllers");
  return isOne ? [root] : ["cpu", "memory"].map((controller) => path.join(root, controller));
}

async function foldersNamed(folder: string, id: string, depth: number): Promise<readonly string[]> {
  const inside = (await readdir(folder, { withFileTypes: true }).catch(() => [])).filter((entry) => entry.isDirectory());
  const found = inside.filter(({ name }) => name.includes(id)).map(({ name }) => path.join(folder, name));
  if (found.length > 0 || depth === 0) return found;
  return (await Promise.all(inside.map(({ name }) => foldersNamed(path.join(folder, name), id, depth - 1)))).flat();
}

const asker = `fetch("http://127.0.0.1:2381/hooks").then((answer) => answer.text()).then(console.log)`;

async function hooksOf(pid: string): Promise<unknown> {
  const { stdout } = await execa("nsenter", ["-t", pid, "-n", process.execPath, "-e", asker], { reject: false });
  return stdout === "" ? null : (JSON.parse(stdout) as unknown);
}
