import { parseGossipMessage } from "./gossip/messages.js";
import type { CodedType, HalfCodedType } from "./message-codec.js";
import { isNVal } from "./limits.js";
import type { Message } from "./messages.js";
import { answerShape, updateShape } from "./request-shape.js";
import { ringSizes } from "./ring/place.js";
import { bytes, count, either, flag, isRecord, list, oneOf, optional, pair, record, tagged, text, type Shape } from "./shape.js";
import { isStorageKey } from "./storage-key.js";
import { parseSwimMessage } from "./swim/messages.js";

const partitionsMax = Math.max(...ringSizes);

const partition: Shape = (value) => count(value) && (value as number) < partitionsMax;

const place = tagged("kind", {
  home: record({ partition, n: isNVal }),
  hint: record({ partition, n: isNVal, member: text }),
});

const key: Shape = (value) => text(value) && isStorageKey(value as string);

const counts = list(count);
const entries = list(pair(key, count));

const exchangeAsk = tagged("type", {
  root: record({ root: count }),
  segments: record({ branches: counts }),
  keys: record({ segments: counts, after: optional(key) }),
  objects: record({ keys: entries }),
  end: record({ isComplete: flag }),
});

const exchangeAnswer = tagged("type", {
  same: record({}),
  busy: record({}),
  branches: record({ hashes: counts }),
  segments: record({ hashes: counts }),
  keys: record({ entries, areAll: flag }),
  objects: record({ objects: list(either(bytes, oneOf("none", "changed"))) }),
});

const holdsAsk = tagged("type", { segments: record({ hashes: counts }), keys: record({ entries }) });

const listAsk = record({
  range: record({ kind: oneOf("keys", "buckets", "entries"), from: text, to: optional(text) }),
  partitions: list(partition),
  n: isNVal,
  pattern: optional(text),
  limit: count,
});

const listAnswer = tagged("type", {
  page: record({ items: list(text), next: optional(text) }),
  notOwner: record({}),
  overload: record({}),
});

type AsItIs = Exclude<Message["type"], CodedType | "swim" | "gossip"> | HalfCodedType;

const shapes: { readonly [Type in AsItIs]: Shape } = {
  list: record({ request: count, ask: listAsk }),
  listReply: record({ request: count, answer: listAnswer }),
  forward: record({ request: count, asked: updateShape, isPassedOn: flag, isOffered: flag, wallMs: count }),
  forwardReply: record({ request: count, answer: answerShape }),
  holds: record({ request: count, place, ask: holdsAsk }),
  held: record({ request: count, missing: counts }),
  exchange: record({ request: count, place, ask: exchangeAsk }),
  exchangeReply: record({ request: count, answer: exchangeAnswer }),
  reap: record({ place, key, objectHash: count }),
};

const isOther = tagged("type", shapes);

/**
 * A message that came from the network as it is (others come as bytes: message-codec.ts), or undefined where it is none that `from` can have sent to `to`. Bytes of objects are not looked into. Whoever
 * is no member yet (`from` is undefined) has nothing to say but gossip.
 */
export function parseMessage(value: unknown, from: string | undefined, to: string): Message | undefined {
  if (!isRecord(value) || value["to"] !== to || typeof value["from"] !== "string") return undefined;
  const { type, from: sender } = value;
  if (from !== undefined && sender !== from) return undefined;
  if (type === "gossip") {
    const message = parseGossipMessage(value["message"]);
    return message?.from === sender ? { type, from: sender, to, message } : undefined;
  }
  if (from === undefined) return undefined;
  if (type === "swim") {
    const message = parseSwimMessage(value["message"]);
    return message?.from === sender ? { type, from, to, message } : undefined;
  }
  return isOther(value) ? (value as unknown as Message) : undefined;
}
