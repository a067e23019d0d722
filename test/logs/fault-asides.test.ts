// Whoever asked for the last of a log is told beside it of every fault before, so that he knows which are in force.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { LogRecord } from "../../src/core/log-record.js";
import { withFaultAsides } from "../../src/logs/fault-asides.js";
import { recordAt } from "./record.js";

interface Item {
  readonly record: LogRecord;
  readonly isAside?: boolean;
}

const isWarning = ({ record }: Item): boolean => record.level === "warn";
const asideOf = (item: Item): Item => ({ ...item, isAside: true });
const said = (level: "info" | "warn", event: string): Item => ({
  record: recordAt(0, { node: "chaos", level, event, fields: { fault: "f1" } }),
});

it("marks what tells of faults and is not wanted, and leaves out the rest", () => {
  const items = [said("warn", "fault-applied"), said("info", "look"), said("warn", "look"), said("info", "fault-healed")];
  const told = (tail?: number): string[] =>
    withFaultAsides(items, isWarning, asideOf, tail).map(
      ({ record, isAside }) => `${record.event}${isAside === true ? "?" : ""}`,
    );
  expect(told()).toEqual(["fault-applied", "look", "fault-healed?"]);
  expect(told(1)).toEqual(["fault-applied?", "look", "fault-healed?"]);
  expect(told(0)).toEqual(["fault-applied?", "fault-healed?"]);
});

it("shows what would be shown without, and tells of every fault", () => {
  const item = fc.constantFrom(
    said("warn", "fault-applied"),
    said("info", "fault-applied"),
    said("warn", "look"),
    said("info", "look"),
  );
  const items = fc.array(item.map((one) => ({ ...one })));
  fc.assert(
    fc.property(items, fc.nat(10), (all, tail) => {
      const given = withFaultAsides(all, isWarning, asideOf, tail);
      const wanted = all.filter(isWarning);
      expect(given.filter(({ isAside }) => isAside !== true)).toEqual(wanted.slice(Math.max(0, wanted.length - tail)));
      const faults = ({ record }: Item): boolean => record.event === "fault-applied";
      expect(given.filter(faults).length).toBe(all.filter(faults).length);
    }),
  );
});
