// The failure detector finds every death within a bound, rarely suspects who lives and takes that back, and agrees again after any cut.
import { describe, expect, test } from "vitest";
import { periodMs, SimulatedNet } from "./simulated-net.js";

const seeds = Array.from({ length: 8 }, (_, i) => i + 1);

/** Everybody who runs holds these to be dead and all others to be alive. */
function opinions(net: SimulatedNet, dead: readonly string[]): string[] {
  const wrong: string[] = [];
  for (const node of net.running()) {
    for (const member of net.names) {
      if (member === node) continue;
      const held = net.livenessAt(node, member);
      if (held !== (dead.includes(member) ? "dead" : "alive")) wrong.push(`${node} holds ${member} to be ${held}`);
    }
  }
  return wrong;
}

describe.each([3, 5, 12])("among %i nodes", (size) => {
  test.each(seeds)("seed %i: a death is found by everybody within a bound, whatever is lost", (seed) => {
    const net = new SimulatedNet(seed, size);
    net.loss = 0.05;
    net.run(5 * periodMs);
    net.kill("n2");
    // two rounds of turns, the longest suspicion, and some periods for the news to spread
    net.run((2 * size + 16 * Math.max(1, Math.log10(size)) + 10) * periodMs);
    expect(opinions(net, ["n2"]).filter((line) => line.includes("n2"))).toEqual([]);
  });
});

test.each(seeds)("seed %i: with a tenth of all messages lost nobody dies of it for long", (seed) => {
  const net = new SimulatedNet(seed, 8);
  net.loss = 0.1;
  net.run(300 * periodMs);
  const deaths = net.events.filter(({ event }) => event.type === "liveness" && event.liveness === "dead");
  expect(deaths.length).toBeLessThanOrEqual(2);
  net.loss = 0;
  net.run(60 * periodMs);
  expect(opinions(net, [])).toEqual([]);
});

test.each(seeds)("seed %i: a node that was paused refutes what was said of it meanwhile, and accuses nobody", (seed) => {
  const net = new SimulatedNet(seed, 5);
  net.run(10 * periodMs);
  net.pause("n3");
  net.run(60 * periodMs);
  expect(opinions(net, ["n3"])).toEqual([]);
  const before = net.events.length;
  net.resume("n3");
  net.run(20 * periodMs);
  expect(opinions(net, [])).toEqual([]);
  const since = net.events.slice(before);
  expect(since.some(({ node, event }) => node === "n3" && event.type === "refuted")).toBe(true);
  expect(since.filter(({ event }) => event.type === "liveness" && event.liveness !== "alive" && event.member !== "n3")).toEqual(
    [],
  );
});

test("a node that was paused between its ping and the answer blames nobody for that", () => {
  const net = new SimulatedNet(1, 5);
  for (let pause = 0; pause < 100; pause++) {
    net.run(periodMs + 10);
    net.pause("n3");
    net.run(2 * periodMs);
    net.resume("n3");
  }
  expect(net.events.filter(({ node, event }) => node === "n3" && event.type === "liveness" && event.by === "n3")).toEqual([]);
});

test.each(seeds)("seed %i: a cut in two, and its healing", (seed) => {
  const net = new SimulatedNet(seed, 5);
  const minority = ["n1", "n2"];
  net.run(5 * periodMs);
  net.isCut = (from, to) => minority.includes(from) !== minority.includes(to);
  net.run(60 * periodMs);
  expect(net.livenessAt("n1", "n2")).toBe("alive");
  expect(["n3", "n4", "n5"].map((member) => net.livenessAt("n1", member))).toEqual(["dead", "dead", "dead"]);
  expect(minority.map((member) => net.livenessAt("n4", member))).toEqual(["dead", "dead"]);
  net.isCut = () => false;
  net.run(20 * periodMs);
  expect(opinions(net, [])).toEqual([]);
  expect(net.swim("n1").isReachable("n4") && net.swim("n4").isReachable("n1")).toBe(true);
});

test.each(seeds)(
  "seed %i: a one-way cut is a local matter: others help, both are held to be alive, only one side cannot be reached",
  (seed) => {
    const net = new SimulatedNet(seed, 5);
    net.isCut = (from, to) => from === "n1" && to === "n2";
    net.run(120 * periodMs);
    expect(opinions(net, [])).toEqual([]);
    expect(net.swim("n1").isReachable("n2")).toBe(false);
    expect(net.swim("n3").isReachable("n2")).toBe(true);
    net.isCut = () => false;
    net.run(20 * periodMs);
    expect(net.swim("n1").isReachable("n2")).toBe(true);
  },
);

test.each(seeds)("seed %i: who restarts without a memory is alive again under a higher incarnation", (seed) => {
  const net = new SimulatedNet(seed, 5);
  net.kill("n5");
  net.run(60 * periodMs);
  expect(opinions(net, ["n5"])).toEqual([]);
  net.restart("n5");
  net.run(20 * periodMs);
  expect(opinions(net, [])).toEqual([]);
});

test("messages a node and period are as many in a large cluster as in a small one", () => {
  const perPeriod = [5, 20, 60].map((size) => {
    const net = new SimulatedNet(7, size);
    net.loss = 0.02;
    net.kill("n2");
    net.run(60 * periodMs);
    return [...net.sent.values()].reduce((sum, count) => sum + count, 0) / (size * 60);
  });
  // a ping and an ack, at times three pingReqs with their pings, acks and a nack, and up to two retries
  expect(Math.max(...perPeriod)).toBeLessThan(6);
  expect(Math.min(...perPeriod)).toBeGreaterThan(1);
});

describe("the local notion of who can be reached", () => {
  const settled = (): SimulatedNet => {
    const net = new SimulatedNet(3, 3);
    net.run(5 * periodMs);
    net.events.length = 0;
    return net;
  };

  test("a failed request marks a member at once, and its next answers take that back", () => {
    const net = settled();
    net.give("n1", [{ type: "requestFailed", member: "n2" }]);
    expect(net.swim("n1").isReachable("n2")).toBe(false);
    expect(net.livenessAt("n1", "n2")).toBe("alive");
    net.run(periodMs);
    expect(net.swim("n1").isReachable("n2")).toBe(true);
    const told = net.events.flatMap(({ event }) => (event.type === "reachability" ? [event.isReachable] : []));
    expect(told).toEqual([false, true]);
  });

  test("who answers pings but no requests is tried less and less often", () => {
    const net = settled();
    let failures = 0;
    for (let tenth = 0; tenth < 600; tenth++) {
      if (net.swim("n1").isReachable("n2")) {
        failures++;
        net.give("n1", [{ type: "requestFailed", member: "n2" }]);
      }
      net.run(100);
    }
    expect(failures).toBeGreaterThan(3);
    expect(failures).toBeLessThan(16);
    net.give("n1", [{ type: "requestSucceeded", member: "n2" }]);
    expect(net.swim("n1").isReachable("n2")).toBe(true);
  });

  test("a member that left is not there any more, a stranger never was", () => {
    const net = settled();
    net.give("n1", [{ type: "members", members: ["n1", "n3"] }]);
    expect(net.swim("n1").isReachable("n2")).toBe(false);
    expect(net.swim("n1").isReachable("n9")).toBe(false);
    expect(net.swim("n1").isReachable("n1")).toBe(true);
    expect(
      net
        .swim("n1")
        .status()
        .map(({ member }) => member),
    ).toEqual(["n3"]);
  });
});
