// Shows what a look into a node's network asks and tells, whichever tool cuts there, and that a node which does not run says so.
import { expect, test } from "vitest";
import type { PlaceParts } from "../../src/agent/places.js";
import { createLookInside } from "../../src/agent/look-inside.js";
import { FakeCluster } from "./fake-cluster.js";

/** Two nodes, the second of which does not run; `answers`: what a command says, where it says anything. */
function nodesThatSay(answers: Readonly<Record<string, string>>) {
  const cluster = new FakeCluster(["n1", "n2"]);
  cluster.stop("n2");
  const open: string[] = [];
  const parts: PlaceParts = {
    engine: cluster.engine,
    groups: cluster.groups,
    openNamespace: async (pid) => {
      open.push(`${pid}`);
      return {
        run: async (command) => {
          const stdout = answers[command.join(" ")] ?? "";
          const isUnknown = command[0] === "ip6tables" || command.includes("ip6tables");
          return { exitCode: isUnknown ? 3 : 0, stdout, stderr: isUnknown ? "no such table\n" : "", cutShort: false };
        },
        start: () => {
          throw new Error("nobody is talked to");
        },
        close: async () => void open.pop(),
      };
    },
  };
  return { look: createLookInside(parts), open };
}

const answers = {
  "ip -o link show": "1: lo: <LOOPBACK,UP>\n12: eth0@if13: <BROADCAST>\n13: devious-in: <BROADCAST>\n",
  "tc -s -d qdisc show": "qdisc htb de71: dev eth0 root\n",
  "nft list ruleset": "table inet devious {\n}\n",
};

test("every device, its queues and filters, and the cuts: each command as typed, and what it said", async () => {
  const { look, open } = nodesThatSay(answers);
  const { n1 = "", n2 } = await look(["n1", "n2"], "nft");
  expect(n1.split("\n").filter((line) => line.startsWith("$ "))).toEqual([
    "$ ip -s address show",
    "$ ip route show",
    "$ tc -s -d qdisc show",
    ...["eth0", "devious-in"].flatMap((device) => [
      `$ tc -s -d class show dev ${device}`,
      `$ tc -s filter show dev ${device}`,
      `$ tc -s filter show dev ${device} ingress`,
    ]),
    "$ nft list ruleset",
  ]);
  expect(n1).toContain("$ tc -s -d qdisc show\nqdisc htb de71: dev eth0 root\n");
  expect(n1).toContain("$ nft list ruleset\ntable inet devious {\n}\n");
  expect(n2).toBe("n2 does not run\n");
  expect(open).toEqual([]);
});

test("where iptables cuts, nft is not asked, and what fails says so in its place", async () => {
  const { look } = nodesThatSay(answers);
  const { n1 = "" } = await look(["n1"], "iptables");
  expect(n1).not.toContain("nft");
  expect(n1).toContain("$ xtables-legacy-multi iptables -w 5 -S -v\n");
  expect(n1).toMatch(/ip6tables -w 5 -S -v\nno such table\nexit code 3\n$/);
});
