// Shows the nft transaction for a cut, and what is noticed when the table is read back.
import { expect, test } from "vitest";
import type { Drop, Peer } from "../../src/chaos/desired-state.js";
import { nftDifference, renderNft } from "../../src/chaos/nft.js";
import { type Traffic, anyTraffic, traffic } from "../../src/chaos/traffic.js";

const n2: Peer = { name: "n2", addresses: { v4: ["172.18.0.3"], v6: ["fd00:1::3"] } };
const n3: Peer = { name: "n3", addresses: { v4: ["172.18.0.4"], v6: [] } };
const n4: Peer = { name: "n4", addresses: { v4: [], v6: [] } };
const drop = (peer: Peer, which: Traffic = anyTraffic, percent = 100): Drop => ({ peer, traffic: which, percent });

/** `nft -j list table inet devious` of nftables 1.0.6 after the transaction for n2. */
const recorded = `{"nftables": [{"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}}, {"table": {"family": "inet", "name": "devious", "handle": 2}}, {"chain": {"family": "inet", "table": "devious", "name": "input", "handle": 1, "type": "filter", "hook": "input", "prio": 0, "policy": "accept"}}, {"rule": {"family": "inet", "table": "devious", "chain": "input", "handle": 2, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "icmpv6", "field": "type"}}, "right": "nd-neighbor-solicit"}}, {"accept": null}]}}, {"rule": {"family": "inet", "table": "devious", "chain": "input", "handle": 3, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "icmpv6", "field": "type"}}, "right": "nd-neighbor-advert"}}, {"accept": null}]}}, {"rule": {"family": "inet", "table": "devious", "chain": "input", "handle": 4, "comment": "n2", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "172.18.0.3"}}, {"counter": {"packets": 0, "bytes": 0}}, {"drop": null}]}}, {"rule": {"family": "inet", "table": "devious", "chain": "input", "handle": 5, "comment": "n2", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip6", "field": "saddr"}}, "right": "fd00:1::3"}}, {"counter": {"packets": 0, "bytes": 0}}, {"drop": null}]}}]}`;

/** `nft -j --echo` of nftables 1.0.6 for half of n3's UDP port 2380, where there was a table before. */
const echoed = `{"nftables": [{"add": {"table": {"family": "inet", "name": "devious", "handle": 1}}}, {"add": {"table": {"family": "inet", "name": "devious", "handle": 2}}}, {"add": {"chain": {"family": "inet", "table": "devious", "name": "input", "handle": 1, "type": "filter", "hook": "input", "prio": 0, "policy": "accept"}}}, {"add": {"rule": {"family": "inet", "table": "devious", "chain": "input", "handle": 2, "comment": "n3", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "172.18.0.4"}}, {"match": {"op": "==", "left": {"payload": {"protocol": "udp", "field": "sport"}}, "right": 2380}}, {"match": {"op": "<", "left": {"numgen": {"mode": "random", "mod": 1000000, "offset": 0}}, "right": 500000}}, {"counter": {"packets": 0, "bytes": 0}}, {"drop": null}]}}}, {"add": {"rule": {"family": "inet", "table": "devious", "chain": "input", "handle": 3, "comment": "n3", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "172.18.0.4"}}, {"match": {"op": "!=", "left": {"payload": {"protocol": "udp", "field": "sport"}}, "right": 2380}}, {"match": {"op": "==", "left": {"payload": {"protocol": "udp", "field": "dport"}}, "right": 2380}}, {"match": {"op": "<", "left": {"numgen": {"mode": "random", "mod": 1000000, "offset": 0}}, "right": 500000}}, {"counter": {"packets": 0, "bytes": 0}}, {"drop": null}]}}}]}`;
const half = drop(n3, traffic("udp", [2380]), 50);

test("a cut of all traffic, whole", () => {
  expect(renderNft([drop(n2), drop(n3)])).toBe(`table inet devious
delete table inet devious
table inet devious {
  chain input {
    type filter hook input priority 0; policy accept;
    icmpv6 type nd-neighbor-solicit accept
    icmpv6 type nd-neighbor-advert accept
    ip saddr 172.18.0.3 counter drop comment "n2"
    ip6 saddr fd00:1::3 counter drop comment "n2"
    ip saddr 172.18.0.4 counter drop comment "n3"
  }
}
`);
});

