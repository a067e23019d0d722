/** The command line under test, run as a user does: one process a command. */
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { timed } from "./figures.js";

export const cli = fileURLToPath(new URL("../bin/run.js", import.meta.url));
/** Clusters belong to the folder they were made in: ours to this one. */
const folder = fileURLToPath(new URL(".", import.meta.url));
export const cluster = "devious-bench";

/** Milliseconds of one whole process. */
export function timeNode(args, signal) {
  return timed(() => execa(process.execPath, args, { cwd: folder, cancelSignal: signal }));
}

export function createDevious(signal) {
  const run = (args) => execa(process.execPath, [cli, ...args], { cwd: folder, cancelSignal: signal });
  return {
    up: () => timed(() => run(["up", "--name", cluster])),
    /** Also after an interruption: takes no notice of the signal. */
    down: () => execa(process.execPath, [cli, "down", "--volumes", "--no-archive", "--cluster", cluster], { cwd: folder }),
    onCluster: (args) => timed(() => run([...args, "--cluster", cluster])),
    status: async () => JSON.parse((await run(["status", "--json", "--cluster", cluster])).stdout),
  };
}
