import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashOf, root } from "./checkout.js";
import { runQuietly } from "./run.js";

const sources = [
  "src",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.build.json",
  "tsconfig.types.json",
  "scripts",
];
const stampFile = join(root, "dist/.sources");

/** Builds unless `dist` was made from exactly these sources. */
export function needBuild() {
  if (
    existsSync(stampFile) &&
    existsSync(join(root, "oclif.manifest.json")) &&
    readFileSync(stampFile, "utf8") === hashOf(sources)
  )
    return;
  console.log("Building (npm run build)");
  runQuietly(process.execPath, ["scripts/build.js"], { timeoutMs: 120_000 });
}

/** While a build runs, and after one that failed, `dist` is from no sources. The result says that it is from those that were there at the start. */
export function beginBuild() {
  rmSync(stampFile, { force: true });
  const hash = hashOf(sources);
  return () => writeFileSync(stampFile, hash);
}
