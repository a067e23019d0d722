import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { DeviousError } from "../core/errors.js";
import { label } from "../core/labels.js";
import type { EngineFacts, Images } from "../engine/port.js";
import { localContext, programNames, registryContext } from "./context.js";
import type { Programs } from "./context.js";
import { findLibraries, findTools, fingerprint } from "./host-files.js";
import type { HostTool } from "./host-files.js";
import { chooseBase, localDockerfile, localSettings, registryDockerfile } from "./recipe.js";
import type { Base } from "./recipe.js";

export interface ImageRecipe {
  readonly base: Base;
  /** `devious/node:<version>-<hash of everything that goes in>`. */
  readonly reference: string;
  /** Folder of the bundled programs. */
  readonly bundleDir: string;
  readonly tools: readonly HostTool[];
}

/** What the image for this engine consists of; reads little, so that an image that exists costs nearly nothing. */
export async function planImage(facts: EngineFacts, bundleDir: string, version: string): Promise<ImageRecipe> {
  const base = chooseBase(facts, { platform: process.platform, arch: process.arch });
  const [digest, tools] = await Promise.all([readBundled(bundleDir, "digest"), base === "local" ? findTools() : []]);
  const hash = createHash("sha256")
    .update(base === "local" ? localDockerfile() + JSON.stringify(localSettings) : registryDockerfile())
    .update(digest)
    .update(await fingerprint(tools.map((tool) => tool.source)))
    .digest("hex")
    .slice(0, 12);
  return { base, reference: `devious/node:${version}-${hash}`, bundleDir, tools };
}

export async function buildNodeImage(engine: Images, recipe: ImageRecipe, onLine: (line: string) => void): Promise<void> {
  const programs = await readPrograms(recipe.bundleDir);
  const context =
    recipe.base === "local"
      ? localContext(programs, recipe.tools, await findLibraries(recipe.tools.map((tool) => tool.source)))
      : registryContext(programs);
  await engine.buildImage(recipe.reference, context, { [label.image]: "node" }, onLine);
}

async function readPrograms(bundleDir: string): Promise<Programs> {
  const texts = programNames.map(async (name) => [name, await readBundled(bundleDir, `${name}.mjs`)] as const);
  return Object.fromEntries(await Promise.all(texts)) as Programs;
}

async function readBundled(bundleDir: string, name: string): Promise<string> {
  return readFile(path.join(bundleDir, name), "utf8").catch((cause: unknown) => {
    throw new DeviousError("IMAGE_BUILD", `The programs for the node image are missing in ${bundleDir}.`, {
      hint: "In a checkout, run `npm run build`.",
      cause,
    });
  });
}
