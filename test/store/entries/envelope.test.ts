// Shows that an entry gives back who asked for what, and that entries from before there were envelopes are told from those that have one.
import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeCommand } from "../../../src/store/entries/commands.js";
import { decodeEnvelope, encodeEnvelope } from "../../../src/store/entries/envelope.js";

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const count = fc.maxSafeNat();

const envelopes = fc.record({
  request: fc.record({ origin: u32, incarnation: u32, seq: count }),
  floor: count,
  principal: fc.option(fc.record({ user: fc.string({ minLength: 1, unit: "binary" }), authRevision: count }), { nil: undefined }),
  command: fc.uint8Array(),
});

it("reads what it wrote, wherever in a larger buffer it lies", () => {
  fc.assert(
    fc.property(envelopes, fc.nat(16), (envelope, offset) => {
      const bytes = encodeEnvelope(envelope);
      const within = Buffer.concat([Buffer.alloc(offset), bytes]).subarray(offset);
      const read = decodeEnvelope(new Uint8Array(within.buffer, within.byteOffset, within.length));
      expect(read && { ...read, command: [...read.command] }).toEqual({ ...envelope, command: [...envelope.command] });
    }),
  );
});

it.each<[string, Uint8Array]>([
  ["a command without an envelope", encodeCommand("put", { key: "k" })],
  ["a command of the store without a history", Uint8Array.of(1, 1, 0, 0, 0, 107)],
  ["a new leader's empty entry", new Uint8Array()],
])("%s has none", (_, data) => {
  expect(decodeEnvelope(data)).toBeUndefined();
});
