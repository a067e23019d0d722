// One cluster for all test files of a run; in vitest.config.ts: test: { globalSetup: ["vitest-global-setup.mjs"] }.
// Tests find the nodes as commands of `devious run` do: process.env.DEVIOUS_N1 is 127.0.0.1:49153.
import { up } from "devious";

export default async function setup() {
  const cluster = await up(process.env.DEVIOUS_SPEC, { isolated: true, timeout: "2m" });
  // workers start after this, and inherit it
  Object.assign(process.env, cluster.environment);
  return async () => {
    await cluster.down();
  };
}
