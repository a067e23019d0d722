// What the engine tells of containers is told once each, in order and numbered by node, whatever it tells twice.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ContainerEvent, Labels } from "../../src/engine/port.js";
import type { Entry } from "../../src/logs/entry.js";
import type { LogFilter } from "../../src/logs/filter.js";
import { LifeStream } from "../../src/logs/life-stream.js";
import { stampAt } from "./docker-log.js";

const event = (node: string, ns: number, action: ContainerEvent["action"] = "start"): ContainerEvent => ({
  id: `id-${node}`,
  ts: stampAt(ns),
  action,
  labels: { node },
  exitCode: undefined,
  health: undefined,
});

const streamOf = (filter: LogFilter = {}): LifeStream =>
  new LifeStream((_id, labels) => ({ cluster: "demo", service: "kv", node: labels["node"] ?? "" }), filter);

const told = (entries: readonly Entry[]): string[] =>
  entries.map(({ source, seq, record }) => `${source.node}.${seq} ${record.event}`);

describe("what the engine tells", () => {
  it("is an entry of the node's log, stamped by the engine", () => {
    const [entry] = streamOf().now(event("n1", 7));
    expect(entry?.record).toMatchObject({ ts: stampAt(7), cluster: "demo", service: "kv", node: "n1", stream: "engine", seq: 1 });
  });

  it("waits for the past, and comes after it, once", () => {
    const stream = streamOf();
    stream.askPast();
    expect(stream.isAsking).toBe(true);
    expect(stream.now(event("n1", 3, "die"))).toEqual([]);
    expect(stream.now(event("n1", 4))).toEqual([]);
    expect(told(stream.past([event("n1", 3, "die"), event("n2", 2), event("n1", 1)]))).toEqual([
      "n1.1 container-started",
      "n2.1 container-started",
      "n1.2 container-died",
      "n1.3 container-started",
    ]);
    expect(stream.isAsking).toBe(false);
    // the subscription is behind
    expect(stream.now(event("n2", 2))).toEqual([]);
    expect(told(stream.now(event("n2", 5, "die")))).toEqual(["n2.2 container-died"]);
  });

  it("is told at once where nobody asked for the past", () => {
    expect(told(streamOf().now(event("n1", 1)))).toEqual(["n1.1 container-started"]);
  });

  it("passes the filter, and is counted among its nodes and since its beginning, whatever else is asked", () => {
    const stream = streamOf({ nodes: new Set(["n1"]), since: stampAt(2), event: /died/ });
    stream.askPast();
    const past = [event("n1", 1, "die"), event("n1", 2), event("n1", 3, "die"), event("n2", 4, "die"), event("n1", 5, "pause")];
    expect(told(stream.past(past))).toEqual(["n1.2 container-died"]);
  });

  it("goes on where another reader stopped, and leaves out whom it is told to", () => {
    const lastTold = (node: string) => (node === "n1" ? { ts: stampAt(3), seq: 7 } : undefined);
    const sourceOf = (_id: string, labels: Labels) => ({ cluster: "demo", service: "kv", node: labels["node"] ?? "" });
    const stream = new LifeStream(sourceOf, {}, { except: new Set(["n3"]), lastTold });
    const past = [event("n1", 2), event("n1", 3), event("n2", 1), event("n3", 1), event("n1", 4)];
    expect(told(stream.past(past))).toEqual(["n2.1 container-started", "n1.8 container-started"]);
    expect(told(stream.now(event("n1", 5)))).toEqual(["n1.9 container-started"]);
  });

  it("is whole and in order, wherever in the story the past is asked for and answered", () => {
    const times = fc.uniqueArray(fc.nat(1000), { maxLength: 20 }).map((all) => all.sort((a, b) => a - b));
    const places = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20));
    fc.assert(
      fc.property(times, places, (stamps, among) => {
        const happened = stamps.map((ns) => event("n1", ns));
        // subscribed, then the engine looks back, then its answer is here; the subscription has brought what it brought by then
        const [subscribed = 0, answered = 0, arrived = 0] = among.map((at) => Math.min(at, stamps.length)).sort((a, b) => a - b);
        const stream = streamOf();
        stream.askPast();
        const entries = happened.slice(subscribed, arrived).flatMap((each) => stream.now(each));
        entries.push(...stream.past(happened.slice(0, answered).reverse()));
        entries.push(...happened.slice(arrived).flatMap((each) => stream.now(each)));
        expect(entries.map(({ ts, seq }) => ({ ts, seq }))).toEqual(happened.map(({ ts }, i) => ({ ts, seq: i + 1 })));
      }),
    );
  });
});
