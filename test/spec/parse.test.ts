// Shows that a spec is read whole, and that every problem comes at once, at its place, with advice.
import { describe, expect, test } from "vitest";
import { raftDefaults } from "../../src/spec/cluster-spec.js";
import { parseSpec } from "../../src/spec/parse.js";

function problems(text: string): readonly string[] {
  const result = parseSpec(text, "My App");
  return result.ok ? [] : result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

describe("a good spec", () => {
  test("an empty file is three raft nodes named after the folder", () => {
    expect(parseSpec("", "My App")).toEqual({
      ok: true,
      spec: { name: "my-app", services: [{ name: "store", store: raftDefaults, nodes: ["n1", "n2", "n3"] }] },
    });
  });

  test("services name their nodes after themselves", () => {
    const text =
      "name: shop\nservices:\n  kv: { store: raft, nodes: 1 }\n  log: { store: { design: raft, election_timeout: 2s } }\n";
    expect(parseSpec(text, "x")).toEqual({
      ok: true,
      spec: {
        name: "shop",
        services: [
          { name: "kv", store: raftDefaults, nodes: ["kv-1"] },
          { name: "log", store: { ...raftDefaults, electionTimeoutMs: 2000 }, nodes: ["log-1", "log-2", "log-3"] },
        ],
      },
    });
  });
});

describe("problems", () => {
  test.each([
    ["nodes: 0", ["1:8 nodes: must be at least 1, not 0"]],
    ["nodes: three", ['1:8 nodes: must be a whole number from 1 to 15, not "three"']],
    ["name: A b", ['1:7 name: "A b" is not a name: lower-case letters, digits and dashes, at most 40, not at the ends a dash']],
    ["nme: x", ['1:1 unknown key "nme"; did you mean "name"?']],
    ["volumes: [x]", ['1:1 unknown key "volumes"; known here: name, nodes, store, services']],
    ["store: raff", ['1:8 store.design: "raff" is not a design of the bundled store: use raft']],
    ["store: { design: raft, election_timeout: 5 }", ["1:42 store.election_timeout: 5 has no unit: write 5ms or 5s"]],
    [
      "store: { design: raft, heartbeat_interval: 3 parsecs }",
      ['1:44 store.heartbeat_interval: "3 parsecs" is not a duration: write for example 500ms, 2s or 1m30s'],
    ],
    ["services: { kv: { nodes: 3 } }", ["1:13 services.kv.store: must be raft, or a mapping with design: raft"]],
    ["services: {}", ["1:11 services: needs at least one service"]],
    ["- 1", ["1:1 the spec: must be a mapping such as `nodes: 3`"]],
    ["nodes: 3\nnodes: 4", ["2:1 Map keys must be unique"]],
  ])("%s", (text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  test("all of them come at once, in the order of the text", () => {
    const text = "services:\n  KV:\n    store: raft\n    nodez: 3\n  b: { store: raft, nodes: 99 }\nnodes: 3\n";
    expect(problems(text)).toEqual([
      '2:3 "KV" is not a name: lower-case letters, digits and dashes, at most 40, not at the ends a dash',
      '4:5 unknown key "nodez"; did you mean "nodes"?',
      "5:28 services.b.nodes: must be at most 15, not 99",
      "6:1 nodes: is short for a single service; with services, put it inside one of them",
    ]);
  });

  test("options that clash are told where they stand", () => {
    expect(problems("nodes: 3\nstore: { design: raft, election_timeout: 100ms }")).toEqual([
      "2:8 election_timeout (100ms) must be at least three heartbeat_intervals (100ms each), or followers stand for election all the time",
    ]);
  });
});
