import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Config } from "@oclif/core";
import { pack } from "tar-stream";
import { onTestFinished, vi } from "vitest";
import type { BaseCommand } from "../../src/cli/base-command.js";
import type { Context } from "../../src/cli/context.js";
import { imagePaths } from "../../src/image/recipe.js";
import BucketTypeActivate from "../../src/commands/bucket-type/activate.js";
import BucketTypeCreate from "../../src/commands/bucket-type/create.js";
import BucketTypeList from "../../src/commands/bucket-type/list.js";
import BucketTypeStatus from "../../src/commands/bucket-type/status.js";
import BucketTypeUpdate from "../../src/commands/bucket-type/update.js";
import ChaosClock from "../../src/commands/chaos/clock.js";
import ChaosCpu from "../../src/commands/chaos/cpu.js";
import ChaosCrashLoop from "../../src/commands/chaos/crash-loop.js";
import ChaosDelay from "../../src/commands/chaos/delay.js";
import ChaosDisk from "../../src/commands/chaos/disk.js";
import ChaosHeal from "../../src/commands/chaos/heal.js";
import ChaosIsolate from "../../src/commands/chaos/isolate.js";
import ChaosKill from "../../src/commands/chaos/kill.js";
import ChaosLs from "../../src/commands/chaos/ls.js";
import ChaosMemory from "../../src/commands/chaos/memory.js";
import ChaosPartition from "../../src/commands/chaos/partition.js";
import ChaosPause from "../../src/commands/chaos/pause.js";
import ChaosPlan from "../../src/commands/chaos/plan.js";
import ChaosRestart from "../../src/commands/chaos/restart.js";
import ChaosRun from "../../src/commands/chaos/run.js";
import ChaosSlow from "../../src/commands/chaos/slow.js";
import ChaosStart from "../../src/commands/chaos/start.js";
import ChaosStop from "../../src/commands/chaos/stop.js";
import ChaosStorm from "../../src/commands/chaos/storm.js";
import ChaosWipe from "../../src/commands/chaos/wipe.js";
import Collect from "../../src/commands/collect.js";
import Del from "../../src/commands/del.js";
import Doctor from "../../src/commands/doctor.js";
import Down from "../../src/commands/down.js";
import Exec from "../../src/commands/exec.js";
import Gc from "../../src/commands/gc.js";
import ExportCompose from "../../src/commands/export/compose.js";
import Get from "../../src/commands/get.js";
import Init from "../../src/commands/init.js";
import Logs from "../../src/commands/logs.js";
import Ls from "../../src/commands/ls.js";
import Put from "../../src/commands/put.js";
import Ring from "../../src/commands/ring.js";
import RingCheck from "../../src/commands/ring/check.js";
import RingClear from "../../src/commands/ring/clear.js";
import RingCommit from "../../src/commands/ring/commit.js";
import RingForceRemove from "../../src/commands/ring/force-remove.js";
import RingJoin from "../../src/commands/ring/join.js";
import RingLeave from "../../src/commands/ring/leave.js";
import RingPlan from "../../src/commands/ring/plan.js";
import RingReplace from "../../src/commands/ring/replace.js";
import RingWhere from "../../src/commands/ring/where.js";
import Run from "../../src/commands/run.js";
import Smoke from "../../src/commands/smoke.js";
import Status from "../../src/commands/status.js";
import Up from "../../src/commands/up.js";
import { createMemoryEngine } from "../../src/engine/memory/memory-engine.js";
import type { MemoryEngine, MemoryEngineOptions } from "../../src/engine/memory/memory-engine.js";
import type { Executed } from "../../src/engine/memory/program.js";
import { label } from "../../src/core/labels.js";
import { createFakeAgent, type FakeKernel } from "./fake-agent.js";
import { FakeImages } from "./fake-image.js";
import { FakeShipper } from "./fake-shipper.js";
import { FakeStores } from "./fake-store.js";

