// Shows how a wish becomes a fault: its links against a dumb twin, its seed, and everything that is wrong with it told at once.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Impairment, noImpairment } from "../../src/chaos/impairment.js";
import { parseShape } from "../../src/chaos/shape.js";
import { type Audience, directions, linksBetween } from "../../src/chaos/slow.js";
import { type ClusterFacts, parseTarget } from "../../src/chaos/target.js";
import { anyTraffic, traffic } from "../../src/chaos/traffic.js";
import { type Wish, buildFault, describeWish, isRandomWish, problemsWithWish, wishesForLeader } from "../../src/chaos/wish.js";
import { createPrng } from "../../src/core/prng.js";
import { noClockTrouble, noDiskTrouble } from "../../src/core/store-hooks.js";
import { factsOf, someWish } from "./some-fault.js";

const five = factsOf(["n1", "n2", "n3", "n4", "n5"]);
const lossy: Impairment = { ...noImpairment, loss: { model: "random", percent: 2, correlation: 0 } };
const slow = (target: string, more: Partial<Extract<Wish, { kind: "slow" }>> = {}): Wish => ({
  kind: "slow",
  target: parseTarget(target),
  to: "peers",
  direction: "from",
  impairment: lossy,
  traffic: anyTraffic,
  ...more,
});
const partition = (shape: string, percent = 100): Wish => ({
  kind: "partition",
  shape: parseShape(shape),
  traffic: anyTraffic,
  percent,
});
const build = (wish: Wish, facts: ClusterFacts = five, seed = 1) => buildFault(wish, facts, createPrng(seed));

describe("links", () => {
  const cluster = ["n1", "n2", "n3", "n4", "n5"];
  const someAudience: fc.Arbitrary<Audience> = fc.oneof(fc.constantFrom("peers", "clients", "all"), fc.subarray([...cluster]));

  /** Link by link, from the words of the manual. */
  const isBad = (sender: string, receiver: string, nodes: readonly string[], audience: Audience, direction: string): boolean => {
    const isEnd = (one: string): boolean => (typeof audience === "string" ? audience !== "clients" : audience.includes(one));
    const leaves = nodes.includes(sender) && isEnd(receiver);
    const arrives = nodes.includes(receiver) && isEnd(sender);
    return sender !== receiver && ((leaves && direction !== "to") || (arrives && direction !== "from"));
  };

  test("are those between the nodes and the others, in this direction, and no other", () => {
    fc.assert(
      fc.property(fc.subarray([...cluster]), someAudience, fc.constantFrom(...directions), (nodes, audience, direction) => {
        const links = linksBetween(nodes, audience, direction, cluster);
        for (const sender of cluster) {
          const { peers, clients, fromClients } = links[sender] ?? { peers: [], clients: false, fromClients: false };
          expect(peers).toEqual(cluster.filter((receiver) => isBad(sender, receiver, nodes, audience, direction)));
          const withClients = audience === "clients" || audience === "all";
          expect(clients).toBe(withClients && direction !== "to" && nodes.includes(sender));
          expect(fromClients).toBe(withClients && direction !== "from" && nodes.includes(sender));
          expect(sender in links).toBe(peers.length > 0 || clients || fromClients);
        }
      }),
    );
  });

  test.each([
    [slow("n1"), "n1 -> peers", { n1: { peers: ["n2", "n3", "n4", "n5"], clients: false, fromClients: false } }],
    [slow("n1", { to: "clients" }), "n1 -> clients", { n1: { peers: [], clients: true, fromClients: false } }],
    [
      slow("n1", { to: parseTarget("n2"), direction: "to" }),
      "n1 <- n2",
      { n2: { peers: ["n1"], clients: false, fromClients: false } },
    ],
    [slow("n1", { to: "clients", direction: "to" }), "n1 <- clients", { n1: { peers: [], clients: false, fromClients: true } }],
    [
      slow("n1", { to: parseTarget("n2,n3"), direction: "both" }),
      "n1 <-> n2,n3",
      {
        n1: { peers: ["n2", "n3"], clients: false, fromClients: false },
        n2: { peers: ["n1"], clients: false, fromClients: false },
        n3: { peers: ["n1"], clients: false, fromClients: false },
      },
    ],
  ])("of %j", (wish, where, links) => {
    expect(build(wish)).toMatchObject({ kind: "slow", where, links });
  });
});

