/**
 * `npm run build`: src -> dist (tsc), the types of what `import "devious"` gives, the CLI and the three programs of the image bundled into few files (rolldown), the JSON
 * Schemas, and oclif's manifest, so that `devious --help` loads no command.
 */
import { existsSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { filesUnder, root } from "./setup/checkout.js";
import { beginBuild } from "./setup/fresh-build.js";
import { runHere } from "./setup/run.js";

process.chdir(root);
const finishBuild = beginBuild();

await step("tsc", "node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json");
await step("the types of the package", "node_modules/typescript/bin/tsc", "-p", "tsconfig.types.json");
await step("pruning the types", "scripts/prune-types.js");
removeOrphans();
await step("bundling", "scripts/bundle.js");
await step("the JSON Schemas", "scripts/write-schema.js");
await step("the command manifest", "scripts/write-manifest.js");
finishBuild();

async function step(title, script, ...args) {
  const exitCode = await runHere(process.execPath, [script, ...args]);
  if (exitCode === 0) return;
  console.error(`build: ${title} failed (exit code ${exitCode})`);
  process.exit(1);
}

/** tsc leaves the output of files that are gone, and oclif would take an old command for a command. */
function removeOrphans() {
  for (const file of filesUnder("dist").filter((file) => file.endsWith(".js"))) {
    const source = join("src", relative("dist", file)).replace(/\.js$/, ".ts");
    if (!existsSync(source)) rmSync(file);
  }
}
