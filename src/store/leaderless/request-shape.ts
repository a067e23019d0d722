import { bytes, count, either, flag, list, oneOf, optional, pair, record, tagged, text, type Shape } from "./shape.js";
import { nameBytesMax } from "./storage-key.js";

/** Shapes of what clients ask and are answered (api.ts), where one node passes it on to another. */

const quorum = either(count, oneOf("one", "quorum", "all", "default"));

const writeOptions = record({
  w: optional(quorum),
  dw: optional(quorum),
  pw: optional(quorum),
  sloppyQuorum: optional(flag),
  nVal: optional(count),
  timeoutMs: optional(count),
});

const shortName: Shape = (value) => text(value) && (value as string).length <= nameBytesMax;

const name = record({ type: shortName, bucket: shortName, key: text });

const contentFields = {
  value: bytes,
  contentType: optional(text),
  charset: optional(text),
  contentEncoding: optional(text),
  userMeta: list(pair(text, text)),
  indexes: list(pair(text, text)),
  links: list(record({ bucket: text, key: text, tag: text })),
};

const texts = list(text);
const bigint: Shape = (value) => typeof value === "bigint" || Number.isSafeInteger(value);

/** Deeper than any map that clients can make: Riak's protocol buffers have bounds of their own. */
const depthMax = 64;

function dataTypeOp(depth: number): Shape {
  return (value) => depth <= depthMax && opAt(depth)(value);
}

function opAt(depth: number): Shape {
  const adds = record({ adds: texts });
  return tagged("kind", {
    counter: record({ increment: bigint }),
    set: record({ adds: texts, removes: texts }),
    register: record({ value: text }),
    flag: record({ enable: flag }),
    map: record({
      removes: list(record({ kind: oneOf("counter", "set", "register", "flag", "map"), name: text })),
      updates: list(record({ name: text, op: dataTypeOp(depth + 1) })),
    }),
    hll: adds,
    gset: adds,
  });
}

function dataTypeValue(depth: number): Shape {
  return (value) => depth <= depthMax && valueAt(depth)(value);
}

function valueAt(depth: number): Shape {
  const elements = record({ elements: texts });
  return tagged("kind", {
    counter: record({ value: bigint }),
    set: elements,
    register: record({ value: text }),
    flag: record({ enabled: flag }),
    map: record({ entries: list(record({ name: text, value: dataTypeValue(depth + 1) })) }),
    hll: record({ cardinality: Number.isFinite }),
    gset: elements,
  });
}

/** Of a data type; puts are bytes (put-codec.ts). */
export const updateShape = tagged("type", {
  updateDataType: record({ name, op: dataTypeOp(0), context: optional(bytes), options: writeOptions, returnBody: flag }),
});

const sibling = record({ ...contentFields, vtag: text, lastModifiedMs: Number.isFinite, isTombstone: flag });

/** What a put or an update of a data type is answered with. */
const written = either(record({ context: bytes, siblings: list(sibling) }), record({ value: dataTypeValue(0), context: bytes }));

const why = record({ why: (value) => typeof value === "string" });

const failure = record({
  definite: flag,
  reason: tagged("type", {
    timeout: record({}),
    nValViolation: record({ nVal: count }),
    unsatisfied: record({ option: oneOf("r", "pr", "w", "pw", "dw"), wanted: count, got: count }),
    insufficientNodes: record({ wanted: count, got: count }),
    modified: record({}),
    notFound: record({}),
    matchFound: record({}),
    noSuchType: record({ bucketType: text }),
    dataType: why,
    overload: record({}),
    invalid: why,
  }),
});

export const answerShape = either(record({ ok: oneOf(true), value: optional(written) }), record({ ok: oneOf(false), failure }));
