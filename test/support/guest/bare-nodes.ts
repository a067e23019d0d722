import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readlinkSync } from "node:fs";
import type { Addresses } from "../../../src/chaos/address.js";

/** A network namespace with one interface, eth0, and a TCP listener on {@link port}. */
export interface BareNode {
  readonly name: string;
  readonly pid: number;
  readonly addresses: Addresses & { readonly v4: readonly [string]; readonly v6: readonly [string] };
}

export const port = 7;

const listener = `require("net").createServer((s) => s.on("error", () => {}).resume()).listen(${port}, () => console.log("up"))`;

/**
 * Runs `use` with so many nodes on one bridge, which has a namespace of its own: no container, and nothing on the host. All of it lives as long as the
 * processes that hold the namespaces, and they end with this call.
 */
export async function withBareNodes<T>(names: readonly string[], use: (nodes: readonly BareNode[]) => Promise<T>): Promise<T> {
  const children: ChildProcess[] = [];
  try {
    const hub = await hold([], children);
    inside(hub, "ip link add hub type bridge");
    inside(hub, "ip link set hub up");
    const nodes: BareNode[] = [];
    for (const [index, name] of names.entries()) nodes.push(await join(hub, name, index + 1, children));
    return await use(nodes);
  } finally {
    for (const child of children.reverse()) child.kill("SIGKILL");
  }
}

async function join(hub: number, name: string, number: number, children: ChildProcess[]): Promise<BareNode> {
  const pid = await hold(["nsenter", "-t", String(hub), "-n"], children);
  const [v4, v6] = [`10.77.0.${number}`, `fd77::${number}`];
  inside(hub, `ip link add port${number} type veth peer name eth0 netns ${pid}`);
  inside(hub, `ip link set port${number} master hub up`);
  inside(pid, `ip address add ${v4}/24 dev eth0`);
  // without duplicate address detection the address is usable at once
  inside(pid, `ip address add ${v6}/64 dev eth0 nodad`);
  inside(pid, "ip link set eth0 up");
  inside(pid, "ip link set lo up");
  const listening = spawn("nsenter", ["-t", String(pid), "-n", process.execPath, "-e", listener], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(listening);
  await once(listening.stdout, "data");
  return { name, pid, addresses: { v4: [v4], v6: [v6] } };
}

/** Starts a process that does nothing in a network namespace of its own. */
async function hold(enter: readonly string[], children: ChildProcess[]): Promise<number> {
  const [program, ...args] = [...enter, "unshare", "--net", "cat"];
  const child = spawn(program, args, { stdio: ["pipe", "ignore", "inherit"] });
  children.push(child);
  await once(child, "spawn");
  const { pid } = child;
  if (pid === undefined) throw new Error("unshare did not start");
  const outside = new Set([namespaceOf("self"), ...enter.filter((word) => /^\d+$/.test(word)).map(namespaceOf)]);
  for (let tries = 0; outside.has(namespaceOf(String(pid))); tries++) {
    if (tries === 200) throw new Error("a network namespace did not come up within 10 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return pid;
}

function namespaceOf(pid: string): string {
  return readlinkSync(`/proc/${pid}/ns/net`);
}

/** Runs a command of plain words there. */
export function inside(pid: number, command: string): string {
  return execFileSync("nsenter", ["-t", String(pid), "-n", ...command.split(" ")], { encoding: "utf8", timeout: 20_000 });
}
