/**
 * Bundles what starts often, so that it loads few files: the four programs of the image, one file each, and over the CLI that tsc has
 * made, the same entry points with all they import in shared chunks. oclif finds the commands where it found them before.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "rolldown";
import { filesUnder, root } from "./setup/checkout.js";

/** Modules that programs get instead of those they name; they stand in the checkout, so that what they import is found from there. */
const replacements = new Map([
  // only what we use of it: the whole also compares versions of Node and loads what no command of ours needs
  [
    "@oclif/core",
    `export { Command } from "@oclif/core/command";
     export { Config } from "@oclif/core/config";
     export { flush } from "@oclif/core/flush";
     export { run } from "@oclif/core/run";
     export * as Args from "@oclif/core/args";
     export * as Flags from "@oclif/core/flags";`,
  ],
  // dockerode uses these for ssh:// addresses, which connect.ts refuses, and for BuildKit, which no build of ours asks for
  ...["ssh2", "@grpc/grpc-js", "@grpc/proto-loader", "protobufjs"].map((absent) => [absent, "export {};"]),
]);

const withReplacements = {
  name: "replacements",
  resolveId: (id) => (replacements.has(id) ? join(root, "replaced", id) : undefined),
  load: (id) => replacements.get(relative(join(root, "replaced"), id)),
};

const programs = {
  agent: "src/agent/main.ts",
  store: "src/store/main.ts",
  probe: "src/agent/probe/main.ts",
  shipper: "src/ship/main.ts",
};

for (const [name, input] of Object.entries(programs)) {
  await build({
    input,
    platform: "node",
    logLevel: "warn",
    plugins: [withReplacements],
    output: { file: `dist/image/${name}.mjs`, format: "esm", minify: false, codeSplitting: false },
  });
}

// to know whether an image is the one of these programs, nobody has to read megabytes
const hash = createHash("sha256");
for (const name of Object.keys(programs)) hash.update(readFileSync(`dist/image/${name}.mjs`));
writeFileSync("dist/image/digest", hash.digest("hex"));

const sources = ["src/cli/main.ts", "src/api/devious.ts", ...filesUnder("src/commands")];
await build({
  input: Object.fromEntries(sources.map((file) => [relative("src", file).replace(/\.ts$/, ""), file])),
  platform: "node",
  logLevel: "warn",
  plugins: [withReplacements],
  // chunks lie as deep as cli/ does: what code finds relative to itself (package.json, templates) stays where it was
  output: { dir: "dist", format: "esm", minify: false, chunkFileNames: "chunks/[name].js" },
});
