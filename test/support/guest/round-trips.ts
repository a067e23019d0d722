import { execFileSync } from "node:child_process";

/** Connects once, then sends one byte after the other and waits for each to come back: no handshake is in the figures. */
const probe = `
const [host, port, count] = process.argv.slice(1);
const socket = require("net").connect(Number(port), host, () => send()).setNoDelay(true).setTimeout(20000, () => process.exit(1));
const took = [];
let sentAt = 0;
const send = () => { sentAt = performance.now(); socket.write("."); };
socket.on("data", () => {
  took.push(performance.now() - sentAt);
  if (took.length < Number(count)) return send();
  console.log(JSON.stringify(took));
  process.exit(0);
});
`;

/** Round trips to a TCP echo server, in ms, measured by a program that `enter` starts elsewhere (`nsenter -t PID -n`). */
export function roundTripsMs(enter: readonly [string, ...string[]], host: string, port: number, count: number): number[] {
  const [program, ...args] = enter;
  const probeArgs = [...args, process.execPath, "-e", probe, host, String(port), String(count)];
  return JSON.parse(execFileSync(program, probeArgs, { encoding: "utf8", timeout: 60_000 })) as number[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