test.each<[string, readonly Drop[], readonly string[]]>([
  [
    "a port of either side, of both protocols that have ports",
    [drop(n3, traffic(null, [2380]))],
    ["tcp sport 2380", "tcp dport 2380", "udp sport 2380", "udp dport 2380"],
  ],
  ["a flaky protocol", [drop(n3, traffic("tcp", []), 12.5)], ["meta l4proto tcp numgen random mod 1000000 < 125000"]],
  [
    "flaky ports: no packet is drawn for twice",
    [drop(n3, traffic("tcp", [2380, 2379]), 50)],
    [
      "tcp sport 2379 numgen random mod 1000000 < 500000",
      "tcp sport 2380 numgen random mod 1000000 < 500000",
      "tcp sport != 2379 tcp sport != 2380 tcp dport 2379 numgen random mod 1000000 < 500000",
      "tcp sport != 2379 tcp sport != 2380 tcp dport 2380 numgen random mod 1000000 < 500000",
    ],
  ],
  ["the same cut twice", [drop(n3, traffic("udp", [])), drop(n3, traffic("udp", []))], ["meta l4proto udp"]],
  [
    "the same flaky link twice: each draws for itself",
    [drop(n3, anyTraffic, 50), drop(n3, anyTraffic, 50)],
    ["numgen random mod 1000000 < 500000", "numgen random mod 1000000 < 500000"],
  ],
  ["a chance too small for the kernel", [drop(n3, anyTraffic, 1e-9)], ["numgen random mod 1000000 < 1"]],
])("%s", (_, drops, expected) => {
  const rules = renderNft(drops)
    .split("\n")
    .filter((line) => line.includes("saddr"));
  expect(rules).toEqual(expected.map((matches) => `    ip saddr 172.18.0.4 ${matches} counter drop comment "n3"`));
});

test("ICMP is that of the address's own family", () => {
  expect(renderNft([drop(n2, traffic("icmp", []))])).toContain(`
    ip saddr 172.18.0.3 meta l4proto icmp counter drop comment "n2"
    ip6 saddr fd00:1::3 meta l4proto ipv6-icmp counter drop comment "n2"
`);
});

test.each([
  ["no drops", []],
  ["only a peer without addresses", [drop(n4)]],
])("%s: no table is left", (_, drops) => {
  expect(renderNft(drops)).toBe("table inet devious\ndelete table inet devious\n");
});

test.each<[string, readonly Drop[], string | undefined, string | undefined]>([
  ["as asked", [drop(n2)], recorded, undefined],
  ["as asked, other spelling", [drop({ ...n2, addresses: { v4: ["172.18.0.3"], v6: ["FD00:1:0::3"] } })], recorded, undefined],
  ["as asked, from the echo", [half], echoed, undefined],
  ["no table, none asked", [], undefined, undefined],
  ["no table", [drop(n3)], undefined, "a rule is missing: ip saddr 172.18.0.4 drop"],
  ["one missing", [drop(n2), drop(n3)], recorded, "a rule is missing: ip saddr 172.18.0.4 drop"],
  [
    "another peer",
    [drop({ ...n2, addresses: { v4: ["172.18.0.9"], v6: ["fd00:1::3"] } })],
    recorded,
    "instead of the rule ip saddr 172.18.0.9 drop there is ip saddr 172.18.0.3 drop",
  ],
  [
    "one of two equal ones",
    [half, half],
    echoed,
    expect.stringContaining("a rule is missing: ip saddr 172.18.0.4 udp sport 2380"),
  ],
  ["one too many", [drop({ ...n2, addresses: { v4: ["172.18.0.3"], v6: [] } })], recorded, expect.stringContaining("instead of")],
  ["another chance", [half], echoed.replace("500000", "400000"), expect.stringContaining("< 400000 drop")],
  ["another port", [half], echoed.replace("2380", "2381"), expect.stringContaining("sport 2381")],
  ["another protocol", [half], echoed.replace("udp", "tcp"), expect.stringContaining("tcp sport")],
  [
    "a match of somebody else's in our rule",
    [drop(n2)],
    recorded.replace('{"counter"', '{"limit": {}}, {"counter"'),
    expect.stringContaining('there is ip saddr 172.18.0.3 {"limit":{}} drop'),
  ],
  ["the rule does not drop", [drop(n2)], recorded.replaceAll("drop", "accept"), expect.stringContaining("172.18.0.3 accept")],
  [
    "the chain is not hooked",
    [drop(n2)],
    recorded.replace('"hook": "input"', '"hook": "output"'),
    "our table does not see what arrives",
  ],
  ["an empty table", [], '{"nftables": []}', "a table of ours is left over"],
])("read back: %s", (_, drops, listing, expected) => {
  expect(nftDifference(drops, listing)).toEqual(expected);
});
