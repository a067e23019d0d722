import { connect } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Endpoint } from "../engine/port.js";

/**
 * A port that docker publishes takes connections as soon as the container runs, and breaks those to which nobody listens inside; that
 * takes it far less than this, unless it has no processor.
 */
const lingerMs = 100;

/** Published port -> where it is. */
export type Endpoints = ReadonlyMap<number, Endpoint>;

/** The first of these ports that {@link acceptsConnections} finds nobody behind. */
export async function deafPortOf(endpoints: Endpoints, timeoutMs: number, staysMs?: number): Promise<number | undefined> {
  const ports = [...endpoints];
  const accepts = await Promise.all(ports.map(([, endpoint]) => acceptsConnections(endpoint, timeoutMs, staysMs)));
  return ports[accepts.indexOf(false)]?.[0];
}

/** Whether somebody listens behind a published port: a connection that is neither refused nor broken within `staysMs`, or that brings bytes. */
export async function acceptsConnections({ host, port }: Endpoint, timeoutMs: number, staysMs = lingerMs): Promise<boolean> {
  const socket = connect({ host, port });
  const end = new AbortController();
  const broken = new Promise<boolean>((resolve) => {
    socket.once("data", () => resolve(true));
    // some turns before the close
    socket.once("end", () => resolve(false));
    socket.once("close", () => resolve(false));
    // the close that follows says it
    socket.once("error", () => undefined);
  });
  const connected = new Promise<void>((resolve) => void socket.once("connect", () => resolve()));
  const pause = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal: end.signal }).catch(() => undefined);
  // a process that had no processor for so long finds its timer over before it looks at its sockets
  const stays = connected
    .then(() => pause(staysMs))
    .then(() => nextTurn())
    .then(() => true);
  const late = pause(timeoutMs).then(() => false);
  return Promise.race([broken, stays, late]).finally(() => {
    end.abort();
    socket.destroy();
  });
}
