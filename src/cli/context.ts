import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Processes } from "../cluster/made.js";
import { processesHere } from "../cluster/this-machine.js";
import { resolveEngineAddress } from "../engine/docker/address.js";
import { createDockerEngine, engineSocketPath } from "../engine/docker/docker-engine.js";
import type { Engine } from "../engine/port.js";

/** Everything a command needs from the world, put together in one place; tests put together another. */
export interface Context {
  readonly engine: Engine;
  /** The engine's socket as the engine sees it. */
  readonly engineSocket: string;
  /** Folder the command was typed in. */
  readonly folder: string;
  /** What the user's shell has set. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Folder of the bundled programs that go into the node image. */
  readonly bundleDir: string;
  /** Who makes clusters, and whether it still runs. */
  readonly processes: Processes;
}

/** Opens nothing yet: a bad engine address is told by the first command that needs the engine. */
export function createContext(): Context {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const address = resolveEngineAddress(process.env);
  return {
    engine: createDockerEngine(address),
    engineSocket: engineSocketPath(address),
    folder: process.cwd(),
    environment: process.env,
    version: (JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { version: string }).version,
    bundleDir: path.join(root, "dist", "image"),
    processes: processesHere(),
  };
}
