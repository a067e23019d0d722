// Shows how a queueing tree is planned against what tc says: built once, then only leaves change, and a plan that worked leaves none.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Link, Netem } from "../../src/chaos/namespace.js";
import { foreignRoot, limitOf, planTc, saysNetemMissing } from "../../src/chaos/tc.js";
import { type TcState, parseTcState } from "../../src/chaos/tc-state.js";
import { createFakeTc } from "./fake-tc.js";

const netem: Netem = { delayMs: 100, jitterMs: 10, distribution: "normal" };
const link = (name: string, v4: string, v6: readonly string[], how: Netem | null): Link => ({
  peer: { name, addresses: { v4: [v4], v6 } },
  netem: how,
});

/** tc of iproute2 6.1 on a new veth device. */
const clean = parseTcState('[{"kind":"noqueue","handle":"0:","root":true,"refcnt":2,"options":{}}]', "", "");

/** The same under a tree for two peers, on Linux 6.1. */
const recorded = parseTcState(
  `[{"kind":"htb","handle":"de71:","root":true,"refcnt":3,"options":{"r2q":10,"default":"0","direct_packets_stat":1,"direct_qlen":1000}},
    {"kind":"netem","handle":"d402:","parent":"de71:2","options":{"limit":140000,"delay":{"delay":0.1,"jitter":0.01,"correlation":0},"ecn":false,"gap":0}}]`,
  `class htb de71:2 root leaf d402: prio 0 rate 100Gbit ceil 100Gbit burst 1025000b cburst 1025000b
class htb de71:3 root prio 0 rate 100Gbit ceil 100Gbit burst 1025000b cburst 1025000b
`,
  `filter protocol ip pref 1 u32 chain 0 
filter protocol ip pref 1 u32 chain 0 fh 800: ht divisor 1 
filter protocol ip pref 1 u32 chain 0 fh 800::800 order 2048 key ht 800 bkt 0 *flowid de71:2 not_in_hw 
  match ac120003/ffffffff at 16
filter protocol ip pref 1 u32 chain 0 fh 800::801 order 2049 key ht 800 bkt 0 *flowid de71:3 not_in_hw 
  match ac120004/ffffffff at 16
filter protocol ipv6 pref 2 u32 chain 0 
filter protocol ipv6 pref 2 u32 chain 0 fh 801: ht divisor 1 
filter protocol ipv6 pref 2 u32 chain 0 fh 801::800 order 2048 key ht 801 bkt 0 *flowid de71:2 not_in_hw 
  match fd000001/ffffffff at 24
  match 00000000/ffffffff at 28
  match 00000000/ffffffff at 32
  match 00000003/ffffffff at 36
`,
);
const slowN2 = link("n2", "172.18.0.3", ["fd00:1::3"], netem);
const n3 = link("n3", "172.18.0.4", [], null);

const tree = (minor: string): string =>
  `class add dev eth0 parent de71: classid de71:${minor} htb rate 100gbit burst 1mb cburst 1mb quantum 60000`;

describe("plans for eth0", () => {
  test.each<[string, readonly Link[], TcState, readonly string[]]>([
    ["nothing asked, nothing there", [], clean, []],
    [
      "the first slow link builds the tree",
      [slowN2, n3],
      clean,
      [
        "qdisc add dev eth0 root handle de71: htb default 0 direct_qlen 1000",
        tree("2"),
        tree("3"),
        "qdisc replace dev eth0 parent de71:2 handle d402: netem limit 140000 delay 100000us 10000us distribution normal",
        "filter add dev eth0 parent de71: protocol ip prio 1 u32 match ip dst 172.18.0.3/32 flowid de71:2",
        "filter add dev eth0 parent de71: protocol ipv6 prio 2 u32 match ip6 dst fd00:1::3/128 flowid de71:2",
        "filter add dev eth0 parent de71: protocol ip prio 1 u32 match ip dst 172.18.0.4/32 flowid de71:3",
      ],
    ],
    ["as asked", [slowN2, n3], recorded, []],
    [
      "a longer delay changes one leaf",
      [link("n2", "172.18.0.3", ["fd00:1::3"], { ...netem, delayMs: 200 }), n3],
      recorded,
      ["qdisc replace dev eth0 parent de71:2 handle d402: netem limit 240000 delay 200000us 10000us distribution normal"],
    ],
    [
      "another shape is another leaf, because netem keeps its old one",
      [link("n2", "172.18.0.3", ["fd00:1::3"], { ...netem, distribution: "uniform" }), n3],
      recorded,
      ["qdisc replace dev eth0 parent de71:2 handle d002: netem limit 140000 delay 100000us 10000us"],
    ],
    [
      "one link healed, one made slow: the tree stands",
      [
        { ...slowN2, netem: null },
        { ...n3, netem: { delayMs: 0.5, jitterMs: 0, distribution: "pareto" } },
      ],
      recorded,
      [
        "qdisc del dev eth0 parent de71:2 handle d402:",
        "qdisc replace dev eth0 parent de71:3 handle d003: netem limit 100000 delay 500us",
      ],
    ],
    [
      "a peer came back with another address",
      [slowN2, link("n3", "172.18.0.9", [], null)],
      recorded,
      [
        "filter del dev eth0 parent de71:",
        "filter add dev eth0 parent de71: protocol ip prio 1 u32 match ip dst 172.18.0.3/32 flowid de71:2",
        "filter add dev eth0 parent de71: protocol ipv6 prio 2 u32 match ip6 dst fd00:1::3/128 flowid de71:2",
        "filter add dev eth0 parent de71: protocol ip prio 1 u32 match ip dst 172.18.0.9/32 flowid de71:3",
      ],
    ],
    [
      "a peer is gone for good",
      [slowN2],
      recorded,
      [
        "filter del dev eth0 parent de71:",
        "class del dev eth0 classid de71:3",
        "filter add dev eth0 parent de71: protocol ip prio 1 u32 match ip dst 172.18.0.3/32 flowid de71:2",
        "filter add dev eth0 parent de71: protocol ipv6 prio 2 u32 match ip6 dst fd00:1::3/128 flowid de71:2",
      ],
    ],
    ["healed: the tree goes", [], recorded, ["qdisc del dev eth0 root handle de71:"]],
  ])("%s", (_, links, current, expected) => {
    expect(planTc("eth0", links, current)).toEqual(expected);
  });
});

