// Shows how links between nodes are written, and that each has two sides and something to it.
import { expect, test } from "vitest";
import { problemsIn, specIn } from "../support/spec-text.js";

const zones = "zones: { eu: [n1], us: [n2, n3], mars: [], moon: [] }";

test("zones, services and nodes are sides of links", () => {
  const text = [
    "services: { kv: { store: raft }, api: { image: x, nodes: 2 } }",
    "network:",
    "  zones: { eu: [kv-1, api], us: [kv-2] }",
    "  links:",
    "    - { between: [eu, us], delay: 80ms, jitter: 5ms, loss: 1%, rate: 10mbit }",
    "    - { between: [kv, api-2], loss: 0.5% }",
  ].join("\n");
  expect(specIn(text).links).toEqual([
    {
      between: ["eu", "us"],
      nodes: [["kv-1", "api-1", "api-2"], ["kv-2"]],
      delayMs: 80,
      jitterMs: 5,
      loss: 0.01,
      rateBits: 10_000_000,
    },
    {
      between: ["kv", "api-2"],
      nodes: [["kv-1", "kv-2", "kv-3"], ["api-2"]],
      delayMs: 0,
      jitterMs: 0,
      loss: 0.005,
      rateBits: null,
    },
  ]);
});

test.each([
  ["eu", ["must be a list of links, such as [{ between: [eu, us], delay: 80ms }]"]],
  ["[{ delay: 1ms }]", ["0.between: must be a list of two, such as [eu, us]"]],
  ["[{ between: [n1], delay: 1ms }]", ["0.between: must name two: zones, services or nodes"]],
  ["[{ between: [n1, n2] }]", ["0: needs at least one of delay, loss and rate"]],
  ["[{ between: [us, eux], delay: 1ms }]", ['0.between: there is no zone, service or node "eux"; did you mean "eu"?']],
  ["[{ between: [eu, mars], delay: 1ms }]", ["0.between: mars has no nodes"]],
  ["[{ between: [moon, mars], delay: 1ms }]", ["0.between: moon and mars have no nodes"]],
  ["[{ between: [eu, eu], delay: 1ms }]", ["0.between: a link has two sides; inside eu, name its nodes in pairs"]],
  ["[{ between: [us, n3], delay: 1ms }]", ["0.between: us and n3 have n3 in common: no node is on both sides"]],
  ["[{ between: [eu, us], loss: 1% }, { between: [us, eu], delay: 1ms }]", ["1.between: the link of us and eu is there already"]],
  ["[{ between: [eu, us], jitter: 1ms }]", ["0: jitter needs a delay"]],
  ["[{ between: [eu, us], delay: 2m }]", ["0: A delay lies between 1us and 1m, not at 2m"]],
  [
    "[{ between: [eu, us], delay: 1ms, jitter: 2ms }]",
    ["0: Jitter 2ms is larger than the delay 1ms: packets cannot arrive before they were sent"],
  ],
  [
    "[{ between: [eu, us], loss: 1, rate: 10 }]",
    ["0.loss: 1 has no unit: write 1%", "0.rate: 10 has no unit: write for example 10mbit"],
  ],
  ["[{ between: [eu, us], loss: 101% }]", ["0: A loss is more than 0% and at most 100%, not 101%"]],
  ["[{ between: [eu, us], rate: 10mbits }]", ['0.rate: "10mbits" is no rate: write for example 10mbit or 500kbit']],
])("%s", (links, expected) => {
  const found = problemsIn(`network: { ${zones}, links: ${links} }`);
  expect(found.map((line) => line.replace(/^\S+ network\.links(?:\.|: )/, ""))).toEqual(expected);
});
