import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { label } from "../../src/core/labels.js";
import { resolveEngineAddress } from "../../src/engine/docker/address.js";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.js";
import type { Engine } from "../../src/engine/port.js";

/** Containers that say whatever a test wants to be said, as the nodes of a cluster that is nothing but its logs. */
export class Talkers {
  readonly engine: Engine = createDockerEngine(resolveEngineAddress(process.env));
  readonly cluster: string;
  readonly #image: string;
  #network = "";

  private constructor(what: string) {
    this.cluster = `talk-${what}-${process.pid}`;
    this.#image = `devious-talkers:${what}-${process.pid}`;
  }

  static async create(what: string): Promise<Talkers> {
    const talkers = new Talkers(what);
    talkers.#importImage();
    talkers.#network = await talkers.engine.createNetwork(talkers.cluster, talkers.#labels);
    return talkers;
  }

  /** A node whose program is this text of JavaScript. */
  async start(node: string, program: string): Promise<void> {
    const id = await this.engine.createContainer({
      name: this.container(node),
      image: this.#image,
      labels: { ...this.#labels, [label.role]: "node", [label.service]: "t", [label.node]: node },
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

  container(node: string): string {
    return `devious.${this.cluster}.${node}`;
  }

  async destroy(): Promise<void> {
    for (const { id } of await this.engine.listContainers([`${label.cluster}=${this.cluster}`])) {
      await this.engine.removeContainer(id);
    }
    await this.engine.removeNetwork(this.#network);
    execFileSync("docker", ["rmi", "-f", this.#image], { stdio: "ignore" });
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
    execFileSync("docker", ["import", "-", this.#image], { input: tar, stdio: ["pipe", "ignore", "ignore"] });
  }
}
