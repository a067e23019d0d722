// Shows what members can rely on between them: order, answers, large snapshots beside small messages, a strict greeting, and recovery from a peer that vanishes or falls silent.
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { Causality } from "../../../src/store/causality.js";
import { TroubledClock } from "../../../src/store/clock.js";
import { FrameReader, FrameWriter } from "../../../src/store/io/frames.js";
import type { Packet } from "../../../src/store/io/frames.js";
import { realTime } from "../../../src/store/io/real-time.js";
import { SnapshotDraft, SnapshotSource } from "../../../src/store/io/snapshot-file.js";
import type { StoredSnapshot } from "../../../src/store/io/snapshot-file.js";
import { ReceivedSnapshot, SnapshotIntake } from "../../../src/store/io/snapshot-intake.js";
import { Transport } from "../../../src/store/io/transport.js";
import type { Reply } from "../../../src/store/io/transport.js";
import { encodeCommand } from "../../../src/store/entries/commands.js";
import { wholeSnapshot } from "../../../src/store/mvcc/whole-snapshot.js";
import type { Message, SnapshotData } from "../../../src/store/raft/types.js";
import { Replica } from "../../../src/store/replica.js";
import { freed } from "../../support/ports.js";
import { until } from "../cluster.js";
import { savedSnapshot } from "./snapshot-files.js";

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const each of cleanUp.splice(0)) each();
});

const heartbeat = (to: number, commit: number): Message => ({ type: "heartbeat", from: 1, to, term: 1, commit, context: 0 });

function member(self: number, cluster = "test") {
  const received: Message[] = [];
  const unreachable: number[] = [];
  const gone: number[] = [];
  const removed = new Set<number>();
  const toldRemovedBy: number[] = [];
  const logged: { level: string; event: string; fields: unknown }[] = [];
  // a clock that a test can push, to play a process that did not run
  const clock = { aheadMs: 0 };
  const causality = new Causality(`n${self}`, Date.now);
  const dir = mkdtempSync(join(tmpdir(), "devious-peer-"));
  cleanUp.push(() => rmSync(dir, { recursive: true }));
  const said: string[] = [];
  let drafts = 0;
  const transport = new Transport({
    cluster,
    self,
    clock: new TroubledClock({ ...realTime, monotonicMs: () => performance.now() + clock.aheadMs }),
    causality,
    log: (level, event, msg, fields) => {
      said.push(msg);
      logged.push({ level, event, fields });
    },
    snapshots: {
      open: ({ data }) => SnapshotSource.open(data as StoredSnapshot),
      receive: () =>
        new SnapshotIntake(
          () => SnapshotDraft.begin(dir, `received-${++drafts}`),
          (error) => {
            throw error;
          },
        ),
    },
    onMessage: (message) => received.push(message),
    isRemoved: (id) => removed.has(id),
    onRemoved: (toldBy) => toldRemovedBy.push(toldBy),
    standingOf: () => ({ isEmpty: false, members: [] }),
    onUnreachable: (peer) => unreachable.push(peer),
    onGone: (peer) => gone.push(peer),
    onReady: () => undefined,
    onAsk: (from, body, answer) => answer({ from, body }),
  });
  cleanUp.push(() => transport.close());
  return {
    transport,
    causality,
    received,
    unreachable,
    gone,
    removed,
    toldRemovedBy,
    logged,
    said,
    dir,
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
    socket.write(writer.encode(packets as readonly Packet[]));
  };
  write([["hello", { cluster: "test", from: 1, to: 2 }]]);
  write([
    ["of-a-later-version", 1],
    ["raft", heartbeat(2, 7)],
  ]);
  await until(() => b.received.length, Boolean);
  expect(b.received).toEqual([heartbeat(2, 7)]);
});

const meta = {
  index: 9,
  term: 1,
  conf: { voters: [1, 2], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false },
};
const snapshotMessage = (data: SnapshotData): Message => ({
  type: "snapshot",
  from: 1,
  to: 2,
  term: 1,
  snapshot: { meta, data },
});

/** A state of some megabytes, as a file in the sender's folder. */
async function largeSnapshot(dir: string) {
  const replica = Replica.create([{ id: 1, name: "a", host: "a", peerPort: 1 }]);
  const value = Buffer.alloc(100_000, "state");
  for (let i = 0; i < 50; i++) {
    const data = encodeCommand("put", { key: `key ${i}`, value });
    replica.apply({ index: i + 2, term: 1, kind: "normal", data });
  }
  const state = wholeSnapshot(replica);
  return { state, file: await savedSnapshot(dir, meta, state) };
}

