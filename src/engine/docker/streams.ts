import type { Duplex } from "node:stream";
import type { Attached, ContainerEvent, LogOptions, Streams } from "../port.js";
import type { EngineAddress } from "./address.js";
import type { Calls } from "./calls.js";
import { endpointOf } from "./connect.js";
import { toDeviousError } from "./errors.js";
import { jsonLines } from "./json-lines.js";
import { readLog } from "./log-stream.js";

export function createStreams({ call }: Calls, address: EngineAddress): Streams {
  return {
    logs: async function* (id, options) {
      try {
        yield* readLog(endpointOf(address), logPath(id, options), options.signal);
      } catch (error) {
        throw toDeviousError(error, "read a log", address);
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

function logPath(id: string, { follow, since, tail }: LogOptions): string {
  const query = new URLSearchParams({ follow: String(follow), stdout: "true", stderr: "true", timestamps: "true" });
  if (since !== undefined) query.set("since", unixNanos(since));
  if (tail !== undefined) query.set("tail", String(tail));
  return `/containers/${id}/logs?${query.toString()}`;
}

/** A stream's chunks; a reader that gave up, by its signal or by destroying the stream, gets a quiet end. */
async function* readAll(stream: NodeJS.ReadableStream, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const duplex = stream as Duplex;
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    duplex.destroy();
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) yield chunk;
  } catch (error) {
    if (!stopped) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** `since` of the engine's log call: seconds with nine decimals; a float would lose the last digits. */
function unixNanos(stamp: string): string {
  const seconds = Math.floor(Date.parse(stamp) / 1000);
  const fraction = /\.(\d+)/.exec(stamp)?.[1] ?? "";
  return `${seconds}.${fraction.padEnd(9, "0").slice(0, 9)}`;
}
