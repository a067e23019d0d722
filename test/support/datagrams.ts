import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/** Counts datagrams by `source port`, and tells the counts, starting anew, for every line on its stdin. */
const listener = `
const dgram = require("dgram");
let counts = {};
const open = (type, port) => new Promise((done) => {
  const socket = dgram.createSocket({ type, ipv6Only: type === "udp6" });
  socket.on("message", (_, from) => { const key = from.address.split("%")[0] + " " + port; counts[key] = (counts[key] || 0) + 1; });
  socket.bind(port, done);
});
const ports = process.argv.slice(1).map(Number);
Promise.all(ports.flatMap((port) => [open("udp4", port), open("udp6", port)])).then(() => {
  console.log("{}");
  process.stdin.on("data", () => { console.log(JSON.stringify(counts)); counts = {}; });
});
`;

/** In small batches, so that nothing is lost but by rules. */
const sender = `
const [hosts, port, count, fromPort] = process.argv.slice(1);
(async () => {
  for (const type of ["udp4", "udp6"]) {
    const ours = hosts.split(",").filter((host) => host.includes(":") === (type === "udp6"));
    if (ours.length === 0) continue;
    const socket = require("dgram").createSocket(type);
    await new Promise((done) => socket.bind(Number(fromPort), done));
    for (let sent = 0; sent < Number(count); sent++) {
      await Promise.all(ours.map((host) => new Promise((done) => socket.send("x", Number(port), host, done))));
      if (sent % 20 === 19) await new Promise((done) => setTimeout(done, 3));
    }
    socket.close();
  }
})();
`;

export interface Listener {
  /** What arrived since it was last asked: `10.77.0.2 7777` (source, port it was sent to) -> datagrams. */
  arrived(): Promise<Readonly<Record<string, number>>>;
  close(): void;
}

/** Listens on UDP ports, in the network namespace of the process `pid`. */
export async function listenForDatagrams(pid: number, ports: readonly number[]): Promise<Listener> {
  const child = spawn("nsenter", ["-t", String(pid), "-n", process.execPath, "-e", listener, ...ports.map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => {
    const line = await lines.next();
    if (line.done === true) throw new Error("the listener ended");
    return JSON.parse(line.value) as Readonly<Record<string, number>>;
  };
  await next();
  return {
    arrived: () => {
      child.stdin.write("\n");
      return next();
    },
    close: () => child.kill("SIGKILL"),
  };
}

export interface Datagrams {
  readonly hosts: readonly string[];
  readonly port: number;
  /** To each host. */
  readonly count: number;
  /** 0: any. */
  readonly fromPort?: number;
}

/** Sends from the network namespace of the process `pid`; resolves when all have left. */
export async function sendDatagrams(pid: number, { hosts, port, count, fromPort = 0 }: Datagrams): Promise<void> {
  const args = [hosts.join(","), String(port), String(count), String(fromPort)];
  const child = spawn("nsenter", ["-t", String(pid), "-n", process.execPath, "-e", sender, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the sender ended with ${String(code)}`);
}

/** A closed port is answered by ICMP, which a connected socket hears as ECONNREFUSED. */
const knocker = `
const [host] = process.argv.slice(1);
const socket = require("dgram").createSocket(host.includes(":") ? "udp6" : "udp4");
socket.on("error", (error) => { console.log(error.code === "ECONNREFUSED"); process.exit(); });
socket.connect(9, host, () => socket.send("x"));
setTimeout(() => { console.log(false); process.exit(); }, 1000);
`;

/** Whether the ICMP with which `host` answers a datagram to a closed port is heard in the network namespace of the process `pid`. */
export async function hearsUnreachable(pid: number, host: string): Promise<boolean> {
  const command = ["-t", String(pid), "-n", process.execPath, "-e", knocker, host];
  return (await promisify(execFile)("nsenter", command, { timeout: 20_000 })).stdout.trim() === "true";
}
