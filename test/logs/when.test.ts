// Shows which moment a duration, a clock time and an RFC 3339 time mean, also around midnight and where the clocks change.
import { describe, expect, it } from "vitest";
import { parseWhen, type ClockSide } from "../../src/logs/when.js";

/** 13:00 in Berlin. */
const noonMs = Date.UTC(2026, 10, 21, 12);

describe("parseWhen", () => {
  it.each([
    ["5m", "2026-11-21T11:55:00.000000000Z"],
    ["1h30m", "2026-11-21T10:30:00.000000000Z"],
    ["250ms", "2026-11-21T11:59:59.750000000Z"],
    ["0s", "2026-11-21T12:00:00.000000000Z"],
    ["9999999h", "1970-01-01T00:00:00.000000000Z"],
    ["2026-11-21T10:00:00.5+02:00", "2026-11-21T08:00:00.500000000Z"],
    ["12:02:07", "2026-11-21T11:02:07.000000000Z"],
    ["9:30", "2026-11-21T08:30:00.000000000Z"],
    ["12:02:07.123456789", "2026-11-21T11:02:07.123456789Z"],
    ["12:02:07,5", "2026-11-21T11:02:07.500000000Z"],
    ["13:00", "2026-11-21T12:00:00.000000000Z"],
    // not yet: yesterday's
    ["13:00:00.000000001", "2026-11-20T12:00:00.000000001Z"],
    ["23:50", "2026-11-20T22:50:00.000000000Z"],
  ])("%s -> %s", (text, expected) => expect(parseWhen(text, noonMs)).toBe(expected));

  it.each<[string, ClockSide, string]>([
    ["13:00", { fromMs: noonMs }, "2026-11-21T12:00:00.000000000Z"],
    ["13:01", { fromMs: noonMs }, "2026-11-21T12:01:00.000000000Z"],
    ["12:59", { fromMs: noonMs }, "2026-11-22T11:59:00.000000000Z"],
    // the clocks were set back on 25 October 2026
    ["13:00", { upToMs: Date.UTC(2026, 9, 25, 11) }, "2026-10-24T11:00:00.000000000Z"],
  ])("%s, %j -> %s", (text, side, expected) => expect(parseWhen(text, noonMs, side)).toBe(expected));

  it.each(["5", "", "yesterday", "24:00", "12:60", "12:00:60", "2026-11-21T10:00:00", "12:0"])("refuses %j", (text) =>
    expect(() => parseWhen(text, noonMs)).toThrow(expect.objectContaining({ code: "USAGE" })),
  );
});
