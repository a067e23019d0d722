import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { execa } from "execa";
import { label } from "../../src/core/labels.js";
import { resolveEngineAddress } from "../../src/engine/docker/address.js";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.js";
import type { Engine } from "../../src/engine/port.js";

/** Containers that say whatever a test wants to be said, as the nodes of a cluster that is nothing but its logs. */
export class Talkers {
  readonly engine: Engine;
  readonly cluster: string;
  /** What names their engine to programs. */
  readonly #env: NodeJS.ProcessEnv;
  readonly #image: string;
  #network: string | undefined;

  private constructor(what: string, host: string | undefined) {
    this.#env = host === undefined ? process.env : { ...process.env, DOCKER_HOST: host };
    this.engine = createDockerEngine(resolveEngineAddress(this.#env));
    this.cluster = `talk-${what}-${process.pid}`;
    this.#image = `devious-talkers:${what}-${process.pid}`;
  }

  /** `host`: address of an engine other than the usual one. */
  static async create(what: string, host?: string): Promise<Talkers> {
    const talkers = new Talkers(what, host);
    talkers.#importImage();
    return talkers;
  }

  /** A node whose program is this text of JavaScript. */
  async start(node: string, program: string): Promise<void> {
    this.#network ??= await this.engine.createNetwork(this.cluster, this.#labels);
    const id = await this.engine.createContainer({
      name: this.container(node),
      image: this.#image,
      labels: this.#labelsOf(node),
      command: [process.execPath, "-e", program],
      environment: {},
      hostname: node,
      network: this.cluster,
      aliases: [node],
      volumes: [],
      ports: [],
    });
    await this.engine.startContainer(id);
  }

  /** As {@link start}, made in a way that no spec can ask for: `flags` are those of `docker run`. */
  async startWith(flags: readonly string[], node: string, program: string): Promise<void> {
    const labels = Object.entries(this.#labelsOf(node)).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
    const made = ["--name", this.container(node), "--network", "none", ...labels, ...flags];
    await this.docker("run", "--detach", ...made, this.#image, process.execPath, "-e", program);
  }

  async docker(...args: readonly string[]): Promise<string> {
    return (await execa("docker", [...args], { env: this.#env })).stdout;
  }

  container(node: string): string {
    return `devious.${this.cluster}.${node}`;
  }

  async destroy(): Promise<void> {
    for (const { id } of await this.engine.listContainers([`${label.cluster}=${this.cluster}`])) {
      await this.engine.removeContainer(id);
    }
    if (this.#network !== undefined) await this.engine.removeNetwork(this.#network);
    await this.docker("rmi", "-f", this.#image);
  }

  #labelsOf(node: string): Readonly<Record<string, string>> {
    return { ...this.#labels, [label.role]: "node", [label.service]: "t", [label.node]: node };
  }

  get #labels(): Readonly<Record<string, string>> {
    return { [label.cluster]: this.cluster, [label.owner]: tmpdir() };
  }

  /** Node alone, with the libraries it needs. */
  #importImage(): void {
    const node = process.execPath;
    const libraries = execFileSync("ldd", [node], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
    const paths = [node, ...libraries].map((path) => path.slice(1));
    const tar = execFileSync("tar", ["-C", "/", "-ch", ...paths], {
      maxBuffer: 1024 ** 3,
      stdio: ["ignore", "pipe", "ignore"],
    });
    execFileSync("docker", ["import", "-", this.#image], {
      input: tar,
      stdio: ["pipe", "ignore", "ignore"],
      env: this.#env,
    });
  }
}
