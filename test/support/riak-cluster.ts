/** Five containers of the leaderless store, and Riak's clients connected to each of them. */
import type { ClusterStatus } from "../../src/cluster/status.js";
import { bashoClient, type BashoClient } from "./clients/basho.js";
import { curlAt, hasCurl, type Curled } from "./clients/curl.js";
import { noRiakClient } from "./clients/no-riak.js";
import { TestCluster, eventually } from "./cli.js";

type Untyped = ReturnType<typeof noRiakClient>;

if (!hasCurl && process.env["CI"] !== undefined) throw new Error("no curl here");

interface Node {
  /** Of Riak's protocol buffers and HTTP, `host:port`. */
  readonly pb: string;
  readonly http: string;
  readonly basho: BashoClient;
  readonly noRiak: Untyped;
}

/** Waits until each node reaches all members. One that was away, or had no processor, takes others for gone until it has heard them again; what is written through it meanwhile goes to fallbacks, where others do not read it. */
export async function allReachAll(cluster: TestCluster): Promise<void> {
  await eventually("each node reaches all members", 60_000, async () => {
    const { nodes } = await cluster.status<ClusterStatus>();
    return nodes.every(({ store }) => {
      const members = store?.design === "leaderless" ? store.members : [];
      return members.filter(({ isReachable }) => isReachable).length === nodes.length;
    });
  });
}

export class RiakCluster {
  readonly cluster: TestCluster;
  readonly names = ["n1", "n2", "n3", "n4", "n5"];
  readonly #nodes = new Map<string, Node>();

  private constructor(cluster: TestCluster) {
    this.cluster = cluster;
  }

  static async up(): Promise<RiakCluster> {
    const cluster = await TestCluster.create("nodes: 5\nstore: leaderless\n");
    const riak = new RiakCluster(cluster);
    await cluster.up();
    await allReachAll(cluster);
    const { nodes } = await cluster.status();
    for (const { node, ports } of nodes) {
      const [pb, http] = [ports[8087] as string, ports[8098] as string];
      riak.#nodes.set(node, { pb, http, basho: await bashoClient([pb]), noRiak: noRiakClient(pb) });
    }
    return riak;
  }

  async destroy(): Promise<void> {
    for (const { basho, noRiak } of this.#nodes.values()) {
      await basho.stop();
      await noRiak["end"]();
    }
    await this.cluster.destroy();
  }

  /** Creates and activates a bucket type, as a user types it. */
  async createType(name: string, ...props: readonly string[]): Promise<void> {
    await this.cluster.json("bucket-type", "create", name, ...props, "--activate", "--cluster", this.cluster.name);
  }

  /** npm basho-riak-client, connected to this node only. */
  basho(name: string): BashoClient {
    return this.#of(name).basho;
  }

  /** npm no-riak, connected to this node only. */
  noRiak(name: string): Untyped {
    return this.#of(name).noRiak;
  }

  curl(name: string, path: string, ...args: readonly string[]): Promise<Curled> {
    return curlAt(`http://${this.#of(name).http}${path}`, ...args);
  }

  /** Curl with a body, by PUT where `args` do not say otherwise. */
  send(name: string, path: string, body: string, ...headers: readonly string[]): Promise<Curled> {
    return this.curl(name, path, "-XPUT", ...headers.flatMap((header) => ["-H", header]), "--data-binary", body);
  }

  /** JSON by POST. */
  post(name: string, path: string, body: string): Promise<Curled> {
    return this.curl(name, path, "-XPOST", "-H", "Content-Type: application/json", "-d", body);
  }

  async json(name: string, path: string): Promise<unknown> {
    return JSON.parse((await this.curl(name, path)).body);
  }

  /** Of Riak's protocol buffers, of all nodes, as npm no-riak takes them. */
  get addresses(): string {
    return [...this.#nodes.values()].map(({ pb }) => pb).join(",");
  }

  /** What each node answers, in their order. */
  through<T>(ask: (name: string) => Promise<T>): Promise<T[]> {
    return Promise.all(this.names.map(ask));
  }

  /** Round and round: a list of as many nodes. */
  inTurn(i: number): string {
    return this.names[i % this.names.length] as string;
  }

  #of(name: string): Node {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }
}