describe("whatever the wish", () => {
  const anyWish = someWish(fc.constantFrom("n1", "n1,n2", "random(2)", "minority", "not(n3)", "leader").map(parseTarget));

  test("the same seed makes the same fault, and only a random wish cares for the seed", () => {
    fc.assert(
      fc.property(anyWish, fc.nat(), fc.nat(), (wish, seed, other) => {
        expect(build(wish, five, seed)).toEqual(build(wish, five, seed));
        expect(build(wish, five, isRandomWish(wish) ? seed : other)).toEqual(build(wish, five, seed));
      }),
    );
  });

  test("what has no problems without a cluster has none on one that fits", () => {
    fc.assert(
      fc.property(anyWish, fc.nat(), (wish, seed) => {
        expect(problemsWithWish(wish)).toEqual([]);
        expect(() => build(wish, five, seed)).not.toThrow();
      }),
    );
  });
});

test.each<[Wish, string, boolean, boolean]>([
  [{ kind: "pause", target: parseTarget("leader") }, "pause leader", true, false],
  [
    { kind: "kill", target: parseTarget("random(2,followers)"), signal: "TERM" },
    "kill random(2,followers) with SIGTERM",
    true,
    true,
  ],
  [slow("n1", { to: parseTarget("not(leader)") }), "slow n1 -> not(leader): loss 2%", true, false],
  [slow("minority", { to: "all" }), "slow minority -> all: loss 2%", false, true],
  [partition("isolate random"), "partition isolate random", false, true],
  [partition("ring"), "partition ring", false, true],
  [partition("leader | followers", 30), "partition leader | followers dropping 30%", true, false],
  [partition("bridge n1"), "partition bridge n1", false, true],
])("%j reads: %s", (wish, text, leader, random) => {
  expect([describeWish(wish), wishesForLeader(wish), isRandomWish(wish)]).toEqual([text, leader, random]);
});

describe("what is wrong is told at once", () => {
  const yours: ClusterFacts = {
    nodes: [
      { node: "n1", service: "kv", zone: null, protected: false, bundled: true },
      { node: "web-1", service: "web", zone: null, protected: false, bundled: false },
      { node: "web-2", service: "web", zone: null, protected: false, bundled: false },
    ],
    leaders: {},
  };
  const clock: Wish = { kind: "clock", target: parseTarget("all"), trouble: { ...noClockTrouble, jumpMs: -1 } };
  const disk: Wish = { kind: "disk", target: parseTarget("web-1"), trouble: { ...noDiskTrouble, fsyncFails: true } };

  test.each<[string, Wish, ClusterFacts, string, readonly unknown[]]>([
    ["a name", slow("n9"), five, "UNKNOWN_NODE", [expect.stringContaining('"n9"')]],
    [
      "values, and names at both ends",
      slow("n8", { to: parseTarget("n9,n8"), traffic: traffic("icmp", [80]), impairment: noImpairment }),
      five,
      "USAGE",
      [
        expect.stringContaining("Say what to do to the link"),
        "ICMP has no ports.",
        expect.stringContaining('"n8"'),
        expect.stringContaining('"n9"'),
      ],
    ],
    [
      "a value, and a cut that is none",
      partition("all", 120),
      five,
      "USAGE",
      [expect.stringContaining("not 120%"), expect.stringContaining("cuts nothing")],
    ],
    [
      "a value, and a node on two sides",
      partition("n1 | n1,n2", 0),
      five,
      "USAGE",
      [expect.stringContaining("not 0%"), expect.stringContaining("n1 would be on more than one side")],
    ],
    ["no leader", slow("leader"), { ...five, leaders: {} }, "NO_LEADER", ["The cluster has no leader just now."]],
    [
      "a value, and no leader",
      { kind: "cpu", target: parseTarget("leader"), cpus: -1 },
      { ...five, leaders: {} },
      "USAGE",
      [expect.stringContaining("not at -1"), "The cluster has no leader just now."],
    ],
    [
      "a clock of the user's own images",
      clock,
      yours,
      "USAGE",
      [
        expect.stringContaining("jumps forward"),
        "web-1, web-2 are not of the bundled store: all processes of a machine share its clock, so only a program that was made for it can be given a wrong one.",
      ],
    ],
    [
      "a disk of the user's own image",
      disk,
      yours,
      "USAGE",
      ["web-1 is not of the bundled store: only that has a log of its own making to break."],
    ],
  ])("%s", (_title, wish, facts, code, sentences) => {
    const [message, ...details] = sentences;
    expect(() => build(wish, facts)).toThrow(expect.objectContaining({ code, message, details }));
  });

  test("together with what was wrong before", () => {
    expect(() => buildFault(slow("n9"), five, createPrng(1), ["The flag is odd."])).toThrow(
      expect.objectContaining({ code: "USAGE", message: "The flag is odd.", details: [expect.stringContaining('"n9"')] }),
    );
  });
});
