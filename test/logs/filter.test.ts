// Shows what the filter lets through, and that everything typed is checked at the door in one clear sentence.
import { describe, expect, it } from "vitest";
import { DeviousError } from "../../src/core/errors.js";
import {
  accepts,
  matches,
  parseFilter,
  parsePattern,
  throughUntil,
  type LogFilter,
  type LogFilterInput,
} from "../../src/logs/filter.js";
import type { LogRecord } from "../../src/core/log-record.js";
import { stampAt } from "./docker-log.js";
import { recordAt } from "./record.js";

const noonMs = Date.UTC(2026, 10, 21, 12);
const record = recordAt(5e9, {
  node: "n2",
  service: "kv",
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
    [{ grep: "(?i)DISK IS" }, true],
    [{ events: ["slow-fsync"] }, true],
    [{ events: ["leader-elected", "slow-*"] }, true],
    [{ events: ["*fsync"] }, true],
    [{ events: ["fsync"] }, false],
    [{ events: ["slow.fsync"] }, false],
    [{ events: [] }, true],
    [{ services: ["kv", "api"] }, true],
    [{ services: ["api"] }, false],
    [{ since: "2026-11-21T12:00:05Z" }, true],
    [{ since: "2026-11-21T12:00:05.000000001Z" }, false],
    [{ nodes: ["n2"], level: "error" }, false],
  ])("%j -> %s", (input, expected) => expect(accepts(parseFilter(input, noonMs), record)).toBe(expected));
});

describe("the end", () => {
  it.each<[LogFilter, boolean]>([
    [{ until: stampAt(5e9) }, true],
    [{ until: stampAt(5e9 - 1) }, false],
    [{ until: stampAt(5e9 - 1), passEnd: true }, true],
    [{ until: stampAt(5e9 - 1), passEnd: true, minLevel: "fatal" }, true],
    [{ until: stampAt(5e9 - 1), passEnd: true, nodes: new Set(["n1"]) }, false],
    [{ until: stampAt(5e9), passEnd: true, minLevel: "fatal" }, false],
  ])("%j -> %s", (filter, expected) => expect(accepts(filter, record)).toBe(expected));

  it.each([1, 2, 3, 6])("is seen by the first record behind it, %i at once; a late one ends nothing", async (size) => {
    const late = recordAt(9, { flags: ["late"] });
    const all = [recordAt(1), late, recordAt(2), recordAt(3), recordAt(4), recordAt(5)];
    let read = 0;
    async function* story(): AsyncGenerator<readonly LogRecord[]> {
      for (let start = 0; start < all.length; start += size) {
        read = start + size;
        yield await Promise.resolve(all.slice(start, read));
      }
    }
    const shown = [];
    for await (const batch of throughUntil(story(), stampAt(2))) shown.push(...batch.map(({ ts }) => ts));
    expect(shown).toEqual([stampAt(1), stampAt(2)]);
    // the fourth ends it: nothing behind its batch is read
    expect(read).toBe(Math.ceil(4 / size) * size);
  });
});

it("leaves the agent out where faults are not wanted", () => {
  expect(accepts({ noFaults: true }, recordAt(0, { node: "chaos" }))).toBe(false);
  expect(accepts({ noFaults: true }, record)).toBe(true);
});

it("asks the dearest part last, and only about what all others let through", () => {
  const asked: string[] = [];
  const where = ({ node }: LogRecord): boolean => asked.push(node) > 0;
  for (const node of ["n1", "n2"]) accepts({ nodes: new Set(["n2"]), where }, recordAt(0, { node }));
  expect(asked).toEqual(["n2"]);
  expect(accepts({ where: () => false }, record)).toBe(false);
});

it.each([
  ["disk", true],
  ["^slow-fsync$", true],
  ["ms=120", true],
  ["(?i)DISK", true],
  ["DISK", false],
])("the pattern %s matches: %s", (text, expected) => expect(matches(parsePattern(text, "--grep"), record)).toBe(expected));

describe("the door", () => {
  it.each<[LogFilterInput, RegExp]>([
    [{ since: "5" }, /"5" is neither a duration nor a time/],
    [{ level: "loud" }, /"loud" is no log level/],
    [{ grep: "(" }, /--grep is no regular expression/],
  ])("refuses %j", (input, message) => {
    const refused = (): unknown => parseFilter(input, noonMs);
    expect(refused).toThrow(message);
    expect(refused).toThrow(DeviousError);
    expect(refused).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});
