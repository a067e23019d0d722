/** A cluster of the leaderless store, with what its tests ask of it: where its HTTP is now, what its replicas hold, what anti-entropy has cost. */
import type { Replicas } from "../../../src/cluster/ring/replicas.js";
import type { ClusterStatus } from "../../../src/cluster/status.js";
import type { LeaderlessStatus } from "../../../src/cluster/store-status.js";
import { TestCluster } from "../cli.js";
import { RiakHttp } from "./riak-http.js";
import { setType } from "./sets.js";

const httpPort = 8098;
export const objectBytes = 1024;
const filledAtOnce = 20;

export class RingCluster {
  readonly cli: TestCluster;
  /** Of Riak's HTTP, by node: those that are up, as of the last {@link lookUp}. */
  readonly addresses = new Map<string, string>();

  private constructor(cli: TestCluster) {
    this.cli = cli;
  }

  /** Five nodes that are up, with a bucket type for sets. */
  static async up(): Promise<RingCluster> {
    const cluster = new RingCluster(await TestCluster.create("nodes: 5\nstore: leaderless\n"));
    await cluster.cli.up();
    await cluster.lookUp();
    await cluster.cli.json("bucket-type", "create", setType, "datatype=set", "--activate", "--cluster", cluster.cli.name);
    return cluster;
  }

  /** Nodes are published at other ports whenever they start. */
  async lookUp(): Promise<void> {
    const { nodes } = await this.cli.status<ClusterStatus>();
    this.addresses.clear();
    for (const { node, ports } of nodes) if (ports[httpPort] !== undefined) this.addresses.set(node, ports[httpPort]);
  }

  /** Writes so many objects of {@link objectBytes}, each once. */
  async fill(count: number): Promise<void> {
    const http = new RiakHttp(this.addresses);
    const headers = { "content-type": "text/plain" };
    const body = "v".repeat(objectBytes);
    const put = async (number: number): Promise<void> => {
      const outcome = await http.ask("n1", { method: "PUT", path: `/buckets/filled/keys/${number}`, headers, body });
      if (outcome.type !== "done") throw new Error(outcome.why);
    };
    for (let number = 0; number < count; number += filledAtOnce) {
      await Promise.all(Array.from({ length: filledAtOnce }, (_, more) => put(number + more)));
    }
    http.close();
  }

  /** How many of those are there. */
  async filled(): Promise<number> {
    const answer = await fetch(`http://${this.addresses.get("n1")}/buckets/filled/keys?keys=true`);
    return ((await answer.json()) as { readonly keys: readonly string[] }).keys.length;
  }

  /** Waits until all owners of all keys hold the same, for so long at most. */
  async check(wait = "90s"): Promise<Replicas> {
    const { stdout } = await this.cli.run("ring", "check", "--wait", wait, "--json");
    return JSON.parse(stdout) as Replicas;
  }

  /** Asks a node for a figure of its `/metrics`, for as long as it is not started anew. */
  async metric(node: string, name: string): Promise<() => Promise<number>> {
    const { address } = await this.cli.node(node);
    return async () => {
      const text = await (await fetch(`http://${address}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
    };
  }

  /** What the nodes say of themselves, by name. */
  async stores(): Promise<ReadonlyMap<string, LeaderlessStatus>> {
    const { nodes } = await this.cli.status<ClusterStatus>();
    return new Map(nodes.flatMap(({ node, store }) => (store?.design === "leaderless" ? [[node, store] as const] : [])));
  }

  destroy(): Promise<void> {
    return this.cli.destroy();
  }
}
