import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type Post, startIn } from "./post.js";

export interface Stream {
  readonly count: number;
  readonly atOnce?: number;
  readonly everyMs?: number;
  readonly family?: "v4" | "v6";
  /** How long after the last one the receiver goes on listening. */
  readonly patienceMs?: number;
  readonly port?: number;
}

/** Number and milliseconds one way of every datagram that arrived whole, in the order of arrival. */
export type Arrivals = readonly (readonly [number: number, ms: number])[];

/** Sends datagrams of 64 bytes from one node to another. */
export async function sendDatagrams(from: Post, to: Post, stream: Stream): Promise<Arrivals> {
  const { count, atOnce = 1, everyMs = 10, family = "v4", patienceMs = 300, port = 9000 } = stream;
  const type = family === "v4" ? "udp4" : "udp6";
  await to.ask("listen", { type, port });
  await from.ask("send", { type, host: to.node.addresses[family][0], port, count, atOnce, everyMs });
  await sleep(patienceMs);
  return (await to.ask("collect", { port })) as Arrivals;
}

/** 64 bytes on stdin are sent as they are, with a type of service of 0x10, low delay, which Node cannot set. */
const markedSender = `use Socket; socket(S, PF_INET, SOCK_DGRAM, 17); setsockopt(S, 0, 1, pack("i", 16));
connect(S, sockaddr_in($ARGV[0], inet_aton($ARGV[1]))); while (sysread(STDIN, $packet, 64) == 64) { syswrite(S, $packet) }`;

/** The same, one by one and marked. */
export async function sendMarked(
  from: Post,
  to: Post,
  { count, everyMs = 10, patienceMs = 300, port = 9000 }: Stream,
): Promise<Arrivals> {
  await to.ask("listen", { type: "udp4", port });
  const sending = startIn(from.node, ["perl", "-e", markedSender, String(port), to.node.addresses.v4[0]]);
  // what is written before the program runs waits in the pipe and would seem slow
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
  await sleep(patienceMs);
  return (await to.ask("collect", { port })) as Arrivals;
}

export interface Bulk {
  /** What arrived. */
  readonly bytes: number;
  /** From the first arrival to the last. */
  readonly bitsPerSecond: number;
}

/** As much as TCP takes, for so long. */
export async function sendBulk(from: Post, to: Post, durationMs: number): Promise<Bulk> {
  const port = 9100;
  await to.ask("take", { port });
  await from.ask("give", { host: to.node.addresses.v4[0], port, durationMs });
  return (await to.ask("measure", { port })) as Bulk;
}
