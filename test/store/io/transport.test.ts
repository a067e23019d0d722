// Shows what members can rely on between them: order, answers, large snapshots beside small messages, a strict greeting, and recovery from a peer that vanishes or falls silent.
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { Causality } from "../../../src/store/causality.js";
import { TroubledClock } from "../../../src/store/clock.js";
import { FrameReader, FrameWriter } from "../../../src/store/io/frames.js";
import type { Packet } from "../../../src/store/io/frames.js";
import { realTime } from "../../../src/store/io/real-time.js";
import { Transport } from "../../../src/store/io/transport.js";
import type { Reply } from "../../../src/store/io/transport.js";
import type { Message } from "../../../src/store/raft/types.js";
import { until } from "../cluster.js";

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const each of cleanUp.splice(0)) each();
});

const heartbeat = (to: number, commit: number): Message => ({ type: "heartbeat", from: 1, to, term: 1, commit, context: 0 });

function member(self: number, cluster = "test") {
  const received: Message[] = [];
  const unreachable: number[] = [];
  const removed = new Set<number>();
  const toldRemovedBy: number[] = [];
  const logged: { level: string; event: string; fields: unknown }[] = [];
  // a clock that a test can push, to play a process that did not run
  const clock = { aheadMs: 0 };
  const causality = new Causality(`n${self}`, Date.now);
  const transport = new Transport({
    cluster,
    self,
    clock: new TroubledClock({ ...realTime, monotonicMs: () => performance.now() + clock.aheadMs }),
    causality,
    log: (level, event, _msg, fields) => logged.push({ level, event, fields }),
    onMessage: (message) => received.push(message),
    isRemoved: (id) => removed.has(id),
    onRemoved: (toldBy) => toldRemovedBy.push(toldBy),
    onUnreachable: (peer) => unreachable.push(peer),
    onReady: () => undefined,
    onAsk: (from, body, answer) => answer({ from, body }),
  });
  cleanUp.push(() => transport.close());
  return {
    transport,
    causality,
    received,
    unreachable,
    removed,
    toldRemovedBy,
    logged,
    clock,
    listen: (port = 0) => transport.listen("127.0.0.1", port),
  };
}

async function pair() {
  const [a, b] = [member(1), member(2)];
  await a.listen();
  const port = await b.listen();
  a.transport.setPeers([{ id: 2, name: "b", host: "127.0.0.1", peerPort: port }]);
  await until(() => a.transport.isUp(2), Boolean);
  return { a, b, port };
}

it("delivers messages in the order they were sent, and answers", async () => {
  const { a, b } = await pair();
  for (let i = 0; i < 200; i++) a.transport.send(heartbeat(2, i));
  const reply = await new Promise<Reply>((resolve) => a.transport.ask(2, { text: "hi" }, resolve));
  expect(reply).toEqual({ type: "answered", body: { from: 1, body: { text: "hi" } } });
  expect(b.received).toEqual(Array.from({ length: 200 }, (_, i) => heartbeat(2, i)));
});

it("brings the sender's clocks with everything: greetings, messages and answers", async () => {
  const { a, b } = await pair();
  const before = a.causality.line();
  a.transport.send(heartbeat(2, 1));
  await until(() => b.received.length, Boolean);
  const caused = b.causality.line();
  expect(caused.vc["n1"]).toBe(before.vc["n1"]);
  expect(caused.hlc > before.hlc).toBe(true);
  await new Promise<Reply>((resolve) => a.transport.ask(2, {}, resolve));
  expect(a.causality.line().vc["n2"]).toBe(caused.vc["n2"]);
});

it("takes members of a version that sends no clocks, and passes over packets of one that sends more", async () => {
  const b = member(2);
  const port = await b.listen();
  const socket = connect(port, "127.0.0.1");
  cleanUp.push(() => socket.destroy());
  const writer = new FrameWriter();
  const write = (packets: readonly unknown[]): void => {
    for (const part of writer.encode(packets as readonly Packet[])) socket.write(part);
  };
  write([["hello", { cluster: "test", from: 1, to: 2 }]]);
  write([
    ["of-a-later-version", 1],
    ["raft", heartbeat(2, 7)],
  ]);
  await until(() => b.received.length, Boolean);
  expect(b.received).toEqual([heartbeat(2, 7)]);
});

