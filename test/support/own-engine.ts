import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { eventually } from "./cli.js";

/** Why there can be no engine of a test's own here; undefined where there can. */
export function whyNoOwnEngine(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  return spawnSync("dockerd", ["--version"]).status === 0 ? undefined : "needs dockerd";
}

/**
 * A Docker engine beside the usual one, with everything of its own in one folder, which a test may restart. It has a network namespace of its own: one
 * that is to have no bridge removes `docker0`, and that would be the usual engine's.
 */
export class OwnEngine {
  readonly #folder: string;
  readonly #flags: readonly string[];
  #dockerd: ChildProcess | undefined;

  private constructor(folder: string, flags: readonly string[]) {
    this.#folder = folder;
    this.#flags = flags;
  }

  /** `flags`: more for dockerd. */
  static async start(...flags: readonly string[]): Promise<OwnEngine> {
    const engine = new OwnEngine(await mkdtemp(path.join(tmpdir(), "devious-engine-")), flags);
    try {
      await engine.#start();
    } catch (error) {
      await engine.destroy();
      throw error;
    }
    return engine;
  }

  /** As in DOCKER_HOST. */
  get host(): string {
    return `unix://${this.#folder}/engine.sock`;
  }

  /** SIGTERM, as a service manager restarts it; resolves once it answers again. */
  async restart(): Promise<void> {
    await this.#stop();
    await this.#start();
  }

  /** With all its containers, and whatever of them would outlive it. */
  async destroy(): Promise<void> {
    const env = { ...process.env, DOCKER_HOST: this.host };
    const { stdout } = await execa("docker", ["ps", "-aq"], { env, reject: false });
    const containers = stdout.split("\n").filter((id) => id !== "");
    if (containers.length > 0) await execa("docker", ["rm", "-f", ...containers], { env, reject: false });
    await this.#stop();
    // mounts of its own would keep the folder
    const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
    for (const mount of mounts.filter((at) => at.startsWith(this.#folder)).toReversed()) execFileSync("umount", [mount]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const at = (name: string): string => path.join(this.#folder, name);
    const places = ["--data-root", at("data"), "--exec-root", at("exec"), "--pidfile", at("pid"), "--host", this.host];
    const noNetworks = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"];
    const log = openSync(at("dockerd.log"), "a");
    // it becomes dockerd, so that signals reach that one
    const command = ["--net", "dockerd", ...places, ...noNetworks, ...this.#flags];
    const dockerd = spawn("unshare", command, { stdio: ["ignore", log, log] });
    closeSync(log);
    this.#dockerd = dockerd;
    const env = { ...process.env, DOCKER_HOST: this.host };
    try {
      await eventually("the engine of the test's own answers", 30_000, async () => {
        if (dockerd.exitCode !== null) throw new Error(`dockerd ended with ${dockerd.exitCode}`);
        return (await execa("docker", ["version"], { env, reject: false })).exitCode === 0;
      });
    } catch (error) {
      const said = await readFile(at("dockerd.log"), "utf8");
      throw new Error(`no engine: ${said.slice(-2000)}`, { cause: error });
    }
  }

  async #stop(): Promise<void> {
    const dockerd = this.#dockerd;
    if (dockerd === undefined || dockerd.exitCode !== null || dockerd.signalCode !== null) return;
    const ended = new Promise((resolve) => dockerd.once("close", resolve));
    dockerd.kill("SIGTERM");
    await ended;
  }
}
