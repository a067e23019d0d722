// Shows with real packets between network namespaces that nft and iptables drop what was asked, in both IP families, and nothing of others.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cutWithIptables, cutWithNft } from "../../src/agent/cutting.js";
import { type NetworkNamespace, openNamespace } from "../../src/agent/netns.js";
import type { Drop } from "../../src/chaos/desired-state.js";
import { type Traffic, anyTraffic, traffic } from "../../src/chaos/traffic.js";
import { type Listener, hearsUnreachable, listenForDatagrams, sendDatagrams } from "../support/datagrams.js";
import { type BareNode, inside, withBareNodes } from "../support/guest/bare-nodes.js";
import { roundTripsMs } from "../support/guest/round-trips.js";

const [raft, client] = [2380, 2379];
let nodes: readonly BareNode[];
let namespace: NetworkNamespace;
let listener: Listener;
let release: () => void;
let held: Promise<void>;

beforeAll(async () => {
  await new Promise<void>((ready, fail) => {
    held = withBareNodes(["a", "b", "c"], async (made) => {
      nodes = made;
      ready();
      await new Promise<void>((resolve) => (release = resolve));
    });
    held.catch(fail);
  });
  const opened = await openNamespace(node("a").pid);
  if (opened === undefined) throw new Error("node a ended early");
  namespace = opened;
  listener = await listenForDatagrams(node("a").pid, [raft, client]);
});
afterAll(async () => {
  listener.close();
  await namespace.close();
  release();
  await held;
});

