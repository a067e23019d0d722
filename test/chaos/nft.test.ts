// Shows the nft transaction for a cut, and what is noticed when the table is read back.
import { expect, test } from "vitest";
import type { Peer } from "../../src/chaos/namespace.js";
import { nftDifference, renderNft } from "../../src/chaos/nft.js";

const n2: Peer = { name: "n2", addresses: { v4: ["172.18.0.3"], v6: ["fd00:1::3"] } };
const n3: Peer = { name: "n3", addresses: { v4: ["172.18.0.4"], v6: [] } };

/** `nft -j list table inet devious` of nftables 1.0.6 after the transaction for n2. */
const recorded = `{"nftables": [{"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}}, {"table": {"family": "inet", "name": "devious", "handle": 2}}, {"chain": {"family": "inet", "table": "devious", "name": "input", "handle": 1, "type": "filter", "hook": "input", "prio": 0, "policy": "accept"}}, {"rule": {"family": "inet", "table": "devious", "chain": "input", "handle": 2, "comment": "n2", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "172.18.0.3"}}, {"counter": {"packets": 0, "bytes": 0}}, {"drop": null}]}}, {"rule": {"family": "inet", "table": "devious", "chain": "input", "handle": 3, "comment": "n2", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip6", "field": "saddr"}}, "right": "fd00:1::3"}}, {"counter": {"packets": 0, "bytes": 0}}, {"drop": null}]}}]}`;

test("a cut", () => {
  expect(renderNft([n2, n3])).toBe(`table inet devious
delete table inet devious
table inet devious {
  chain input {
    type filter hook input priority 0; policy accept;
    ip saddr 172.18.0.3 counter drop comment "n2"
    ip6 saddr fd00:1::3 counter drop comment "n2"
    ip saddr 172.18.0.4 counter drop comment "n3"
  }
}
`);
});

test.each([
  ["nobody unheard", []],
  ["only a peer without addresses", [{ name: "n4", addresses: { v4: [], v6: [] } }]],
])("%s: no table is left", (_, unheard) => {
  expect(renderNft(unheard)).toBe("table inet devious\ndelete table inet devious\n");
});

test.each<[string, readonly Peer[], string | undefined, string | undefined]>([
  ["as asked", [n2], recorded, undefined],
  ["as asked, other spelling", [{ ...n2, addresses: { v4: ["172.18.0.3"], v6: ["FD00:1:0::3"] } }], recorded, undefined],
  ["no table, none asked", [], undefined, undefined],
  ["no table", [n3], undefined, "packets from 172.18.0.4 are not dropped"],
  ["one missing", [n2, n3], recorded, "packets from 172.18.0.4 are not dropped"],
  ["one too many", [n3], recorded, "packets from 172.18.0.3 are dropped though nobody asked for it"],
  ["the rule does not drop", [n2], recorded.replaceAll("drop", "accept"), "packets from 172.18.0.3 are not dropped"],
  ["an empty table", [], '{"nftables": []}', "a table of ours is left over"],
])("read back: %s", (_, unheard, listing, expected) => {
  expect(nftDifference(unheard, listing)).toBe(expected);
});
