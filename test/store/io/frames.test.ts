// Shows that packets and bytes arrive as they were said however a stream is cut, with all that their clocks tell, and that other bytes are refused.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { CausalStamp } from "../../../src/store/causality.js";
import { type Packet, FrameReader, FrameWriter } from "../../../src/store/io/frames.js";

const packet = fc.oneof(
  fc.constant<Packet>(["beat"]),
  fc.record({ a: fc.nat(), b: fc.string() }).map((body): Packet => ["ask", 1, body]),
  fc.array(fc.integer()).map((message): Packet => ["leaderless", message]),
);
/** Its packets, or its bytes, and which of the vectors its clock has. */
const frame = fc.record({
  content: fc.oneof(
    fc.array(packet),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  ),
  ms: fc.nat(2 ** 48 - 1),
  counter: fc.nat(0xffff),
  vector: fc.nat(2),
});
const vectors: readonly CausalStamp["vector"][] = [{}, { n1: 1_700_000_000_000, n2: 1 }, { n1: 1_700_000_000_001, n2: 1 }];
const frames = fc.array(frame, { maxLength: 8 });
type Frame = typeof frame extends fc.Arbitrary<infer T> ? T : never;

function written(said: readonly Frame[]): Buffer {
  const writer = new FrameWriter();
  const bytes = said.map(({ content, ms, counter, vector }) => {
    const clock = { ms, counter, vector: vectors[vector] ?? {} };
    return Buffer.isBuffer(content) ? writer.encodeBytes(content, clock) : writer.encode(content, clock);
  });
  return Buffer.concat(bytes);
}

/** In pieces of this size. */
function read(bytes: Buffer, size = Math.max(1, bytes.length)): Packet[] {
  const packets: Packet[] = [];
  const reader = new FrameReader();
  for (let at = 0; at < bytes.length; at += size) reader.read(bytes.subarray(at, at + size), (packet) => packets.push(packet));
  return packets;
}

const isClock = ([kind]: Packet): boolean => kind === "clock";
const clocksIn = (packets: readonly Packet[]): CausalStamp[] =>
  packets.flatMap((packet) => (packet[0] === "clock" ? [packet[1]] : []));

it("brings what was said, however it is cut", () => {
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 50 }), (said, size) => {
      const bytes = written(said);
      const expected = said.flatMap(({ content }): readonly Packet[] =>
        Buffer.isBuffer(content) ? [["bytes", content]] : content,
      );
      for (const arrived of [read(bytes), read(bytes, size)])
        expect(arrived.filter((packet) => !isClock(packet))).toEqual(expected);
    }),
  );
});

it("tells of every clock, and of every vector", () => {
  fc.assert(
    fc.property(frames, (said) => {
      const clocks = clocksIn(read(written(said)));
      expect(Object.assign({}, ...clocks.map(({ vector }) => vector))).toEqual(
        Object.assign({}, ...said.map(({ vector }) => vectors[vector])),
      );
      const times = clocks.map(({ ms, counter }) => ({ ms, counter }));
      for (const { ms, counter } of said) expect(times).toContainEqual({ ms, counter });
    }),
  );
});

it("tells a vector that has not changed once", () => {
  const writer = new FrameWriter();
  const clock = { ms: 1, counter: 2, vector: { n1: 3 } };
  const bytes = Buffer.from("said");
  const said = [writer.encode([["beat"]], clock), writer.encodeBytes(bytes, clock), writer.encode([["beat"]], clock)];
  const packets = read(Buffer.concat(said));
  expect(clocksIn(packets).map(({ vector }) => vector)).toEqual([{ n1: 3 }, {}, {}]);
  // a frame of bytes has no more than these in it
  expect(said[1]?.length).toBe(4 + 1 + 6 + 2 + bytes.length);
});

it("copies bytes, so that they may be changed once they are written", () => {
  const bytes = Buffer.from("said");
  const clock = { ms: 1, counter: 2, vector: {} };
  const frameOf = new FrameWriter().encodeBytes(bytes, clock);
  bytes.fill(0);
  expect(read(frameOf).at(-1)).toEqual(["bytes", Buffer.from("said")]);
});

it.each([
  ["longer than any of ours", [0xff, 0xff, 0xff, 0x7f], "longer than any of ours"],
  ["of bytes without a clock", [8, 0, 0, 0, 0xc1, 0, 0, 0, 0, 0, 0, 0], "no clock"],
  ["of nothing", [0, 0, 0, 0], "end of"],
  ["of nothing, before one of bytes", [0, 0, 0, 0, 0xc1, 0, 0, 0], "no clock"],
  ["of no packets", [1, 0, 0, 0, 7], "not iterable"],
])("refuses a frame %s", (_what, bytes, why) => {
  expect(() => read(Buffer.from(bytes))).toThrow(why);
});

it("gives the last clock there is where a sender's is beyond it", () => {
  const bytes = new FrameWriter().encodeBytes(Buffer.from("said"), { ms: 2 ** 53, counter: 0, vector: {} });
  expect(clocksIn(read(bytes)).at(-1)?.ms).toBe(2 ** 48 - 1);
});

/** None where they are refused. */
function packetsIn(bytes: Buffer): Packet[] {
  try {
    return read(bytes);
  } catch {
    return [];
  }
}

it("waits for what changed bytes announce, reads them as something else, or refuses them", () => {
  fc.assert(
    fc.property(frames, fc.nat(), fc.nat(255), (said, where, byte) => {
      const bytes = written(said);
      if (bytes.length > 0) bytes[where % bytes.length] = byte;
      const arrived = packetsIn(bytes).flatMap((packet) => (packet[0] === "bytes" ? [packet[1]] : []));
      expect(Buffer.concat(arrived).length).toBeLessThanOrEqual(bytes.length);
    }),
  );
});
