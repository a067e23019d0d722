// Shows which bars stand beside which node at every point of a story, whatever part of the story is heard.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LogRecord, chaosNode } from "../../../src/core/log-record.js";
import { type FaultWindows, type Marks, createFaultWindows, mostLanes } from "../../../src/logs/pretty/fault-windows.js";
import { faultAt, saidAt } from "./story.js";

const letters = { open: "<", close: ">", told: "*", touched: "#", passing: "-", more: "+" } as const;
const drawn = (marks: Marks | undefined): string | undefined =>
  marks && Array.from(marks, (mark) => (mark === undefined ? " " : letters[mark.sign])).join("");

const applied = (fault: string, ...nodes: string[]): LogRecord => faultAt(0, "applied", fault, nodes, "begins");
const healed = (fault: string, nodes: readonly string[], reason = "asked"): LogRecord =>
  faultAt(0, "healed", fault, nodes, "ends", { reason });
const agent = (event: string, fields: Readonly<Record<string, unknown>>): LogRecord =>
  saidAt(0, { node: chaosNode, event, msg: event, fields });
const n1 = saidAt(0, { node: "n1", msg: "m" });
const n2 = saidAt(0, { node: "n2", msg: "m" });

/** What stands beside each of these records, from the left. */
function check(records: readonly LogRecord[], expected: readonly string[], windows: FaultWindows = createFaultWindows()): void {
  expect(records.map((record) => drawn(windows.move(record) ?? windows.marksOf(record.node))?.trimEnd())).toEqual(expected);
}

describe("a bar", () => {
  it("goes from a fault's start to its end, strong beside the nodes it touches", () => {
    check([n1, applied("f1", "n1"), n1, n2, healed("f1", ["n1"]), n1], ["", "<", "#", "-", ">", ""]);
  });

  it("takes the first free lane", () => {
    check(
      [applied("f1", "n1"), applied("f2", "n2"), n1, n2, healed("f1", ["n1"]), n2, applied("f3", "n2"), n2],
      ["<", "-<", "#-", "-#", ">-", " #", "<-", "##"],
    );
  });

  it("leaves the nodes that a fault was narrowed by", () => {
    check([applied("f1", "n1", "n2"), n1, faultAt(0, "narrowed", "f1", ["n2"], "n2 only"), n1, n2], ["<", "#", "*", "-", "#"]);
  });

  it("tells where the agent says more of a fault in force", () => {
    check(
      [
        applied("f1", "n1"),
        agent("fault-reapplied", { target: "n1", faults: ["f1"] }),
        agent("node-crashed", { fault: "f1", target: "n1" }),
      ],
      ["<", "*", "*"],
    );
  });

  it("passes whatever else the agent says", () => {
    check([applied("f1", "n1"), agent("node-recovered", { target: "n1" })], ["<", "-"]);
  });

  it("ends with the ledger that knew of it", () => {
    check([applied("f1", "n1"), applied("f2", "n1"), agent("agent-started", { faults: ["f2"] }), n1], ["<", "-<", ">-", " #"]);
  });
});

describe("a fault that began before the story", () => {
  it("is drawn from the first that is heard of it", () => {
    check([healed("f1", ["n1"]), n1], [">", ""]);
    check([faultAt(0, "narrowed", "f1", ["n1"], "n1 only"), n1, healed("f1", ["n1"])], ["*", "#", ">"]);
    check([agent("fault-reapplied", { target: "n1", faults: ["f1"] }), n1, n2], ["*", "#", "-"]);
  });
});

it("what was rolled back never was in force", () => {
  check([agent("fault-failed", { fault: "f1", nodes: ["n1"] }), healed("f1", ["n1"], "rollback"), n1], ["", "", ""]);
});

it("a fault without a lane shares a column with all others of its kind", () => {
  const five = [1, 2, 3, 4, 5].map((number) => applied(`f${number}`, `n${number}`));
  const n5 = saidAt(0, { node: "n5", msg: "m" });
  check([...five, n1, n5, healed("f5", ["n5"]), n5], ["<", "-<", "--<", "---<", "----+", "#---", "----+", "----+", "----"]);
});

it("records of nodes and broken records of the agent move nothing", () => {
  const windows = createFaultWindows();
  expect(windows.move({ ...applied("f1", "n1"), node: "n1" })).toBeUndefined();
  check(
    [agent("fault-applied", { fault: 7 }), agent("fault-healed", {}), agent("node-crashed", {}), n1],
    ["", "", "", ""],
    windows,
  );
});

it("for any story: nobody shares a lane or a colour, and a node's bars are the faults on it", () => {
  const step = fc.record({
    heals: fc.boolean(),
    fault: fc.integer({ min: 1, max: 9 }).map((number) => `f${number}`),
    nodes: fc.subarray(["n1", "n2", "n3"]),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const windows = createFaultWindows();
      const active = new Map<string, readonly string[]>();
      for (const { heals, fault, nodes } of steps) {
        windows.move(heals ? healed(fault, nodes) : applied(fault, ...nodes));
        if (heals) active.delete(fault);
        else active.set(fault, nodes);
        for (const node of ["n1", "n2", "n3"]) {
          const marks = windows.marksOf(node);
          const lanes = marks.slice(0, mostLanes).filter((mark) => mark !== undefined);
          const touching = [...active.values()].filter((touched) => touched.includes(node)).length;
          const strong = lanes.filter(({ sign }) => sign === "touched").length;
          expect(new Set(lanes.map(({ colour }) => colour)).size).toBe(lanes.length);
          expect(lanes.length).toBeLessThanOrEqual(active.size);
          // exactly those that touch it, but for the ones without a lane
          expect(marks[mostLanes] === undefined).toBe(strong === touching);
          expect(strong).toBeLessThanOrEqual(touching);
          expect(windows.columns).toBe(marks.length);
        }
      }
    }),
  );
});
