// Shows where a node's programs listen, as read off the kernel's tables of its network namespace.
import { expect, test } from "vitest";
import { createFindListeners, listenersIn } from "../../src/agent/listening.js";
import { FakeCluster } from "./fake-cluster.js";

const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const row = (local: string, state = "0A"): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1 0000000000000000 100 0 0 10 0\n`;
const row6 = (local: string): string =>
  `   1: ${local} 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n`;

test.each([
  ["everywhere", row("00000000:2382"), [{ port: 9090, isLoopback: false }]],
  ["everywhere, IPv6", row6("00000000000000000000000000000000:1F90"), [{ port: 8080, isLoopback: false }]],
  ["127.0.0.1", row("0100007F:1F90"), [{ port: 8080, isLoopback: true }]],
  ["::1", row6("00000000000000000000000001000000:1F90"), [{ port: 8080, isLoopback: true }]],
  ["127.0.0.1 as IPv6", row6("0000000000000000FFFF00000100007F:1F90"), [{ port: 8080, isLoopback: true }]],
  ["the node's own address", row("020012AC:1F90"), [{ port: 8080, isLoopback: false }]],
  ["a connection, not a listener", row("00000000:1F90", "01"), []],
  ["the engine's resolver", row("0B00007F:8E21"), []],
  [
    "one port in two ways, and another",
    row("0100007F:1F90") + row("00000000:0050") + row6("00000000000000000000000000000000:1F90"),
    [
      { port: 80, isLoopback: false },
      { port: 8080, isLoopback: false },
    ],
  ],
])("%s", (_title, rows, listeners) => {
  expect(listenersIn(head + rows)).toEqual(listeners);
});

test("of each node asked for by its process; who does not run listens nowhere, and a kernel without IPv6 has one table", async () => {
  const cluster = new FakeCluster(["n1", "n2"]);
  cluster.stop("n2");
  const files: string[] = [];
  const find = createFindListeners(cluster.engine, async (file) => {
    files.push(file.replace(/\d+/, "PID"));
    if (file.endsWith("tcp6")) throw new Error("ENOENT");
    return head + row("00000000:2382");
  });
  expect(await find(["n1", "n2"])).toEqual({ n1: [{ port: 9090, isLoopback: false }], n2: [] });
  expect(files).toEqual(["/proc/PID/net/tcp", "/proc/PID/net/tcp6"]);
});
