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

/**
 * @param {AbortSignal} signal
 * @param {{name?: string, spec?: string}} options the cluster's name, and its spec, a file beside this one; without it `up` has its own
 */
export function createDevious(signal, { name = cluster, spec } = {}) {
  const run = (args) => execa(process.execPath, [cli, ...args], { cwd: folder, cancelSignal: signal });
  return {
    name,
    up: () => timed(() => run(["up", ...(spec === undefined ? [] : [spec]), "--name", name])),
    /** Also after an interruption: takes no notice of the signal. */
    down: () => execa(process.execPath, [cli, "down", "--volumes", "--no-archive", "--cluster", name], { cwd: folder }),
    /** Of its spec, which it has to have. */
    exportCompose: (file) => run(["export", "compose", spec, "--output", file]),
    onCluster: (args) => timed(() => run([...args, "--cluster", name])),
    status: async () => JSON.parse((await run(["status", "--json", "--cluster", name])).stdout),
  };
}
