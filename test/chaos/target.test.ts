// Shows how the words of a target become node names, and what is said where they do not.
import { expect, test } from "vitest";
import { asksForLeader, parseGroups, parseTarget, resolveTarget } from "../../src/chaos/target.js";

const facts = { nodes: ["n1", "n2", "n3"], leader: "n2" };

test.each([
  ["n1", ["n1"]],
  ["n3, n1", ["n1", "n3"]],
  ["n1,n1", ["n1"]],
  ["leader", ["n2"]],
  ["followers", ["n1", "n3"]],
  ["all", ["n1", "n2", "n3"]],
  ["leader,n3", ["n2", "n3"]],
])("%s -> %j", (text, expected) => {
  expect(resolveTarget(parseTarget(text), facts)).toEqual(expected);
});

test.each([
  ["", "USAGE", `"" is not a target: a node's name is missing.`],
  ["n1,,n2", "USAGE", `"n1,,n2" is not a target: a node's name is missing.`],
  ["n4", "UNKNOWN_NODE", `There is no node "n4" in this cluster; did you mean "n1"?`],
  ["leadr", "UNKNOWN_NODE", `There is no node "leadr" in this cluster; did you mean "leader"?`],
  ["zookeeper", "UNKNOWN_NODE", `There is no node "zookeeper" in this cluster.`],
])("%j is refused", (text, code, message) => {
  expect(() => resolveTarget(parseTarget(text), facts)).toThrow(expect.objectContaining({ code, message }));
});

test.each(["leader", "followers"])("%s needs a leader", (text) => {
  expect(() => resolveTarget(parseTarget(text), { nodes: ["n1"] })).toThrow(expect.objectContaining({ code: "NO_LEADER" }));
});

test("followers of a cluster of one are nobody", () => {
  expect(() => resolveTarget(parseTarget("followers"), { nodes: ["n1"], leader: "n1" })).toThrow(
    expect.objectContaining({ code: "UNKNOWN_NODE" }),
  );
});

test.each([
  ["n1,n2", false],
  ["all", false],
  ["n1,leader", true],
  ["followers", true],
])("%s asks for the leader: %s", (text, expected) => {
  expect(asksForLeader(parseTarget(text))).toBe(expected);
});

test.each([
  ["n1 | n2,n3", [["n1"], ["n2", "n3"]]],
  ["leader|followers", [["n2"], ["n1", "n3"]]],
  ["n1", [["n1"]]],
])("groups of %s", (text, expected) => {
  expect(parseGroups(text).map((group) => resolveTarget(group, facts))).toEqual(expected);
});

test.each(["", "n1 |", "| n1", "n1 || n2"])("%j has an empty side", (text) => {
  expect(() => parseGroups(text)).toThrow(
    expect.objectContaining({ code: "USAGE", message: `"${text}" is not a partition: one side is empty.` }),
  );
});
