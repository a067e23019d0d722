import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { BareNode } from "./bare-nodes.js";

/**
 * Sends and receives in one node's namespace for as long as it is open: starting a program for every look would take most of the time. A line of
 * JSON on stdin asks, a line on stdout answers.
 */
const program = `
const dgram = require("dgram");
const net = require("net");
const heard = new Map();
const acts = {
  /** Writes down number and milliseconds of every whole datagram: all namespaces share one monotonic clock. */
  listen: ({ type, port }) => new Promise((done) => {
    const got = [];
    const socket = dgram.createSocket({ type, recvBufferSize: 8e6 }, (packet) => {
      const now = process.hrtime.bigint();
      if (packet.length === 64) got.push([packet.readUInt32BE(0), Number(now - packet.readBigUInt64BE(8)) / 1e6]);
    });
    heard.set(port, { got, socket });
    socket.bind(port, () => done({}));
  }),
  collect: async ({ port }) => {
    const { got, socket } = heard.get(port);
    socket.close();
    return got;
  },
  /** So many at once, and then a pause. */
  send: ({ type, host, port, count, atOnce, everyMs }) => new Promise((done) => {
    const socket = dgram.createSocket(type);
    const startedAt = performance.now();
    let sent = 0;
    const next = () => {
      const due = (Math.floor((performance.now() - startedAt) / everyMs) + 1) * atOnce;
      for (const end = Math.min(count, due, sent + 2 * atOnce); sent < end; sent++) {
        const packet = Buffer.alloc(64);
        packet.writeUInt32BE(sent, 0);
        packet.writeBigUInt64BE(process.hrtime.bigint(), 8);
        socket.send(packet);
      }
      if (sent < count) setTimeout(next, 1);
      else socket.close(() => done({}));
    };
    socket.connect(port, host, next);
  }),
  /** What arrives by one TCP connection, and how fast from the first piece to the last. */
  take: ({ port }) => new Promise((done) => {
    let [total, first, firstAt, lastAt] = [0, 0, 0, 0];
    const server = net.createServer((socket) => {
      server.close();
      socket.on("error", () => {}).on("data", (chunk) => {
        lastAt = performance.now();
        if (total === 0) [firstAt, first] = [lastAt, chunk.length];
        total += chunk.length;
      });
    });
    heard.set(port, { measure: () => ({ bytes: total, bitsPerSecond: ((total - first) * 8000) / (lastAt - firstAt) }) });
    server.listen(port, () => done({}));
  }),
  measure: async ({ port }) => heard.get(port).measure(),
  give: ({ host, port, durationMs }) => new Promise((done) => {
    const socket = net.connect(port, host);
    const chunk = Buffer.alloc(65536);
    const more = () => { while (!socket.destroyed && socket.write(chunk)); };
    socket.on("connect", more).on("drain", more).on("error", () => {});
    setTimeout(() => { socket.resetAndDestroy(); done({}); }, durationMs);
  }),
};
require("readline").createInterface(process.stdin).on("line", async (line) => {
  const { act, ...rest } = JSON.parse(line);
  console.log(JSON.stringify(await acts[act](rest)));
}).on("close", () => process.exit());
`;

export interface Post {
  readonly node: BareNode;
  /** One question after the other. */
  ask(act: string, details: Readonly<Record<string, unknown>>): Promise<unknown>;
  close(): void;
}

export function openPost(node: BareNode): Post {
  const child = startIn(node, [process.execPath, "-e", program]);
  const answers = createInterface(child.stdout);
  return {
    node,
    async ask(act, details) {
      const answer = once(answers, "line");
      child.stdin.write(`${JSON.stringify({ act, ...details })}\n`);
      const [line] = (await answer) as [string];
      return JSON.parse(line) as unknown;
    },
    close: () => child.stdin.end(),
  };
}

/** A program in the node's namespace, whose complaints are shown. */
export function startIn(node: BareNode, command: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn("nsenter", ["-t", String(node.pid), "-n", ...command], { timeout: 250_000 });
  child.stderr.pipe(process.stderr);
  return child;
}
