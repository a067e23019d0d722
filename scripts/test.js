/**
 * `npm test`: sets up what is missing, then everything that decides whether this checkout is good, stopping at the first thing that
 * is not. The last line is `N passed, N failed`, counted over all tiers of tests.
 *
 * `npm test -- --only unit|docker|guest|lint` runs one part, for developers.
 */
import { parseArgs } from "node:util";
import { needEngine } from "./setup/docker-engine.js";
import { wantEtcd } from "./setup/etcd.js";
import { wantEtcdctl } from "./setup/etcdctl.js";
import { needBuild } from "./setup/fresh-build.js";
import { needNode } from "./setup/node-version.js";
import { needPackages } from "./setup/npm-packages.js";
import { wantNetem } from "./setup/netem.js";
import { widenPath } from "./setup/run.js";
import { withTrouble } from "./setup/trouble.js";
import { listOurs, noLeftovers } from "./test/leftovers.js";
import { tool } from "./test/tool.js";
import { tier, total } from "./test/tier.js";

const parts = ["lint", "unit", "docker", "guest"];
const { values } = parseArgs({ options: { only: { type: "string" } } });
if (values.only !== undefined && !parts.includes(values.only)) {
  console.error(`--only takes one of: ${parts.join(", ")}`);
  process.exit(64);
}

/** What a phase belongs to, its title, and what to do; it throws where it fails. */
const phases = [
  { part: "lint", title: "format", run: () => tool("prettier", "--check", "--log-level", "warn", ".") },
  { part: "lint", title: "lint", run: () => tool("oxlint", "--deny-warnings") },
  { part: "lint", title: "types", run: () => tool("tsc", "--noEmit") },
  { part: "lint", title: "unused code and packages", run: () => tool("knip") },
  { part: "lint", title: "the package as published", run: () => tool("publint", "--strict") },
  { part: "unit", title: "unit tests", run: () => tier("unit") },
  { part: "docker", title: "tests on a real engine that mostly wait", run: () => tier("docker-waiting") },
  { part: "docker", title: "tests on a real engine", run: () => tier("docker") },
  { part: "guest", title: "tests with real netem", run: () => tier("guest") },
];
const chosen = phases.filter(({ part }) => values.only === undefined || part === values.only);
const usesEngine = chosen.some(({ part }) => part === "docker" || part === "guest");

await withTrouble(1, async () => {
  await phase("setup", async () => {
    widenPath();
    needNode();
    needPackages();
    needBuild();
    if (chosen.some(({ part }) => part === "unit")) wantEtcd();
    if (!usesEngine) return;
    await needEngine();
    wantNetem();
    wantEtcdctl();
  });
  const before = usesEngine ? await listOurs() : new Map();
  for (const { title, run } of chosen) await phase(title, run);
  if (usesEngine) await phase("nothing left behind", () => noLeftovers(before));
});
const { passed, failed, skipped } = total(process.exitCode);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);

async function phase(title, run) {
  console.log(`\n== ${title}`);
  const startedAt = performance.now();
  await run();
  console.log(`== ${title}: ok, ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}
