/** Loads, made by several processes: one client's event loop must not be what is measured. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { Histogram } from "./histogram.js";

const program = new URL("load-process.js", import.meta.url);
/** Calls in flight from which on a second process helps more than it takes away from the stores. */
const manyInFlight = 64;

/** The processes of a load; `close` ends them. */
export function startLoaders(signal) {
  const processes = [0, 1].map(() => {
    const child = fork(program, { signal, killSignal: "SIGKILL" });
    // An abort is told by whoever waits for an answer.
    child.on("error", () => {});
    return { child, ended: ended(child) };
  });
  return {
    load: (port, job) => load(processes, port, job),
    turns: (ports, job) => turns(processes, ports, job),
    fillTurns: (ports, { signal, ...job }) => ask(processes[0], { does: "fillTurns", ports, ...job }, signal),
    watchedPuts: (port, job) => watchedPuts(processes, port, job),
    fill: (port, { signal, ...job }) => ask(processes[0], { does: "fill", port, ...job }, signal),
    close: () => processes.forEach(({ child }) => child.kill()),
  };
}

/**
 * A share for each process, their durations counted together.
 * @returns {Promise<{perSecond: number, p50: number, p99: number, p999: number}>} durations in ms
 */
async function load(processes, port, { signal, ...job }) {
  return inShares(processes, { does: "call", port, ...job }, signal);
}

/** The same with connections that take turns, over several ports: see `turn-load.js`. */
async function turns(processes, ports, { signal, ...job }) {
  return inShares(processes, { does: "turns", ports, ...job }, signal);
}

async function inShares(processes, { inFlight, ...job }, signal) {
  const used = inFlight >= manyInFlight ? processes : processes.slice(0, 1);
  const shares = await Promise.all(
    used.map((one, at) => ask(one, { ...job, inFlight: inFlight / used.length, part: `p${at}` }, signal)),
  );
  const histogram = new Histogram();
  for (const { counts } of shares) histogram.add(counts);
  const tookMs = Math.max(...shares.map((share) => share.tookMs));
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((share) => histogram.percentile(share));
  return { perSecond: (histogram.total * 1000) / tookMs, p50, p99, p999 };
}

/**
 * Puts by one process, while another one's watchers hear of each of them.
 * @returns {Promise<{eventsPerSecond: number, perSecond: number}>} events over all watchers, received until the last put was answered; puts
 */
async function watchedPuts([putter, watcher], port, { watchers, inFlight, durationMs, signal }) {
  await ask(watcher, { does: "watch", port, watchers }, signal);
  const { counts, tookMs } = await ask(putter, { does: "call", port, kind: "put", inFlight, durationMs }, signal);
  const { events } = await ask(watcher, { does: "events" }, signal);
  return { eventsPerSecond: (events * 1000) / tookMs, perSecond: (new Histogram(counts).total * 1000) / tookMs };
}

async function ask({ child, ended }, job, signal) {
  child.send(job);
  const [answer] = await Promise.race([once(child, "message", { signal }), ended]);
  if (answer.failure !== undefined) throw new Error(answer.failure);
  return answer;
}

/** Rejects once it has ended, which it does by itself only when something is wrong. */
function ended(child) {
  const gone = once(child, "exit").then(([code, signal]) => {
    throw new Error(`a process of the load ended: ${signal ?? `exit code ${code}`}`);
  });
  gone.catch(() => {});
  return gone;
}
