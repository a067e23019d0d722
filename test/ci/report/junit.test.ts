// Shows reports as JUnit XML, and Must hold 6: valid against the common schemas whatever nodes say, with control characters removed.
import fc from "fast-check";
import { expect, test } from "vitest";
import { renderJUnit } from "../../../src/ci/report/junit.js";
import { readJUnit } from "../../support/junit-schemas.js";
import { aCheck, aReport, anyReport } from "../../support/ci-reports.js";

const options = { host: "runner-1", version: "0.1.0" };

test("a report is one suite a service, and says what failed, was skipped and could not be done", async () => {
  const report = aReport({
    verdict: "failed",
    checks: [
      aCheck({ service: "kv", node: "kv-1", what: "write 20 keys", tookMs: 35 }),
      aCheck({ service: "api", node: "api-2", what: "ready again after a kill", verdict: "fail", tookMs: 30_000, why: "api-2 was not ready after 30s: nobody takes connections on its port 8080.", lastLines: ["Error: <no> \"disk\" & no hope", "\x1b[31mat\x1b[0m server.js:1"] }), // prettier-ignore
      aCheck({ service: "api", node: "api-3", verdict: "skip", why: "api-3 is protected." }),
    ],
    trouble: { message: "The engine is gone.", details: ["connect ECONNREFUSED"] },
  });
  await expect(renderJUnit(report, options)).toMatchFileSnapshot("../../golden/ci/junit.xml");
});

test("Must hold 6: JUnit XML of any report is valid against the schemas of Ant and Jenkins", () => {
  fc.assert(
    fc.property(anyReport, (report) => {
      const cases = readJUnit(renderJUnit(report, options), (root) => root.find("testsuite/testcase").length);
      expect(cases).toBe(report.checks.length + (report.trouble === null ? 0 : 1));
    }),
  );
});

const unwanted = /^(?![\n\t])[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\ufffe\uffff]$/u;

test("Must hold 6: control characters are removed, and everything else of a text is there", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (why) => {
      const xml = renderJUnit(aReport({ checks: [aCheck({ verdict: "fail", why })] }), options);
      const message = readJUnit(xml, (root) => root.get("testsuite/testcase/failure/@message")?.content ?? "");
      expect(xml).not.toMatch(/(?!\n)[\p{Cc}\p{Cs}]/u);
      // a terminal's sequences are taken out as a whole, shown below
      fc.pre(!why.includes("\x1b"));
      expect(message).toBe(
        Array.from(why.replace(/\r\n?/g, "\n"))
          .filter((sign) => !unwanted.test(sign))
          .join(""),
      );
    }),
  );
});

test.each([
  ["a colour", "\x1b[1;31mred\x1b[0m", "red"],
  ["a title of the terminal", "\x1b]0;mine\x07text", "text"],
  ["a null byte and a bell", "a\0b\x07c", "abc"],
  ["half a sign", "a\ud800b", "a\ufffdb"],
  ["a carriage return", "10%\r20%\r\ndone", "10%\n20%\ndone"],
  ["tabs and lines", "a\tb\nc", "a\tb\nc"],
  ["the end of a section", "]]> <!-- &amp;", "]]> <!-- &amp;"],
])("what a node says is text in XML: %s", (_what, said, shown) => {
  const xml = renderJUnit(aReport({ checks: [aCheck({ verdict: "fail", why: said })] }), options);
  expect(readJUnit(xml, (root) => root.get("testsuite/testcase/failure/@message")?.content)).toBe(shown);
});

test.each([
  ["a suite without its host", / hostname="[^"]*"/, "The attribute 'hostname' is required but missing"],
  ["properties without a property", /<property name.*\/>/g, "Element 'properties': Missing child element(s)"],
  ["no properties", /<properties>[^]*?<\/properties>/, "Expected is ( properties )"],
])("the schemas bite: %s", (_what, part, said) => {
  const xml = renderJUnit(aReport(), options);
  expect(() => readJUnit(xml.replace(part, ""), () => undefined)).toThrow(said);
});
