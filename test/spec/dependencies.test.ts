// Shows what services can wait for, and that those that could never start are told.
import { expect, test } from "vitest";
import { specIn, problemsIn } from "../support/spec-text.js";

test.each([
  [
    "[kv, b]",
    [
      ["kv", "ready"],
      ["b", "ready"],
    ],
  ],
  [
    "{ kv: started, b: completed }",
    [
      ["kv", "started"],
      ["b", "completed"],
    ],
  ],
  ["{}", []],
])("%s", (dependsOn, expected) => {
  const text = `services: { a: { image: x, depends_on: ${dependsOn} }, b: { image: x }, kv: { store: raft, depends_on: [b] } }`;
  const [a, , kv] = specIn(text).services;
  expect(a?.dependsOn).toEqual(expected.map(([service, condition]) => ({ service, condition })));
  expect(kv?.dependsOn).toEqual([{ service: "b", condition: "ready" }]);
});

test.each([
  ["kv", "1:41 services.api.depends_on: must be a list of services, such as [kv], or a mapping such as { kv: started }"],
  ["[api]", "1:42 services.api.depends_on: no service can wait for itself"],
  ["[kx]", '1:42 services.api.depends_on: there is no service "kx"; did you mean "kv"?'],
  ["{ other: ready }", '1:43 services.api.depends_on: there is no service "other"; there are kv, job'],
  ["[job, kv-1]", "1:47 services.api.depends_on: kv-1 is a node; wait for all of its service kv"],
  ["{ kv: done }", '1:47 services.api.depends_on.kv: "done" is none of started, ready, completed'],
  ["[1]", "1:41 services.api.depends_on: 1 is no service's name"],
  ["[kv, kv]", '1:41 services.api.depends_on: has "kv" twice'],
  ["{ kv: completed }", "1:43 services.api.depends_on: kv is a store, which never ends by itself"],
  ["{ job: completed }", "1:43 services.api.depends_on: job is never completed: restart: always starts it again"],
])("%s", (dependsOn, expected) => {
  const others = "kv: { store: raft }, job: { image: x, restart: always }";
  expect(problemsIn(`services: { api: {image: a, depends_on: ${dependsOn} }, ${others} }`)).toEqual([expected]);
});

test("each circle is told once, at its first service", () => {
  const text = [
    "services:",
    "  a: { image: x, depends_on: [b] }",
    "  b: { image: x, depends_on: [c, d] }",
    "  c: { image: x, depends_on: { a: started } }",
    "  d: { image: x, depends_on: [k] }",
    "  k: { store: raft, depends_on: [d] }",
    "  e: { image: x, depends_on: [a, d, k] }",
  ].join("\n");
  expect(problemsIn(text)).toEqual([
    "2:30 services.a.depends_on: a waits for b waits for c waits for a, so none could ever start",
    "5:30 services.d.depends_on: d waits for k waits for d, so none could ever start",
  ]);
});
