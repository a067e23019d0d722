import type { Duplex } from "node:stream";
import type Dockerode from "dockerode";
import type { Attached, ContainerEvent, LogOptions, Streams } from "../port.js";
import type { EngineAddress } from "./address.js";
import type { Calls } from "./calls.js";
import { toDeviousError } from "./errors.js";
import { jsonLines } from "./json-lines.js";

export function createStreams({ call }: Calls, address: EngineAddress): Streams {
  return {
    logs: async function* (id, options) {
      const stream = await call("read logs", (docker) => openLogs(docker, id, options));
      try {
        yield* readAll(stream, options.signal);
      } catch (error) {
        throw toDeviousError(error, "read on in a log", address);
      }
    },
    events: async (filter, signal) => {
      const stream = await call("send events", (docker) =>
        docker.getEvents({ filters: { type: ["container"], label: [filter] }, abortSignal: signal }),
      );
      return readEvents(stream, signal);
    },
    attach: (id) =>
      call("attach to a container", async (docker): Promise<Attached> => {
        const stream = await docker
          .getContainer(id)
          .attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
        const closed = new AbortController();
        return {
          write: (text) => void stream.write(text),
          output: readAll(stream, closed.signal),
          close: () => closed.abort(),
        };
      }),
  };
}

async function* readEvents(stream: NodeJS.ReadableStream, signal: AbortSignal): AsyncIterable<ContainerEvent> {
  try {
    for await (const message of jsonLines(stream)) {
      const event = message as { id: string; Action: string; Actor: { Attributes: Record<string, string> } };
      yield {
        id: event.id,
        action: toAction(event.Action),
        labels: event.Actor.Attributes,
        exitCode: event.Actor.Attributes["exitCode"] === undefined ? undefined : Number(event.Actor.Attributes["exitCode"]),
      };
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

const actions = new Set(["create", "start", "die", "pause", "unpause", "destroy", "oom", "health_status"]);

function toAction(action: string): ContainerEvent["action"] {
  const name = action.split(":")[0] ?? "";
  return actions.has(name) ? (name as ContainerEvent["action"]) : "other";
}

/**
 * The log call of dockerode collects a log that is not followed in memory, whatever its size; this is the same request as a stream.
 * Its type knows no such request, so the answer's is told here.
 */
function openLogs(docker: Dockerode, id: string, { follow, since, tail, signal }: LogOptions): Promise<NodeJS.ReadableStream> {
  const options = {
    follow,
    stdout: true,
    stderr: true,
    timestamps: true,
    ...(since === undefined ? {} : { since: unixNanos(since) }),
    ...(tail === undefined ? {} : { tail }),
  };
  const statusCodes = { 200: true, 404: "no such container", 500: "server error" };
  const abort = signal === undefined ? {} : { abortSignal: signal };
  const request = { path: `/containers/${id}/logs?`, method: "GET", isStream: true, statusCodes, options, ...abort };
  return new Promise((resolve, reject) => {
    docker.modem.dial(request, (error: Error | null, stream: unknown) => {
      if (error === null) resolve(stream as NodeJS.ReadableStream);
      else reject(error);
    });
  });
}

/** A stream's chunks; a reader that gave up, by its signal or by destroying the stream, gets a quiet end. */
async function* readAll(stream: NodeJS.ReadableStream, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  const duplex = stream as Duplex;
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    duplex.destroy();
  };
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) yield chunk;
  } catch (error) {
    if (!stopped) throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** `since` of the engine's log call: seconds with nine decimals; a float would lose the last digits. */
function unixNanos(stamp: string): string {
  const seconds = Math.floor(Date.parse(stamp) / 1000);
  const fraction = /\.(\d+)/.exec(stamp)?.[1] ?? "";
  return `${seconds}.${fraction.padEnd(9, "0").slice(0, 9)}`;
}
