import { access } from "node:fs/promises";
import path from "node:path";
import { DeviousError } from "../../core/errors.js";
import { label } from "../../core/labels.js";
import type { Containers, Engine, Images } from "../../engine/port.js";
import { planImage } from "../../image/node-image.js";
import { attempt } from "../doctor/finding.js";
import { type Processes, lastMade } from "../made.js";
import { type Observed, observeAll } from "../observe.js";
import { type Verdict, verdictOn } from "./verdict.js";

/** Something of ours in the engine that may be of use to nobody. */
export type Litter = {
  /** As people know it. */
  readonly name: string;
  readonly why: string;
  /** Only the user can say whether it is needed. */
  readonly isDoubtful: boolean;
  /** When it was made; undefined where that is not known. */
  readonly madeMs: number | undefined;
} & (
  | { readonly kind: "cluster"; readonly found: Observed }
  /** A container that looked at the kernel. */
  | { readonly kind: "look"; readonly id: string }
  | { readonly kind: "image"; readonly id: string }
);

export type LitterEngine = Pick<Containers & Images, "listContainers" | "listImages">;

export interface Surroundings {
  readonly clusters: readonly Observed[];
  /** Reference of the node image that the next `up` takes; undefined where it cannot be told. */
  readonly image: string | undefined;
  /** Folders of clusters are folders of this machine, so that it can be seen whether they are still there. */
  readonly isLocal: boolean;
  readonly here: Processes;
}

/** As {@link findLitter}, of the whole engine. */
export async function litterOf({
  engine,
  bundleDir,
  version,
  processes,
}: {
  readonly engine: Engine;
  readonly bundleDir: string;
  readonly version: string;
  readonly processes: Processes;
}): Promise<readonly Litter[]> {
  const [facts, clusters] = await Promise.all([engine.facts(), observeAll(engine)]);
  const recipe = await attempt(() => planImage(facts, bundleDir, version));
  const image = recipe instanceof DeviousError ? undefined : recipe.reference;
  return findLitter(engine, { clusters, image, isLocal: facts.local, here: processes });
}

/** Clusters first, since images are free once they are gone. */
export async function findLitter(engine: LitterEngine, surroundings: Surroundings): Promise<readonly Litter[]> {
  const { clusters, isLocal, here } = surroundings;
  const judged = await Promise.all(
    clusters.map(async (found) => ({ found, verdict: verdictOn(found, here, isLocal && (await isGone(found.owner))) })),
  );
  const litter = judged.flatMap(({ found, verdict }) => clusterLitter(found, verdict));
  return [
    ...litter,
    ...(await looks(engine)),
    ...(await oldImages(engine, surroundings, litter)),
    ...(await builtImages(engine, surroundings)),
  ];
}

function clusterLitter(found: Observed, verdict: Verdict): readonly Litter[] {
  if (verdict.needed === "yes") return [];
  const { needed, why } = verdict;
  const at = lastMade(found)?.at;
  const madeMs = at === undefined ? undefined : Date.parse(at);
  return [{ kind: "cluster", name: `cluster ${found.name}`, why, isDoubtful: needed === "unknown", madeMs, found }];
}

async function isGone(owner: string | undefined): Promise<boolean> {
  if (owner === undefined || !path.isAbsolute(owner)) return false;
  return access(owner).then(
    () => false,
    () => true,
  );
}

/** Far longer than any looks. */
const lookMostMs = 10 * 60_000;

async function looks(engine: LitterEngine): Promise<readonly Litter[]> {
  return (await engine.listContainers([label.look])).flatMap(({ id, name, state, labels }): readonly Litter[] => {
    const at = Date.parse(labels[label.look] ?? "");
    const madeMs = Number.isNaN(at) ? undefined : at;
    // one that runs is somebody's who looks just now
    if (state === "running" && (madeMs === undefined || Date.now() - madeMs < lookMostMs)) return [];
    return [{ kind: "look", name, why: "it looked at the kernel and was not removed", isDoubtful: false, madeMs, id }];
  });
}

/** Built for a spec that is gone, or built over since. One that a container still has is not looked at. */
async function builtImages(engine: LitterEngine, { isLocal }: Pick<Surroundings, "isLocal">): Promise<readonly Litter[]> {
  const [images, containers] = await Promise.all([engine.listImages(label.built), engine.listContainers([label.cluster])]);
  const used = new Set(containers.map(({ image }) => image));
  const unused = images.filter(({ id, references }) => ![id, ...references].some((name) => used.has(name)));
  const found = await Promise.all(
    unused.map(async ({ id, references: [name], labels }): Promise<readonly Litter[]> => {
      const folder = labels[label.built];
      const common = { kind: "image", name: `image ${name ?? id}`, isDoubtful: false, madeMs: undefined, id } as const;
      if (name === undefined) return [{ ...common, why: "it was built anew since" }];
      return isLocal && (await isGone(folder)) ? [{ ...common, why: `its folder ${folder} is gone` }] : [];
    }),
  );
  return found.flat();
}

/** Ours that are neither the current one nor of a cluster that stays. */
async function oldImages(
  engine: LitterEngine,
  { image: current }: Surroundings,
  litter: readonly Litter[],
): Promise<readonly Litter[]> {
  if (current === undefined) return [];
  const going = new Set(litter.flatMap((one) => (one.kind === "cluster" && !one.isDoubtful ? [one.found.name] : [])));
  const containers = (await engine.listContainers([label.cluster])).filter(
    ({ labels }) => !going.has(labels[label.cluster] ?? ""),
  );
  const used = new Set([current, ...containers.map(({ image }) => image)]);
  const images = await engine.listImages(label.image);
  return images
    .filter(({ references }) => !references.some((name) => used.has(name)))
    .map(({ id, references }) => {
      const [name = id] = references;
      return { kind: "image", name: `image ${name}`, why: "no cluster uses it", isDoubtful: false, madeMs: undefined, id };
    });
}
