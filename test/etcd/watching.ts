/** Watches of a store, as its JSON gateway shows them, asked there or over gRPC. */
import { request } from "node:http";
import type { ClientHttp2Session } from "node:http2";
import { decode } from "../../src/store/wire/decode.js";
import { encode } from "../../src/store/wire/encode.js";
import { fromJson, toJson } from "../../src/store/wire/json.js";
import { rpcs } from "../../src/store/wire/rpcs.js";
import { frameMessage, openCall } from "../store/io/h2/grpc-client.js";
import { until } from "../store/cluster.js";
import type { Address } from "./endpoints.js";
import { isBytes, isList, isObject } from "./operation.js";
import type { Json, JsonObject } from "./operation.js";

/** One stream. Bytes in requests are base64. */
export interface WatchConnection {
  readonly send: (request: JsonObject) => void;
  readonly responses: JsonObject[];
  readonly close: () => void;
}

export function watchByJson(address: Address): WatchConnection {
  const responses: JsonObject[] = [];
  const asked = request({ host: "127.0.0.1", ...address, path: "/v3/watch", method: "POST", agent: false });
  asked.on("error", () => {});
  asked.on("response", (answer) => {
    let text = "";
    answer.setEncoding("utf8");
    answer.on("error", () => {});
    answer.on("data", (chunk: string) => {
      const lines = (text + chunk).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) responses.push(resultOf(JSON.parse(line) as Json));
    });
  });
  return { send: (body) => void asked.write(JSON.stringify(body)), responses, close: () => asked.destroy() };
}

function resultOf(line: Json): JsonObject {
  const result = isObject(line) ? line["result"] : undefined;
  if (!isObject(result)) throw new Error(`no result: ${JSON.stringify(line)}`);
  return result;
}

/** `onEnd`: the store has ended the stream, or lost it. */
export function watchByGrpc(session: ClientHttp2Session, onEnd: () => void = () => {}): WatchConnection {
  const { input, output, path } = rpcs.watch.watch;
  const responses: JsonObject[] = [];
  const stream = openCall(session, path);
  let bytes = Buffer.alloc(0);
  stream.on("error", () => {});
  stream.on("close", onEnd);
  stream.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let end = endOfMessage(bytes); end <= bytes.length; end = endOfMessage(bytes)) {
      responses.push(JSON.parse(toJson(output, decode(output, bytes.subarray(5, end)))) as JsonObject);
      bytes = bytes.subarray(end);
    }
  });
  const send = (body: JsonObject): void => {
    stream.write(frameMessage(encode(input, fromJson(input, JSON.stringify(body)))));
  };
  return { send, responses, close: () => stream.destroy() };
}

function endOfMessage(bytes: Buffer): number {
  return bytes.length < 5 ? Infinity : 5 + bytes.readUInt32BE(1);
}

/** What one watcher was told in the end: events in their order, however many a response had, and everything else it was answered. */
export interface WatcherStory {
  readonly answers: readonly Json[];
  readonly events: readonly Json[];
}

/** Waits until the watcher has this many events, or was cancelled. `compared`: what of an event is; undefined: nothing. */
export async function storyOf(
  connection: WatchConnection,
  id: number,
  count: number,
  base: number,
  compared: (event: JsonObject) => JsonObject | undefined = (event) => event,
): Promise<WatcherStory> {
  const own = (): JsonObject[] => connection.responses.filter((response) => Number(response["watch_id"] ?? 0) === id);
  const events = (): readonly JsonObject[] => own().flatMap(eventsOf).map(compared).filter(isObject);
  await until(
    () => events().length >= count || own().some((response) => response["canceled"] === true),
    (isComplete) => isComplete,
  );
  const answers = own().filter((response) => eventsOf(response).length === 0);
  for (const [first, last] of pairs(own().filter((response) => eventsOf(response).length > 0)))
    if (revisionOf(eventsOf(first).at(-1)) === revisionOf(eventsOf(last)[0])) throw new Error("a revision in two responses");
  return { answers: answers.map((answer) => inWords(answer, base)), events: events().map((event) => inWords(event, base)) };
}

export function eventsOf(response: JsonObject): readonly JsonObject[] {
  const events = response["events"];
  return isList(events) ? events.filter(isObject) : [];
}

export function revisionOf(event: JsonObject | undefined): number {
  const pair = event?.["kv"];
  return Number(isObject(pair) ? pair["mod_revision"] : 0);
}

function pairs<T>(list: readonly T[]): readonly (readonly [T, T])[] {
  return list.slice(1).map((each, at) => [list[at] as T, each]);
}

/** Without headers, bytes as text, revisions from where the run began. */
function inWords(json: Json, base: number): Json {
  if (isList(json)) return json.map((one) => inWords(one, base));
  if (!isObject(json)) return json;
  return Object.fromEntries(
    Object.entries(json)
      .filter(([field]) => field !== "header")
      .map(([field, value]) => {
        if (typeof value !== "string") return [field, inWords(value, base)];
        if (isBytes(field)) return [field, Buffer.from(value, "base64").toString("latin1")];
        return [field, field.endsWith("revision") ? Number(value) - base : value];
      }),
  );
}
