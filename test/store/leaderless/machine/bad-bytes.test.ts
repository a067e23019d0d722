// Shows that no node ends or hangs whatever bytes come from the network or from its disk: messages that were changed on their way, and copies that rotted.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createPrng, type Prng } from "../../../../src/core/prng.js";
import type { Request } from "../../../../src/store/leaderless/api.js";
import type { DataTypeOp } from "../../../../src/store/leaderless/crdt/operations.js";
import type { BucketType } from "../../../../src/store/leaderless/gossip/cluster-state.js";
import { decodeMessages, isCoded, type CodedMessage } from "../../../../src/store/leaderless/message-codec.js";
import { parseMessage } from "../../../../src/store/leaderless/message-shape.js";
import type { Message } from "../../../../src/store/leaderless/messages.js";
import { bareContent } from "../../../../src/store/leaderless/objects/stored-object.js";
import { MalformedBytes } from "../../../../src/store/leaderless/versions/binary.js";
import { messageBytes } from "../message-bytes.js";
import { Box, nameOf } from "./box.js";
import { mutated, mutatedBytes } from "./mutants.js";

const members = ["n1", "n2", "n3", "n4"];
const active = { version: 1, by: "n1", isActive: true, seen: [] } as const;
const ops: Readonly<Record<string, DataTypeOp>> = {
  counter: { kind: "counter", increment: 3n },
  set: { kind: "set", adds: ["x", "y"], removes: [] },
  gset: { kind: "gset", adds: ["x"] },
  hll: { kind: "hll", adds: ["x", "y"] },
  map: {
    kind: "map",
    removes: [],
    updates: [
      { name: "s", op: { kind: "set", adds: ["x"], removes: [] } },
      {
        name: "m",
        op: { kind: "map", removes: [], updates: [{ name: "f", op: { kind: "flag", enable: true } }] },
      },
      { name: "r", op: { kind: "register", value: "v" } },
      { name: "c", op: { kind: "counter", increment: 1n } },
    ],
  },
};
const datatypes = Object.keys(ops);
const types: Readonly<Record<string, BucketType>> = Object.fromEntries(
  datatypes.map((datatype) => [`${datatype}s`, { ...active, props: { datatype } }]),
);

/** Something that a client, an operator or time does. */
function doSomething(box: Box, prng: Prng): void {
  const member = prng.pick(members);
  const key = `k${prng.int(0, 5)}`;
  const datatype = prng.pick(datatypes);
  const name = { type: `${datatype}s`, bucket: "b", key };
  const { bucket } = nameOf(key);
  switch (prng.int(0, 9)) {
    case 0:
    case 1: {
      const context = prng.chance(0.5) ? box.contextOf(member, key) : undefined;
      const indexes = [
        ["f_bin", "x"],
        ["n_int", String(prng.int(0, 99))],
      ] as const;
      const content = { ...bareContent, value: Buffer.from(key), contentType: "text/plain" };
      box.put(member, key, key, { context, content: { ...content, userMeta: [["a", "b"]], indexes } });
      return;
    }
    case 2:
      box.get(member, key);
      return;
    case 3:
      box.ask(member, { type: "delete", name: nameOf(key), context: undefined, read: {}, write: {} });
      return;
    case 4:
      box.ask(member, {
        type: "updateDataType",
        name,
        op: ops[datatype] as DataTypeOp,
        context: undefined,
        options: {},
        returnBody: true,
      });
      return;
    case 5:
      box.ask(member, { type: "fetchDataType", name, options: {} });
      return;
    case 6: {
      const index = { type: "default", bucket, index: "f_bin", from: "a", to: "z", returnTerms: true, termRegex: "x.*" };
      const query = { ...index, maxResults: 2, continuation: undefined, timeoutMs: 1000 };
      const lists: readonly Request[] = [
        { type: "listKeys", bucket: { type: "default", bucket }, timeoutMs: 1000 },
        { type: "listBuckets", bucketType: name.type, timeoutMs: 1000 },
        { type: "index", query },
      ];
      box.ask(member, prng.pick(lists));
      return;
    }
    case 7: {
      const nVal = prng.int(1, 4);
      box.ask(member, { type: "setBucketProperties", bucket: { type: "default", bucket }, properties: { nVal } });
      return;
    }
    case 8: {
      const command = prng.pick(["leave", "force-remove"] as const);
      box.tell(member, { type: "command", id: 0, command: { command, member: prng.pick(members) } });
      box.tell(member, { type: "command", id: 0, command: { command: "commit" } });
      return;
    }
    default:
      box.pass(prng.pick([100, 700, 3000]));
  }
}

/** What arrives where the bytes of the message, or of the object in it, were changed; undefined: nothing that can be read. */
function otherBytes(message: CodedMessage, prng: Prng): Message | undefined {
  const { from, to } = message;
  if ("object" in message && message.object !== undefined && prng.chance(0.5))
    return { ...message, object: mutatedBytes(message.object, prng) };
  try {
    return decodeMessages(mutatedBytes(messageBytes(message), prng), from, to)[0];
  } catch (error) {
    if (error instanceof MalformedBytes) return undefined;
    throw error;
  }
}

/** Runs a cluster for a while, and gives how many messages were changed and taken all the same. */
function run(seed: number, messages: number, disk: number): number {
  const prng = createPrng(seed);
  let taken = 0;
  const box = new Box(members, {}, types);
  box.alter = (message) => {
    if (!prng.chance(messages)) return message;
    const other = isCoded(message) ? otherBytes(message, prng) : parseMessage(mutated(message, prng), message.from, message.to);
    if (other !== undefined) taken++;
    return other;
  };
  for (const { storage } of box.nodes.values())
    storage.alter = (bytes) => (prng.chance(disk) ? mutatedBytes(bytes, prng) : bytes);
  for (let i = 0; i < 40; i++) doSomething(box, prng);
  box.pass(2000);
  return taken;
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

test("messages that were changed on their way harm nobody", { timeout: 120_000 }, () => {
  let taken = 0;
  fc.assert(
    fc.property(seeds, (seed) => {
      taken += run(seed, 0.1, 0);
    }),
    { numRuns: 20 },
  );
  expect(taken).toBeGreaterThan(200);
});

test("copies that are read as something else harm nobody", { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(seeds, (seed) => void run(seed, 0, 0.1)),
    { numRuns: 20 },
  );
});

test("a node that asks whom it has handed a partition to says that it has no answer where theirs is no object", () => {
  const box = new Box(members);
  for (let i = 0; i < 40; i++) box.put("n1", `k${i}`, "v");
  box.pass(1000);
  // one transfer never ends, so that the others have handed over while the ring still is the old one
  box.hears = (from, to, { type }) => !(type === "write" && from === "n4" && to === "n1");
  for (const command of [{ command: "leave", member: "n4" }, { command: "commit" }] as const)
    box.tell("n4", { type: "command", id: 0, command });
  box.pass(10_000);
  const failed: string[] = [];
  box.alter = (message) => {
    if (message.type === "readFailed") failed.push(message.to);
    return message.type === "readReply" && message.to === "n4" ? { ...message, object: Buffer.from([255]) } : message;
  };
  const { storage } = box.of("n4");
  for (const place of storage.places())
    for (const [key] of storage.all(place))
      box.tell("n4", {
        type: "receive",
        message: { type: "read", from: "n1", to: "n4", request: 1, place, key, wants: "object" },
      });
  const refused = box.events.filter(({ node, event }) => node === "n4" && event.type === "refused");
  expect(refused.length).toBeGreaterThan(0);
  expect(failed).toEqual(refused.map(() => "n1"));
});