function node(name: string): BareNode {
  const found = nodes.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no node ${name}`);
  return found;
}

const drop = (from: string, which: Traffic = anyTraffic, percent = 100): Drop => ({ peer: node(from), traffic: which, percent });

/** How many of so many datagrams from `from` reach a at that port, by IP family. */
async function arrivals(from: string, port: number, count: number, fromPort = 0) {
  const sender = node(from);
  const { v4, v6 } = node("a").addresses;
  await listener.arrived();
  await sendDatagrams(sender.pid, { hosts: [...v4, ...v6], port, count, fromPort });
  const arrived = await listener.arrived();
  return { v4: arrived[`${sender.addresses.v4[0]} ${port}`] ?? 0, v6: arrived[`${sender.addresses.v6[0]} ${port}`] ?? 0 };
}

const all = { v4: 50, v6: 50 };
const none = { v4: 0, v6: 0 };

describe.each([
  ["nft", (drops: readonly Drop[]) => cutWithNft(namespace, "a", drops, "unknown")],
  ["iptables", (drops: readonly Drop[]) => cutWithIptables(namespace, "a", drops, true)],
] as const)("%s", (tool, cut) => {
  test("a cut is one-way: a does not hear b, b and c hear everybody", async () => {
    for (const { pid } of nodes) inside(pid, "ip neighbour flush dev eth0");
    await cut([drop("b")]);
    expect(await arrivals("b", raft, 50)).toEqual(none);
    expect(await arrivals("c", raft, 50)).toEqual(all);
    const b = await listenForDatagrams(node("b").pid, [raft]);
    try {
      const { v4, v6 } = node("b").addresses;
      await sendDatagrams(node("a").pid, { hosts: [...v4, ...v6], port: raft, count: 50 });
      expect(Object.values(await b.arrived())).toEqual([50, 50]);
    } finally {
      b.close();
    }
    expect(await cut([drop("b")])).toEqual([]);
    await cut([]);
    expect(await arrivals("b", raft, 50)).toEqual(all);
  });

  test("one port of one protocol is cut, from either side of it; the others are not", async () => {
    await cut([drop("b", traffic("udp", [raft]))]);
    expect(await arrivals("b", raft, 50)).toEqual(none);
    expect(await arrivals("b", client, 50)).toEqual(all);
    expect(await arrivals("b", client, 50, raft)).toEqual(none);
    await cut([drop("b", traffic("tcp", [raft, client]))]);
    expect(await arrivals("b", raft, 50)).toEqual(all);
    await cut([]);
  });

  test("ICMP is cut in both families, TCP and the neighbour discovery of IPv6 are not", async () => {
    const [{ pid }, b] = [node("a"), node("b")];
    const hosts = [b.addresses.v4[0], b.addresses.v6[0]];
    const heard = () => Promise.all(hosts.map((host) => hearsUnreachable(pid, host)));
    expect(await heard()).toEqual([true, true]);
    inside(pid, "ip neighbour flush dev eth0");
    await cut([drop("b", traffic("icmp", []))]);
    expect(await heard()).toEqual([false, false]);
    for (const host of hosts) expect(await roundTripsMs(pid, { host, port: 7 }, { count: 1 })).toEqual([expect.any(Number)]);
    await cut([]);
  });

  test("a flaky link loses half, two of them three quarters, of the traffic they mean", async () => {
    const count = 2000;
    await cut([drop("b", traffic("udp", [raft]), 50)]);
    const half = await arrivals("b", raft, count);
    // a packet between two ports that are both meant is drawn for once
    await cut([drop("b", traffic("udp", [raft, client]), 50)]);
    const between = await arrivals("b", raft, count, client);
    await cut([drop("b", traffic("udp", [raft]), 50), drop("b", traffic("udp", []), 50)]);
    const quarter = await arrivals("b", raft, count);
    expect(await arrivals("b", client, count)).not.toEqual({ v4: count, v6: count });
    await cut([]);
    expect(await arrivals("b", raft, count)).toEqual({ v4: count, v6: count });
    // seven standard deviations: once in a hundred thousand million runs
    const near = (expected: number) => {
      const deviation = 7 * Math.sqrt(count * expected * (1 - expected));
      return [count * expected - deviation, count * expected + deviation] as const;
    };
    for (const [found, expected] of [
      [half, 0.5],
      [between, 0.5],
      [quarter, 0.25],
    ] as const) {
      const [least, most] = near(expected);
      for (const arrived of [found.v4, found.v6]) {
        expect(arrived).toBeGreaterThan(least);
        expect(arrived).toBeLessThan(most);
      }
    }
  });

  test("rules of others are never touched", async () => {
    const { pid } = node("a");
    const foreign = () => [
      inside(pid, "nft list table inet theirs"),
      inside(pid, "nft list table ip devious"),
      inside(pid, "xtables-legacy-multi iptables -S THEIRS"),
      inside(pid, "xtables-legacy-multi ip6tables -S THEIRS"),
      inside(pid, "xtables-legacy-multi iptables -S INPUT").replace("-A INPUT -j DEVIOUS\n", ""),
    ];
    inside(pid, "nft add table inet theirs");
    inside(pid, "nft add chain inet theirs input { type filter hook input priority 10 ; }");
    inside(pid, "nft add rule inet theirs input ip saddr 192.0.2.1 drop");
    // ours by name, not by family
    inside(pid, "nft add table ip devious");
    for (const table of ["iptables", "ip6tables"]) {
      inside(pid, `xtables-legacy-multi ${table} -N THEIRS`);
      inside(pid, `xtables-legacy-multi ${table} -A THEIRS -p tcp --dport 99 -j DROP`);
      inside(pid, `xtables-legacy-multi ${table} -A INPUT -j THEIRS`);
    }
    const before = foreign();
    try {
      await cut([drop("b"), drop("c", traffic("tcp", [raft]), 50)]);
      expect(await arrivals("b", raft, 50)).toEqual(none);
      expect(foreign()).toEqual(before);
      await cut([drop("c")]);
      expect(foreign()).toEqual(before);
      await cut([]);
      expect(foreign()).toEqual(before);
    } finally {
      inside(pid, "nft delete table inet theirs");
      inside(pid, "nft delete table ip devious");
      for (const table of ["iptables", "ip6tables"]) inside(pid, `xtables-legacy-multi ${table} -F`);
      for (const table of ["iptables", "ip6tables"]) inside(pid, `xtables-legacy-multi ${table} -X THEIRS`);
    }
  });

  test("what somebody did to our rules is noticed and undone", async () => {
    await cut([drop("b")]);
    inside(node("a").pid, tool === "nft" ? "nft flush chain inet devious input" : "xtables-legacy-multi iptables -F DEVIOUS");
    expect(await arrivals("b", raft, 50)).toMatchObject({ v4: 50 });
    expect(await cut([drop("b")])).not.toEqual([]);
    expect(await arrivals("b", raft, 50)).toEqual(none);
    await cut([]);
  });
});
