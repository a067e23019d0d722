/** The receiving end of probes. */
import { createSocket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { Arrival } from "../../chaos/probe.js";
import { readStamp } from "./stamp.js";
import type { Door, ListenResult, ReportResult } from "./tasks.js";

/** As much of a bulk as the kernel lets wait while this process is not being run. */
const receiveBufferBytes = 4 * 1024 * 1024;

const anyAddress = { v4: "0.0.0.0", v6: "::" } as const;

export class Ears {
  readonly #arrivals = new Map<number, Arrival[]>();
  /** Of udp. */
  readonly #ports = new Set<number>();

  async listen(doors: readonly Door[]): Promise<ListenResult> {
    return { ports: await Promise.all(doors.map((door) => (door.protocol === "udp" ? this.#hear(door) : this.#take(door)))) };
  }

  /** Everything since the last time. */
  async report(): Promise<ReportResult> {
    const arrivals = Object.fromEntries([...this.#arrivals].map(([stream, each]) => [String(stream), each]));
    this.#arrivals.clear();
    return { overflowed: await overflowOf(this.#ports), arrivals };
  }

  #hear({ family, port }: Door): Promise<number | null> {
    const socket = createSocket({ type: family === "v4" ? "udp4" : "udp6", ipv6Only: family === "v6" });
    socket.on("message", (packet) => this.#note(packet));
    return new Promise((resolve, reject) => {
      socket.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(null) : reject(error)));
      socket.bind({ address: anyAddress[family], port: port ?? 0, exclusive: true }, () => {
        socket.setRecvBufferSize(receiveBufferBytes);
        this.#ports.add(socket.address().port);
        resolve(socket.address().port);
      });
    });
  }

  #note(packet: Buffer): void {
    const stamp = readStamp(packet, process.hrtime.bigint());
    if (stamp === undefined) return;
    const { stream, ...arrival } = stamp;
    const heard = this.#arrivals.get(stream);
    if (heard === undefined) this.#arrivals.set(stream, [arrival]);
    else heard.push(arrival);
  }

  /** Connections are taken and that is all: their other end knows how long it took. */
  #take({ family, port }: Door): Promise<number | null> {
    const server = createServer((socket) => socket.on("error", () => undefined).destroy());
    return new Promise((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(null) : reject(error)));
      server.listen(
        { host: anyAddress[family], port: port ?? 0, exclusive: true, ipv6Only: family === "v6", backlog: 511 },
        () => {
          const address = server.address();
          resolve(typeof address === "object" && address !== null ? address.port : null);
        },
      );
    });
  }
}

/** The last column of /proc/net/udp (proc(5)): what each socket had to drop. */
async function overflowOf(ports: ReadonlySet<number>): Promise<number> {
  const tables = await Promise.all(["udp", "udp6"].map((table) => readFile(`/proc/self/net/${table}`, "utf8").catch(() => "")));
  const sockets = tables.flatMap((table) => table.trim().split("\n").slice(1));
  return sockets
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = ""]) => ports.has(Number.parseInt(local.split(":")[1] ?? "", 16)))
    .reduce((sum, columns) => sum + Number(columns.at(-1)), 0);
}
