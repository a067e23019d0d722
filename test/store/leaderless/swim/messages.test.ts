// Messages of the failure detector pass the network as they are; whatever else arrives is refused, and never takes the reader down.
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSwimMessage, updatesMax, type SwimMessage } from "../../../../src/store/leaderless/swim/messages.js";

const names = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const counts = fc.integer({ min: 0, max: 2 ** 40 });
const updates = fc.array(
  fc.record({ member: names, liveness: fc.constantFrom("alive", "suspect", "dead"), incarnation: counts, by: names }),
  { maxLength: updatesMax },
);
const envelope = { from: names, to: names, incarnation: counts, updates, sequence: counts };
const messages: fc.Arbitrary<SwimMessage> = fc.oneof(
  fc.record({ ...envelope, type: fc.constant("ping" as const) }),
  fc.record({ ...envelope, type: fc.constant("nack" as const) }),
  fc.record({ ...envelope, type: fc.constant("pingReq" as const), target: names }),
  fc.record({ ...envelope, type: fc.constant("ack" as const), member: names, memberIncarnation: counts }),
);

test("every message is read as it was sent", () => {
  fc.assert(
    fc.property(messages, (message) => {
      expect(parseSwimMessage(JSON.parse(JSON.stringify(message)))).toEqual(message);
    }),
  );
});

test("what lacks a field or has a wrong one is refused", () => {
  fc.assert(
    fc.property(messages, fc.nat(), fc.constantFrom(undefined, null, -1, 1.5, "", {}, [{}], 2 ** 60), (message, which, wrong) => {
      const fields = Object.keys(message);
      const field = fields[which % fields.length] as string;
      expect(parseSwimMessage({ ...message, [field]: wrong })).toBeUndefined();
    }),
  );
});

test("anything at all", () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(parseSwimMessage(value)).toBeUndefined();
    }),
  );
});

test("more news than a message may carry", () => {
  const update = { member: "a", liveness: "dead", incarnation: 1, by: "b" };
  const ping = { type: "ping", from: "a", to: "b", incarnation: 0, sequence: 1 };
  expect(parseSwimMessage({ ...ping, updates: Array.from({ length: updatesMax }, () => update) })).toBeDefined();
  expect(parseSwimMessage({ ...ping, updates: Array.from({ length: updatesMax + 1 }, () => update) })).toBeUndefined();
});
