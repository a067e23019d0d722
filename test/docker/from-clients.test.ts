// Shows what clients send to a node held back in bare namespaces by the agent's own code: them and nobody else, that way and no other, and nothing of it left after the heal.
import { afterEach, describe, expect, test } from "vitest";
import { type NetworkNamespace, openNamespace } from "../../src/agent/netns.js";
import { type Shape, createShaper } from "../../src/agent/shaping.js";
import type { Peer } from "../../src/chaos/desired-state.js";
import { noImpairment } from "../../src/chaos/impairment.js";
import { inboundOf, linksOf } from "../../src/chaos/lanes.js";
import type { SlowFault } from "../../src/chaos/slow.js";
import { anyTraffic } from "../../src/chaos/traffic.js";
import { type BareNode, inside, withBareNodes } from "../support/guest/bare-nodes.js";
import { sendBulk, sendDatagrams } from "../support/guest/datagrams.js";
import { type Post, openPost } from "../support/guest/post.js";

const rate = 8e6;

function slow(bitsPerSecond: number, receivers: Partial<SlowFault["links"][string]> = {}): SlowFault {
  return {
    kind: "slow",
    nodes: ["node"],
    links: { node: { peers: [], clients: false, fromClients: true, ...receivers } },
    where: "node <- clients",
    impairment: { ...noImpairment, rate: { bitsPerSecond, burstBytes: null } },
    traffic: anyTraffic,
  };
}

interface Stage {
  readonly namespace: NetworkNamespace;
  readonly node: Post;
  readonly peer: Post;
  readonly client: Post;
  /** All faults there are, as the agent would bring them. */
  readonly bring: (faults: readonly SlowFault[], peers?: readonly Peer[], trusted?: boolean, shape?: Shape) => Promise<number>;
}

const opened: Post[] = [];
afterEach(() => {
  for (const post of opened.splice(0)) post.close();
});

function onStage(act: (stage: Stage) => Promise<void>): Promise<void> {
  return withBareNodes(["node", "peer", "client"], async ([a, b, c]) => {
    if (a === undefined || b === undefined || c === undefined) throw new Error("three nodes were asked for");
    const namespace = await openNamespace(a.pid);
    if (namespace === undefined) throw new Error("the node ended early");
    const open = (node: BareNode): Post => {
      const post = openPost(node);
      opened.push(post);
      return post;
    };
    const own = createShaper();
    const bring: Stage["bring"] = async (faults, peers = [b], trusted = true, shape = own) => {
      const asked = { links: linksOf("node", faults, peers), inbound: inboundOf("node", faults, peers) };
      return (await shape(namespace, "node", a.addresses.v4[0], asked, trusted)).length;
    };
    try {
      await act({ namespace, node: open(a), peer: open(b), client: open(c), bring });
    } finally {
      await namespace.close();
    }
  });
}

/** Everything of ours that can stand in the node. */
const look = ({ node }: Stage): string =>
  ["ip -o link show", "tc qdisc show", "tc filter show dev eth0 parent ffff:"]
    .map((command) => inside(node.node.pid, command))
    .join("")
    // the kernel counts who uses a queue, and what passes it
    .replaceAll(/ refcnt \d+| direct_packets_stat \d+/g, "");

