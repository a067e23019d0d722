// Shows what a node has to say to lead: a text anywhere in its answer, or the value at one place of a JSON body.
import { describe, expect, test } from "vitest";
import { leads, textAt } from "../../src/core/roles.js";

const body = JSON.stringify({
  status: { role: "leader", term: 7, ready: true, lag: null },
  members: [{ name: "a" }, { name: "b" }],
  "0": "a key that looks like a number",
  deep: [[1, 2.5]],
});

test.each([
  ["status.role", "leader"],
  ["status.term", "7"],
  ["status.ready", "true"],
  ["members.1.name", "b"],
  ["deep.0.1", "2.5"],
  ["0", "a key that looks like a number"],
])("at %s stands %s", (place, expected) => {
  expect(textAt(body, place)).toBe(expected);
});

test.each([
  "status",
  "members",
  "status.lag",
  "status.nothing",
  "members.2.name",
  "members.name",
  "members.-1",
  "members.length",
  "status.role.length",
  "constructor.name",
  "__proto__.constructor",
  "",
])("at %j stands nothing that could be told", (place) => {
  expect(textAt(body, place)).toBeUndefined();
});

test.each(["", "leader", "{", "role: leader"])("%j is no JSON", (text) => {
  expect(textAt(text, "role")).toBeUndefined();
});

describe("a node", () => {
  const http = { by: "http", port: 8080, path: "/health" } as const;
  const json = { ...http, json: "status.role", leader: "^leader$" };

  test.each<[string, Parameters<typeof leads>, boolean | null]>([
    ["leads by the value at its place", [json, body], true],
    ["does not by what stands elsewhere", [json, '{ "status": { "role": "follower" }, "role": "leader" }'], false],
    ["says nothing where nothing stands there", [json, '{ "role": "leader" }'], null],
    ["says nothing by a body that is no JSON", [json, "leader"], null],
    ["leads by a line of its body", [{ ...http, leader: "^role: leader$" }, "name: a\nrole: leader\n"], true],
    ["leads by a line of a command's stdout", [{ by: "exec", command: ["role"], leader: "master" }, "role:master\r\n"], true],
  ])("%s", (_, [probe, said], expected) => {
    expect(leads(probe, said)).toBe(expected);
  });
});
