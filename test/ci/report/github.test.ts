// Shows what GitHub is told of a report: annotations in the words of its runner, and Must hold 6: a summary under 200 kB that logs cannot break.
import fc from "fast-check";
import { expect, test } from "vitest";
import { renderAnnotations } from "../../../src/ci/report/annotations.js";
import { cutMiddle } from "../../../src/ci/report/cut-middle.js";
import { renderJobSummary } from "../../../src/ci/report/job-summary.js";
import { aCheck, aReport, anyReport } from "../../support/ci-reports.js";

test("each failure is an error with its title and last lines, and what was skipped is counted", () => {
  const checks = [
    aCheck(),
    aCheck({ what: "ready: 1, 2", verdict: "fail", why: "100% of it failed.", lastLines: ["a:b,c", "::error::no"] }),
    aCheck({ verdict: "skip", why: "No." }),
  ];
  expect(renderAnnotations(aReport({ checks }))).toEqual([
    "::error title=devious smoke%3A api%3A api-1%3A ready%3A 1%2C 2::100%25 of it failed.%0Aa:b,c%0A::error::no",
    "::notice title=devious smoke::1 of 3 checks were skipped.",
  ]);
});

test("GitHub shows ten: trouble comes first, and the last says how many there are besides", () => {
  const checks = Array.from({ length: 14 }, (_, i) => aCheck({ what: `check ${i + 1}`, verdict: "fail", why: "No." }));
  const lines = renderAnnotations(aReport({ checks, trouble: { message: "The engine is gone.", details: [] } }));
  expect(lines).toHaveLength(10);
  expect(lines[0]).toBe("::error title=devious smoke::The engine is gone.");
  expect(lines[1]).toContain("check 1::");
  expect(lines[9]).toBe("::error title=devious smoke::6 more failed: the job's summary has them all.");
});

test("an annotation is one line, whatever nodes say", () => {
  fc.assert(
    fc.property(anyReport, (report) => {
      for (const line of renderAnnotations(report)) expect(line).toMatch(/^::(error|notice) title=[^\p{Cc}:]*::[^\p{Cc}]*$/u);
    }),
  );
});

test("a summary has the checks, the faults and what nodes said last", async () => {
  const report = aReport({
    verdict: "failed",
    seed: 7,
    checks: [
      aCheck({ service: "kv", node: null, what: "all hold the same", tookMs: 120 }),
      aCheck({ verdict: "fail", tookMs: 30_000, why: "api-1 said <b>no</b> | `rm -rf` [x](y).", lastLines: ["</pre><script>", "", "| a |"] }), // prettier-ignore
      aCheck({ node: "api-2", verdict: "skip", why: "api-2 is protected." }),
    ],
    faults: [
      { description: "kill api-1", appliedMs: 1500, endedMs: 1700 },
      { description: "partition isolate api-1", appliedMs: 3000, endedMs: null },
    ],
  });
  await expect(renderJobSummary(report)).toMatchFileSnapshot("../../golden/ci/summary.md");
});

/** The summary without what a log may have put there: structure only. */
function structureOf(summary: string): string {
  return summary.replace(/<pre>\n[^]*?\n<\/pre>/g, "<pre/>").replace(/<summary>[^<]*<\/summary>/g, "<summary/>");
}

test("Must hold 6: what nodes say never becomes Markdown or HTML", () => {
  fc.assert(
    fc.property(anyReport, (report) => {
      const rest = structureOf(renderJobSummary(report));
      expect(rest.replace(/<\/?details>|<summary\/>|<pre\/>/g, "")).not.toMatch(/[<>`[\]]/);
      for (const line of rest.split("\n").filter((one) => one.startsWith("|")))
        expect([4, 6]).toContain(line.split("|").length - 1);
    }),
  );
});

test("Must hold 6: a summary is under 200 kB, however much there is to tell, and says what it leaves out", () => {
  const long = "<&>😀".repeat(500);
  const checks = Array.from({ length: 800 }, (_, i) =>
    aCheck({ node: `api-${i}`, what: long, verdict: "fail", why: long, lastLines: Array.from({ length: 60 }, () => long) }),
  );
  const faults = Array.from({ length: 800 }, () => ({ description: long, appliedMs: 0, endedMs: 1 }));
  const trouble = { message: long, details: Array.from({ length: 1000 }, () => long) };
  const summary = renderJobSummary(aReport({ cluster: long, checks, faults, trouble, verdict: "trouble" }));
  expect(Buffer.byteLength(summary)).toBeLessThan(200_000);
  expect(summary).toMatch(/… \d+ checks left out …/);
  expect(summary).toMatch(/… \d+ faults left out …/);
  expect(summary).toMatch(/… \d+ lines left out …/);
  expect(summary).toMatch(/… the last lines of \d+ checks left out …/);
  fc.assert(
    fc.property(anyReport, (report) => {
      expect(Buffer.byteLength(renderJobSummary(report))).toBeLessThan(200_000);
    }),
  );
});

const pieces = fc.array(fc.nat({ max: 50 }), { maxLength: 60 });
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

test("what fits is not cut", () => {
  fc.assert(
    fc.property(pieces, (all) => {
      expect(cutMiddle(all, sum(all), (piece) => piece, () => 1)).toEqual(all); // prettier-ignore
    }),
  );
});

test("what is cut in the middle keeps its ends, and fits", () => {
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 500 }), (all, most) => {
      fc.pre(sum(all) > most);
      const cut = cutMiddle(all, most, (piece) => piece, () => 1); // prettier-ignore
      const left = all.length - (cut.length - 1);
      const head = Math.ceil((cut.length - 1) / 2);
      expect({ fits: sum(cut) <= most, left: left > 0 }).toEqual({ fits: true, left: true });
      expect(cut).toEqual([...all.slice(0, head), 1, ...all.slice(head + left)]);
    }),
  );
});
