import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { BareNode } from "./bare-nodes.js";
import { start } from "./datagrams.js";

const receiver = `
let [total, firstAt, lastAt, first] = [0, 0, 0, 0];
require("net").createServer((socket) => socket.on("error", () => {}).on("data", (chunk) => {
  lastAt = performance.now();
  if (total === 0) [firstAt, first] = [lastAt, chunk.length];
  total += chunk.length;
})).listen(9100, () => console.log("up"));
process.stdin.resume().on("end", () => process.stdout.write(JSON.stringify({ bytes: total, bitsPerSecond: ((total - first) * 8000) / (lastAt - firstAt) }), () => process.exit()));
`;

const sender = `
const socket = require("net").connect(9100, process.argv[1]);
const chunk = Buffer.alloc(65536);
const more = () => { while (socket.write(chunk)); };
socket.on("connect", more).on("drain", more).on("error", () => {});
`;

export interface Bulk {
  /** What arrived. */
  readonly bytes: number;
  /** From the first arrival to the last. */
  readonly bitsPerSecond: number;
}

/** As much as TCP takes, for so long. */
export async function sendBulk(from: BareNode, to: BareNode, durationMs: number): Promise<Bulk> {
  const listening = start(to, [process.execPath, "-e", receiver]);
  let heard = "";
  listening.stdout.setEncoding("utf8").on("data", (text: string) => (heard += text));
  await once(listening.stdout, "data");
  const sending = start(from, [process.execPath, "-e", sender, to.addresses.v4[0]]);
  await sleep(durationMs);
  listening.stdin.end();
  await once(listening, "close");
  sending.kill("SIGKILL");
  return JSON.parse(heard.replace("up\n", "")) as Bulk;
}
