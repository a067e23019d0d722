/**
 * A report as JUnit XML: what Jenkins, GitLab, Azure and most others read. Valid against Ant's schema (windyroad/JUnit-Schema), the strictest
 * there is, and those of Jenkins: hence every element and attribute that one of them demands, and none that another does not know.
 */
import { plainText } from "./plain-text.js";
import { type Check, type CiReport, countOf, titleOf } from "./report.js";

export interface JUnitOptions {
  /** Name of this machine. */
  readonly host: string;
  /** Of devious. */
  readonly version: string;
}

/** One suite a service, in the order of their first checks; trouble is a suite of its own, with an error in it. */
export function renderJUnit(report: CiReport, options: JUnitOptions): string {
  const services = [...new Set(report.checks.map(({ service }) => service))];
  const suites = services.map((service) => ({ service, checks: report.checks.filter((check) => check.service === service) }));
  const rendered = [
    ...suites.map(({ service, checks }, id) => suiteOf({ id, name: service, checks, error: null }, report, options)),
    ...(report.trouble === null
      ? []
      : [suiteOf({ id: suites.length, name: "cluster", checks: [], error: report.trouble }, report, options)]),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${rendered.join("")}</testsuites>\n`;
}

interface Suite {
  readonly id: number;
  readonly name: string;
  readonly checks: readonly Check[];
  readonly error: CiReport["trouble"];
}

function suiteOf({ id, name, checks, error }: Suite, report: CiReport, { host, version }: JUnitOptions): string {
  const tookMs = error === null ? checks.reduce((sum, check) => sum + check.tookMs, 0) : report.tookMs;
  const facts = {
    name,
    package: packageOf(report),
    id,
    timestamp: report.startedAt.slice(0, "2026-01-01T00:00:00".length),
    hostname: host === "" ? "localhost" : host,
    tests: checks.length + (error === null ? 0 : 1),
    failures: countOf(checks, "fail"),
    errors: error === null ? 0 : 1,
    skipped: countOf(checks, "skip"),
    time: seconds(tookMs),
  };
  const properties = {
    cluster: report.cluster,
    "devious.version": version,
    ...(report.seed === null ? {} : { seed: report.seed }),
  };
  const lines = [
    `  <testsuite${attributes(facts)}>`,
    "    <properties>",
    ...Object.entries(properties).map(([key, value]) => `      <property${attributes({ name: key, value })}/>`),
    "    </properties>",
    ...checks.map((check) => caseOf(check, `${packageOf(report)}.${name}`)),
    ...(error === null ? [] : [errorCase(error, report)]),
    "    <system-out/>",
    "    <system-err/>",
    "  </testsuite>",
  ];
  return `${lines.join("\n")}\n`;
}

function packageOf({ command }: CiReport): string {
  return command.replaceAll(" ", ".");
}

function caseOf(check: Check, classname: string): string {
  const begin = `    <testcase${attributes({ name: titleOf(check), classname, time: seconds(check.tookMs) })}`;
  const why = check.why ?? "";
  switch (check.verdict) {
    case "pass":
      return `${begin}/>`;
    case "skip":
      // as text, since not every schema lets it have a message
      return `${begin}>\n      <skipped>${escapeXml(why)}</skipped>\n    </testcase>`;
    case "fail": {
      const said = [why, ...check.lastLines].join("\n");
      return `${begin}>\n      <failure${attributes({ message: why, type: "check" })}>${escapeXml(said)}</failure>\n    </testcase>`;
    }
  }
}

function errorCase({ message, details }: NonNullable<CiReport["trouble"]>, report: CiReport): string {
  const named = attributes({ name: report.command, classname: `${packageOf(report)}.cluster`, time: seconds(report.tookMs) });
  const said = escapeXml([message, ...details].join("\n"));
  return `    <testcase${named}>\n      <error${attributes({ message, type: "trouble" })}>${said}</error>\n    </testcase>`;
}

function seconds(ms: number): string {
  return (Math.max(0, ms) / 1000).toFixed(3);
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value)).replaceAll("\n", "&#10;").replaceAll("\t", "&#9;")}"`)
    .join("");
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Any text as XML, without what XML cannot hold. */
function escapeXml(text: string): string {
  return plainText(text).replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
}
