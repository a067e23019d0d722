// Shows how a queueing tree is planned against what tc says: every packet gets what the faults on its way ask for together, a change on one link names no other, and a plan that worked leaves none.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { combine } from "../../src/chaos/combine.js";
import type { Peer } from "../../src/chaos/desired-state.js";
import { type Impairment, noImpairment } from "../../src/chaos/impairment.js";
import { type Lane, type Link, linksOf } from "../../src/chaos/lanes.js";
import type { SlowFault } from "../../src/chaos/slow.js";
import { burstOf, foreignRoot, planTc } from "../../src/chaos/tc.js";
import { limitOf, netemOptions, saysNetemMissing } from "../../src/chaos/tc-netem.js";
import { type TcState, nothingThere, parseTcState } from "../../src/chaos/tc-state.js";
import { type FakeTc, type Packet, type Treatment, createFakeTc } from "./fake-tc.js";
import { impairments, slowFaults } from "./slow-faults.js";

const normal: Impairment = {
  ...noImpairment,
  delay: { timeMs: 100, jitterMs: 10, correlation: 0, distribution: "normal" },
};
const everything = { protocol: null, ports: [], otherPorts: [] };
const whole = (impairment: Impairment): Lane => ({ cells: [everything], impairment });
const to = (name: string, v4: string, v6: readonly string[], ...lanes: readonly Lane[]): Link => ({
  to: { name, addresses: { v4: [v4], v6 } },
  lanes,
});

const clean = parseTcState('[{"kind":"noqueue","handle":"0:","root":true,"refcnt":2,"options":{}}]');

/** Under a tree for one peer, by iproute2 6.1 on Linux 6.1. */
const recorded = parseTcState(
  `[{"kind":"htb","handle":"de71:","root":true,"refcnt":3,"options":{"r2q":10,"default":"0","direct_packets_stat":1,"direct_qlen":1000}},{"kind":"netem","handle":"4002:","parent":"de71:2","options":{"limit":140000,"delay":{"delay":0.1,"jitter":0.01,"correlation":0},"ecn":false,"gap":0}}]
class htb de71:2 root leaf 4002: prio 0 rate 100Gbit ceil 100Gbit burst 1025000b cburst 1025000b 
[{"protocol":"ipv6","pref":1,"kind":"u32","chain":0},{"protocol":"ipv6","pref":1,"kind":"u32","chain":0,"options":{"fh":"800:","ht_divisor":1}},{"protocol":"ipv6","pref":1,"kind":"u32","chain":0,"options":{"fh":"800::800","order":2048,"key_ht":"800","bkt":"0","flowid":"de71:","not_in_hw":true,"match":{"value":"3a00","mask":"ff00","offmask":"","off":4},"match":{"value":"84000000","mask":"fc000000","offmask":"","off":40}}},{"protocol":"ipv6","pref":1,"kind":"u32","chain":0,"options":{"fh":"800::801","order":2049,"key_ht":"800","bkt":"0","flowid":"de71:","not_in_hw":true,"match":{"value":"3a00","mask":"ff00","offmask":"","off":4},"match":{"value":"88000000","mask":"fe000000","offmask":"","off":40}}},{"protocol":"ip","pref":16,"kind":"u32","chain":0},{"protocol":"ip","pref":16,"kind":"u32","chain":0,"options":{"fh":"801:","ht_divisor":1}},{"protocol":"ip","pref":16,"kind":"u32","chain":0,"options":{"fh":"801::800","order":2048,"key_ht":"801","bkt":"0","flowid":"de71:2","not_in_hw":true,"match":{"value":"ac120003","mask":"ffffffff","offmask":"","off":16}}},{"protocol":"ipv6","pref":17,"kind":"u32","chain":0},{"protocol":"ipv6","pref":17,"kind":"u32","chain":0,"options":{"fh":"802:","ht_divisor":1}},{"protocol":"ipv6","pref":17,"kind":"u32","chain":0,"options":{"fh":"802::800","order":2048,"key_ht":"802","bkt":"0","flowid":"de71:2","not_in_hw":true,"match":{"value":"fd000001","mask":"ffffffff","offmask":"","off":24},"match":{"value":"0","mask":"ffffffff","offmask":"","off":28},"match":{"value":"0","mask":"ffffffff","offmask":"","off":32},"match":{"value":"3","mask":"ffffffff","offmask":"","off":36}}}]
`,
);
const n2 = (...lanes: readonly Lane[]): Link => to("n2", "172.18.0.3", ["fd00:1::3"], ...lanes);
const n3 = (...lanes: readonly Lane[]): Link => to("n3", "172.18.0.4", [], ...lanes);
const clients = (...lanes: readonly Lane[]): Link => ({ to: "clients", lanes });

