// Shows that every rule by which ShiViz refuses a file is found broken, on the line where it is, and that its own example is taken.
import { expect, it } from "vitest";
import { validateShiviz } from "../../../src/logs/causal/shiviz-rules.js";

const parser = String.raw`(?<host>\w+) "(?<event>.*)" (?<clock>\{.*\})`;

/** A log of lines like `a {"a":1}`, behind the head of the file; expected are the problems, each as `line: message`. */
function check(lines: readonly string[], expected: readonly string[], head: readonly string[] = [parser, ""]): void {
  const text = [...head, ...lines.map((line) => line.replace(" ", ' "said" '))].join("\n");
  expect(validateShiviz(text).map(({ line, message }) => `${line}: ${message}`)).toEqual(expected);
}

it("takes a log with messages, concurrent events and lines in any order", () => {
  check(
    [
      `server {"server":1,"client2":1}`,
      `client1 {"client1":1}`,
      `client2 {"client2":1}`,
      `server {"server":3,"client1":1,"client2":1}`,
      `server {"server":2,"client1":1,"client2":1}`,
      `client1 {"client1":2,"server":3,"client2":1}`,
    ],
    [],
  );
});

it("parses by its default expression where the first line is empty", () => {
  expect(validateShiviz(`\n\nfirst\na {"a":1}\nsecond\nb {"b":1,"a":1}\n`)).toEqual([]);
  expect(validateShiviz(`\n\nfirst\na {"a":2}\n`)).toEqual([{ line: 3, message: "The events of a begin with 2, not with 1." }]);
});

it("takes a zero for no entry", () => check([`a {"a":1,"b":0}`], []));

it("wants an expression with its three groups that finds something", () => {
  check([], ["1: This is not a regular expression."], ["(", ""]);
  check([], ["1: The regular expression has no group named clock, event."], [String.raw`(?<host>\S+)`, ""]);
  check([], ["2: This is not a regular expression."], [parser, "["]);
  check([], ["1: The expression finds no event."]);
  check(["nothing like it"], ["1: The expression finds no event."]);
});

it("wants clocks that are JSON objects of whole numbers with their own host's", () => {
  check([`a {"a":1,}`], [`3: The clock {"a":1,} is not JSON.`]);
  check([`a {"a":1.5}`], ["3: The clock's entry for a is not a whole number from 0."]);
  check([`a {"a":1}`, `b {"a":1}`], ["4: The clock has no entry for its own host b."]);
});

it("wants each host's events numbered from 1 without gaps or repeats", () => {
  check([`a {"a":2}`], ["3: The events of a begin with 2, not with 1."]);
  check([`a {"a":0}`], ["3: The events of a begin with 0, not with 1."]);
  check([`a {"a":1}`, `a {"a":3}`], ["4: The events of a go from 1 to 3, not up by 1."]);
  check([`a {"a":1}`, `a {"a":1}`], ["4: The events of a go from 1 to 1, not up by 1."]);
});

it("wants clocks to name events that are there", () => {
  check([`a {"a":1,"b":1}`], ["3: The clock names a host b, which has no events."]);
  check([`a {"a":1,"b":2}`, `b {"b":1}`], ["3: The clock names event 2 of b, which has only 1."]);
});

it("wants no event to happen before itself", () => {
  check(
    [`a {"a":1,"b":1}`, `b {"a":1,"b":1}`],
    ["3: Event 1 of a happens before itself.", "4: Event 1 of b happens before itself."],
  );
});

it("wants a clock to have all that follows from it", () => {
  check(
    [`a {"a":1}`, `b {"b":1,"a":1}`, `b {"b":2}`],
    [`5: The clock leaves out what follows from it: it should be {"b":2,"a":1}.`],
  );
  check(
    [`a {"a":1}`, `b {"b":1,"a":1}`, `c {"c":1,"b":1}`],
    [`5: The clock leaves out what follows from it: it should be {"c":1,"b":1,"a":1}.`],
  );
});

it("looks at each execution by itself", () => {
  const head = [parser, "^=== (?<trace>.*) ===$"];
  check([`a {"a":1}`, "=== two ===", `a {"a":1}`], [], head);
  check([`a {"a":1}`, "=== two ===", `a {"a":2}`], ["5: The events of a begin with 2, not with 1."], head);
});
