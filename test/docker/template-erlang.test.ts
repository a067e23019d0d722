// Shows the erlang template with Erlang itself: its nodes connect and one leads; an isolated leader loses the others and its office, and joins them again.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterStatus } from "../../src/cluster/status.js";
import { eventually } from "../support/cli.js";
import { TemplateCluster } from "../support/template-cluster.js";

let erlang: TemplateCluster;
beforeAll(async () => {
  erlang = await TemplateCluster.create("erlang", "ERLANG_IMAGE", { name: "erlang", packages: ["erlang-base"] });
});
afterAll(() => erlang.destroy());

/** What each node says of itself, by its name. */
async function states(): Promise<Readonly<Record<string, unknown>>> {
  const { nodes } = await erlang.cluster.status<ClusterStatus>();
  const said = nodes.map(async ({ node, ports }) => [node, await (await fetch(`http://${ports["8080"]}/`)).json()] as const);
  return Object.fromEntries(await Promise.all(said));
}

/** That all are connected, and name the same leader. */
async function agree(): Promise<boolean> {
  const all = Object.values(await states()) as readonly { readonly leader: string; readonly connected: number }[];
  const [leader = ""] = new Set(all.map((one) => one.leader));
  return leader !== "" && all.every((one) => one.leader === leader && one.connected === 3);
}

test("up boots three nodes that are connected, of which one leads", async () => {
  await erlang.cluster.up();
  await eventually("all are connected and agree who leads", 15_000, agree);
  expect(await erlang.leaders()).toHaveLength(1);
});

test("a leader that is isolated is alone and leads no more, the others have another; healed, all are connected", async () => {
  const [former = ""] = await erlang.leaders();
  await erlang.chaos("isolate", "leader", "--for", "1m");
  const successor = await erlang.successorOf(former, 30_000);
  await eventually("it knows that it is alone", 15_000, async () => {
    const { [former]: alone, [successor]: next } = await states();
    expect(next).toMatchObject({ role: "leader" });
    return JSON.stringify(alone) === JSON.stringify({ role: "none", leader: "", connected: 1 });
  });
  const said = await erlang.saidSinceFault();
  expect(said).toContainEqual(expect.stringMatching(`^${successor} .*${former}@${former} is down, 2 of 3 are connected`));
  expect(said).toContainEqual(expect.stringMatching(`^${former} .* does not lead any more`));

  await erlang.chaos("heal");
  await eventually("all are connected again and agree who leads", 30_000, agree);
  await erlang.settled((await erlang.leaders())[0] ?? "", 10_000);
});

test("two who lead, each by what its own node knows, are one in the end", async () => {
  const [leader = ""] = await erlang.leaders();
  const other = leader === "erl-1" ? "erl-2" : "erl-1";
  // what `global` may end with after nodes have met and lost each other at once: a name that only one node knows
  const believe = `
    Node = '${other}@${other}', Member = rpc:call(Node, erlang, whereis, [member]),
    yes = gen_server:call({global_name_server, Node}, {register, leader, Member, fun global:random_notify_name/3}), halt().`;
  await erlang.exec(other, "erl", "-noinput", "-hidden", "-sname", "probe", "-setcookie", "erl", "-eval", believe);
  await eventually("one has parted from the others", 30_000, async () =>
    (await erlang.saidSinceFault()).some((line) => /others know of another leader: .* meets them anew/.test(line)),
  );
  await eventually("all agree who leads", 30_000, agree);
  expect(await erlang.leaders()).toHaveLength(1);
});

test("smoke finds nothing wrong with it, under its own scenario as well", async () => {
  expect(await erlang.smokeTroubles()).toEqual([]);
});
