/** Scenes of the guest tests, for what needs netem. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "rolldown";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Runs a scene where netem is real: in this kernel, or in the guest (docs/hacking.md).
 * @param {string} scene its file's name, without the end
 * @returns {Promise<{place: "native" | "guest", found: object} | {place: "nowhere", why: string}>}
 */
export async function runScene(scene) {
  // what runs scenes is TypeScript, which Node 20 does not read; its packages are found from here
  const folder = mkdtempSync(at("../node_modules/.devious-bench-"));
  try {
    const [{ findNetem }, { runWithNetem }] = await Promise.all(
      ["netem-place", "run-with-netem"].map((name) => load(name, folder)),
    );
    const { kind, why } = findNetem();
    if (kind === "nowhere") return { place: kind, why };
    return { place: kind, found: await runWithNetem(`test/support/guest/scenes/${scene}.ts`, { engine: true }) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function load(name, folder) {
  const file = join(folder, `${name}.mjs`);
  const input = at(`../test/support/guest/${name}.ts`);
  await build({ input, platform: "node", external: ["rolldown"], output: { file, format: "esm" } });
  return import(pathToFileURL(file).href);
}