test("what somebody else set up is seen, and healing leaves it alone", () => {
  const foreign = parseTcState('[{"kind":"tbf","handle":"8001:","root":true,"options":{}}]', "", "");
  expect(foreignRoot(foreign)).toBe("tbf 8001:");
  expect(foreignRoot(clean)).toBeUndefined();
  expect(foreignRoot(recorded)).toBeUndefined();
  expect(planTc("eth0", [], foreign)).toEqual([]);
  expect(() => planTc("eth0", [slowN2], foreign)).toThrow("not replaced");
});

test("from any tree to any other: when the plan was carried out, nothing is left to do", () => {
  const some = fc
    .uniqueArray(
      fc.record({ host: fc.integer({ min: 2, max: 40 }), slow: fc.boolean(), delayMs: fc.integer({ min: 1, max: 90 }) }),
      {
        selector: ({ host }) => host,
        maxLength: 12,
      },
    )
    .map((peers) =>
      peers.map(({ host, slow, delayMs }) =>
        link(
          `n${host}`,
          `10.0.0.${host}`,
          [`fd00::${host}`],
          slow ? { delayMs, jitterMs: delayMs / 3, distribution: "pareto" } : null,
        ),
      ),
    );
  fc.assert(
    fc.property(fc.array(some, { minLength: 1, maxLength: 4 }), (steps) => {
      const tc = createFakeTc();
      for (const links of steps) {
        for (const line of planTc("eth0", links, tc.state())) tc.batch(line);
        expect(planTc("eth0", links, tc.state())).toEqual([]);
      }
    }),
    { numRuns: 60 },
  );
});

test("times that the kernel rounded are as asked", () => {
  // half a millisecond came back as 499 µs, 33.3 ms as 33.299
  const rounded = parseTcState(
    `[{"kind":"htb","handle":"de71:","root":true},
      {"kind":"netem","handle":"dc02:","parent":"de71:2","options":{"limit":100000,"delay":{"delay":0.033299,"jitter":0.000499,"correlation":0}}}]`,
    "class htb de71:2 root leaf dc02: prio 0",
    "filter protocol ip pref 1 u32 chain 0 fh 800::800 order 2048 key ht 800 bkt 0 *flowid de71:2 not_in_hw \n  match ac120003/ffffffff at 16",
  );
  const asked: Netem = { delayMs: 33.3, jitterMs: 0.5, distribution: "paretonormal" };
  expect(planTc("eth0", [link("n2", "172.18.0.3", [], asked)], rounded)).toEqual([]);
  expect(planTc("eth0", [link("n2", "172.18.0.3", [], { ...asked, delayMs: 33.4 })], rounded)).toHaveLength(1);
});

test.each([
  [{ delayMs: 1, jitterMs: 0 }, 100_000],
  [{ delayMs: 100, jitterMs: 0 }, 100_000],
  [{ delayMs: 1000, jitterMs: 100 }, 1_400_000],
])("the queue holds a million packets a second: %j", (times, limit) => {
  expect(limitOf({ ...times, distribution: "normal" })).toBe(limit);
});

test.each([
  ["Error: Specified qdisc kind is unknown.\n", true],
  ["RTNETLINK answers: No such file or directory\n", true],
  ["Error: Specified qdisc not found.", false],
  ["No distribution data for normal (/usr/lib/tc//normal.dist: No such file or directory)", false],
  ["nsenter: cannot open /proc/self/fd/3: No such file or directory", false],
])("%j means netem is missing: %s", (stderr, expected) => {
  expect(saysNetemMissing(stderr)).toBe(expected);
});
