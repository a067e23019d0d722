/** Bundles the agent and the store into one file each: what the image holds besides Node and a few tools. */
import { build } from "rolldown";

const programs = { agent: "src/agent/main.ts", store: "src/store/main.ts" };

for (const [name, input] of Object.entries(programs)) {
  await build({
    input,
    platform: "node",
    logLevel: "warn",
    output: { file: `dist/image/${name}.mjs`, format: "esm", minify: false, codeSplitting: false },
  });
}
