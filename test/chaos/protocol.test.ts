// Shows that requests and replies survive their line of JSON, and that anything else at the door is named, never thrown.
import fc from "fast-check";
import { expect, test } from "vitest";
import { noImpairment } from "../../src/chaos/impairment.js";
import {
  type Operation,
  type Reply,
  decodeReply,
  encodeReply,
  encodeRequest,
  fromWireError,
  toWireError,
} from "../../src/chaos/protocol.js";
import { decodeRequest } from "../../src/chaos/schema.js";
import { DeviousError } from "../../src/core/errors.js";
import { fault, someFaultOn } from "./some-fault.js";

const asked = { durationMs: null, seed: null, verify: false };

test.each<[Operation]>([
  [{ op: "ping" }],
  [{ op: "probe" }],
  [{ op: "examine" }],
  [{ op: "rules", nodes: ["n1", "n2"] }],
  [{ op: "list" }],
  [{ op: "heal", what: { by: "all" } }],
  [{ op: "heal", what: { by: "id", id: "f1" } }],
  [{ op: "heal", what: { by: "node", node: "n1" } }],
  [{ op: "start", nodes: ["n1", "n2"] }],
  [{ op: "apply", fault: fault("pause", "n1"), durationMs: 5000, seed: 7, verify: true }],
  [{ op: "apply", fault: fault("partition", "n1"), ...asked }],
])("request %j", (operation) => {
  const text = encodeRequest({ ...operation, id: "r1" });
  // the first newline ends whatever a killed CLI left behind
  const lines = `{"id":"half${text}`.split("\n").filter((line) => line !== "");
  expect(lines.map(decodeRequest)).toEqual([
    { ok: false, id: undefined, problem: "the line is not JSON" },
    { ok: true, request: { ...operation, id: "r1" } },
  ]);
});

test("every fault survives its line", () => {
  fc.assert(
    fc.property(someFaultOn(["n1", "n2", "n3"]), (some) => {
      const request = { id: "r1", op: "apply", fault: some, ...asked } as const;
      expect(decodeRequest(encodeRequest(request).trim())).toEqual({ ok: true, request });
    }),
  );
});

test.each([
  ["null", undefined],
  ['{"op":"ping"}', undefined],
  ['{"id":"r1"}', "r1"],
  ['{"id":"r1","op":"explode"}', "r1"],
  ['{"id":"r1","op":"apply","fault":{"kind":"pause","nodes":["n1"]}}', "r1"],
  [
    '{"id":"r1","op":"apply","fault":{"kind":"pause","nodes":["N 1; reboot"]},"durationMs":null,"seed":null,"verify":false}',
    "r1",
  ],
  ['{"id":"r1","op":"apply","fault":{"kind":"pause","nodes":["n1"]},"durationMs":-1,"seed":null,"verify":false}', "r1"],
])("no request: %s", (line, id) => {
  expect(decodeRequest(line)).toEqual({ ok: false, id, problem: expect.stringMatching(/./) });
});

test("values that make no sense are refused, every one with its own sentence", () => {
  const slow = fault("slow", "n1");
  const wrong = { ...slow, impairment: { ...noImpairment, loss: { model: "random", percent: 120, correlation: -1 } } } as const;
  const line = encodeRequest({ id: "r1", op: "apply", fault: wrong, ...asked });
  expect(decodeRequest(line)).toEqual({
    ok: false,
    id: "r1",
    problem: expect.stringMatching(/not 120%\. The correlation of loss .* not at -1%\./),
  });
});

test.each<[Reply]>([
  [{ id: "r1", ok: true, result: { faults: [] } }],
  [{ id: "r1", ok: false, error: { code: "NETEM_MISSING", message: "No netem.", hint: null, details: [] } }],
])("reply %j", (reply) => {
  expect(decodeReply(encodeReply(reply))).toEqual(reply);
});

test.each(["", "node:internal/process: warning", "{", "null", '{"id":1,"ok":true}', '{"id":"r1"}'])("%j is no reply", (line) => {
  expect(decodeReply(line)).toBeUndefined();
});

test("an error is the same on both sides", () => {
  const error = new DeviousError("UNKNOWN_NODE", "There is no n9.", { hint: "Try n1.", details: ["a", "b"] });
  const { code, message, hint, details } = fromWireError(toWireError(error));
  expect({ code, message, hint, details }).toEqual({
    code: "UNKNOWN_NODE",
    message: "There is no n9.",
    hint: "Try n1.",
    details: ["a", "b"],
  });
});
