// Shows that every RFC 3339 time becomes one fixed-width UTC stamp whose text order is time order.
import { describe, expect, it } from "vitest";
import { msOfStamp, parseStamp, stampOfMs, zeroStamp } from "../../src/logs/stamp.js";

describe("parseStamp", () => {
  it.each([
    ["2026-11-21T01:59:26.643171743Z", "2026-11-21T01:59:26.643171743Z"],
    ["2026-11-21T01:59:26.6Z", "2026-11-21T01:59:26.600000000Z"],
    ["2026-11-21T01:59:26Z", "2026-11-21T01:59:26.000000000Z"],
    ["2026-11-21t01:59:26z", "2026-11-21T01:59:26.000000000Z"],
    ["2026-11-21T01:59:26.123456789+02:00", "2026-11-20T23:59:26.123456789Z"],
    ["2026-11-21T01:59:26.000000001-05:30", "2026-11-21T07:29:26.000000001Z"],
    ["2026-11-21T01:59:26", undefined],
    ["2026-13-21T01:59:26Z", undefined],
    ["2026-11-21T01:59:26.1234567890Z", undefined],
    ["yesterday", undefined],
    ["", undefined],
  ])("%s", (text, expected) => expect(parseStamp(text)).toBe(expected));

  it("agrees with milliseconds", () => {
    const ms = Date.UTC(2026, 10, 21, 1, 59, 26, 643);
    expect(stampOfMs(ms)).toBe("2026-11-21T01:59:26.643000000Z");
    expect(msOfStamp("2026-11-21T01:59:26.643999999Z")).toBe(ms);
    expect(zeroStamp < stampOfMs(0)).toBe(true);
    expect(zeroStamp).toHaveLength(stampOfMs(0).length);
  });
});
