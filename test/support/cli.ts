import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { createContext } from "../../src/cli/context.js";
import { theCluster } from "../../src/cli/the-cluster.js";
import { type ClusterStatus, type NodeStatus, clusterStatus } from "../../src/cluster/status.js";
import type { RaftStatus } from "../../src/cluster/store-status.js";

/** The command line under test. */
export const bin = fileURLToPath(new URL("../../bin/run.js", import.meta.url));

export interface Ran {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `status` tells where the store's design is raft, as it is unless a spec says otherwise. */
interface RaftNodeStatus extends NodeStatus {
  readonly store: RaftStatus | null;
}

interface RaftClusterStatus extends ClusterStatus {
  readonly nodes: readonly RaftNodeStatus[];
}

const world = createContext();

/** A folder of its own with a cluster of its own, used through the command line as a user would. */
export class TestCluster {
  readonly folder: string;
  readonly name: string;

  private constructor(folder: string, name: string) {
    this.folder = folder;
    this.name = name;
  }

  /** `spec` is the text of its devious.yaml, if it shall have one; `name` only where two folders share one. */
  static async create(spec?: string, name?: string): Promise<TestCluster> {
    const folder = await mkdtemp(path.join(tmpdir(), "devious-test-"));
    if (spec !== undefined) await writeFile(path.join(folder, "devious.yaml"), spec);
    return new TestCluster(folder, name ?? path.basename(folder).toLowerCase());
  }

  /** Runs `devious …` in the cluster's folder. */
  async run(...args: readonly string[]): Promise<Ran> {
    return runCli(args, this.folder);
  }

  /** As {@link run}, for what has to succeed; gives what `--json` prints. */
  async json<T = unknown>(...args: readonly string[]): Promise<T> {
    const { exitCode, stdout, stderr } = await this.run(...args, "--json");
    if (exitCode !== 0) throw new Error(`devious ${args.join(" ")} ended with ${exitCode}: ${stdout}${stderr}`);
    return JSON.parse(stdout) as T;
  }

  async up(...flags: readonly string[]): Promise<{ readonly steps: readonly string[] }> {
    return this.json("up", "--name", this.name, ...flags);
  }

  /** What `devious status --json` prints, found out in this process: tests ask often, and a process for each answer keeps a machine busy. */
  async status<Status extends ClusterStatus = RaftClusterStatus>(withHash = false): Promise<Status> {
    const found = await theCluster(world, this.name);
    return (await clusterStatus(world.engine, found, { withHash })) as Status;
  }

  async node(name: string): Promise<RaftNodeStatus> {
    const found = (await this.status()).nodes.find(({ node }) => node === name);
    if (found === undefined) throw new Error(`no node ${name}`);
    return found;
  }

  async leader(): Promise<string | undefined> {
    const { nodes } = await this.status();
    const leaders = nodes.filter(({ store }) => store?.role === "leader");
    return leaders.sort((a, b) => (b.store?.term ?? 0) - (a.store?.term ?? 0))[0]?.node;
  }

  container(node: string): string {
    return `devious.${this.name}.${node}`;
  }

  /** Names of everything in the engine that carries this cluster's label. */
  async remains(): Promise<readonly string[]> {
    const filter = ["--filter", `label=devious.cluster=${this.name}`];
    const lists = await Promise.all([
      docker("ps", "-a", ...filter, "--format", "{{.Names}}"),
      docker("network", "ls", ...filter, "--format", "{{.Name}}"),
      docker("volume", "ls", ...filter, "--format", "{{.Name}}"),
    ]);
    return lists.flatMap((text) => text.split("\n").filter((line) => line !== ""));
  }

  async destroy(): Promise<void> {
    await this.run("down", "--volumes", "--cluster", this.name);
    await rm(this.folder, { recursive: true, force: true });
  }
}

export async function runCli(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [bin, ...args], {
    cwd,
    env,
    reject: false,
    stdin: "ignore",
  });
  return { exitCode, stdout, stderr };
}

/** Starts `devious …` and leaves it running; the caller ends it. */
export function startCli(args: readonly string[], cwd: string) {
  return execa(process.execPath, [bin, ...args], { cwd, reject: false, stdin: "ignore" });
}

export async function docker(...args: readonly string[]): Promise<string> {
  return (await execa("docker", [...args])).stdout;
}

/** The nft tables of ours and the queueing disciplines in a container's namespace; empty when it is as Docker made it. */
export async function rulesIn(container: string): Promise<readonly string[]> {
  const pid = await docker("inspect", "--format", "{{.State.Pid}}", container);
  const inside = async (...command: readonly string[]): Promise<string> =>
    (await execa("nsenter", ["-t", pid, "-n", ...command], { reject: false })).stdout;
  const [tables, qdiscs] = await Promise.all([inside("nft", "list", "tables"), inside("tc", "qdisc", "show", "dev", "eth0")]);
  return [...tables.split("\n"), ...qdiscs.split("\n")].filter((line) => /devious|netem|de71:/.test(line));
}

/** Asks until the answer is true; throws with `what` when it never is. Most of the time it leaves to those it waits for: a question may be a program in each node. */
export async function eventually(what: string, timeoutMs: number, ask: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const askedAt = performance.now();
    if (await ask()) return;
    const answeredAt = performance.now();
    if (answeredAt > endsAt) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, Math.max(100, 2 * (answeredAt - askedAt))));
  }
}
