// Shows how the label of what was made tells later whether the process that made it still runs.
import { expect, test } from "vitest";
import { type Made, formatMade, parseMade, stateOfMaker } from "../../src/cluster/made.js";
import { processesHere } from "../../src/cluster/this-machine.js";

const host = { name: "ci", boot: "b1", pids: "p1" };
const made: Made = { at: "2026-11-22T10:00:00.000Z", host, process: { pid: 7, started: "70" }, lasts: "process", base: "shop" };
const here = { host, own: { pid: 9, started: "90" }, startOf: (pid: number) => ({ 7: "70", 9: "90" })[pid] };

test("the label is read as it was written, and anything else is nobody's", () => {
  expect(parseMade(formatMade(made))).toEqual(made);
  for (const text of [
    "",
    "true",
    "null",
    "{}",
    "[1]",
    JSON.stringify({ ...made, at: "soon" }),
    JSON.stringify({ ...made, host: 1 }),
  ]) {
    expect(parseMade(text)).toBeUndefined();
  }
});

test.each([
  ["runs", "the same number with the same start", made, here],
  ["ended", "nobody has the number", made, { ...here, startOf: () => undefined }],
  ["ended", "another process has the number now", made, { ...here, startOf: () => "71" }],
  ["ended", "the machine was started anew", { ...made, host: { ...host, boot: "b0" } }, here],
  ["unknown", "another machine", { ...made, host: { ...host, name: "other" } }, here],
  ["unknown", "another namespace of process ids", { ...made, host: { ...host, pids: "p2" } }, here],
] as const)("%s: %s", (state, _title, of, seenFrom) => {
  expect(stateOfMaker(of, seenFrom)).toBe(state);
});

test("this process runs by its own mark", () => {
  const processes = processesHere();
  expect(stateOfMaker({ ...made, host: processes.host, process: processes.own }, processes)).toBe("runs");
});
