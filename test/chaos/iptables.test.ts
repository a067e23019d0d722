// Shows the iptables transactions for a cut, from any state the chain may be in.
import { expect, test } from "vitest";
import type { Drop, Peer } from "../../src/chaos/desired-state.js";
import { iptablesDifference, parseChain, renderIptables } from "../../src/chaos/iptables.js";
import { type Traffic, anyTraffic, traffic } from "../../src/chaos/traffic.js";

const n2: Peer = { name: "n2", addresses: { v4: ["172.18.0.3"], v6: ["fd00:1::3"] } };
const drop = (peer: Peer, which: Traffic = anyTraffic, percent = 100): Drop => ({ peer, traffic: which, percent });

const policies = "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n";
const discovery = [135, 136].map((type) => `-A DEVIOUS -p ipv6-icmp -m icmp6 --icmpv6-type ${type} -j RETURN\n`).join("");
/** `iptables-legacy -S` and `ip6tables-legacy -S` of iptables 1.8.9 under the cut of n2. */
const cutV4 = `${policies}-N DEVIOUS\n-A INPUT -j DEVIOUS\n-A DEVIOUS -s 172.18.0.3/32 -j DROP\n`;
const cutV6 = `${policies}-N DEVIOUS\n-A INPUT -j DEVIOUS\n${discovery}-A DEVIOUS -s fd00:1::3/128 -j DROP\n`;
/** The same for a third of n2's UDP ports 2379 and 2380. */
const flakyV4 = `${policies}-N DEVIOUS\n-A INPUT -j DEVIOUS\n-A DEVIOUS -s 172.18.0.3/32 -p udp -m multiport --ports 2379,2380 -m statistic --mode random --probability 0.33333300008 -j DROP\n`;
const flaky = drop(n2, traffic("udp", [2379, 2380]), 33.3333);

test.each([
  [
    "v4, from clean",
    "v4",
    [drop(n2)],
    policies,
    "*filter\n:DEVIOUS - [0:0]\n-I INPUT 1 -j DEVIOUS\n-A DEVIOUS -s 172.18.0.3/32 -j DROP\nCOMMIT\n",
  ],
  [
    "v6, from clean",
    "v6",
    [drop(n2)],
    policies,
    `*filter\n:DEVIOUS - [0:0]\n-I INPUT 1 -j DEVIOUS\n${discovery}-A DEVIOUS -s fd00:1::3/128 -j DROP\nCOMMIT\n`,
  ],
  ["v4 stands", "v4", [drop(n2)], cutV4, undefined],
  ["v6 stands", "v6", [drop(n2)], cutV6, undefined],
  ["a flaky one stands", "v4", [flaky], flakyV4, undefined],
  ["clean stays clean", "v4", [], policies, undefined],
  [
    "another address, hook stands",
    "v4",
    [drop({ name: "n2", addresses: { v4: ["172.18.0.9"], v6: [] } })],
    cutV4,
    "*filter\n:DEVIOUS - [0:0]\n-A DEVIOUS -s 172.18.0.9/32 -j DROP\nCOMMIT\n",
  ],
  ["healed", "v4", [], cutV4, "*filter\n:DEVIOUS - [0:0]\n-D INPUT -j DEVIOUS\n-X DEVIOUS\nCOMMIT\n"],
  ["a chain without a hook", "v4", [], `${policies}-N DEVIOUS\n`, "*filter\n:DEVIOUS - [0:0]\n-X DEVIOUS\nCOMMIT\n"],
  [
    "the hook was removed by hand",
    "v4",
    [drop(n2)],
    cutV4.replace("-A INPUT -j DEVIOUS\n", ""),
    "*filter\n:DEVIOUS - [0:0]\n-I INPUT 1 -j DEVIOUS\n-A DEVIOUS -s 172.18.0.3/32 -j DROP\nCOMMIT\n",
  ],
  [
    "the hook was doubled by hand",
    "v4",
    [drop(n2)],
    cutV4.replace("-A INPUT", "-A INPUT -j DEVIOUS\n-A INPUT"),
    "*filter\n:DEVIOUS - [0:0]\n-D INPUT -j DEVIOUS\n-A DEVIOUS -s 172.18.0.3/32 -j DROP\nCOMMIT\n",
  ],
] as const)("%s", (_, family, drops, listing, expected) => {
  expect(renderIptables(drops, family, parseChain(listing))).toBe(expected);
});

const many = Array.from({ length: 16 }, (_, index) => index + 1);

test.each<[string, Drop, readonly string[]]>([
  ["a protocol", drop(n2, traffic("tcp", [])), ["-p tcp"]],
  ["ICMP", drop(n2, traffic("icmp", [])), ["-p icmp"]],
  [
    "a port of both protocols",
    drop(n2, traffic(null, [80])),
    ["-p tcp -m multiport --ports 80", "-p udp -m multiport --ports 80"],
  ],
  ["a flaky link", drop(n2, anyTraffic, 12.5), ["-m statistic --mode random --probability 0.125000"]],
  [
    "more ports than multiport takes: no packet is drawn for twice",
    drop(n2, traffic("tcp", many), 50),
    [
      "-p tcp -m multiport --ports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 -m statistic --mode random --probability 0.500000",
      "-p tcp -m multiport ! --ports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15 -m multiport --ports 16 -m statistic --mode random --probability 0.500000",
    ],
  ],
])("%s", (_, asked, expected) => {
  const text = renderIptables([asked], "v4", parseChain(policies)) ?? "";
  expect(text.split("\n").filter((line) => line.startsWith("-A"))).toEqual(
    expected.map((rule) => `-A DEVIOUS -s 172.18.0.3/32 ${rule} -j DROP`),
  );
});

test("ICMP of IPv6 is a protocol of its own", () => {
  const text = renderIptables([drop(n2, traffic("icmp", []))], "v6", parseChain(policies));
  expect(text).toContain("-A DEVIOUS -s fd00:1::3/128 -p ipv6-icmp -j DROP\n");
});

test.each<[string, readonly Drop[], string, string]>([
  ["a rule too many", [drop(n2)], `${cutV4}-A DEVIOUS -s 172.18.0.4/32 -j DROP\n`, "nobody asked for: -s 172.18.0.4/32 -j DROP"],
  ["a rule too few", [drop(n2), flaky], cutV4, "a rule is missing: -s 172.18.0.3/32 -p udp"],
  ["a wider source", [drop(n2)], cutV4.replace("/32", "/24"), "there is -s 172.18.0.3/24"],
  ["another chance", [flaky], flakyV4.replace("0.33", "0.34"), "there is -s 172.18.0.3/32 -p udp"],
  ["other ports", [flaky], flakyV4.replace("2380", "2381"), "--ports 2379,2381"],
  ["no hook", [drop(n2)], cutV4.replace("-A INPUT -j DEVIOUS\n", ""), "INPUT jumps to our chain 0 times"],
  ["a chain left over", [], cutV4, "a chain of ours is left over"],
])("read back: %s", (_, drops, listing, expected) => {
  expect(iptablesDifference(drops, "v4", parseChain(listing))).toContain(expected);
});

test("rules of others are not read as ours", () => {
  const chain = parseChain(`${policies}-N DOCKER\n-A INPUT -j DOCKER\n-A DOCKER -s 172.18.0.3/32 -j DROP\n`);
  expect(chain).toEqual({ exists: false, hooks: 0, rules: [] });
});
