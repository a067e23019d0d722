// Shows that a node bears 500 connections, 2,000 idle watchers, readers that stop reading, halves of connections and nonsense, in bounded memory, and goes on.
import { readFileSync } from "node:fs";
import type { ClientHttp2Session } from "node:http2";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { paths, putRequest, readWatchResponse, watchRequest } from "../../bench/etcd-messages.js";
import { connectH2 } from "../../bench/h2-client.js";
import { dial, frameMessage, openCall } from "../store/io/h2/grpc-client.js";
import { docker, eventually, TestCluster } from "../support/cli.js";

type Connection = Awaited<ReturnType<typeof connectH2>>;

const connectionCount = 500;
const watchersAConnection = 4;
const mebibyte = 2 ** 20;

let cluster: TestCluster;
let port: number;
let pid: string;
const connections: Connection[] = [];
const sockets: Socket[] = [];
const sessions: ClientHttp2Session[] = [];
beforeAll(async () => {
  cluster = await TestCluster.create();
  await cluster.up();
  port = Number((await cluster.node("n1")).address?.split(":")[1]);
  pid = await docker("inspect", "--format", "{{.State.Pid}}", cluster.container("n1"));
});
afterAll(async () => {
  for (const connection of connections) connection.close();
  for (const socket of sockets) socket.destroy();
  for (const session of sessions) session.destroy();
  await cluster.destroy();
});

/** Resident memory of n1's process. */
function resident(): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

async function put(connection: Connection, key: string, value: Buffer): Promise<boolean> {
  let isDone = false;
  return new Promise((resolve) => {
    const onMessage = (): void => void (isDone = true);
    connection.call(paths.put, putRequest(key, value), { onMessage, onEnd: () => resolve(isDone) });
  });
}

/** How many events each of the watchers has got. */
const events: number[] = [];

async function watch(connection: Connection, key: string): Promise<void> {
  const number = events.push(0) - 1;
  await new Promise<void>((resolve, reject) => {
    const onMessage = (bytes: Buffer): void => {
      const response = readWatchResponse(bytes);
      if (response.created) resolve();
      events[number] = (events[number] ?? 0) + response.events;
    };
    const onEnd = (): void => reject(new Error(`the watch of ${key} ended`));
    connection.call(paths.watch, watchRequest(key, undefined), { onMessage, onEnd }, { isOpen: true });
  });
}

test("500 connections with 2,000 watchers cost little, and each watcher hears of its key", async () => {
  const before = resident();
  for (let at = 0; at < connectionCount; at += 50)
    connections.push(...(await Promise.all(Array.from({ length: 50 }, () => connectH2(port)))));
  await Promise.all(
    connections.flatMap((connection, at) =>
      Array.from({ length: watchersAConnection }, (_, which) => watch(connection, `idle/${at}/${which}`)),
    ),
  );
  expect(resident() - before).toBeLessThan(150 * mebibyte);

  const [first] = connections as [Connection];
  const keys = connections.flatMap((_, at) => Array.from({ length: watchersAConnection }, (__, which) => `idle/${at}/${which}`));
  for (const key of keys) expect(await put(first, key, Buffer.from("x"))).toBe(true);
  await eventually("every watcher has its event", 20_000, () => Promise.resolve(events.every((count) => count > 0)));
  expect(new Set(events)).toEqual(new Set([1]));
});

test("readers that stop reading hold nothing back but their place", async () => {
  const before = resident();
  for (let at = 0; at < 20; at++) {
    const session = await dial(port);
    sessions.push(session);
    const stream = openCall(session, paths.watch);
    stream.on("error", () => undefined).pause();
    stream.write(frameMessage(watchRequest("large/", "large0")));
  }
  const [first] = connections as [Connection];
  const value = Buffer.alloc(15_000, "v");
  const puts = 1500;
  for (let at = 0; at < puts; at++) expect(await put(first, `large/${at % 100}`, value)).toBe(true);
  // every one of them would have 22 MB waiting
  const kept = puts * value.length;
  expect(resident() - before - kept).toBeLessThan(150 * mebibyte);
});

test("halves of connections and nonsense change nothing for others", async () => {
  const before = resident();
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  const speeches = [
    Buffer.alloc(0),
    preface.subarray(0, 10),
    preface,
    Buffer.from("GET / HTTP/1.1\r\nHost: n1\r\n"),
    Buffer.alloc(64 * 1024, 0xff),
    // a frame that announces 16 MiB, then nothing
    Buffer.concat([preface, settings, Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1])]),
    // text that is no request
    Buffer.from("\u0016\u0003\u0001 hello\r\n\r\n"),
  ];
  for (const speech of speeches)
    for (let at = 0; at < 20; at++) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(speech);
      sockets.push(socket);
    }
  await sleep(2000);
  const [first] = connections as [Connection];
  expect(await put(first, "still/there", Buffer.from("yes"))).toBe(true);
  expect(resident() - before).toBeLessThan(50 * mebibyte);
  expect((await cluster.node("n1")).health).toBe("ready");
  expect(await docker("inspect", "--format", "{{.State.Pid}} {{.RestartCount}}", cluster.container("n1"))).toBe(`${pid} 0`);
});
