// Shows what the filter lets through, and that everything typed is checked at the door in one clear sentence.
import { describe, expect, it } from "vitest";
import { DeviousError } from "../../src/core/errors.js";
import { accepts, parseFilter, parseSince, type LogFilterInput } from "../../src/logs/filter.js";
import { recordAt } from "./record.js";

const noonMs = Date.UTC(2026, 10, 21, 12);
const record = recordAt(5e9, {
  node: "n2",
  level: "warn",
  event: "slow-fsync",
  msg: "disk is slow",
  fields: { ms: 120, path: { dir: "/data" } },
});

describe("accepts", () => {
  it.each<[LogFilterInput, boolean]>([
    [{}, true],
    [{ nodes: [] }, true],
    [{ nodes: ["n1", "n2"] }, true],
    [{ nodes: ["n1"] }, false],
    [{ level: "warn" }, true],
    [{ level: "INFO" }, true],
    [{ level: "error" }, false],
    [{ grep: "^disk" }, true],
    [{ grep: "fsync" }, true],
    [{ grep: "ms=1\\d0" }, true],
    [{ grep: '"/data"' }, true],
    [{ grep: "Disk" }, false],
    [{ since: "2026-11-21T12:00:05Z" }, true],
    [{ since: "2026-11-21T12:00:05.000000001Z" }, false],
    [{ nodes: ["n2"], level: "error" }, false],
  ])("%j -> %s", (input, expected) => expect(accepts(parseFilter(input, noonMs), record)).toBe(expected));
});

describe("parseSince", () => {
  it.each([
    ["5m", "2026-11-21T11:55:00.000000000Z"],
    ["1h30m", "2026-11-21T10:30:00.000000000Z"],
    ["250ms", "2026-11-21T11:59:59.750000000Z"],
    ["9999999h", "1970-01-01T00:00:00.000000000Z"],
    ["2026-11-21T10:00:00.5+02:00", "2026-11-21T08:00:00.500000000Z"],
  ])("%s -> %s", (text, expected) => expect(parseSince(text, noonMs)).toBe(expected));
});

describe("the door", () => {
  it.each<[LogFilterInput, RegExp]>([
    [{ since: "5" }, /"5" is neither a duration nor a time/],
    [{ since: "2026-11-21T10:00:00" }, /neither a duration nor a time/],
    [{ level: "loud" }, /"loud" is no log level/],
    [{ grep: "(" }, /--grep is no regular expression/],
  ])("refuses %j", (input, message) => {
    const refused = (): unknown => parseFilter(input, noonMs);
    expect(refused).toThrow(message);
    expect(refused).toThrow(DeviousError);
    expect(refused).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});
