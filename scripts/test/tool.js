import { realpathSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/checkout.js";
import { runHere } from "../setup/run.js";
import { Trouble } from "../setup/trouble.js";

/** Runs a tool of this checkout's node_modules, without the second that npx costs. */
export async function tool(name, ...args) {
  const exitCode = await runHere(process.execPath, [programOf(name), ...args]);
  if (exitCode !== 0) throw new Trouble(`\`npx ${[name, ...args].join(" ")}\` failed (exit code ${exitCode}).`);
}

/** The script behind the name; npm's links in .bin point at it. */
export function programOf(name) {
  return realpathSync(join(root, "node_modules/.bin", name));
}
