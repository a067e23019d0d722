// One cluster for all test files of a run; in jest.config.js: globalSetup and globalTeardown: this file and its neighbour.
// Tests find the nodes as commands of `devious run` do: process.env.DEVIOUS_N1 is 127.0.0.1:49153.
import { up } from "devious";

export default async function setup() {
  const cluster = await up(process.env.DEVIOUS_SPEC, { isolated: true, timeout: "2m" });
  // workers start after this, and inherit it
  Object.assign(process.env, cluster.environment);
  // the teardown is a file of its own in the same process
  globalThis.deviousCluster = cluster;
}
