import fc from "fast-check";
import type { Check, CiReport } from "../../src/ci/report/report.js";

export function aCheck(given: Partial<Check> = {}): Check {
  return {
    service: "api",
    node: "api-1",
    what: "ready again",
    verdict: "pass",
    tookMs: 1200,
    why: null,
    lastLines: [],
    ...given,
  };
}

export function aReport(given: Partial<CiReport> = {}): CiReport {
  return {
    command: "devious smoke",
    cluster: "shop-k3v7qa",
    startedAt: "2026-11-22T10:15:00.123Z",
    tookMs: 34_500,
    verdict: "passed",
    trouble: null,
    checks: [aCheck()],
    faults: [],
    seed: null,
    ...given,
  };
}

/** Whatever programs print, also what means something to those who read reports. */
const said = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom("</pre>", "</details>", "| a | b |", "```", "::error::x", "]]>", "\x1b[31m", "<script>", "%0A", "[a](b)"),
  fc.string({ unit: "grapheme-composite", maxLength: 2000 }),
);

const ms = fc.integer({ min: 0, max: 10_000_000 });

const anyCheck: fc.Arbitrary<Check> = fc.record({
  service: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
  node: fc.option(said),
  what: said,
  verdict: fc.constantFrom("pass", "fail", "skip"),
  tookMs: ms,
  why: fc.option(said),
  lastLines: fc.array(said, { maxLength: 8 }),
});

export const anyReport: fc.Arbitrary<CiReport> = fc.record({
  command: fc.constantFrom("devious smoke", "devious run"),
  cluster: said,
  startedAt: fc
    .date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
    .map((date) => date.toISOString()),
  tookMs: ms,
  verdict: fc.constantFrom("passed", "failed", "trouble"),
  trouble: fc.option(fc.record({ message: said, details: fc.array(said, { maxLength: 8 }) })),
  checks: fc.array(anyCheck, { maxLength: 8 }),
  faults: fc.array(fc.record({ description: said, appliedMs: ms, endedMs: fc.option(ms) }), { maxLength: 8 }),
  seed: fc.option(fc.nat()),
});