it("brings a snapshot of megabytes whole", async () => {
  const { a, b } = await pair();
  const data = Buffer.alloc(5 << 20, "state");
  const conf = { voters: [1, 2], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
  a.transport.send({ type: "snapshot", from: 1, to: 2, term: 1, snapshot: { meta: { index: 9, term: 1, conf }, data } });
  a.transport.send(heartbeat(2, 1));
  await until(
    () => b.received.length,
    (count) => count === 2,
  );
  const snapshot = b.received.find((message) => message.type === "snapshot");
  expect(snapshot?.type === "snapshot" && data.equals(snapshot.snapshot.data)).toBe(true);
});

it("does not send a snapshot that no peer would take, says so now and then, and does not ask for it again", async () => {
  const { a, b } = await pair();
  const data = Buffer.alloc(2 ** 28);
  const conf = { voters: [1, 2], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
  const message: Message = { type: "snapshot", from: 1, to: 2, term: 1, snapshot: { meta: { index: 9, term: 1, conf }, data } };
  a.transport.send(message);
  a.transport.send(message);
  a.transport.send(heartbeat(2, 1));
  await until(
    () => b.received.length,
    (count) => count > 0,
  );
  const tooLarge = () => a.logged.filter(({ event }) => event === "snapshot-too-large");
  expect(tooLarge()).toEqual([
    { level: "error", event: "snapshot-too-large", fields: { to: "b", index: 9, bytes: 2 ** 28, bytesMax: 2 ** 28 - 2 ** 16 } },
  ]);
  a.clock.aheadMs = 60_000;
  a.transport.send(message);
  expect(tooLarge()).toHaveLength(2);
  // longer than it takes to sweep up what could not be delivered
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(a.unreachable).toEqual([]);
  expect(b.received).toEqual([heartbeat(2, 1)]);
  expect(b.logged.filter(({ level }) => level !== "debug")).toEqual([]);
});

it("says at once that a question cannot be sent, and that a message's peer is unreachable", async () => {
  const a = member(1);
  await a.listen();
  a.transport.setPeers([{ id: 2, name: "b", host: "127.0.0.1", peerPort: 1 }]);
  const reply = await new Promise<Reply>((resolve) => a.transport.ask(2, "hi", resolve));
  expect(reply).toEqual({ type: "not-sent" });
  a.transport.send(heartbeat(2, 1));
  expect(
    await until(
      () => a.unreachable,
      (members) => members.length > 0,
    ),
  ).toContain(2);
});

it("finds a peer again that went and came back", async () => {
  const { a, b, port } = await pair();
  b.transport.close();
  await until(
    () => a.transport.isUp(2),
    (up) => !up,
  );
  const again = member(2);
  await again.listen(port);
  expect(await until(() => a.transport.isUp(2), Boolean)).toBe(true);
  a.transport.send(heartbeat(2, 5));
  expect(
    await until(
      () => again.received,
      (messages) => messages.length > 0,
    ),
  ).toEqual([heartbeat(2, 5)]);
});

/** Greets and then never says a word: a peer behind a cut that drops packets, as seen from here. */
async function silentPeer(): Promise<{ port: number; accepted: () => number }> {
  let accepted = 0;
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    accepted++;
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => {
      for (const part of new FrameWriter().encode([["welcome"]])) socket.write(part);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUp.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, accepted: () => accepted };
}

it("drops a connection that has fallen silent, tells what was asked on it that the answer is lost, and dials anew", async () => {
  const a = member(1);
  await a.listen();
  const silent = await silentPeer();
  a.transport.setPeers([{ id: 2, name: "b", host: "127.0.0.1", peerPort: silent.port }]);
  await until(() => a.transport.isUp(2), Boolean);
  const reply = await new Promise<Reply>((resolve) => a.transport.ask(2, "hi", resolve));
  expect(reply).toEqual({ type: "lost" });
  expect(await until(silent.accepted, (count) => count >= 2)).toBeGreaterThanOrEqual(2);
});

it("keeps its connections when it was itself that slept", async () => {
  const { a } = await pair();
  a.clock.aheadMs = 60_000;
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(a.transport.isUp(2)).toBe(true);
});

it.each<[string, Packet]>([
  ["another cluster's member", ["hello", { cluster: "other", from: 1, to: 2 }]],
  ["somebody who looks for another member", ["hello", { cluster: "test", from: 1, to: 3 }]],
])("refuses %s", async (_, hello) => {
  const b = member(2);
  const port = await b.listen();
  const socket = connect(port, "127.0.0.1");
  for (const part of new FrameWriter().encode([hello])) socket.write(part);
  const reader = new FrameReader();
  const answer = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
  expect([...reader.read(answer)]).toEqual([[["refused", "this is member 2 of test"]]]);
  await new Promise((resolve) => socket.once("close", resolve));
});

it("closes on bytes that are no frames", async () => {
  const b = member(2);
  const socket = connect(await b.listen(), "127.0.0.1");
  socket.resume();
  socket.write("GET / HTTP/1.1\r\n\r\n");
  await new Promise((resolve) => socket.once("close", resolve));
  expect(b.received).toEqual([]);
});

it("reads frames however they are cut", () => {
  const writer = new FrameWriter();
  const frames = [
    [["beat"]],
    [
      ["raft", heartbeat(2, 7)],
      ["raft", heartbeat(2, 8)],
    ],
    [["ask", 1, { a: 1 }]],
  ] as Packet[][];
  const bytes = Buffer.concat(frames.flatMap((packets) => writer.encode(packets)));
  for (const size of [1, 3, 7, bytes.length]) {
    const reader = new FrameReader();
    const read: unknown[] = [];
    for (let at = 0; at < bytes.length; at += size) read.push(...reader.read(bytes.subarray(at, at + size)));
    expect(read).toEqual(frames);
  }
});

it("whoever was removed is told so when it greets, and when it is connected already", async () => {
  const { a, b } = await pair();
  b.removed.add(1);
  b.transport.setPeers([]);
  await until(
    () => a.toldRemovedBy,
    (told) => told.length >= 2,
  );
  expect(new Set(a.toldRemovedBy)).toEqual(new Set([2]));
  expect(a.transport.isUp(2)).toBe(false);
});
