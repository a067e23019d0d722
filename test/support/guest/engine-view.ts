import { execFile } from "node:child_process";
import { request } from "node:http";
import { promisify } from "node:util";

/** A node's container as the engine sees it, by itself and not through devious. */
export interface RunningNode {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
}

/** The cluster's node of this name, running. */
export async function findNode(cluster: string, node: string): Promise<RunningNode> {
  return findContainer(cluster, `devious.node=${node}`);
}

export async function findAgent(cluster: string): Promise<RunningNode> {
  return findContainer(cluster, "devious.role=agent");
}

async function findContainer(cluster: string, label: string): Promise<RunningNode> {
  const [found] = await list<{ Id: string }>("/containers/json", cluster, [label]);
  if (found === undefined) throw new Error(`${cluster} has no running container with ${label}`);
  const { State, NetworkSettings } = await ask<Inspected>("GET", `/containers/${found.Id}/json`);
  const [network] = Object.values(NetworkSettings.Networks);
  return { id: found.Id, pid: State.Pid, host: network?.IPAddress ?? "" };
}

interface Inspected {
  readonly State: { readonly Pid: number };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
}

export async function restart(id: string): Promise<void> {
  await ask("POST", `/containers/${id}/restart?t=0`);
}

/** How many containers, networks and volumes carry the cluster's label. */
export async function countLabelled(cluster: string): Promise<number> {
  const containers = await list("/containers/json?all=1", cluster);
  const networks = await list("/networks", cluster);
  const { Volumes } = await ask<{ Volumes: unknown[] | null }>("GET", `/volumes?filters=${filter(cluster)}`);
  return containers.length + networks.length + (Volumes?.length ?? 0);
}

function list<Item>(path: string, cluster: string, labels: readonly string[] = []): Promise<Item[]> {
  return ask<Item[]>("GET", `${path}${path.includes("?") ? "&" : "?"}filters=${filter(cluster, labels)}`);
}

function filter(cluster: string, labels: readonly string[] = []): string {
  return encodeURIComponent(JSON.stringify({ label: [`devious.cluster=${cluster}`, ...labels] }));
}

function ask<Answer>(method: "GET" | "POST", path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: "/var/run/docker.sock", method, path, signal: AbortSignal.timeout(60_000) }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (text: string) => (body += text));
      answer.on("end", () => {
        if ((answer.statusCode ?? 500) >= 400) reject(new Error(`${method} ${path}: ${body}`));
        else resolve((body === "" ? undefined : JSON.parse(body)) as Answer);
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** Whether the kernel delays anything in that process's network namespace. */
export async function hasNetemRule(pid: number): Promise<boolean> {
  const { stdout } = await promisify(execFile)("nsenter", ["-t", String(pid), "-n", "tc", "qdisc", "show"], { timeout: 20_000 });
  return stdout.includes("netem");
}
