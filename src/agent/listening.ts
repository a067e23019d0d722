/** On which ports a node's programs listen, as the kernel tells of their network namespace (proc(5), `/proc/pid/net/tcp`). Changes nothing. */
import { readFile } from "node:fs/promises";
import type { Listener } from "../chaos/listener.js";
import { type NodeEngine, isUp } from "./engine.js";

/** Of these nodes, by name; a node that does not run listens nowhere. */
export type FindListeners = (nodes: readonly string[]) => Promise<Readonly<Record<string, readonly Listener[]>>>;

export function createFindListeners(
  engine: NodeEngine,
  read: (file: string) => Promise<string> = (file) => readFile(file, "utf8"),
): FindListeners {
  return async (nodes) => {
    const running = (await engine.nodes()).filter(isUp);
    const find = async (node: string): Promise<readonly Listener[]> => {
      const id = running.find((each) => each.node === node)?.id;
      const pid = id === undefined ? undefined : await engine.pidOf(id);
      if (pid === undefined) return [];
      // a kernel without IPv6 has no second file, and a process that has just ended none
      const tables = await Promise.all(["tcp", "tcp6"].map((name) => read(`/proc/${pid}/net/${name}`).catch(() => "")));
      return listenersIn(tables.join("\n"));
    };
    return Object.fromEntries(await Promise.all(nodes.map(async (node) => [node, await find(node)] as const)));
  };
}

const listening = "0A";
/** `127.0.0.11`, where the engine answers what names mean. */
const engineResolver = "0B00007F";

/** Each port once, the lowest first, as reachable as its most open socket. */
export function listenersIn(table: string): readonly Listener[] {
  const sockets = [...table.matchAll(/^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /gm)];
  const isLoopback = new Map<number, boolean>();
  for (const [, address = "", port = "", state] of sockets) {
    if (state !== listening || address === engineResolver) continue;
    const number = Number.parseInt(port, 16);
    isLoopback.set(number, (isLoopback.get(number) ?? true) && isOwn(address));
  }
  return [...isLoopback].map(([port, only]) => ({ port, isLoopback: only })).sort((a, b) => a.port - b.port);
}

/** Words of four bytes, each the other way round on the machines we run on: 127.0.0.0/8, the same mapped into IPv6, and ::1. */
function isOwn(address: string): boolean {
  if (address.length === 8) return address.endsWith("7F");
  return address === "00000000000000000000000001000000" || /^0{16}FFFF0000[0-9A-F]{6}7F$/.test(address);
}
