// Shows --verify on real nodes: asked beside measured, one exit code for what is not proven, and no fault left of it.
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FaultView } from "../../src/chaos/protocol.js";
import { docker, type Ran, rulesIn, TestCluster } from "../support/cli.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.create();
  await cluster.up();
});
afterAll(() => cluster.destroy());

const nodes = ["n1", "n2", "n3"];

function verify(args: readonly string[]): Promise<Ran> {
  return cluster.run("chaos", ...args, "--verify", "--for", "30s", "--cluster", cluster.name);
}

describe("a fault that is felt is proven", () => {
  test.each([
    [
      ["slow", "n2", "--rate", "1mbit"],
      /n2 -> n1 rate +asked 1mbit +measured \d+kbit|n2 -> n1 rate +asked 1mbit +measured 1\.\d+mbit/,
    ],
    [["partition", "isolate n2"], /n2 -> n1 cut +asked nothing arrives +measured 0 of 20 arrived/],
    [["partition", "isolate n2"], /n1 -> n3 still heard +asked packets arrive +measured 20 of 20 arrived/],
    [["partition", "flaky n2", "--drop", "30%"], /n2 -> n1 drop +asked 30% +measured [23]\d(\.\d)?% did not arrive \(of 1000\)/],
    [["partition", "isolate n2", "--proto", "tcp"], /n2 -> n1 \(tcp\) cut +asked nothing arrives +measured 0 of 20 arrived/],
    [["pause", "n3"], /n3 pause +asked no answer +measured connected, and no answer/],
    [["kill", "n3"], /n3 process +asked none +measured none/],
  ])("chaos %j --verify", async (args, line) => {
    const { exitCode, stdout, stderr } = await verify(args);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(line);
    const { faults } = await cluster.json<{ readonly faults: readonly FaultView[] }>("chaos", "ls");
    expect(faults.map(({ proof }) => proof?.how)).toEqual(["measured"]);
    await cluster.json("chaos", "heal");
    await cluster.json("up", "--name", cluster.name);
  });
});

describe("a fault that is not felt is not proven, and healed", () => {
  /** Somebody else's rule in the node's namespace, for as long as `use` takes. */
  async function withForeignRule(node: string, rule: string, use: () => Promise<void>): Promise<void> {
    const pid = await docker("inspect", "--format", "{{.State.Pid}}", cluster.container(node));
    const nft = (...words: readonly string[]) => execa("nsenter", ["-t", pid, "-n", "nft", ...words]);
    await nft("add", "table", "inet", "foreign");
    try {
      await nft("add", "chain", "inet", "foreign", "input", "{ type filter hook input priority -10 ; }");
      await nft("add", "rule", "inet", "foreign", "input", ...rule.split(" "));
      await use();
      expect((await nft("list", "table", "inet", "foreign")).stdout).toContain("foreign");
    } finally {
      await nft("delete", "table", "inet", "foreign");
    }
  }

  async function expectDisproven(args: readonly string[], detail: RegExp): Promise<void> {
    const { exitCode, stdout, stderr } = await verify(args);
    expect({ exitCode, said: stdout + stderr }).toMatchObject({ exitCode: 1, said: expect.stringMatching(detail) });
    expect(await cluster.json("chaos", "ls")).toEqual({ faults: [], links: [] });
    expect((await Promise.all(nodes.map((node) => rulesIn(cluster.container(node))))).flat()).toEqual([]);
  }

  test("a partition beside which somebody else cuts a pair that was to hear each other", () =>
    withForeignRule("n3", "udp dport >= 1024 drop", () =>
      expectDisproven(["partition", "isolate n2"], /n1 -> n3 still heard.*0 of 20 arrived/),
    ));

  test("a rate whose link somebody else has cut", () =>
    withForeignRule("n1", "udp dport >= 1024 drop", () =>
      expectDisproven(["slow", "n2", "--rate", "1mbit"], /n2 -> n1 rate.*0 of \d+ arrived/),
    ));
});
