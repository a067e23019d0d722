import { connect } from "node:net";

/**
 * Ports of 127.0.0.1 on which nobody listens; members must know each other's before any of them listens. Of a range in which the kernel gives
 * none by itself, and of which each worker of the tests has a part: what was free a moment ago would be gone now and then.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = firstPort + (portsGiven++ % portsPerWorker);
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

const portsPerWorker = 1500;
const firstPort = 12_000 + (Number(process.env["VITEST_POOL_ID"] ?? 0) % 12) * portsPerWorker;
let portsGiven = 0;

/**
 * Resolves once nobody listens on the port any more; to be waited for where a port is to be had again. A server that was closed listens on in
 * each child that another thread was just about to start, from its fork until it becomes its program.
 */
export async function freed(port: number): Promise<void> {
  while (!(await isFree(port))) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Asks by a dial: had we listened to find out, a child could begin with that. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(false);
    }).once("error", () => resolve(true));
  });
}
