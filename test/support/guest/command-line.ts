/** The command line of this checkout, in a folder of its own; clusters belong to the folder they were made in. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const program = resolve("bin/run.js");

export class CommandLine {
  readonly #cluster: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "devious-guest-"));

  private constructor(cluster: string) {
    this.#cluster = cluster;
  }

  /** Boots a cluster of this spec, under this name, runs the story, and removes whatever is left. */
  static withCluster<T>(cluster: string, spec: string, story: (devious: CommandLine) => Promise<T>): Promise<T> {
    const devious = new CommandLine(cluster);
    return devious.#live(async () => {
      await devious.up(spec);
      return story(devious);
    });
  }

  /** The same for a template of `init`. */
  static withTemplate<T>(cluster: string, template: string, story: (devious: CommandLine) => Promise<T>): Promise<T> {
    const devious = new CommandLine(cluster);
    return devious.#live(async () => {
      await devious.#run("init", "--template", template, "--name", cluster);
      await devious.up(devious.spec);
      return story(devious);
    });
  }

  /** As it was written last. */
  get spec(): string {
    return readFileSync(this.#specFile, "utf8");
  }

  get #specFile(): string {
    return join(this.#folder, "devious.yaml");
  }

  async #live<T>(story: () => Promise<T>): Promise<T> {
    try {
      return await story();
    } finally {
      await this.down().catch((error: unknown) => console.error(error));
      rmSync(this.#folder, { recursive: true });
    }
  }

  /** Makes the cluster as this spec wants it. */
  async up(spec: string): Promise<void> {
    writeFileSync(this.#specFile, spec);
    await this.#run("up", "--name", this.#cluster, "--timeout", "2m");
  }

  /** A command on the cluster. Throws where it fails. */
  run(...args: string[]): Promise<void> {
    return this.#run(...args, "--cluster", this.#cluster);
  }

  /** A command on the cluster that goes on by itself. */
  start(...args: string[]): ChildProcess {
    return this.#start(...args, "--cluster", this.#cluster);
  }

  down(): Promise<void> {
    return this.run("down", "--volumes");
  }

  async #run(...args: string[]): Promise<void> {
    const [code] = (await once(this.#start(...args), "close")) as [number | null];
    if (code !== 0) throw new Error(`\`devious ${args.join(" ")}\` ended with exit code ${code}`);
  }

  #start(...args: string[]): ChildProcess {
    console.error(`$ devious ${args.join(" ")}`);
    // stdout is for the finding
    return spawn(process.execPath, [program, ...args], { cwd: this.#folder, stdio: ["ignore", 2, 2], timeout: 150_000 });
  }
}
