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
        yield* readLog(endpointOf(address), logPath(id, options), options);
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
    pastEvents: (filter) =>
      call("send past events", async (docker) => {
        // a beginning is what makes it look back; an end, that it does not wait for more
        const range = { since: 1, until: Date.now() / 1000 };
        const stream = await docker.getEvents({ ...range, filters: { type: ["container"], label: [filter] } });
        const events: ContainerEvent[] = [];
        for await (const event of readEvents(stream, new AbortController().signal)) events.push(event);
        return events;
      }),
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

interface EventJson {
  readonly id: string;
  readonly Action: string;
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
  /** Seconds, and nanoseconds, of which a number has not all digits. */
  readonly time: number;
  readonly timeNano: number;
}

async function* readEvents(stream: NodeJS.ReadableStream, signal: AbortSignal): AsyncIterable<ContainerEvent> {
  try {
    for await (const message of jsonLines(stream)) {
      yield toEvent(message as EventJson);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function toEvent({ id, Action, Actor: { Attributes: labels }, time, timeNano }: EventJson): ContainerEvent {
  const [action = "", health] = Action.split(": ");
  const nanos = Math.min(999_999_999, Math.max(0, timeNano - time * 1e9));
  return {
    id,
    ts: `${new Date(time * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, "0")}Z`,
    action: actions.has(action) ? (action as ContainerEvent["action"]) : "other",
    labels,
    exitCode: labels["exitCode"] === undefined ? undefined : Number(labels["exitCode"]),
    health: action === "health_status" ? health : undefined,
  };
}

const actions = new Set(["create", "start", "die", "pause", "unpause", "destroy", "oom", "health_status"]);

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
