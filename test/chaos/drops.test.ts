// Shows that any partitions at once make rules that say, to nft and to iptables, exactly which packets are lost and how often.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Addresses } from "../../src/chaos/address.js";
import { type Drop, type Peer, desiredState } from "../../src/chaos/desired-state.js";
import { iptablesDifference, parseChain, renderIptables } from "../../src/chaos/iptables.js";
import { nftDifference, renderFirstNft, renderNft } from "../../src/chaos/nft.js";
import type { PartitionFault } from "../../src/chaos/partition.js";
import { protocols } from "../../src/chaos/traffic.js";
import { FakeIptables } from "./fake-iptables.js";
import { FakeNft } from "./fake-nft.js";
import { type Packet, dropChance } from "./packets.js";

interface Case {
  readonly peers: readonly Peer[];
  readonly faults: readonly PartitionFault[];
}

/** Mostly small: what goes wrong goes wrong there as well, and sooner. */
const sizes = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 2, max: 7 }) }, fc.integer({ min: 2, max: 50 }));

/** The faults of a cluster, and all of its nodes but n1 at their addresses. */
const cases: fc.Arbitrary<Case> = sizes.chain((size) => {
  const names = Array.from({ length: size }, (_, index) => `n${index + 1}`);
  const addresses = (index: number): fc.Arbitrary<Addresses> =>
    fc.constantFrom<Addresses>(
      { v4: [`10.0.0.${index + 1}`], v6: [] },
      { v4: [`10.0.0.${index + 1}`], v6: [`fd00::${index + 1}`, `fe80::${index + 1}`] },
      { v4: [], v6: [] },
    );
  const fault: fc.Arbitrary<PartitionFault> = fc.record({
    kind: fc.constant("partition" as const),
    grudge: fc.oneof(
      { weight: 4, arbitrary: fc.record({ n1: fc.subarray(names.slice(1), { minLength: 1 }), n2: fc.constant(["n1"]) }) },
      { weight: 1, arbitrary: fc.record({ n2: fc.subarray(names) }) },
    ),
    shape: fc.constant("some"),
    traffic: fc.oneof(
      fc.record({ protocol: fc.constantFrom(...protocols, null), ports: fc.constant([]) }),
      fc.record({
        protocol: fc.constantFrom("tcp" as const, "udp" as const, null),
        // more than iptables takes at once, some of them twice
        ports: fc.oneof(
          fc.array(ports, { maxLength: 4 }),
          fc.constant([2379, ...Array.from({ length: 18 }, (_, at) => at + 1), 2379]),
        ),
      }),
    ),
    percent: fc.oneof(fc.constantFrom(100, 50), fc.double({ min: 0, minExcluded: true, max: 100, noNaN: true })),
  });
  return fc.record({
    peers: fc.tuple(
      ...names.slice(1).map((name, index) => fc.record({ name: fc.constant(name), addresses: addresses(index + 1) })),
    ),
    faults: fc
      .tuple(fc.array(fault, { maxLength: 3 }), fc.boolean())
      .map(([faults, again]) => (again ? [...faults, ...faults.slice(0, 1)] : faults)),
  });
});

const ports = fc.oneof(fc.constantFrom(2379, 65_535), fc.integer({ min: 1, max: 20 }));

const packets: fc.Arbitrary<Omit<Packet, "source">> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      protocol: fc.constantFrom("tcp" as const, "udp" as const),
      sport: ports,
      dport: ports,
      type: fc.constant(0),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ protocol: "esp" as const, sport: 0, dport: 0, type: 0 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(128, 135, 136).map((type) => ({ protocol: "icmp" as const, sport: 0, dport: 0, type })),
  },
);

