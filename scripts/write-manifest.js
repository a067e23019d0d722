/** Writes oclif.manifest.json: what every command is called, says and takes, so that help needs to load none of them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { Plugin } from "@oclif/core";
import { root } from "./setup/checkout.js";

// oclif looks for commands here even while there are none
mkdirSync("dist/commands", { recursive: true });
const plugin = new Plugin({ root, ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true, type: "core" });
await plugin.load();
writeFileSync("oclif.manifest.json", `${JSON.stringify(plugin.manifest, null, 2)}\n`);
