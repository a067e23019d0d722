import { access } from "node:fs/promises";
import path from "node:path";
import { DeviousError } from "../core/errors.js";
import { label } from "../core/labels.js";
import type { Images } from "../engine/port.js";
import { isImage } from "../spec/cluster-spec.js";
import type { ClusterSpec, ImageService } from "../spec/cluster-spec.js";
import type { BuildSpec } from "../spec/own-image.js";
import { buildTrouble, lackTrouble, pullTrouble, severalPullTroubles, usersOf } from "./image-trouble.js";
import { type Report, step } from "./steps.js";

/** What has to happen to an image before nodes can be made of it. */
export type ImageStep = {
  readonly reference: string;
  /** Names of the services whose image it is. */
  readonly services: readonly string[];
} & (
  | { readonly kind: "pull" }
  | { readonly kind: "build"; readonly build: BuildSpec }
  /** The engine does not have it, and is not to ask for it. */
  | { readonly kind: "lack" }
);

/** By reference, since services may share an image. Throws USAGE where two of them build it differently. */
export function planImages(services: readonly ImageService[], present: ReadonlyMap<string, string>): readonly ImageStep[] {
  return [...new Set(services.map(({ image }) => image))].flatMap((reference): readonly ImageStep[] => {
    const users = services.filter(({ image }) => image === reference);
    const common = { reference, services: users.map(({ name }) => name) };
    const [build, ...others] = users.flatMap((user) => user.build ?? []);
    if (build !== undefined) {
      const isOneBuild = others.every((other) => JSON.stringify(other) === JSON.stringify(build));
      if (isOneBuild) return [{ kind: "build", ...common, build }];
      throw new DeviousError("USAGE", `The ${usersOf(common.services)} build one image, ${reference}, in different ways.`, {
        hint: "Give each an `image` of its own.",
      });
    }
    const policies = new Set(users.map(({ pull }) => pull));
    const isThere = present.has(reference);
    if (policies.has("always") || (!isThere && policies.has("missing"))) return [{ kind: "pull", ...common }];
    return isThere ? [] : [{ kind: "lack", ...common }];
  });
}

export interface UserImages {
  /** Reference -> id of every image that the spec names; on a dry run, of those that the engine has now. */
  readonly ids: ReadonlyMap<string, string>;
  /** What was done that changed anything; on a dry run, what would be done. */
  readonly steps: readonly string[];
}

type ImagesEngine = Pick<Images, "imageId" | "buildFolder" | "pullImage">;

export interface PrepareRequest {
  readonly spec: ClusterSpec;
  readonly owner: string;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly report: Report;
}

/**
 * Sees to it that the engine has every image that the spec names: pulls and builds side by side, but for builds of one folder. Asks nothing
 * where it names none. Throws IMAGE_MISSING, IMAGE_PULL or IMAGE_BUILD.
 */
export async function prepareImages(engine: ImagesEngine, request: PrepareRequest): Promise<UserImages> {
  const services = request.spec.services.filter(isImage);
  const references = [...new Set(services.map(({ image }) => image))];
  const before = await idsOf(engine, references);
  const steps = planImages(services, before);
  const lacking = steps.filter(({ kind }) => kind === "lack");
  if (lacking.length > 0) throw lackTrouble(lacking);
  await Promise.all(steps.map(assertContext));
  if (request.dryRun || steps.length === 0) return { ids: before, steps: steps.map(describe) };
  await carryOut(engine, steps, before, request);
  const ids = await idsOf(engine, references);
  const lost = steps.filter(({ reference }) => !ids.has(reference));
  if (lost.length > 0) throw lackTrouble(lost);
  return { ids, steps: steps.filter(({ reference }) => ids.get(reference) !== before.get(reference)).map(describe) };
}

async function idsOf(engine: Pick<Images, "imageId">, references: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(references.map(async (reference) => [reference, await engine.imageId(reference)] as const));
  return new Map(found.flatMap(([reference, id]) => (id === undefined ? [] : [[reference, id] as const])));
}

