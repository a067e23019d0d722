import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Endpoint } from "../engine/port.js";

/**
 * A port that docker publishes takes connections as soon as the container runs, and breaks those to which nobody listens inside; that
 * takes it far less than this.
 */
const lingerMs = 100;

/** Whether somebody listens behind a published port: a connection that is neither refused nor broken at once, or that brings bytes. */
export async function acceptsConnections({ host, port }: Endpoint, timeoutMs: number): Promise<boolean> {
  const socket = connect({ host, port });
  const end = new AbortController();
  const broken = new Promise<boolean>((resolve) => {
    socket.once("data", () => resolve(true));
    socket.once("close", () => resolve(false));
    // the close that follows says it
    socket.once("error", () => undefined);
  });
  const connected = new Promise<void>((resolve) => void socket.once("connect", () => resolve()));
  const pause = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal: end.signal }).catch(() => undefined);
  const stays = connected.then(() => pause(lingerMs)).then(() => true);
  const late = pause(timeoutMs).then(() => false);
  return Promise.race([broken, stays, late]).finally(() => {
    end.abort();
    socket.destroy();
  });
}
