import { DeviousError } from "../../core/errors.js";
import type { Engine, EngineFacts } from "../../engine/port.js";
import { planImage } from "../../image/node-image.js";
import { findLitter } from "../litter/find.js";
import type { Processes } from "../made.js";
import { observeAll } from "../observe.js";
import { type Finding, attempt, missing, ok, warning } from "./finding.js";
import { keptLogsFinding } from "./kept-logs.js";
import { kernelFindings, lookAtKernel } from "./kernel.js";
import { leftoverFindings } from "./leftovers.js";
import { ownSubnets } from "../own-subnets.js";
import { diskFinding, freeBytesHere, subnetFinding } from "./room.js";

/** What devious itself brings to the machine. */
export interface Installation {
  readonly engine: Engine;
  readonly version: string;
  readonly bundleDir: string;
  /** In which the command was typed. */
  readonly folder: string;
  readonly processes: Processes;
}

/**
 * Looks at everything devious stands on; changes nothing, and never throws for what it finds. A container that it needs for that is gone
 * when it returns, also where `signal` ends it early.
 */
export async function examine(installation: Installation, signal: AbortSignal): Promise<readonly Finding[]> {
  const { engine } = installation;
  const node = ok("node", process.version);
  const facts = await attempt(() => engine.facts());
  if (facts instanceof DeviousError) return [node, missing("engine", facts.message, facts.hint)];
  const [resources, clusters] = await Promise.all([engine.resources(), observeAll(engine)]);
  const [image, reference] = await examineImage(installation, facts);
  const built = reference !== undefined && (await engine.hasImage(reference));
  const kernel = built ? await attempt(() => lookAtKernel(engine, clusters, reference, signal)) : undefined;
  const known = kernel instanceof DeviousError ? undefined : kernel;
  return [
    node,
    engineFinding(facts),
    image,
    subnetFinding(resources, facts.local ? await ownSubnets() : []),
    diskFinding(resources, facts.local ? await freeBytesHere(resources.dataDir) : known?.freeBytes),
    ...(kernel instanceof DeviousError
      ? [warning("kernel", kernel.message, kernel.hint)]
      : kernel === undefined
        ? [ok("kernel", `${facts.kernel}; the first \`up\` builds the image that can look at it`)]
        : kernelFindings(kernel)),
    await keptLogsFinding(installation.folder),
    ...leftoverFindings(
      await findLitter(engine, { clusters, image: reference, isLocal: facts.local, here: installation.processes }),
    ),
  ];
}

function engineFinding({ version, apiVersion, os, arch, kernel, address, addressFrom }: EngineFacts): Finding {
  return ok(
    "engine",
    `Docker ${version} (API ${apiVersion}, ${os}/${arch}, kernel ${kernel}) at ${address} (from ${addressFrom})`,
  );
}

/** And the reference that the image has, or will have; undefined where it cannot be told. */
async function examineImage(
  { bundleDir, version }: Installation,
  facts: EngineFacts,
): Promise<readonly [Finding, string | undefined]> {
  const recipe = await attempt(() => planImage(facts, bundleDir, version));
  if (recipe instanceof DeviousError) return [missing("image", recipe.message, recipe.hint), undefined];
  const says =
    recipe.base === "local"
      ? "local base, from this machine's own files"
      : "registry base, from a slim Node image that is pulled";
  return [ok("image", `${recipe.reference} (${says})`), recipe.reference];
}