describe("what clients send to a node", () => {
  test("is as narrow as asked, within 20 %, what peers send is not, nor is the way back, and a heal leaves nothing", () =>
    onStage(async (stage) => {
      const { node, peer, client, bring } = stage;
      const before = look(stage);
      expect(await bring([slow(rate)])).toBeGreaterThan(0);
      const narrow = await sendBulk(client, node, 3000);
      expect(narrow.bitsPerSecond).toBeGreaterThan(rate * 0.8);
      expect(narrow.bitsPerSecond).toBeLessThan(rate * 1.2);
      expect((await sendBulk(peer, node, 1000)).bitsPerSecond).toBeGreaterThan(rate * 3);
      expect((await sendBulk(node, client, 1000)).bitsPerSecond).toBeGreaterThan(rate * 3);
      expect(await bring([])).toBeGreaterThan(0);
      expect(look(stage)).toBe(before);
      expect((await sendBulk(client, node, 1000)).bitsPerSecond).toBeGreaterThan(rate * 3);
    }));

  test("is one more impairment beside those of the ways out, and each is healed by itself", () =>
    onStage(async (stage) => {
      const { bring } = stage;
      const before = look(stage);
      const outward = slow(rate, { peers: ["peer"], clients: true, fromClients: false });
      await bring([outward]);
      const alone = look(stage);
      await bring([outward, slow(rate)]);
      expect(look(stage)).toContain("devious-in");
      await bring([outward]);
      expect(look(stage)).toBe(alone);
      await bring([slow(rate)]);
      expect(look(stage)).not.toMatch(/dev eth0 root .*de71:|de71: dev eth0/);
      await bring([]);
      expect(look(stage)).toBe(before);
    }));

  test("loses no packet of a peer while it is impaired, changed and healed", () =>
    onStage(async ({ node, peer, client, bring }) => {
      const count = 400;
      const arriving = sendDatagrams(peer, node, { count, everyMs: 5, patienceMs: 1000 });
      const others: Peer[] = [peer.node, { name: "other", addresses: { v4: ["10.77.0.9"], v6: ["fd77::9"] } }];
      for (let round = 0; round < 3; round++) {
        await bring([slow(rate)]);
        await bring([slow(rate), slow(rate / 2)], others);
        await bring([slow(rate)], [peer.node]);
        await bring([]);
      }
      expect(await arriving).toHaveLength(count);
      expect(await sendDatagrams(client, node, { count: 20 })).toHaveLength(20);
    }));

  test("is put right by an agent that knows nothing of it, whatever is missing, and is left alone where nothing is", () =>
    onStage(async (stage) => {
      const { node, bring } = stage;
      const before = look(stage);
      await bring([slow(rate)]);
      const whole = look(stage);
      expect(await bring([slow(rate)], undefined, false)).toBe(0);
      for (const damage of [
        "ip link set devious-in down",
        "tc qdisc del dev devious-in root",
        "tc filter del dev eth0 parent ffff: protocol ip prio 26",
        "tc qdisc del dev eth0 ingress",
        "ip link del devious-in",
      ]) {
        inside(node.node.pid, damage);
        expect(await bring([slow(rate)], undefined, true, createShaper())).toBeGreaterThan(0);
        expect(kinds(look(stage)), damage).toEqual(kinds(whole));
      }
      inside(node.node.pid, "ip link del devious-in");
      await bring([], undefined, false);
      expect(look(stage)).toBe(before);
      // half of it is healed as well, and where something else is asked instead
      await bring([slow(rate)]);
      inside(node.node.pid, "tc filter del dev eth0 parent ffff: protocol ip prio 26");
      inside(node.node.pid, "tc filter del dev eth0 parent ffff: protocol ipv6 prio 27");
      const fresh = createShaper();
      await bring([slow(rate, { clients: true, fromClients: false })], undefined, true, fresh);
      expect(look(stage)).not.toContain("devious-in");
      await bring([], undefined, true, fresh);
      expect(look(stage)).toBe(before);
    }));

  test.each([
    ["type ifb", "Error: Unknown device type.\n"],
    ["mirred", "Error: Failed to load TC action module.\nWe have an error talking to the kernel\n"],
  ])("is refused in one sentence by a kernel without %s, and nothing of it stays", (word, stderr) =>
    onStage(async (stage) => {
      const { namespace, bring } = stage;
      const before = look(stage);
      const run = namespace.run.bind(namespace);
      namespace.run = (command, input = "") => {
        const lines = input.split("\n");
        const [first] = lines.filter((line) => line.includes(word));
        if (first === undefined) return run(command, input);
        // those before it are carried out
        const some = lines.slice(0, lines.indexOf(first));
        return run(command, some.map((line) => `${line}\n`).join("")).then((output) => ({ ...output, exitCode: 1, stderr }));
      };
      for (const trusted of [true, false]) {
        await expect(bring([slow(rate)], undefined, trusted)).rejects.toMatchObject({
          code: "FAULT_NOT_APPLIED",
          hint: expect.stringContaining("modprobe -a ifb act_mirred"),
        });
        expect(look(stage)).toBe(before);
      }
    }),
  );

  test.each(["ingress", "clsact"])("cannot be impaired beside another's %s, which is named and left alone", (kind) =>
    onStage(async (stage) => {
      const { node, bring } = stage;
      inside(node.node.pid, `tc qdisc add dev eth0 ${kind}`);
      const before = look(stage);
      for (const trusted of [true, false]) {
        await expect(bring([slow(rate)], undefined, trusted, createShaper())).rejects.toThrow(
          `eth0 of node already has an ingress qdisc that is not devious's (${kind}).`,
        );
        await bring([], undefined, trusted);
        expect(look(stage)).toBe(before);
      }
      await bring([slow(rate, { clients: true, fromClients: false })]);
      await bring([]);
      expect(look(stage)).toBe(before);
    }),
  );
});

/** Without the numbers that the kernel gives devices as they come. */
function kinds(looked: string): readonly string[] {
  return looked
    .split("\n")
    .map((line) =>
      line.replaceAll(
        /^\d+: |link\/ether \S+|index \d+|fh \S+|key ht \S+|order \d+|ref \d+ bind \d+|direct_packets_stat \d+/g,
        "",
      ),
    )
    .sort();
}
