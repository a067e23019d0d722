// Shows that measuring feels what the kernel does and nothing else: true faults are proven, absent ones are not, on bare links with rules written by hand.
import { describe, expect, test } from "vitest";
import { measure } from "../../src/agent/measure.js";
import type { ActiveFault, Fault } from "../../src/chaos/fault.js";
import { split } from "../../src/chaos/grudge.js";
import { type Impairment, noImpairment } from "../../src/chaos/impairment.js";
import type { Measurement } from "../../src/chaos/proof.js";
import { type Traffic, anyTraffic } from "../../src/chaos/traffic.js";
import { type BareNode, inside, port, withBareNodes } from "../support/guest/bare-nodes.js";
import { measuredCluster } from "../support/measured-nodes.js";

const names = ["a", "b", "c"];

/** Puts `rules` into force on three nodes, measures `fault` there and tells each figure, e.g. `a -> b cut: true, 0 of 20 arrived`. */
function measured(fault: Fault, rules: (nodes: Nodes) => void, others: readonly Fault[] = []): Promise<Figures> {
  return withBareNodes(names, async (nodes) => {
    const [a, b, c] = nodes;
    if (a === undefined || b === undefined || c === undefined) throw new Error("three nodes were asked for");
    rules({ a, b, c });
    const faults = [...others, fault].map(active);
    const added = faults.at(-1);
    if (added === undefined) throw new Error("there is a fault");
    return new Map((await measure(added, faults, measuredCluster(nodes))).map((each) => [each.what, each]));
  });
}

type Nodes = Readonly<Record<"a" | "b" | "c", BareNode>>;
type Figures = ReadonlyMap<string, Measurement>;

function active(fault: Fault, index: number): ActiveFault {
  return { id: `f${index + 1}`, fault, startedAtMs: 0, deadlineMs: null, seed: null };
}

function verdicts(figures: Figures): Readonly<Record<string, boolean | null>> {
  return Object.fromEntries([...figures].map(([what, { ok }]) => [what, ok]));
}

/** `at` drops what comes from `from`, of both families unless `match` says otherwise; as in cuts of ours, neighbours still find each other. */
function drop(at: BareNode, from: BareNode, match = ""): void {
  inside(at.pid, "nft add table inet test");
  inside(at.pid, "nft add chain inet test input { type filter hook input priority 0 ; }");
  inside(at.pid, "nft add rule inet test input icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept");
  inside(at.pid, `nft add rule inet test input ip saddr ${from.addresses.v4[0]} ${match} drop`.replaceAll("  ", " "));
  inside(at.pid, `nft add rule inet test input ip6 saddr ${from.addresses.v6[0]} ${match} drop`.replaceAll("  ", " "));
}

const isolateA = (percent = 100, traffic: Traffic = anyTraffic): Fault => ({
  kind: "partition",
  grudge: split([["a"], ["b", "c"]]),
  shape: "a | b,c",
  traffic,
  percent,
});

function slow(impairment: Partial<Impairment>, traffic: Traffic = anyTraffic): Fault {
  return {
    kind: "slow",
    nodes: ["a"],
    links: { a: { peers: ["b"], clients: false, fromClients: false } },
    where: "a -> b",
    impairment: { ...noImpairment, ...impairment },
    traffic,
  };
}

describe("a cut", () => {
  test("is silence across it and voices elsewhere, over both families", async () => {
    const figures = await measured(isolateA(), ({ a, b, c }) => {
      for (const other of [b, c]) {
        drop(a, other);
        drop(other, a);
      }
    });
    const both = (what: string, word: string) => ({ [`${what} ${word}`]: true, [`${what} (IPv6) ${word}`]: true });
    expect(verdicts(figures)).toEqual({
      ...both("a -> b", "cut"),
      ...both("b -> a", "cut"),
      ...both("a -> c", "cut"),
      ...both("c -> a", "cut"),
      ...both("b -> c", "still heard"),
      ...both("c -> b", "still heard"),
    });
    expect(figures.get("a -> b cut")).toMatchObject({ asked: "nothing arrives", measured: "0 of 20 arrived" });
  });

  test("that is not there is not proven, nor is one that cuts too much", async () => {
    const figures = await measured(isolateA(), ({ a, b, c }) => {
      drop(a, b);
      drop(b, a);
      drop(a, c);
      drop(c, b);
    });
    expect(verdicts(figures)).toMatchObject({
      "b -> a cut": true,
      "a -> c cut": false,
      "b -> c still heard": false,
      "c -> b still heard": true,
    });
  });

  test("of half the packets is felt as half", async () => {
    const rules = ({ a, b, c }: Nodes) => {
      for (const [at, from] of [
        [a, b],
        [a, c],
        [b, a],
        [c, a],
      ] as const)
        drop(at, from, "numgen random mod 100 < 50");
    };
    expect(Object.values(verdicts(await measured(isolateA(50), rules)))).not.toContain(false);
    expect(verdicts(await measured(isolateA(30), rules))).toMatchObject({ "a -> b drop": false });
  });

  test("of one port of tcp leaves the rest alone", async () => {
    const figures = await measured(isolateA(100, { protocol: "tcp", ports: [port] }), ({ a, b, c }) => {
      for (const other of [b, c]) {
        drop(a, other, `tcp dport ${port}`);
        drop(other, a, `tcp dport ${port}`);
      }
    });
    expect(verdicts(figures)).toMatchObject({
      [`a -> b (tcp port ${port}) cut`]: true,
      [`b -> c (tcp port ${port}) still heard`]: true,
      "a -> b still heard": true,
    });
  });

  test("of icmp is read back and called nothing more", async () => {
    expect(verdicts(await measured(isolateA(100, { protocol: "icmp", ports: [] }), () => undefined))).toEqual({ icmp: null });
  });
});

describe("a rate", () => {
  const mbit = slow({ rate: { bitsPerSecond: 1_000_000, burstBytes: null } });
  const narrow = ({ a }: Nodes): void => {
    inside(a.pid, "tc qdisc add dev eth0 root handle 1: htb default 1");
    inside(a.pid, "tc class add dev eth0 parent 1: classid 1:1 htb rate 1mbit burst 12500b cburst 12500b");
  };

  test("is felt once its burst has passed", async () => {
    const figures = await measured(mbit, narrow);
    expect(verdicts(figures)).toEqual({ "a -> b rate": true });
    expect(figures.get("a -> b rate")?.asked).toBe("1mbit");
  });

  test("that is not there is not proven", async () => {
    expect(verdicts(await measured(mbit, () => undefined))).toEqual({ "a -> b rate": false });
  });

  test("shows nothing where the link was as narrow before", async () => {
    expect(verdicts(await measured(mbit, narrow, [mbit]))).toEqual({ "a -> b rate": null });
  });
});

test("delay, loss, duplicates and reordering that are not there are not proven", async () => {
  const figures = await measured(
    slow({
      delay: { timeMs: 100, jitterMs: 10, correlation: 0, distribution: "normal" },
      loss: { model: "random", percent: 5, correlation: 0 },
      duplicate: { percent: 5, correlation: 0 },
      reorder: { percent: 25, correlation: 0, gap: 1 },
    }),
    () => undefined,
  );
  expect(verdicts(figures)).toMatchObject({
    "a -> b delay": false,
    "a -> b loss": false,
    "a -> b duplicate": false,
    "a -> b reorder": false,
  });
});