const add = (rest: string): string => `filter add dev eth0 parent de71: protocol ${rest}`;
const unlimited = "rate 100000000000bit burst 1048576b cburst 1048576b quantum 60000";
const discovery = [
  add("ipv6 prio 1 u32 match ip6 protocol 58 0xff match u8 0x84 0xfc at 40 flowid de71:0"),
  add("ipv6 prio 1 u32 match ip6 protocol 58 0xff match u8 0x88 0xfe at 40 flowid de71:0"),
];

describe("plans for eth0", () => {
  test.each<[string, readonly Link[], TcState, readonly string[]]>([
    ["nothing asked, nothing there", [], clean, []],
    [
      "the first slow link builds the tree",
      [n2(whole(normal)), n3(), clients()],
      clean,
      [
        "qdisc add dev eth0 root handle de71: htb default 0 direct_qlen 1000",
        `class add dev eth0 parent de71: classid de71:2 htb ${unlimited}`,
        "qdisc replace dev eth0 parent de71:2 handle 4002: netem limit 140000 delay 100000us 10000us 0% distribution normal",
        ...discovery,
        add("ip prio 16 u32 match ip dst 172.18.0.3/32 flowid de71:2"),
        add("ipv6 prio 17 u32 match ip6 dst fd00:1::3/128 flowid de71:2"),
      ],
    ],
    ["as asked", [n2(whole(normal)), n3(), clients()], recorded, []],
    [
      "a longer delay changes one leaf in place",
      [n2(whole({ ...normal, delay: { timeMs: 200, jitterMs: 10, correlation: 0, distribution: "normal" } }))],
      recorded,
      ["qdisc replace dev eth0 parent de71:2 handle 4002: netem limit 240000 delay 200000us 10000us 0% distribution normal"],
    ],
    [
      "another shape is another leaf, because netem keeps its old one",
      [n2(whole({ ...normal, delay: { timeMs: 100, jitterMs: 10, correlation: 0, distribution: "uniform" } }))],
      recorded,
      ["qdisc replace dev eth0 parent de71:2 handle 2: netem limit 140000 delay 100000us 10000us 0%"],
    ],
    [
      "a rate needs no netem and is the class's own",
      [n2(whole({ ...noImpairment, rate: { bitsPerSecond: 1e6, burstBytes: null } }))],
      recorded,
      [
        "class change dev eth0 parent de71: classid de71:2 htb rate 1000000bit burst 3200b cburst 3200b quantum 60000",
        "qdisc del dev eth0 parent de71:2 handle 4002:",
      ],
    ],
    [
      "a second link leaves the first one's lines alone, one of its ports only",
      [
        n2(whole(normal)),
        n3({
          cells: [{ protocol: "udp", ports: [53], otherPorts: [] }],
          impairment: { ...noImpairment, loss: { model: "random", percent: 1.5, correlation: 25 } },
        }),
      ],
      recorded,
      [
        `class add dev eth0 parent de71: classid de71:3 htb ${unlimited}`,
        "qdisc replace dev eth0 parent de71:3 handle 3: netem limit 100000 loss random 1.5% 25%",
        add("ip prio 12 u32 match ip dst 172.18.0.4/32 match ip protocol 17 0xff match ip sport 53 0xffff flowid de71:3"),
        add("ip prio 12 u32 match ip dst 172.18.0.4/32 match ip protocol 17 0xff match ip dport 53 0xffff flowid de71:3"),
      ],
    ],
    [
      "clients are everybody but the peers, which are led past",
      [n2(whole(normal)), n3(), clients(whole(normal))],
      recorded,
      [
        `class add dev eth0 parent de71: classid de71:3 htb ${unlimited}`,
        "qdisc replace dev eth0 parent de71:3 handle 4003: netem limit 140000 delay 100000us 10000us 0% distribution normal",
        add("ip prio 16 u32 match ip dst 172.18.0.4/32 flowid de71:0"),
        add("ip prio 26 u32 match u32 0 0 flowid de71:3"),
        add("ipv6 prio 27 u32 match u32 0 0 flowid de71:3"),
      ],
    ],
    [
      "a peer came back with another address: what led to the old one goes last",
      [to("n2", "172.18.0.9", ["fd00:1::3"], whole(normal))],
      recorded,
      [
        add("ip prio 16 u32 match ip dst 172.18.0.9/32 flowid de71:2"),
        "filter del dev eth0 parent de71: protocol ip prio 16 handle 801::800 u32",
      ],
    ],
    [
      "another link instead",
      [n2(), n3(whole(normal))],
      recorded,
      [
        `class add dev eth0 parent de71: classid de71:3 htb ${unlimited}`,
        "qdisc replace dev eth0 parent de71:3 handle 4003: netem limit 140000 delay 100000us 10000us 0% distribution normal",
        add("ip prio 16 u32 match ip dst 172.18.0.4/32 flowid de71:3"),
        "filter del dev eth0 parent de71: protocol ip prio 16 handle 801::800 u32",
        "filter del dev eth0 parent de71: protocol ipv6 prio 17 handle 802::800 u32",
        "class del dev eth0 classid de71:2",
      ],
    ],
    ["healed: the tree goes", [], recorded, ["qdisc del dev eth0 root handle de71:"]],
  ])("%s", (_, links, current, expected) => {
    expect(planTc("eth0", links)(current)).toEqual(expected);
  });

  test("links that double packets alike share one netem, because newer kernels allow no other beside it", () => {
    const doubled: Impairment = { ...noImpairment, duplicate: { percent: 5, correlation: 0 } };
    const plan = planTc("eth0", [n2(whole(doubled)), n3(whole(doubled))])(nothingThere);
    expect(plan.filter((line) => line.includes("netem"))).toHaveLength(1);
    const rate = { bitsPerSecond: 1e6, burstBytes: null };
    const narrow = planTc("eth0", [n2(whole({ ...doubled, rate })), n3(whole({ ...doubled, rate }))])(nothingThere);
    expect(narrow.filter((line) => line.startsWith("class"))).toHaveLength(2);
  });
});

