// Shows what a name is, how any text becomes one, and which slip means which name.
import fc from "fast-check";
import { expect, test } from "vitest";
import { closest, isName, toName } from "../../src/core/ids.js";

test.each(["a", "n1", "kv-1", "0", "a--b", "a".repeat(40)])("%s is a name", (text) => expect(isName(text)).toBe(true));
test.each(["", "-", "-a", "a-", "A", "a_b", "a.b", "ä", "a b", "a\n", "a".repeat(41)])("%j is none", (text) =>
  expect(isName(text)).toBe(false),
);

test.each([
  ["My App_2", "my-app-2"],
  ["--x--", "x"],
  ["über", "ber"],
  ["a.b.c", "a-b-c"],
  ["", "cluster"],
  ["日本", "cluster"],
  ["x".repeat(50), "x".repeat(40)],
  [`${"x".repeat(39)}-y`, "x".repeat(39)],
])("%j becomes %s", (text, name) => expect(toName(text)).toBe(name));

test("any text becomes a name, and a name stays", () => {
  fc.assert(fc.property(fc.string(), (text) => isName(toName(text)) && toName(toName(text)) === toName(text)));
});

test.each([
  ["nodez", ["name", "nodes", "store"], "nodes"],
  ["leadr", ["n1", "leader", "all"], "leader"],
  ["n22", ["n1", "n2"], "n2"],
  ["n9", ["n1", "n2"], "n1"],
  ["n2", ["n1", "n2"], "n2"],
  ["frobnicate", ["nodes", "store"], undefined],
  ["x", [], undefined],
  ["store", ["sotre", "stores"], "stores"],
])("%j among %j means %s", (text, known, meant) => expect(closest(text, known)).toBe(meant));
