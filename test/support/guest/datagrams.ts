import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { BareNode } from "./bare-nodes.js";

/** Writes down the number of every datagram and how long it was on its way: all namespaces share one monotonic clock. */
const receiver = `
const got = [];
const socket = require("dgram").createSocket({ type: process.argv[1], recvBufferSize: 8e6 }, (packet) => {
  const now = process.hrtime.bigint();
  if (packet.length === 64) got.push([packet.readUInt32BE(0), Number(now - packet.readBigUInt64BE(8)) / 1e6]);
});
socket.bind(Number(process.argv[2]), () => console.log("up"));
process.stdin.resume().on("end", () => process.stdout.write(JSON.stringify(got), () => process.exit()));
`;

/** So many at a time, and then a pause. */
const sender = `
const [type, port, host, count, atOnce, everyMs] = process.argv.slice(1);
const socket = require("dgram").createSocket(type);
let sent = 0;
const startedAt = performance.now();
const next = () => {
  const due = Math.min(Number(count), (Math.floor((performance.now() - startedAt) / Number(everyMs)) + 1) * Number(atOnce), sent + 2 * Number(atOnce));
  for (; sent < due; sent++) {
    const packet = Buffer.alloc(64);
    packet.writeUInt32BE(sent, 0);
    packet.writeBigUInt64BE(process.hrtime.bigint(), 8);
    socket.send(packet);
  }
  if (sent < Number(count)) setTimeout(next, 1);
  else socket.close();
};
socket.connect(Number(port), host, next);
`;

/** The same with a TOS of 0x10, low delay, which Node cannot set: a byte on stdin sends one. */
const markedSender = `use Socket; $| = 1; socket(S, PF_INET, SOCK_DGRAM, 17); setsockopt(S, 0, 1, pack("i", 16));
connect(S, sockaddr_in($ARGV[0], inet_aton($ARGV[1]))); while (sysread(STDIN, $packet, 64) == 64) { syswrite(S, $packet) }`;

export interface Stream {
  readonly count: number;
  readonly atOnce?: number;
  readonly everyMs?: number;
  readonly family?: "v4" | "v6";
  /** Sends them one by one with a type of service of their own. */
  readonly marked?: boolean;
  /** How long after the last one the receiver goes on listening. */
  readonly patienceMs?: number;
  readonly port?: number;
}

/** Number and milliseconds of every datagram that arrived whole, in the order of arrival. */
export type Arrivals = readonly (readonly [number: number, ms: number])[];

/** Sends datagrams of 64 bytes from one node to another. */
export async function sendDatagrams(from: BareNode, to: BareNode, stream: Stream): Promise<Arrivals> {
  const { count, atOnce = 1, everyMs = 10, family = "v4", marked = false, patienceMs = 500, port = 9000 } = stream;
  const type = family === "v4" ? "udp4" : "udp6";
  const host = to.addresses[family][0];
  const listening = start(to, [process.execPath, "-e", receiver, type, String(port)]);
  let heard = "";
  listening.stdout.setEncoding("utf8").on("data", (text: string) => (heard += text));
  await once(listening.stdout, "data");
  if (marked) await sendMarked(start(from, ["perl", "-e", markedSender, String(port), host]), count, everyMs);
  else {
    const sending = start(from, [process.execPath, "-e", sender, type, ...[port, host, count, atOnce, everyMs].map(String)]);
    await once(sending, "close");
  }
  await sleep(patienceMs);
  listening.stdin.end();
  await once(listening, "close");
  return JSON.parse(heard.replace("up\n", "")) as Arrivals;
}

async function sendMarked(sending: ChildProcessWithoutNullStreams, count: number, everyMs: number): Promise<void> {
  await sleep(300);
  for (let number = 0; number < count; number++) {
    const packet = Buffer.alloc(64);
    packet.writeUInt32BE(number, 0);
    packet.writeBigUInt64BE(process.hrtime.bigint(), 8);
    sending.stdin.write(packet);
    await sleep(everyMs);
  }
  sending.stdin.end();
  await once(sending, "close");
}

export function start(node: BareNode, command: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn("nsenter", ["-t", String(node.pid), "-n", ...command], { timeout: 120_000 });
  child.stderr.pipe(process.stderr);
  return child;
}