/** What becomes of a packet from `peer` at n1, straight from the faults. */
function asked(faults: readonly PartitionFault[], peer: string, packet: Packet): number {
  // the neighbour discovery of IPv6 is no more a packet than ARP is
  if (packet.source.includes(":") && packet.protocol === "icmp" && packet.type > 128) return 0;
  let passes = 1;
  for (const { grudge, traffic, percent } of faults) {
    if (grudge["n1"]?.includes(peer) !== true) continue;
    if (traffic.protocol !== null && traffic.protocol !== packet.protocol) continue;
    if (traffic.ports.length > 0 && packet.protocol !== "tcp" && packet.protocol !== "udp") continue;
    if (traffic.ports.length > 0 && !traffic.ports.includes(packet.sport) && !traffic.ports.includes(packet.dport)) continue;
    passes *= 1 - Math.max(percent / 100, 0.000_001);
  }
  return 1 - passes;
}

function dropsOf({ peers, faults }: Case): readonly Drop[] {
  const active = faults.map((fault, index) => ({ id: `f${index}`, fault, startedAtMs: 0, deadlineMs: null, seed: null }));
  return desiredState("n1", active, peers).drops;
}

type Tables = readonly [v4: FakeIptables, v6: FakeIptables];

function cutByNft(drops: readonly Drop[], nft = new FakeNft()): FakeNft {
  nft.transact(renderNft(drops));
  return nft;
}

function cutByIptables(drops: readonly Drop[], [v4, v6]: Tables = [new FakeIptables(4), new FakeIptables(6)]): Tables {
  for (const [family, table] of [["v4", v4] as const, ["v6", v6] as const]) {
    const text = renderIptables(drops, family, parseChain(table.list()));
    if (text !== undefined) table.restore(text);
  }
  return [v4, v6];
}

test("nft and iptables are told the matrix that was asked for, packet by packet", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(cases, fc.array(packets, { minLength: 8, maxLength: 20 }), (one, kinds) => {
      const drops = dropsOf(one);
      const nft = cutByNft(drops).rules ?? [];
      const [v4, v6] = cutByIptables(drops);
      for (const { name, addresses } of one.peers) {
        for (const source of [...addresses.v4, ...addresses.v6]) {
          for (const kind of kinds) {
            const packet = { ...kind, source };
            const expected = asked(one.faults, name, packet);
            const iptables = (source.includes(":") ? v6 : v4).rules ?? [];
            // each of up to four chances is rounded to a millionth
            for (const rules of [nft, iptables]) {
              const found = dropChance(rules, packet);
              if (Math.abs(found - expected) > 3e-6) throw new Error(`${found}, not ${expected}: ${JSON.stringify(packet)}`);
            }
          }
        }
      }
    }),
  );
});

test("what was made is read back as what was asked, and what lacks a fault as something else", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(cases, fc.nat(), (one, at) => {
      const [drops, less] = [dropsOf(one), dropsOf(without(one, at))];
      const same = renderNft(drops) === renderNft(less);
      const nft = cutByNft(drops).list();
      expect(nftDifference(drops, nft)).toBeUndefined();
      expect(nftDifference(less, nft) === undefined).toBe(same);
      const first = new FakeNft();
      const firstRules = renderFirstNft(drops);
      if (firstRules !== "") first.transact(firstRules);
      expect(first.list()).toBe(nft);
      const [v4, v6] = cutByIptables(drops).map((table) => parseChain(table.list()));
      if (v4 === undefined || v6 === undefined) throw new Error("one chain a family");
      const difference = (asked: readonly Drop[]) => iptablesDifference(asked, "v4", v4) ?? iptablesDifference(asked, "v6", v6);
      expect(difference(drops)).toBeUndefined();
      expect(difference(less) === undefined).toBe(same);
    }),
  );
});

function without(one: Case, at: number): Case {
  return { ...one, faults: one.faults.filter((_, index) => index !== at % one.faults.length) };
}

test("removing a fault equals never having added it", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(cases, fc.nat(), (one, at) => {
      const [before, after] = [dropsOf(one), dropsOf(without(one, at))];
      expect(cutByNft(after, cutByNft(before)).list()).toBe(cutByNft(after).list());
      const [v4, v6] = cutByIptables(after, cutByIptables(before));
      const [fresh4, fresh6] = cutByIptables(after);
      expect([v4.list(), v6.list()]).toEqual([fresh4.list(), fresh6.list()]);
    }),
  );
});
