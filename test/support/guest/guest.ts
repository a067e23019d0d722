import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { resolveEngineAddress } from "../../../src/engine/docker/address.js";
import { createDockerEngine } from "../../../src/engine/docker/docker-engine.js";
import { planImage } from "../../../src/image/node-image.js";
import { guestKernel } from "./netem-place.js";

export interface BootOptions {
  /** Whether to start one, which takes longer than to boot. */
  readonly engine: boolean;
  /** From power-on to power-off. */
  readonly timeoutMs: number;
}

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Boots a User-Mode Linux guest that sees this machine's whole file tree (what it writes there is lost), starts an engine in it if told to,
 * runs one shell command in this checkout and powers off. `files` are put next to the command; it finds them in `$SHARED`.
 * Throws where the guest does not come so far, with its console and the engine's last words.
 */
export async function runInGuest(
  command: string,
  files: Readonly<Record<string, string>>,
  limits: BootOptions,
): Promise<Finished> {
  const shared = mkdtempSync(join(tmpdir(), "devious-guest-"));
  const read = (name: string): string | undefined => {
    try {
      return readFileSync(join(shared, name), "utf8");
    } catch {
      return undefined;
    }
  };
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(shared, name), text);
    writeFileSync(join(shared, "job.sh"), `export SHARED=/run/shared NO_COLOR=1\ncd ${quote(process.cwd())}\n${command}\n`);
    if (limits.engine) await saveImage(join(shared, "images.tar"));
    const console = await boot(shared, limits);
    const exitCode = read("exit-code");
    if (exitCode === undefined)
      throw new Error([console, read("dockerd.log") ?? "", read("stderr") ?? ""].map(lastLines).join("\n---\n"));
    return { exitCode: Number(exitCode), stdout: read("stdout") ?? "", stderr: read("stderr") ?? "" };
  } finally {
    rmSync(shared, { recursive: true, force: true });
  }
}

/** This checkout's node image, for the guest's engine, where this machine's has it: to build it takes minutes there, and `up` has no time for that. */
async function saveImage(file: string): Promise<void> {
  const facts = await createDockerEngine(resolveEngineAddress(process.env))
    .facts()
    .catch(() => undefined);
  if (facts === undefined) return;
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly version: string };
  const { reference } = await planImage(facts, resolve("dist/image"), version);
  const { status } = spawnSync("docker", ["save", "--output", file, reference]);
  if (status !== 0) rmSync(file, { force: true });
}

/** From power-on to power-off; resolves to what the console showed. The kernel is many processes of this machine: they are one group, and end as one. */
function boot(shared: string, { engine, timeoutMs }: BootOptions): Promise<string> {
  const init = resolve("test/support/guest/init.sh");
  const machine = [
    "mem=4096M",
    "root=/dev/root",
    "rootfstype=hostfs",
    "rootflags=/",
    "ro",
    "con=null",
    "con0=fd:0,fd:1",
    "quiet",
  ];
  const ours = [
    `init=${init}`,
    `uml_dir=${shared}/uml/`,
    "umid=guest",
    `guest_shared=${shared}`,
    `guest_engine=${engine ? "yes" : "no"}`,
    `guest_limit=${Math.ceil(timeoutMs / 1000)}`,
  ];
  const guest = spawn(guestKernel, [...machine, ...ours], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let shown = "";
  for (const stream of [guest.stdout, guest.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (shown += text));
  const kill = (): void => {
    try {
      if (guest.pid !== undefined) process.kill(-guest.pid, "SIGKILL");
    } catch {
      // all of the group has ended
    }
  };
  process.on("exit", kill);
  // The guest knows the limit as well, and says so; a moment later it need not be asked any more.
  const timer = setTimeout(kill, timeoutMs + 5000);
  return new Promise((resolveWith, reject) => {
    guest.on("error", reject);
    guest.on("close", () => {
      clearTimeout(timer);
      process.off("exit", kill);
      kill();
      resolveWith(shown);
    });
  });
}

/** A word for sh, whatever is in it. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-15).join("\n");
}
