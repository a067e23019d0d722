// Shows the iptables transactions for a cut, from any state the chain may be in.
import { expect, test } from "vitest";
import { parseChain, renderIptables } from "../../src/chaos/iptables.js";
import type { Peer } from "../../src/chaos/namespace.js";

const n2: Peer = { name: "n2", addresses: { v4: ["172.18.0.3"], v6: ["fd00:1::3"] } };

const policies = "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n";
/** `iptables-legacy -S` and `ip6tables-legacy -S` of iptables 1.8.9 under the cut of n2. */
const cutV4 = `${policies}-N DEVIOUS\n-A INPUT -j DEVIOUS\n-A DEVIOUS -s 172.18.0.3/32 -j DROP\n`;
const cutV6 = `${policies}-N DEVIOUS\n-A INPUT -j DEVIOUS\n-A DEVIOUS -s fd00:1::3/128 -j DROP\n`;

test.each([
  [
    "v4, from clean",
    "v4",
    [n2],
    policies,
    "*filter\n:DEVIOUS - [0:0]\n-I INPUT 1 -j DEVIOUS\n-A DEVIOUS -s 172.18.0.3/32 -j DROP\nCOMMIT\n",
  ],
  [
    "v6, from clean",
    "v6",
    [n2],
    policies,
    "*filter\n:DEVIOUS - [0:0]\n-I INPUT 1 -j DEVIOUS\n-A DEVIOUS -s fd00:1::3/128 -j DROP\nCOMMIT\n",
  ],
  ["v4 stands", "v4", [n2], cutV4, undefined],
  ["v6 stands", "v6", [n2], cutV6, undefined],
  ["clean stays clean", "v4", [], policies, undefined],
  [
    "another address, hook stands",
    "v4",
    [{ name: "n2", addresses: { v4: ["172.18.0.9"], v6: [] } }],
    cutV4,
    "*filter\n:DEVIOUS - [0:0]\n-A DEVIOUS -s 172.18.0.9/32 -j DROP\nCOMMIT\n",
  ],
  ["healed", "v4", [], cutV4, "*filter\n:DEVIOUS - [0:0]\n-D INPUT -j DEVIOUS\n-X DEVIOUS\nCOMMIT\n"],
  ["a chain without a hook", "v4", [], `${policies}-N DEVIOUS\n`, "*filter\n:DEVIOUS - [0:0]\n-X DEVIOUS\nCOMMIT\n"],
  [
    "the hook was removed by hand",
    "v4",
    [n2],
    cutV4.replace("-A INPUT -j DEVIOUS\n", ""),
    "*filter\n:DEVIOUS - [0:0]\n-I INPUT 1 -j DEVIOUS\n-A DEVIOUS -s 172.18.0.3/32 -j DROP\nCOMMIT\n",
  ],
] as const)("%s", (_, family, unheard, listing, expected) => {
  expect(renderIptables(unheard, family, parseChain(listing))).toBe(expected);
});

test("rules of others are not read as ours", () => {
  const chain = parseChain(`${policies}-N DOCKER\n-A INPUT -j DOCKER\n-A DOCKER -s 172.18.0.3/32 -j DROP\n`);
  expect(chain).toEqual({ exists: false, hooks: 0, sources: [] });
});
