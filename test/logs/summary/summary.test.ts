// Shows what the summary of a story says of its nodes, levels, faults, elections and new troubles, as `--json` prints it.
import { describe, expect, it } from "vitest";
import type { LogRecord } from "../../../src/core/log-record.js";
import { zeroStamp } from "../../../src/logs/stamp.js";
import { createSummary, type Summary, type SummaryOptions } from "../../../src/logs/summary/summary.js";
import { stampAt } from "../docker-log.js";
import { recordAt } from "../record.js";
import { story } from "./story.js";

function summed(records: readonly LogRecord[], options: SummaryOptions = {}): Summary {
  const summary = createSummary(options);
  for (const record of records) summary.add(record);
  return summary.result();
}

/** The agent's record `s` seconds after noon. */
function agent(s: number, event: string, fault: string, rest: Readonly<Record<string, unknown>> = {}, msg = ""): LogRecord {
  return recordAt(s * 1e9, { node: "chaos", event, msg, fields: { fault, kind: "stop", nodes: ["n1", "n2"], ...rest } });
}

it("counts every record once: by level, by node, by template, by bucket", () => {
  const records = story();
  const { levels, nodes, templates, buckets, ...summary } = summed(records);
  const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
  expect(summary.records).toBe(records.length);
  expect(sum(Object.values(levels))).toBe(records.length);
  expect(sum(templates.map(({ count }) => count))).toBe(records.length);
  for (const { node, records: own, counts } of nodes) {
    expect(own).toBe(records.filter((record) => record.node === node).length);
    expect(sum(Object.values(counts).map(sum))).toBe(own);
    for (const ofLevel of Object.values(counts)) expect(ofLevel.length).toBe(buckets.count);
  }
});

it("survives JSON as it is", () => {
  const summary = summed(story());
  expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
});

it("takes what has no time as said where it was read, and what is late as first", () => {
  const records = [recordAt(0, { ts: zeroStamp }), recordAt(5e9), recordAt(6e9), recordAt(4e9), recordAt(0, { ts: zeroStamp })];
  expect(summed(records)).toMatchObject({
    records: 5,
    fromTs: stampAt(4e9),
    toTs: stampAt(6e9),
    buckets: { fromTs: stampAt(5e9) },
  });
  expect(summed(records.slice(0, 1))).toMatchObject({ records: 1, fromTs: null, toTs: null, newTroubles: { sinceTs: null } });
});

describe("faults", () => {
  it.each<[string, readonly LogRecord[], readonly object[]]>([
    [
      "from applied to healed",
      [agent(1, "fault-applied", "f1", {}, "stop n1 for 1s"), agent(2, "fault-healed", "f1", { reason: "deadline" })],
      [{ fault: "f1", kind: "stop", nodes: ["n1", "n2"], what: "stop n1 for 1s", fromTs: stampAt(1e9), toTs: stampAt(2e9), narrowedTs: [], reason: "deadline" }], // prettier-ignore
    ],
    [
      "narrowed in between",
      [agent(1, "fault-applied", "f1"), agent(2, "fault-narrowed", "f1", { nodes: ["n2"] })],
      [{ fault: "f1", nodes: ["n2"], narrowedTs: [stampAt(2e9)], toTs: null, reason: null }],
    ],
    [
      "that began before the story",
      [agent(2, "fault-healed", "f1", { reason: "asked" }, "stop n1: over (asked)")],
      [{ fault: "f1", what: "stop n1", fromTs: null, toTs: stampAt(2e9) }],
    ],
    [
      "that failed were never in force",
      [agent(1, "fault-failed", "f1"), agent(2, "fault-healed", "f1", { reason: "rollback" })],
      [],
    ],
    [
      "of one name, one after the other, are two",
      [agent(1, "fault-applied", "f1"), agent(2, "fault-healed", "f1"), agent(3, "fault-applied", "f1")],
      [{ toTs: stampAt(2e9) }, { fromTs: stampAt(3e9), toTs: null }],
    ],
    [
      "that an agent without its ledger ended",
      [
        agent(1, "fault-applied", "f1"),
        agent(1, "fault-applied", "f2"),
        recordAt(3e9, { node: "chaos", event: "agent-started", fields: { faults: ["f2"] } }),
      ],
      [
        { fault: "f1", toTs: stampAt(3e9), reason: null },
        { fault: "f2", toTs: null },
      ],
    ],
    ["that a node makes up do not count", [{ ...agent(1, "fault-applied", "f1"), node: "n1" }], []],
  ])("%s", (_name, records, expected) => {
    const { faults } = summed(records);
    expect(faults).toMatchObject(expected);
    expect(faults.length).toBe(expected.length);
  });
});

it("knows who was elected, in which term, and who gave up", () => {
  const { elections } = summed(story());
  expect(elections).toEqual([
    { ts: stampAt(5e8), service: "demo", node: "n1", term: 1, untilTs: stampAt(92e9) },
    { ts: stampAt(93.1e9), service: "demo", node: "n2", term: 2, untilTs: null },
  ]);
});

it("a leader's time ends with its container", () => {
  const elected = recordAt(1e9, { event: "leader-elected", fields: { term: 4 } });
  const { elections } = summed([elected, recordAt(2e9, { stream: "engine", event: "container-died" })]);
  expect(elections).toMatchObject([{ term: 4, untilTs: stampAt(2e9) }]);
});

describe("new troubles", () => {
  const newOnes = (options: SummaryOptions): unknown => {
    const { sinceTs, templates } = summed(story(), options).newTroubles;
    return [sinceTs?.slice(11, 19), ...templates.map(({ level, template }) => `${level} ${template}`)];
  };

  it("since the last quarter of the story, the worst first, without the faults themselves", () => {
    expect(newOnes({})).toEqual([
      "12:04:29",
      "fatal the disk failed",
      "error request <*> to <*> failed: deadline of <*> exceeded",
    ]);
  });

  it("since a time", () => {
    expect(newOnes({ newSince: stampAt(311e9) })).toEqual(["12:05:11", "fatal the disk failed"]);
    expect(newOnes({ newSince: stampAt(312e9) })).toEqual(["12:05:12"]);
  });
});
