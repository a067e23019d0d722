// Shows what is read off a shipper's last lines, what `down` warns of, and how long a shipper that hangs keeps it: not longer than its grace.
import { expect, test } from "vitest";
import { down } from "../../src/cluster/down.js";
import { observeCluster } from "../../src/cluster/observe.js";
import { shippingWarnings } from "../../src/cluster/shipping/end.js";
import { readShipperSaid } from "../../src/cluster/shipping/said.js";
import type { ShipperSaid } from "../../src/cluster/shipping/said.js";
import { createLog } from "../../src/core/log-line.js";
import type { ShipCounts } from "../../src/core/ship-contract.js";
import { shipEvents, shipGraceMs } from "../../src/core/ship-contract.js";
import type { Engine } from "../../src/engine/port.js";
import { FakeWorld } from "../support/fake-world.js";

const counts: ShipCounts = { sent: 5, dropped: 0, gaps: 0, waiting: 2, sentUpTo: "2026-11-21T10:00:00.000000000Z" };
const later: ShipCounts = { ...counts, sent: 7, waiting: 0 };

type Told = keyof typeof shipEvents | readonly [keyof typeof shipEvents, object];

/** A shipper's log, a second between two lines. */
function linesOf(...told: readonly Told[]): readonly string[] {
  const lines: string[] = [];
  let nowMs = 0;
  const log = createLog(
    "shipper",
    () => (nowMs += 1000),
    (line) => lines.push(line.trimEnd()),
  );
  for (const one of told) {
    const [event, fields] = typeof one === "string" ? [one, {}] : one;
    log("info", shipEvents[event], `it ${event}`, { ...fields });
  }
  return lines;
}

const silent: ShipperSaid = { counts: null, stalled: null, whyDropped: null, failed: null, ended: false };

test.each<[string, readonly Told[], Partial<ShipperSaid>]>([
  ["nothing", [], {}],
  ["that it begins", ["began"], {}],
  ["how far it is", ["began", ["progress", counts], ["progress", later]], { counts: later }],
  ["counts it cannot have", ["began", ["progress", { ...counts, sent: "many" }]], {}],
  [
    "that it is stalled",
    ["began", ["progress", counts], ["stalled", { why: "no" }], ["progress", later]],
    { counts: later, stalled: { since: "1970-01-01T00:00:03.000Z", why: "no" } },
  ],
  ["that it goes on", [["stalled", { why: "no" }], "resumed"], {}],
  ["that it begins anew", [["stalled", { why: "no" }], ["ended", counts], "began"], { counts }],
  [
    "that it ends without having been rid of all",
    [
      ["stalled", { why: "no" }],
      ["ended", counts],
    ],
    { counts, stalled: { since: "1970-01-01T00:00:01.000Z", why: "no" }, ended: true },
  ],
  [
    "what was refused",
    [
      ["dropped", { why: "a" }],
      ["dropped", { why: "b" }],
    ],
    { whyDropped: "b" },
  ],
  ["that it failed", ["began", "failed"], { failed: "it failed" }],
  ["that it failed before", ["failed", "began"], {}],
])("it says %s", (_what, told, expected) => {
  expect(readShipperSaid(linesOf(...told))).toEqual({ ...silent, ...expected });
});

test("what is no line of its own is passed over", () => {
  const lines = linesOf(["progress", counts]);
  expect(readShipperSaid(['{"event":"ship-ended', "(node:1) Warning: x", "[1]", "null", ...lines, "{}", ""])).toMatchObject({
    counts,
    ended: false,
  });
});

const otlp = "http://otlp";

test.each<[string, ShipperSaid, boolean, readonly string[]]>([
  ["all is well", { ...silent, counts: later, ended: true }, true, []],
  [
    "the receiver is away",
    { ...silent, counts: { ...counts, waiting: 1234 }, stalled: { since: "", why: "connect ECONNREFUSED." }, ended: true },
    true,
    ["1,234 records were not sent to http://otlp: connect ECONNREFUSED."],
  ],
  [
    "the receiver is slow",
    { ...silent, counts: { ...counts, waiting: 1 }, ended: true },
    true,
    ["1 record was not sent to http://otlp: there was no more time."],
  ],
  [
    "it refused some, and some were gone",
    { ...silent, counts: { ...later, dropped: 3, gaps: 2 }, whyDropped: "400 Bad Request", ended: true },
    true,
    [
      "3 records were refused by http://otlp for good: 400 Bad Request.",
      "Records may be missing at http://otlp in 2 places, where the engine had rotated them away before they were read.",
    ],
  ],
  [
    "the shipper was killed",
    { ...silent, counts },
    true,
    ["What was said last may not have been sent to http://otlp: the shipper did not end as it was told to."],
  ],
  [
    "the shipper was stopped long ago",
    { ...silent, counts, ended: true },
    false,
    ["What was said last may not have been sent to http://otlp: the shipper did not run any more."],
  ],
  [
    "the shipper never ran",
    { ...silent, failed: "DEVIOUS_CLUSTER is not set" },
    true,
    ["Nothing is known of what was sent to http://otlp: the shipper did not end as it was told to: DEVIOUS_CLUSTER is not set."],
  ],
])("warned of where %s", (_what, said, ran, expected) => {
  expect(shippingWarnings(said, otlp, ran)).toEqual(expected);
});

const options = {
  volumes: true,
  archive: null,
  hooks: "none" as const,
  signal: new AbortController().signal,
  report: () => undefined,
};

test("a shipper that hangs is killed once its grace is over, and the cluster goes", async () => {
  const world = await FakeWorld.create("nodes: 1\nlogging: { ship: { otlp: 'http://a' } }\n");
  world.shipper.ailment = "hangs";
  await world.json("up");
  const graces: (number | undefined)[] = [];
  const engine: Engine = {
    ...world.engine,
    stopContainer: (id, graceMs) => {
      graces.push(graceMs);
      return world.engine.stopContainer(id, 1);
    },
  };
  const { shipped, warnings } = await down(engine, await observeCluster(engine, "demo"), options);
  expect(shipped).toMatchObject({ sent: 12_345, otlp: "http://a" });
  expect(warnings).toEqual(["What was said last may not have been sent to http://a: the shipper did not end as it was told to."]);
  expect(graces).toHaveLength(1);
  expect(graces[0]).toBeGreaterThan(shipGraceMs);
  expect(await world.remains()).toEqual([]);
});

test("an engine that cannot end the shipper does not keep the cluster", async () => {
  const world = await FakeWorld.create("nodes: 1\nlogging: { ship: { otlp: 'http://a' } }\n");
  await world.json("up");
  const engine: Engine = { ...world.engine, stopContainer: () => Promise.reject(new Error("It is stuck.")) };
  expect(await down(engine, await observeCluster(engine, "demo"), options)).toMatchObject({
    shipped: null,
    warnings: ["What was sent to http://a is not known: It is stuck."],
  });
  expect(await world.remains()).toEqual([]);
});