function describe({ kind, reference }: ImageStep): string {
  return `${kind} ${reference}`;
}

async function assertContext(image: ImageStep): Promise<void> {
  if (image.kind !== "build") return;
  const { context, dockerfile } = image.build;
  for (const needed of [context, path.join(context, dockerfile)]) {
    await access(needed).catch((cause: unknown) => {
      const message = `The image of the ${usersOf(image.services)} cannot be built: ${needed} is not there.`;
      throw new DeviousError("IMAGE_BUILD", message, { hint: "`build` names a folder with a Dockerfile in it.", cause });
    });
  }
}

/** After the first failure, for the others: long enough for those that fail as it did, so that they are told together. */
const othersMs = 2000;

async function carryOut(
  engine: ImagesEngine,
  steps: readonly ImageStep[],
  before: ReadonlyMap<string, string>,
  { owner, signal, report }: PrepareRequest,
): Promise<void> {
  const given = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const anySignal = AbortSignal.any([signal, given.signal]);
  const run = async (image: ImageStep): Promise<void> => {
    if (image.kind === "build") await build(engine, image, owner, anySignal);
    else await pull(engine, image.reference, anySignal);
  };
  const inTurn = turnsByFolder();
  const results = await Promise.allSettled(
    steps.map((image) =>
      inTurn(image, () => step(report, describe(image), () => run(image))).catch((error: unknown) => {
        timer ??= setTimeout(() => given.abort(), othersMs);
        throw error;
      }),
    ),
  );
  clearTimeout(timer);
  signal.throwIfAborted();
  const failed = results.flatMap((result, i) =>
    result.status === "rejected" && result.reason !== given.signal.reason
      ? [{ image: steps[i] as ImageStep, error: result.reason as unknown }]
      : [],
  );
  const [first, ...more] = failed;
  if (first === undefined) return;
  const pulls = failed.filter(({ image }) => image.kind === "pull");
  if (pulls.length !== failed.length || more.length === 0) throw troubleOf(first.image, first.error, before);
  throw severalPullTroubles(pulls);
}

/**
 * Lets builds of one folder take turns. Side by side, each would make its own layers of what they have in common; the next `up` would find
 * those of one of them for both, and make nodes anew although nothing has changed.
 */
function turnsByFolder(): (image: ImageStep, build: () => Promise<void>) => Promise<void> {
  const latest = new Map<string, Promise<void>>();
  return (image, run) => {
    if (image.kind !== "build") return run();
    const { context } = image.build;
    const mine = (latest.get(context) ?? Promise.resolve()).catch(() => undefined).then(run);
    latest.set(context, mine);
    return mine;
  };
}

function troubleOf(image: ImageStep, error: unknown, before: ReadonlyMap<string, string>): unknown {
  return image.kind === "pull" ? pullTrouble(image, error, before.has(image.reference)) : error;
}

/** For a registry to go on; the engine itself gives up sooner where nobody answers at all. */
const silenceMostMs = 120_000;

async function pull(engine: ImagesEngine, reference: string, signal: AbortSignal): Promise<void> {
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(silentRegistry()), silenceMostMs);
  try {
    await engine.pullImage(reference, () => void timer.refresh(), AbortSignal.any([signal, silent.signal]));
  } finally {
    clearTimeout(timer);
  }
}

function silentRegistry(): DeviousError {
  return new DeviousError("ENGINE_REFUSED", `Nothing has come of it for ${silenceMostMs / 60_000} minutes: i/o timeout.`);
}

async function build(
  engine: ImagesEngine,
  image: ImageStep & { readonly kind: "build" },
  owner: string,
  signal: AbortSignal,
): Promise<void> {
  const { reference, build } = image;
  const { context: folder, ...rest } = build;
  const lines: string[] = [];
  try {
    const labels = { [label.built]: owner };
    await engine.buildFolder({ reference, folder, ...rest, labels }, (line) => lines.push(line), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw buildTrouble(image, error, lines);
  }
}