it("brings a snapshot of megabytes whole, in pieces, and ready to be restored", async () => {
  const { a, b } = await pair();
  const { state, file } = await largeSnapshot(a.dir);
  a.transport.send(snapshotMessage(file));
  a.transport.send(heartbeat(2, 1));
  const [first, second] = await until(
    () => b.received,
    ({ length }) => length === 2,
  );
  expect(first).toEqual(heartbeat(2, 1));
  const data = second?.type === "snapshot" ? second.snapshot.data : undefined;
  if (!(data instanceof ReceivedSnapshot)) throw new Error("no snapshot was received");
  expect(data.byteLength).toBe(file.byteLength);
  expect(wholeSnapshot(data.takeState()).equals(state)).toBe(true);
  expect(readFileSync(data.file.path).equals(readFileSync(file.path))).toBe(true);
});

it("refuses a snapshot with a byte that was changed on its way, leaves nothing of it, and has it sent again", async () => {
  const { a, b } = await pair();
  const { file } = await largeSnapshot(a.dir);
  const bytes = readFileSync(file.path);
  bytes[3_000_000] = (bytes[3_000_000] as number) ^ 1;
  writeFileSync(file.path, bytes);
  a.transport.send(snapshotMessage(file));
  await until(() => a.unreachable.length, Boolean);
  expect(a.unreachable).toEqual([2]);
  const refused = b.logged.filter(({ event }) => event === "snapshot-refused");
  expect(refused).toMatchObject([{ level: "warn", fields: { from: 1 } }]);
  expect(JSON.stringify(refused)).toMatch(/checksum is wrong \(a snapshot that a peer sends, byte \d+\)/);
  await until(
    () => readdirSync(b.dir),
    ({ length }) => length === 0,
  );
  expect(b.received).toEqual([]);
});

it("begins a snapshot anew whose connection broke, and leaves nothing of the first attempt", async () => {
  const { a, b, port } = await pair();
  const { state, file } = await largeSnapshot(a.dir);
  const socket = connect(port, "127.0.0.1");
  const writer = new FrameWriter();
  const write = (packets: readonly Packet[]): boolean => socket.write(writer.encode(packets));
  write([["hello", { cluster: "test", from: 3, to: 2 }]]);
  write([["piece", 0, readFileSync(file.path).subarray(0, 100_000)]]);
  await until(
    () => readdirSync(b.dir),
    ({ length }) => length === 1,
  );
  socket.destroy();
  await until(
    () => readdirSync(b.dir),
    ({ length }) => length === 0,
  );
  a.transport.send(snapshotMessage(file));
  const [message] = await until(
    () => b.received,
    ({ length }) => length === 1,
  );
  const data = message?.type === "snapshot" ? message.snapshot.data : undefined;
  expect(data instanceof ReceivedSnapshot && wholeSnapshot(data.takeState()).equals(state)).toBe(true);
});

it("refuses pieces that do not follow each other, and a message without its pieces", async () => {
  const { b, port } = await pair();
  const ends: [string, readonly Packet[]][] = [
    ["a piece of a snapshot is of byte 7", [["piece", 7, Buffer.from("x")]]],
    [
      "a snapshot's message came without its pieces",
      [["snapshot", { type: "snapshot", from: 3, to: 2, term: 1, snapshot: { meta, data: { byteLength: 1 } } }]],
    ],
  ];
  for (const [why, packets] of ends) {
    const socket = connect(port, "127.0.0.1");
    const closed = new Promise((resolve) => socket.on("close", resolve).resume());
    const writer = new FrameWriter();
    for (const frame of [[["hello", { cluster: "test", from: 3, to: 2 }]] as const, packets]) {
      socket.write(writer.encode(frame));
    }
    await closed;
    expect(b.said.join("\n")).toContain(why);
  }
  expect(b.received).toEqual([]);
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

it("says that a peer is gone whose machine refuses a new connection right after it closed the old one", async () => {
  const { a, b } = await pair();
  expect(a.gone).toEqual([]);
  b.transport.close();
  await until(() => a.gone.length, Boolean);
  expect(a.gone).toEqual([2]);
});

it("does not say so of a peer that closes a connection and takes another", async () => {
  const a = member(1);
  await a.listen();
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.write(new FrameWriter().encode([["welcome"]]));
  });
  cleanUp.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  a.transport.setPeers([{ id: 2, name: "b", host: "127.0.0.1", peerPort: port }]);
  await until(() => a.transport.isUp(2), Boolean);
  sockets[0]?.destroy();
  await until(() => sockets.length > 1 && a.transport.isUp(2), Boolean);
  expect(a.gone).toEqual([]);
  for (const socket of sockets) socket.destroy();
});

it("finds a peer again that went and came back", async () => {
  const { a, b, port } = await pair();
  b.transport.close();
  await until(
    () => a.transport.isUp(2),
    (up) => !up,
  );
  const again = member(2);
  await freed(port);
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
      socket.write(new FrameWriter().encode([["welcome"]]));
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
  socket.write(new FrameWriter().encode([hello]));
  const reader = new FrameReader();
  const answer = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
  const read: Packet[] = [];
  reader.read(answer, (packet) => read.push(packet));
  expect(read).toEqual([["refused", "this is member 2 of test"]]);
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