test("what somebody else set up is seen, and healing leaves it alone", () => {
  const foreign = parseTcState('[{"kind":"tbf","handle":"8001:","root":true,"options":{}}]');
  expect(foreignRoot(foreign)).toBe("tbf 8001:");
  expect(foreignRoot(clean)).toBeUndefined();
  expect(foreignRoot(recorded)).toBeUndefined();
  expect(planTc("eth0", [])(foreign)).toEqual([]);
  expect(() => planTc("eth0", [n2(whole(normal))])(foreign)).toThrow("not replaced");
});

test("classes are read as later versions of tc tell them, too", () => {
  const told = `[{"kind":"htb","handle":"de71:","root":true,"options":{}}]
[{"class":"htb","handle":"de71:a","root":true,"prio":0,"rate":125000,"ceil":125000,"burst":3200,"cburst":3200}]
[]`;
  expect([...parseTcState(told).classes]).toEqual([[10, { bitsPerSecond: 1e6, burstBytes: 3200 }]]);
});

test("a burst is two packets at least, and 10 ms of the rate", () => {
  expect(burstOf({ bitsPerSecond: 1000, burstBytes: null })).toBe(3200);
  expect(burstOf({ bitsPerSecond: 1e9, burstBytes: null })).toBe(1_250_000);
  expect(burstOf({ bitsPerSecond: 1e9, burstBytes: 2000 })).toBe(2000);
});

