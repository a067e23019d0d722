import { access } from "node:fs/promises";
import path from "node:path";
import { label } from "../../core/labels.js";
import type { Containers, Images } from "../../engine/port.js";
import type { Observed } from "../observe.js";
import { type Finding, ok, warning } from "./finding.js";

type LeftoverEngine = Pick<Containers & Images, "listContainers" | "listImages">;

/**
 * What of ours is in the engine and of use to nobody. `image` is the reference of the current one; `local`: owners' folders are folders of
 * this machine, so that it can be seen whether they are still there.
 */
export async function leftoverFindings(
  engine: LeftoverEngine,
  clusters: readonly Observed[],
  image: string | undefined,
  local: boolean,
): Promise<readonly Finding[]> {
  const what = "leftovers";
  const stale = await Promise.all(clusters.map((cluster) => staleness(cluster, local)));
  const findings = [
    ...clusters.flatMap(({ name }, index) => {
      const why = stale[index];
      return why === undefined ? [] : [warning(what, `cluster ${name}: ${why}`, `devious down --volumes --cluster ${name}`)];
    }),
    ...(await deadLooks(engine)).map((name) =>
      warning(what, `${name} looked at the kernel and was not removed`, `docker rm -f ${name}`),
    ),
    ...(await oldImages(engine, image)),
  ];
  return findings.length === 0 ? [ok(what, "none")] : findings;
}

/** Why nobody needs what is left of the cluster; undefined where somebody may. Volumes alone are what `down` keeps on purpose. */
async function staleness(
  { owner, nodes, agent, shipper, networks, strays }: Observed,
  local: boolean,
): Promise<string | undefined> {
  if (local && owner !== undefined && path.isAbsolute(owner) && !(await exists(owner))) return `its folder ${owner} is gone`;
  if (nodes.length > 0 && agent === undefined) return "it has nodes and no agent";
  if (nodes.length === 0 && agent !== undefined) return "it has an agent and no nodes";
  if (nodes.length === 0 && shipper !== undefined) return "it has a shipper and no nodes";
  if (nodes.length === 0 && networks.length > 0) return "it has a network and no nodes";
  return strays.length > 0 ? `${strays.map(({ name }) => name).join(", ")} is neither node, agent nor shipper` : undefined;
}

async function deadLooks(engine: LeftoverEngine): Promise<readonly string[]> {
  // one that runs is somebody's who looks just now
  return (await engine.listContainers([label.look])).filter(({ state }) => state !== "running").map(({ name }) => name);
}

async function oldImages(engine: LeftoverEngine, current: string | undefined): Promise<readonly Finding[]> {
  const used = new Set((await engine.listContainers([label.cluster])).map(({ image }) => image));
  const images = await engine.listImages(label.image);
  const old = images.filter(({ references }) => !references.some((name) => name === current || used.has(name)));
  if (old.length === 0 || current === undefined) return [];
  const names = old.map(({ id, references }) => references[0] ?? id);
  const says = names.length === 1 ? "an image that no cluster uses" : `${names.length} images that no cluster uses`;
  return [warning("leftovers", says, `docker rmi ${names.join(" ")}`)];
}

function exists(folder: string): Promise<boolean> {
  return access(folder).then(
    () => true,
    () => false,
  );
}
