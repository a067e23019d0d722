/** Two network namespaces joined by a veth pair; round trips over TCP, before, during and after `netem delay 100ms` on one side. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { roundTripsMs } from "../round-trips.js";

const echoServer =
  'require("net").createServer((s) => s.setNoDelay(true).pipe(s)).listen(7, "10.77.0.2", () => console.log("up"))';

const holder = spawn("unshare", ["--net", "cat"], { stdio: ["pipe", "ignore", "inherit"] });
const children: ChildProcess[] = [holder];
try {
  await once(holder, "spawn");
  // unshare becomes cat in place once it has its namespace; the pair is made in there, so that nothing of it is left on the host
  const client = String(holder.pid);
  await until(() => namespaceOf(client) !== namespaceOf("self"));
  const peer = spawn("nsenter", ["-t", client, "-n", "unshare", "--net", "cat"], { stdio: ["pipe", "ignore", "inherit"] });
  children.push(peer);
  await once(peer, "spawn");
  const server = String(peer.pid);
  await until(() => namespaceOf(server) !== namespaceOf("self") && namespaceOf(server) !== namespaceOf(client));
  inside(client, "ip", "link", "add", "left", "type", "veth", "peer", "name", "right", "netns", server);
  for (const [pid, device, address] of [
    [client, "left", "10.77.0.1/24"],
    [server, "right", "10.77.0.2/24"],
  ] as const) {
    inside(pid, "ip", "address", "add", address, "dev", device);
    inside(pid, "ip", "link", "set", device, "up");
  }
  const echo = spawn("nsenter", ["-t", server, "-n", process.execPath, "-e", echoServer], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(echo);
  await once(echo.stdout, "data");

  const measure = (): number[] => roundTripsMs(["nsenter", "-t", client, "-n"], "10.77.0.2", 7, 7);
  const before = measure();
  inside(server, "tc", "qdisc", "add", "dev", "right", "root", "netem", "delay", "100ms");
  const during = measure();
  inside(server, "tc", "qdisc", "del", "dev", "right", "root");
  const after = measure();
  console.log(JSON.stringify({ before, during, after }));
} finally {
  for (const child of children.reverse()) child.kill("SIGKILL");
}

function inside(pid: string, ...command: string[]): void {
  execFileSync("nsenter", ["-t", pid, "-n", ...command], { stdio: ["ignore", "ignore", "inherit"] });
}

function namespaceOf(pid: string): string {
  return execFileSync("readlink", [`/proc/${pid}/ns/net`], { encoding: "utf8" });
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 200) throw new Error("a network namespace did not come up within 10 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
