import type { CiReport } from "../../src/ci/report/report.js";
import type { ClusterStatus } from "../../src/cluster/status.js";
import type { LogRecord } from "../../src/core/log-record.js";
import { TestCluster, docker, eventually } from "./cli.js";
import { type DebianImage, buildDebianImage } from "./debian-image.js";

/** A cluster of a template of `devious init`, with software from packages of Debian where the template names an image of a registry. */
export class TemplateCluster {
  readonly cluster: TestCluster;
  readonly #image: string;

  private constructor(cluster: TestCluster, image: string) {
    this.cluster = cluster;
    this.#image = image;
  }

  /** Not up yet. `variable` is the environment variable by which the template takes another image. */
  static async create(template: string, variable: string, image: DebianImage): Promise<TemplateCluster> {
    const [cluster, reference] = await Promise.all([TestCluster.create(), buildDebianImage(image)]);
    process.env[variable] = reference;
    await cluster.json("init", "--template", template, "--name", cluster.name);
    return new TemplateCluster(cluster, reference);
  }

  async destroy(): Promise<void> {
    await this.cluster.destroy();
    await docker("rmi", "-f", this.#image);
  }

  /** {@link smokeTroubles} of a cluster of its own; this one makes room for it. */
  async smokeTroubles(): Promise<readonly string[]> {
    await this.cluster.json("down", "--volumes", "--cluster", this.cluster.name);
    return smokeTroubles(this.cluster);
  }

  /** What the command says in the node; rejects where it fails. */
  async exec(node: string, ...command: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.cluster.run("exec", node, "--cluster", this.cluster.name, "--", ...command);
    if (exitCode !== 0) throw new Error(`${command.join(" ")} in ${node} ended with ${exitCode}: ${stdout}${stderr}`);
    return stdout;
  }

  async chaos(...words: readonly string[]): Promise<void> {
    await this.cluster.json("chaos", ...words, "--cluster", this.cluster.name);
  }

  /** Names of the nodes that say that they lead. */
  async leaders(): Promise<readonly string[]> {
    const { nodes } = await this.cluster.status<ClusterStatus>();
    return nodes.filter(({ role }) => role === "leader").map(({ node }) => node);
  }

  /** Waits until another node than this one says that it leads, and gives its name. */
  async successorOf(former: string, timeoutMs: number): Promise<string> {
    let successor: string | undefined;
    await eventually(`another leads than ${former}`, timeoutMs, async () => {
      successor = (await this.leaders()).find((node) => node !== former);
      return successor !== undefined;
    });
    return successor ?? "";
  }

  /** Waits until all nodes are ready and this one alone leads; undefined: where who comes back may cause another election, any one alone. */
  async settled(leader: string | undefined, timeoutMs: number): Promise<void> {
    await eventually(`all are ready, and ${leader ?? "one"} leads them`, timeoutMs, async () => {
      const { nodes } = await this.cluster.status<ClusterStatus>();
      const leaders = nodes.filter(({ role }) => role === "leader").map(({ node }) => node);
      return nodes.every(({ health }) => health === "ready") && leaders.length === 1 && leaders[0] === (leader ?? leaders[0]);
    });
  }

  /** The merged log as `node message`, in its order, from the last fault's beginning. */
  async saidSinceFault(): Promise<readonly string[]> {
    const { stdout } = await this.cluster.run("logs", "--json", "--cluster", this.cluster.name);
    const records = stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as LogRecord]));
    const from = records.findLastIndex(({ event }) => event === "fault-applied");
    return records.slice(Math.max(from, 0)).map(({ node, msg }) => `${node} ${msg}`);
  }
}

/** Checks of `devious smoke` in the folder that failed; what is in the template's scenario is to be among those that did not. */
export async function smokeTroubles(folder: TestCluster): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await folder.run("smoke", "--json");
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`devious smoke ended with ${exitCode}: ${stdout}${stderr}`);
  const { checks } = JSON.parse(stdout) as CiReport;
  const failed = checks.filter(({ verdict }) => verdict === "fail").map((check) => JSON.stringify(check));
  const isPlayed = checks.some(({ service, verdict }) => service.startsWith("scenario ") && verdict === "pass");
  return isPlayed ? failed : [...failed, "no scenario was played"];
}
