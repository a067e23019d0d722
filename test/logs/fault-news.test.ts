// What the agent says of faults is read out of its records, whatever else is in them; nobody else says anything of faults.
import { expect, it } from "vitest";
import { type FaultNews, faultNews } from "../../src/logs/fault-news.js";
import { recordAt } from "./record.js";

const f1 = { fault: "f1", kind: "slow", nodes: ["n1", "n2"] };

it.each<[string, Readonly<Record<string, unknown>>, FaultNews | undefined]>([
  ["fault-applied", { ...f1, seed: 7, durationMs: 100 }, { is: "begun", ...f1 }],
  ["fault-narrowed", f1, { is: "narrowed", ...f1 }],
  ["fault-healed", { ...f1, reason: "deadline" }, { is: "ended", ...f1, reason: "deadline", wasRolledBack: false }],
  ["fault-healed", { ...f1, reason: "rollback" }, { is: "ended", ...f1, reason: "rollback", wasRolledBack: true }],
  ["fault-failed", { ...f1, code: "NO_NETEM" }, { is: "failed", fault: "f1" }],
  ["fault-reapplied", { target: "n1", faults: ["f1", "f2"] }, { is: "renewed", faults: ["f1", "f2"], nodes: ["n1"] }],
  ["node-crashed", { fault: "f1", target: "n1" }, { is: "renewed", faults: ["f1"], nodes: ["n1"] }],
  ["agent-started", { faults: ["f2"] }, { is: "remaining", faults: ["f2"] }],
  ["node-recovered", { target: "n1", fault: "f1" }, undefined],
  // broken
  ["fault-applied", {}, undefined],
  ["fault-healed", { fault: 7 }, undefined],
  ["fault-applied", { fault: "f1", kind: 7, nodes: "n1" }, { is: "begun", fault: "f1", kind: "", nodes: [] }],
  ["node-crashed", {}, { is: "renewed", faults: [], nodes: [] }],
])("%s %j", (event, fields, expected) => {
  expect(faultNews(recordAt(0, { node: "chaos", event, fields }))).toEqual(expected);
  expect(faultNews(recordAt(0, { node: "n1", event, fields }))).toBeUndefined();
});
