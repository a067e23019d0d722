import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./checkout.js";
import { runQuietly } from "./run.js";

/** Installs the locked npm packages unless exactly those are there. No install script runs: none of them needs one. */
export function needPackages() {
  if (installed()) return;
  console.log("Installing npm packages (npm ci)");
  runQuietly("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { timeoutMs: 600_000 });
}

/** npm writes what it installed to a lock file of its own, last of all. A package that is absent must be one for other platforms. */
function installed() {
  const wanted = packagesIn("package-lock.json");
  const present = packagesIn("node_modules/.package-lock.json");
  if (present === undefined) return false;
  const paths = new Set([...Object.keys(wanted), ...Object.keys(present)]);
  paths.delete("");
  return [...paths].every((path) =>
    present[path] === undefined ? wanted[path].optional === true : present[path].integrity === wanted[path]?.integrity,
  );
}

function packagesIn(lockFile) {
  try {
    return JSON.parse(readFileSync(join(root, lockFile), "utf8")).packages;
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}