/** A node called n1 and up to 49 peers of it, with addresses of both families. */
const clusters = fc.integer({ min: 2, max: 50 }).map((size) => Array.from({ length: size }, (_, index) => `n${index + 1}`));

function peersOf(cluster: readonly string[]): readonly Peer[] {
  return cluster.slice(1).map((name, index) => ({
    name,
    addresses: { v4: [`10.0.0.${index + 2}`], v6: [`fd00::${(index + 2).toString(16)}`] },
  }));
}

const scenes = clusters.chain((cluster) =>
  fc.record({ cluster: fc.constant(cluster), faults: fc.array(slowFaults(cluster), { minLength: 1, maxLength: 5 }) }),
);

/** Puts the links of n1 into force, and shows that nothing is left to do. */
function bring(tc: FakeTc, faults: readonly SlowFault[], peers: readonly Peer[]): readonly string[] {
  const links = linksOf("n1", faults, peers);
  const plan = planTc("eth0", links)(tc.state());
  const { exitCode, stderr } = tc.run(plan.length === 0 ? "qdisc show dev eth0" : plan.join("\n"));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(planTc("eth0", links)(tc.state())).toEqual([]);
  return plan;
}

interface Sample {
  readonly peer: Peer | null;
  readonly packet: Packet;
}

/** Packets of all kinds to every peer and to somebody else. */
function samples(peers: readonly Peer[]): readonly Sample[] {
  const ports = [1, 53, 80, 2380, 65_535];
  const somebody = { name: "", addresses: { v4: ["192.0.2.9"], v6: ["2001:db8::9"] } };
  // of many peers a few will do
  const some = peers.filter((_, index) => index < 2 || index === peers.length - 1);
  return [...some, null].flatMap((peer) => {
    const { v4, v6 } = (peer ?? somebody).addresses;
    return [...v4, ...v6].flatMap((address) => [
      ...[6, 17].flatMap((protocol) =>
        ports.flatMap((sport) => ports.map((dport) => ({ peer, packet: { to: address, protocol, sport, dport } }))),
      ),
      { peer, packet: { to: address, protocol: 132, sport: 80, dport: 53 } },
      // an echo, type 8 or 128, is port 2048 or 32768 to somebody who does not look at the protocol
      {
        peer,
        packet: {
          to: address,
          protocol: address.includes(":") ? 58 : 1,
          sport: address.includes(":") ? 0x8000 : 0x800,
          dport: 53,
        },
      },
    ]);
  });
}

/** The dumb twin: asks every fault whether it means the packet. */
function expectedFor({ peer, packet }: Sample, faults: readonly SlowFault[]): Impairment | null {
  const names: Readonly<Record<number, string>> = { 6: "tcp", 17: "udp", 1: "icmp", 58: "icmp" };
  const name = names[packet.protocol];
  const meant = faults.filter(({ links, traffic: { protocol, ports } }) => {
    const onLink = peer === null ? links["n1"]?.clients : links["n1"]?.peers.includes(peer.name);
    const hasPorts = name === "tcp" || name === "udp";
    const onPort = ports.length === 0 || (hasPorts && (ports.includes(packet.sport) || ports.includes(packet.dport)));
    return onLink === true && (protocol === null || protocol === name) && onPort;
  });
  return meant.length === 0 ? null : combine(meant.map(({ impairment }) => impairment));
}

