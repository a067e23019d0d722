import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** One connection after the other: from SYN to SYN-ACK is one round trip, and any listener will do. */
const probe = `
const [host, port, count, limitMs] = process.argv.slice(1);
const took = [];
const next = () => {
  if (took.length === Number(count)) return console.log(JSON.stringify(took));
  const startedAt = performance.now();
  const done = (ms) => { socket.destroy(); took.push(ms); next(); };
  const socket = require("net").connect(Number(port), host);
  socket.setTimeout(Number(limitMs), () => done(null)).on("error", () => done(null)).on("connect", () => done(performance.now() - startedAt));
};
next();
`;

export interface Destination {
  readonly host: string;
  readonly port: number;
}

/** Round trips in ms to whatever listens there, from the network namespace of the process `pid`; null where nothing came back in `limitMs`. */
export async function roundTripsMs(
  pid: number,
  { host, port }: Destination,
  { count = 7, limitMs = 5000 } = {},
): Promise<(number | null)[]> {
  const probeArgs = [process.execPath, "-e", probe, host, String(port), String(count), String(limitMs)];
  const { stdout } = await promisify(execFile)("nsenter", ["-t", String(pid), "-n", ...probeArgs], { timeout: 60_000 });
  return JSON.parse(stdout) as (number | null)[];
}

/** The middle one in ms; Infinity where most never came back. */
export function median(roundTrips: readonly (number | null)[]): number {
  const sorted = roundTrips.map((ms) => ms ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
