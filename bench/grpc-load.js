/** One process's share of a load: unary calls, a fixed number in flight, over a few connections; and watchers that count. */
import { connectH2 } from "./h2-client.js";
import { paths, putRequest, rangeRequest, readWatchResponse, watchRequest } from "./etcd-messages.js";
import { Histogram } from "./histogram.js";
import { whyItFailed } from "./grpc-failure.js";

const keys = 1000;
const valueBytes = 100;
/** Real clients share a connection among many calls; one connection alone can be what is measured. */
const callsAConnection = 16;

const keyOf = (number) => `bench/key-${String(number).padStart(5, "0")}`;
const everyKey = Array.from({ length: keys }, (_, number) => keyOf(number));

/** What can be asked for, each a path and one message for every key. */
const kinds = {
  put: { path: paths.put, message: (key) => putRequest(key, Buffer.alloc(valueBytes, "v")) },
  get: { path: paths.range, message: (key) => rangeRequest(key, { serializable: false }) },
  "serializable get": { path: paths.range, message: (key) => rangeRequest(key, { serializable: true }) },
};

/**
 * Calls for `durationMs`, each call followed by the next, and resolves to the durations seen. A call that fails ends it: a store that
 * refuses is not measured.
 * @param {{port: number, kind: string, inFlight: number, durationMs: number}} job
 * @returns {Promise<{histogram: Histogram, tookMs: number}>}
 */
export async function unaryLoad({ port, kind, inFlight, durationMs }) {
  const { path, message } = kinds[kind];
  const messages = everyKey.map(message);
  const count = Math.ceil(inFlight / callsAConnection);
  const connections = await Promise.all(Array.from({ length: count }, () => connectH2(port)));
  const histogram = new Histogram();
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  const client = (number) =>
    new Promise((resolve, reject) => {
      const connection = connections[number % count];
      let turn = number;
      const next = () => {
        const askedAt = performance.now();
        if (askedAt >= endsAt) return resolve();
        const request = messages[turn % keys];
        turn += inFlight;
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