/** An impairment and what the kernel holds in one spelling. */
function spellAsked(impairment: Impairment | null): unknown {
  if (impairment === null) return null;
  const { delay, loss, duplicate, corrupt, reorder, rate } = impairment;
  const jittery = delay !== null && delay.jitterMs > 0;
  const { model = "random", ...parameters } = loss ?? {};
  const isRandom = loss?.model === "random";
  return {
    rate: rate === null ? null : { bits: rate.bitsPerSecond, burst: burstOf(rate) },
    delay: [delay?.timeMs ?? 0, delay?.jitterMs ?? 0].map((ms) => Math.round(ms * 1000)),
    shape: jittery ? [delay.distribution, delay.correlation] : [],
    loss: [model, ...(isRandom ? [loss.percent, loss.correlation] : loss === null ? [0, 0] : Object.values(parameters))],
    duplicate: [duplicate?.percent ?? 0, duplicate?.correlation ?? 0],
    corrupt: [corrupt?.percent ?? 0, corrupt?.correlation ?? 0],
    reorder: reorder === null ? [0] : [reorder.gap, reorder.percent, reorder.correlation],
  };
}

function spellHeld(treatment: Treatment | null): unknown {
  if (treatment === null) return null;
  const { bitsPerSecond, burstBytes, netem } = treatment;
  const rate = bitsPerSecond === 100e9 ? null : { bits: bitsPerSecond, burst: burstBytes };
  if (netem === null) return { ...(spellAsked(noImpairment) as object), rate };
  const { delay, distribution, loss, lossCorrelation } = netem;
  return {
    rate,
    delay: [delay.time, delay.jitter],
    shape: delay.jitter > 0 ? [distribution, delay.correlation] : [],
    loss: [loss.model, ...loss.parameters, ...(loss.model === "random" ? [lossCorrelation] : [])],
    duplicate: [netem.duplicate, netem.duplicateCorrelation],
    corrupt: [netem.corrupt, netem.corruptCorrelation],
    reorder: netem.gap === 0 ? [0] : [netem.gap, netem.reorder, netem.reorderCorrelation],
  };
}

/** The packets that the tree treats in another way than the twin says. */
function mistreated(tc: FakeTc, faults: readonly SlowFault[], peers: readonly Peer[]): readonly unknown[] {
  return samples(peers).flatMap((sample) => {
    const [held, asked] = [spellHeld(tc.route(sample.packet)), spellAsked(expectedFor(sample, faults))];
    return JSON.stringify(held) === JSON.stringify(asked) ? [] : [{ ...sample, held, asked }];
  });
}

