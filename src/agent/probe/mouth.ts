/** The sending end of probes. */
import { type Socket, createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import type { Arrival } from "../../chaos/probe.js";
import { writeStamp } from "./stamp.js";
import type { SendResult, SendTask, Stream } from "./tasks.js";

export async function send({ streams }: SendTask): Promise<SendResult> {
  return {
    streams: await Promise.all(streams.map((stream) => (stream.protocol === "udp" ? sendUdp(stream) : connectTcp(stream)))),
  };
}

type Sent = SendResult["streams"][number];

async function sendUdp(stream: Stream): Promise<Sent> {
  const socket = await dial(stream);
  const tookMs = await pace(stream, (number) => {
    const packet = writeStamp(stream.payloadBytes, stream.id, number, process.hrtime.bigint());
    // what becomes of it is for the other end to say
    return new Promise((resolve) => (socket === undefined ? resolve() : socket.send(packet, () => resolve())));
  });
  socket?.close();
  return { sent: stream.count, tookMs, arrivals: [] };
}

/** Undefined where no route leads there. */
function dial({ host, port }: Stream): Promise<Socket | undefined> {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  return new Promise((resolve) => {
    const noWay = (): void => {
      socket.close();
      resolve(undefined);
    };
    socket.once("error", noWay).once("connect", () => {
      socket.off("error", noWay).on("error", () => undefined);
      resolve(socket);
    });
    socket.connect(port, host);
  });
}

async function connectTcp(stream: Stream): Promise<Sent> {
  const arrivals: Arrival[] = [];
  const tookMs = await pace(stream, async (number) => {
    const delayMs = await connectOnce(stream);
    if (delayMs !== undefined) arrivals.push({ number, delayMs, atMs: performance.now() });
  });
  return { sent: stream.count, tookMs, arrivals };
}

/** From the first packet until the answer to it, in ms; undefined where it took too long. */
function connectOnce({ host, port, limitMs }: Stream): Promise<number | undefined> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = connect({ host, port, autoSelectFamily: false });
    const done = (delayMs?: number): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve(delayMs);
    };
    const limit = setTimeout(done, limitMs);
    socket.on("connect", () => done(performance.now() - startedMs)).on("error", () => done());
  });
}

/** Who was kept from sending makes up for it slowly: the other end was perhaps kept from hearing, and its buffer is small. */
const burstMost = 32;

/** Starts `act` for each number when it is due and waits for them all; the time from the first start to the last, in ms. */
function pace({ count, spacingMs, atOnce }: Stream, act: (number: number) => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  const acts: Promise<void>[] = [];
  return new Promise((resolve) => {
    const step = (): void => {
      const elapsedMs = performance.now() - startedMs;
      const due = Math.min(count, atOnce + 1 + Math.floor(elapsedMs / spacingMs), Math.max(atOnce, acts.length + burstMost));
      while (acts.length < due) acts.push(act(acts.length));
      if (acts.length < count) setTimeout(step, 1);
      else void Promise.all(acts).then(() => resolve(elapsedMs));
    };
    step();
  });
}
