/** `npm start`: sets up what is missing, then tells the first cluster's story. `npm start -- --keep` leaves the cluster running. */
import { needEngine } from "./setup/docker-engine.js";
import { needBuild } from "./setup/fresh-build.js";
import { needNode } from "./setup/node-version.js";
import { needPackages } from "./setup/npm-packages.js";
import { runHere, widenPath } from "./setup/run.js";
import { withTrouble } from "./setup/trouble.js";

await withTrouble(3, async () => {
  widenPath();
  needNode();
  needPackages();
  needBuild();
  await needEngine();
  process.exitCode = await runHere(process.execPath, ["examples/first-cluster/story.js", ...process.argv.slice(2)]);
});