describe("any set of faults on a cluster of 2 to 50 nodes", () => {
  test("is accepted by the parser, and every packet gets what the faults that mean it ask for together", () => {
    fc.assert(
      fc.property(scenes, ({ cluster, faults }) => {
        const tc = createFakeTc();
        const peers = peersOf(cluster);
        bring(tc, faults, peers);
        expect(mistreated(tc, faults, peers)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test("removing a fault equals never having added it, whatever the order", () => {
    fc.assert(
      fc.property(
        scenes.filter(({ cluster }) => cluster.length <= 12),
        fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
        ({ cluster, faults }, order) => {
          const tc = createFakeTc();
          const peers = peersOf(cluster);
          for (let count = 1; count <= faults.length; count++) bring(tc, faults.slice(0, count), peers);
          const standing = [...faults];
          for (const pick of order) {
            standing.splice(pick % Math.max(1, standing.length), 1);
            bring(tc, standing, peers);
            expect(mistreated(tc, standing, peers)).toEqual([]);
          }
          expect(tc.state()).toEqual(nothingThere);
        },
      ),
      { numRuns: 15 },
    );
  });

  test("a change on one link names no class, leaf or filter of another, and never the root", () => {
    const cluster = Array.from({ length: 6 }, (_, index) => `n${index + 1}`);
    const peers = peersOf(cluster);
    fc.assert(
      fc.property(fc.array(slowFaults(cluster), { minLength: 1, maxLength: 4 }), slowFaults(["n1", "n4"]), (before, more) => {
        const tc = createFakeTc();
        const one = { ...more, links: { n1: { peers: ["n4"], clients: false, fromClients: false } } };
        bring(tc, before, peers);
        const bystanders = samples(peers.filter(({ name }) => name !== "n4"));
        const held = bystanders.map(({ packet }) => tc.route(packet));
        fc.pre(tc.state().root !== undefined);
        for (const faults of [[...before, one], before]) {
          const plan = bring(tc, faults, peers);
          expect(plan.filter((line) => / root | dst (?!10\.0\.0\.4\/|fd00::4\/)/.test(line))).toEqual([]);
          // the very same objects: not replaced by equal ones
          const wrong: Packet[] = [];
          for (const [index, { packet }] of bystanders.entries()) {
            const now = tc.route(packet);
            if (JSON.stringify(now) !== JSON.stringify(held[index]) || now?.netem !== held[index]?.netem) wrong.push(packet);
          }
          expect(wrong).toEqual([]);
        }
      }),
      { numRuns: 25 },
    );
  });

  test("whatever the kernel keeps of a netem that is changed is put right", () => {
    fc.assert(
      fc.property(fc.array(impairments, { minLength: 2, maxLength: 4 }), (steps) => {
        const tc = createFakeTc();
        for (const impairment of steps) {
          tc.run(planTc("eth0", [n2(whole(impairment))])(tc.state()).join("\n"));
          expect(spellHeld(tc.route({ to: "172.18.0.3", protocol: 6, sport: 1, dport: 2 }))).toEqual(spellAsked(impairment));
        }
      }),
    );
  });
});

test("times and chances that were rounded on their way are as asked", () => {
  // 10 µs come back as 9, 1.2345678 s as 1.23457, a third as 0.333333
  const told = `[{"kind":"htb","handle":"de71:","root":true},{"kind":"netem","handle":"2:","parent":"de71:2","options":{"limit":1234608,"delay":{"delay":1.23457,"jitter":9e-06,"correlation":0.333333},"loss-random":{"loss":0.015,"correlation":0},"gap":0}}]
class htb de71:2 root leaf 2: prio 0 rate 100Gbit ceil 100Gbit burst 1025000b cburst 1025000b 
[{"protocol":"ip","pref":16,"options":{"fh":"800::800","flowid":"de71:2","match":{"value":"ac120004","mask":"ffffffff","offmask":"","off":16}}}]`;
  const asked: Impairment = {
    ...noImpairment,
    delay: { timeMs: 1234.5678, jitterMs: 0.01, correlation: 33.3333333, distribution: "uniform" },
    loss: { model: "random", percent: 1.5, correlation: 0 },
  };
  const leaves = (impairment: Impairment): readonly string[] =>
    planTc("eth0", [n3(whole(impairment))])(parseTcState(told)).filter((line) => line.includes("netem"));
  expect(leaves(asked)).toEqual([]);
  expect(leaves({ ...asked, loss: { model: "random", percent: 1.6, correlation: 0 } })).toHaveLength(1);
});

test("a tiny percentage is written without an exponent", () => {
  expect(netemOptions({ ...noImpairment, corrupt: { percent: 0.0000012, correlation: 0 } })).toBe(
    "limit 100000 corrupt 0.0000012% 0%",
  );
});

test.each([
  [{ timeMs: 1, jitterMs: 0 }, 100_000],
  [{ timeMs: 100, jitterMs: 0 }, 100_000],
  [{ timeMs: 1000, jitterMs: 100 }, 1_400_000],
])("the queue holds a million packets a second: %j", (times, limit) => {
  expect(limitOf({ ...times, correlation: 0, distribution: "normal" })).toBe(limit);
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
