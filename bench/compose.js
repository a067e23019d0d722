/** docker-compose, run as a user does, on what `devious export compose` writes of the same spec. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { timed } from "./figures.js";
import { isReady } from "./image-floor.js";
import { docker } from "./docker.js";

const project = "devious-bench-compose";

/** Undefined where it is not installed. */
export async function composeVersion() {
  const { exitCode, stdout } = await execa("docker-compose", ["version", "--short"], { reject: false });
  return exitCode === 0 ? stdout : undefined;
}

/**
 * @param {(file: string) => Promise<unknown>} write writes a compose file there
 * @param {(compose: {up: () => Promise<number>}) => Promise<T>} use `up` resolves to the milliseconds until all nodes are ready
 * @returns {Promise<T>}
 * @template T
 */
export async function withCompose(write, { size, ready, signal }, use) {
  const folder = await mkdtemp(path.join(tmpdir(), "devious-bench-compose-"));
  const file = path.join(folder, "docker-compose.yml");
  const run = (args, options) => execa("docker-compose", ["-p", project, "-f", file, ...args], options);
  const up = async () => {
    try {
      return await timed(async () => {
        await run(["up", "-d"], { cancelSignal: signal });
        await allReady(size, ready);
      });
    } finally {
      await run(["down", "-v", "-t", "0"]);
    }
  };
  try {
    await write(file);
    return await use({ up });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function allReady(size, ready) {
  const filters = encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${project}`] }));
  const containers = await docker("GET", `/containers/json?filters=${filters}`);
  if (containers.length !== size) throw new Error(`docker-compose started ${containers.length} containers, not ${size}`);
  await Promise.all(containers.map(({ Id }) => isReady(Id, ready)));
}
