/** One process's share of a load: unary calls, a fixed number in flight, over a few connections; and watchers that count. */
import { connectH2 } from "./h2-client.js";
import { paths, putRequest, rangeRequest, readWatchResponse, watchRequest } from "./etcd-messages.js";
import { Histogram } from "./histogram.js";
import { whyItFailed } from "./grpc-failure.js";

const fewKeys = 1000;
const fewBytes = 256;
/** Real clients share a connection among many calls; one connection alone can be what is measured. */
const fewCallsAConnection = 16;

const keyOf = (number) => `bench/key-${String(number).padStart(6, "0")}`;

/** What can be asked for, each a path and one message for every key. */
const kinds = {
  put: { path: paths.put, message: (key, valueBytes) => putRequest(key, Buffer.alloc(valueBytes, "v")) },
  get: { path: paths.range, message: (key) => rangeRequest(key, { serializable: false }) },
  "serializable get": { path: paths.range, message: (key) => rangeRequest(key, { serializable: true }) },
};

/**
 * Calls for `durationMs`, each call followed by the next, and resolves to the durations seen. A call that fails ends it: a store that
 * refuses is not measured.
 * @param {{port: number, kind: string, inFlight: number, durationMs: number, valueBytes?: number, callsAConnection?: number}} job
 * @returns {Promise<{histogram: Histogram, tookMs: number}>}
 */
export function unaryLoad({ port, kind, inFlight, durationMs, valueBytes, callsAConnection }) {
  const endsAt = performance.now() + durationMs;
  return calls({ port, kind, inFlight, keys: fewKeys, valueBytes, callsAConnection, goesOn: () => performance.now() < endsAt });
}

/**
 * So many puts, over and over the same keys.
 * @param {{port: number, keys: number, puts: number, inFlight: number}} job
 * @returns {Promise<{histogram: Histogram, tookMs: number}>}
 */
export function fill({ port, keys, puts, inFlight }) {
  return calls({ port, kind: "put", inFlight, keys, goesOn: (called) => called < puts });
}

/** One call after another, `inFlight` at a time, key after key, as long as `goesOn`, which is told how many were made. */
async function calls({ port, kind, inFlight, keys, goesOn, valueBytes = fewBytes, callsAConnection = fewCallsAConnection }) {
  const { path, message } = kinds[kind];
  const messages = Array.from({ length: keys }, (_, number) => message(keyOf(number), valueBytes));
  const count = Math.ceil(inFlight / callsAConnection);
  const connections = await Promise.all(Array.from({ length: count }, () => connectH2(port)));
  const histogram = new Histogram();
  const startedAt = performance.now();
  let called = 0;
  const client = (number) =>
    new Promise((resolve, reject) => {
      const connection = connections[number % count];
      const next = () => {
        if (!goesOn(called)) return resolve();
        const askedAt = performance.now();
        const request = messages[called++ % keys];
        let isAnswered = false;
        connection.call(path, request, {
          onMessage: () => (isAnswered = true),
          onEnd: (error) => {
            if (isAnswered) {
              histogram.record(performance.now() - askedAt);
              next();
            } else void whyItFailed(port, path, request, error).then(reject, reject);
          },
        });
      };
      next();
    });
  try {
    await Promise.all(Array.from({ length: inFlight }, (_, number) => client(number)));
    return { histogram, tookMs: performance.now() - startedAt };
  } finally {
    for (const connection of connections) connection.close();
  }
}

/**
 * Watches all keys of the load with `watchers` streams on one connection; resolves once every watcher is there.
 * @returns {Promise<{events: () => number, close: () => void}>} events received so far, over all watchers
 */
export async function watchLoad(port, watchers) {
  const connection = await connectH2(port);
  const request = watchRequest("bench/", "bench0");
  let events = 0;
  const created = () =>
    new Promise((resolve, reject) => {
      const onMessage = (bytes) => {
        const response = readWatchResponse(bytes);
        if (response.created) resolve();
        events += response.events;
      };
      const onEnd = (error) => {
        void whyItFailed(port, paths.watch, request, error).then(reject, reject);
      };
      connection.call(paths.watch, request, { onMessage, onEnd }, { isOpen: true });
    });
  try {
    await Promise.all(Array.from({ length: watchers }, created));
  } catch (error) {
    connection.close();
    throw error;
  }
  return { events: () => events, close: () => connection.close() };
}