export const commands: Readonly<Record<string, new (argv: string[], config: Config) => BaseCommand>> = {
  "bucket-type activate": BucketTypeActivate,
  "bucket-type create": BucketTypeCreate,
  "bucket-type list": BucketTypeList,
  "bucket-type status": BucketTypeStatus,
  "bucket-type update": BucketTypeUpdate,
  "chaos clock": ChaosClock,
  "chaos cpu": ChaosCpu,
  "chaos crash-loop": ChaosCrashLoop,
  "chaos delay": ChaosDelay,
  "chaos disk": ChaosDisk,
  "chaos heal": ChaosHeal,
  "chaos isolate": ChaosIsolate,
  "chaos kill": ChaosKill,
  "chaos ls": ChaosLs,
  "chaos memory": ChaosMemory,
  "chaos partition": ChaosPartition,
  "chaos pause": ChaosPause,
  "chaos plan": ChaosPlan,
  "chaos restart": ChaosRestart,
  "chaos run": ChaosRun,
  "chaos slow": ChaosSlow,
  "chaos start": ChaosStart,
  "chaos stop": ChaosStop,
  "chaos storm": ChaosStorm,
  "chaos wipe": ChaosWipe,
  collect: Collect,
  del: Del,
  doctor: Doctor,
  down: Down,
  exec: Exec,
  gc: Gc,
  "export compose": ExportCompose,
  get: Get,
  init: Init,
  logs: Logs,
  ls: Ls,
  put: Put,
  ring: Ring,
  "ring check": RingCheck,
  "ring clear": RingClear,
  "ring commit": RingCommit,
  "ring force-remove": RingForceRemove,
  "ring join": RingJoin,
  "ring leave": RingLeave,
  "ring plan": RingPlan,
  "ring replace": RingReplace,
  "ring where": RingWhere,
  run: Run,
  smoke: Smoke,
  status: Status,
  up: Up,
};

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
let loading: Promise<Config> | undefined;

/** A machine with an engine of its own, on which command lines run in this process. One runs at a time: they share stdout. */
export class FakeWorld {
  readonly engine: MemoryEngine;
  readonly stores = new FakeStores();
  readonly images = new FakeImages();
  readonly shipper = new FakeShipper();
  readonly kernel: FakeKernel = { netem: true, works: true, listeners: this.images.listeners };
  /** What the next command takes itself for; as `devious` commands do, it ends with the command unless it is in {@link running}. */
  process = { pid: 1000, started: "1" };
  /** Other processes of the machine: number -> start. */
  readonly running = new Map<number, string>();
  /** What the next command finds set. */
  environment: Readonly<Record<string, string>> = {};
  /** Folder the next command is typed in. */
  folder: string;
  readonly #home: string;

  private constructor(home: string, folder: string, options: Partial<MemoryEngineOptions>) {
    this.#home = home;
    this.folder = folder;
    const agent = createFakeAgent(() => this.engine, this.kernel);
    this.engine = createMemoryEngine({
      ...options,
      program: ({ command, labels }) => {
        if (command.includes(imagePaths.agent)) return agent;
        if (command.includes(imagePaths.shipper)) return this.shipper.program;
        return label.member in labels ? this.stores.program : this.images.program;
      },
      exec: (command, { hostname }) => execIn(command, hostname),
    });
  }

  /** A world for one test, typed in a folder `demo`, with this devious.yaml if any. `options`: what its engine says of itself. */
  static async create(
    spec?: string,
    options: Pick<MemoryEngineOptions, "facts" | "resources" | "registry"> = {},
  ): Promise<FakeWorld> {
    const home = await realpath(await mkdtemp(path.join(tmpdir(), "devious-world-")));
    const world = new FakeWorld(home, path.join(home, "demo"), options);
    await world.#write("bundle/store.mjs", "the store");
    await world.#write("bundle/agent.mjs", "the agent");
    await world.#write("bundle/probe.mjs", "the probe");
    await world.#write("bundle/shipper.mjs", "the shipper");
    await world.#write("bundle/digest", "of these four");
    await mkdir(world.folder, { recursive: true });
    if (spec !== undefined) await world.writeSpec(spec);
    onTestFinished(async () => {
      world.engine.shutDown();
      await rm(home, { recursive: true, force: true });
    });
    return world;
  }

  async writeSpec(text: string): Promise<void> {
    await writeFile(path.join(this.folder, "devious.yaml"), text);
  }

  /** Builds an image of this name, other than any before. */
  async buildImage(reference: string): Promise<void> {
    const context = pack();
    context.entry({ name: "Dockerfile" }, "FROM scratch\n");
    context.finalize();
    await this.engine.buildImage(reference, context as unknown as AsyncIterable<Uint8Array>, {}, () => undefined);
  }

