/** One process's share of a load over protocols in which a connection has one request on its way at a time. */
import { connect } from "node:net";
import { once } from "node:events";
import { Histogram } from "./histogram.js";
import { redis, riak } from "./turn-protocols.js";

const protocols = { riak, redis };
const keysAConnection = 16;
/** Past this a request is taken for one that will never be answered. */
const patienceMs = 10_000;

/**
 * Requests for `durationMs`, one after the other on each of `inFlight` connections, which go to the ports in turn. Each connection has keys of its own,
 * so that a put always knows of the one before it. A request that fails ends the load: a store that refuses is not measured.
 * @param {{protocol: "riak" | "redis", ports: (number | {host: string, port: number})[], kind: "put" | "get", inFlight: number, valueBytes: number, durationMs: number, part: string, isSettled?: boolean}} job
 *   `ports`: of this machine, where no host is said; `part`: whose keys these are; a process of its own has its own;
 *   `isSettled`: what is to be got is there, from a load before that was like this one
 * @returns {Promise<{histogram: Histogram, tookMs: number}>}
 */
export async function turnLoad({ protocol: name, ports, kind, inFlight, valueBytes, durationMs, part, isSettled = false }) {
  const protocol = protocols[name];
  const connections = await Promise.all(
    Array.from({ length: inFlight }, (_, at) => Turns.open(ports[at % ports.length], protocol)),
  );
  const value = Buffer.alloc(valueBytes, "v");
  const histogram = new Histogram();
  try {
    const keys = connections.map((_, at) => Array.from({ length: keysAConnection }, (_, number) => `${part}-${at}-${number}`));
    const seen = new Map();
    if (kind === "get" && !isSettled)
      await Promise.all(connections.map((connection, at) => settle(connection, protocol, keys[at], value)));
    const startedAt = performance.now();
    const endsAt = startedAt + durationMs;
    const client = async (connection, mine) => {
      for (let sent = 0; performance.now() < endsAt; sent++) {
        const key = mine[sent % mine.length];
        const askedAt = performance.now();
        const answer = await connection.ask(kind === "get" ? protocol.get(key) : protocol.put(key, value, seen.get(key)));
        histogram.record(performance.now() - askedAt);
        seen.set(key, protocol.seen(answer));
      }
    };
    await Promise.all(connections.map((connection, at) => client(connection, keys[at])));
    return { histogram, tookMs: performance.now() - startedAt };
  } finally {
    for (const connection of connections) connection.close();
  }
}

/**
 * So many new keys.
 * @param {{protocol: "riak" | "redis", ports: number[], keys: number, part: string, inFlight: number, valueBytes: number}} job
 */
export async function fillTurns({ protocol: name, ports, keys, part, inFlight, valueBytes }) {
  const protocol = protocols[name];
  const connections = await Promise.all(
    Array.from({ length: inFlight }, (_, at) => Turns.open(ports[at % ports.length], protocol)),
  );
  const value = Buffer.alloc(valueBytes, "v");
  const keysOf = (at) =>
    Array.from({ length: Math.ceil((keys - at) / inFlight) }, (_, number) => `${part}-${at + number * inFlight}`);
  try {
    await Promise.all(connections.map((connection, at) => fill(connection, protocol, keysOf(at), value)));
  } finally {
    for (const connection of connections) connection.close();
  }
}

async function fill(connection, protocol, keys, value) {
  for (const key of keys) protocol.seen(await connection.ask(protocol.put(key, value, undefined)));
}

/** One value a key, whatever was there: the second put knows of all that the first one has found. */
async function settle(connection, protocol, keys, value) {
  for (const key of keys) {
    const seen = protocol.seen(await connection.ask(protocol.put(key, value, undefined)));
    protocol.seen(await connection.ask(protocol.put(key, value, seen)));
  }
}

/** A connection that sends a request and waits for its answer. */
class Turns {
  #socket;
  #protocol;
  #received = Buffer.alloc(0);
  #waiting;

  static async open(address, protocol) {
    const at = typeof address === "number" ? { host: "127.0.0.1", port: address } : address;
    const socket = connect({ ...at, noDelay: true });
    await once(socket, "connect");
    return new Turns(socket, protocol);
  }

  constructor(socket, protocol) {
    this.#socket = socket;
    this.#protocol = protocol;
    socket.setTimeout(patienceMs, () => socket.destroy(new Error(`no answer within ${patienceMs / 1000} s`)));
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", (error) => this.#waiting?.reject(error));
    socket.on("close", () => this.#waiting?.reject(new Error("the connection was closed")));
  }

  /** @returns {Promise<Buffer>} the answer, with its head */
  ask(request) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close() {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #receive(chunk) {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const length = this.#protocol.cut(this.#received);
    if (length === 0) return;
    const answer = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    this.#waiting.resolve(answer);
  }
}