  /** Goes to another folder of this machine. */
  async enter(name: string): Promise<void> {
    this.folder = path.join(this.#home, name);
    await mkdir(this.folder, { recursive: true });
  }

  /** What the next command is given of the world. */
  get context(): Context {
    return {
      engine: this.engine,
      engineSocket: "/var/run/docker.sock",
      folder: this.folder,
      environment: this.environment,
      version: "0.0.0",
      bundleDir: path.join(this.#home, "bundle"),
      processes: { host: { name: "here", boot: "1", pids: "" }, own: this.process, startOf: (pid) => this.running.get(pid) },
    };
  }

  /** Runs `devious …`; paths of this machine are shown as `~`. */
  async run(...words: readonly string[]): Promise<Ran> {
    const two = words.slice(0, 2).join(" ");
    const name = two in commands ? two : (words[0] ?? "");
    const Command = commands[name];
    if (Command === undefined) throw new Error(`no command ${name}`);
    const config = await (loading ??= Config.load(root));
    const command = new Command(words.slice(name.split(" ").length), config);
    command.context = this.context;
    const captured = capture();
    // oclif warns its developers of more than its users
    vi.stubEnv("NODE_ENV", "production");
    try {
      // what oclif's own static `run` does with a command it has made
      await (command as unknown as { _run(): Promise<unknown> })._run();
    } finally {
      captured.end();
      vi.stubEnv("NODE_ENV", "test");
    }
    const exitCode = Number(process.exitCode ?? 0);
    process.exitCode = undefined;
    const { stdout, stderr } = captured;
    return { exitCode, stdout: this.#shown(stdout.join("")), stderr: this.#shown(stderr.join("")) };
  }

  /** As {@link run}, for what has to succeed; gives what `--json` prints. */
  async json<T = unknown>(...words: readonly string[]): Promise<T> {
    const at = words.includes("--") ? words.indexOf("--") : words.length;
    const { exitCode, stdout, stderr } = await this.run(...words.slice(0, at), "--json", ...words.slice(at));
    if (exitCode !== 0 || stderr !== "") throw new Error(`devious ${words.join(" ")} ended with ${exitCode}: ${stdout}${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** Everything of ours in the engine, by name. */
  async remains(): Promise<readonly string[]> {
    const filter = ["devious.cluster"];
    const [containers, networks, volumes] = await Promise.all([
      this.engine.listContainers(filter),
      this.engine.listNetworks(filter),
      this.engine.listVolumes(filter),
    ]);
    return [...containers, ...networks, ...volumes].map(({ name }) => name).sort();
  }

  async stateOf(node: string, cluster = "demo"): Promise<string | undefined> {
    return (await this.engine.inspectContainer(`devious.${cluster}.${node}`))?.state;
  }

  async #write(name: string, text: string): Promise<void> {
    const file = path.join(this.#home, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  #shown(text: string): string {
    return text.replaceAll(this.#home, "~");
  }
}

/** Commands a node's container knows in these tests. */
function execIn(command: readonly string[], hostname: string): Executed {
  switch (command[0]) {
    case "echo":
      return { exitCode: 0, stdout: `${command.slice(1).join(" ")}\n` };
    case "hostname":
      return { exitCode: 0, stdout: `${hostname}\n` };
    case "false":
      return { exitCode: 1, stderr: "it is false\n" };
    default:
      return { exitCode: 127, stderr: `exec: "${command[0]}": not found\n` };
  }
}

/** Collects what this process writes until `end`. */
function capture(): { readonly stdout: string[]; readonly stderr: string[]; end(): void } {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const { stdout: out, stderr: err } = process;
  const original = { out: out.write.bind(out), err: err.write.bind(err) };
  out.write = (chunk: string | Uint8Array): boolean => stdout.push(Buffer.from(chunk).toString("utf8")) > 0;
  err.write = (chunk: string | Uint8Array): boolean => stderr.push(Buffer.from(chunk).toString("utf8")) > 0;
  const end = (): void => {
    out.write = original.out;
    err.write = original.err;
  };
  return { stdout, stderr, end };
}
