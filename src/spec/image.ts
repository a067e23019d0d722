/** Where a service's image comes from. */
import { z } from "zod";
import { builtImage } from "./cluster-spec.js";
import type { ImageService } from "./cluster-spec.js";
import { checkUnset, mapValues, withVariables } from "./environment.js";
import { filledText, mapping, oneOf, secretText, shortFor, text, unless } from "./fields.js";
import { isMapping, misfitAt } from "./names.js";
import type { Misfit, Named } from "./names.js";
import { pullPolicies } from "./own-image.js";
import type { BuildSpec } from "./own-image.js";
import { normalized, pathIn } from "./paths.js";
import type { Surroundings } from "./surroundings.js";
import { fillIn, looseReference } from "./variables.js";

const notFilledIn = "is the same on each node: no template is filled in here";

/** With its variables filled in it has to be one still. */
function problemWithImage(reference: string): string | undefined {
  if (reference.includes("{{")) return notFilledIn;
  return /^[^\s{}$]+$/.test(reference.replace(looseReference, "x")) ? undefined : "must be an image's name, such as my-api:dev";
}

export const image = withVariables(text.superRefine(unless(problemWithImage))).describe(
  "An image of your own, instead of `store`; with `build`, the name that the built image gets. `${NAME}` is a variable of the environment of `devious up`.",
);

const inContext = filledText.superRefine(
  unless((path) => {
    if (path.startsWith("/") || path.split(/[\\/]/).includes("..")) return "must be inside the context, and is relative to it";
    return path.includes("{{") ? notFilledIn : undefined;
  }),
);

const context = filledText.superRefine(
  unless((path) => {
    if (/^\w+:\/\/|^git@/.test(path)) return "must be a folder of this machine";
    return path.includes("{{") ? notFilledIn : undefined;
  }),
);

export const build = shortFor(
  mapping(
    {
      context: context.optional().describe("Folder that is sent to the engine, relative to the spec's; default that itself."),
      dockerfile: inContext.optional().describe("Path of the Dockerfile inside the context; default Dockerfile."),
      args: z
        .record(z.string().min(1), withVariables(secretText), { error: 'must be a mapping such as { VERSION: "1" }' })
        .optional()
        .describe("Build arguments; `${NAME}` is a variable of the environment of `devious up`."),
      target: filledText.optional().describe("Stage to stop at; default the last."),
    },
    "with context, dockerfile, args and target, or one text, which is the context",
  ),
  [{ type: "string" }],
  (value) => (typeof value === "string" ? { context: value } : value),
).describe("Builds the image from a Dockerfile, before each `up`: a folder, or a mapping. What is built is not pulled.");

export const pull = oneOf(pullPolicies).describe(
  "When the image is pulled: missing (default) where the engine has none of that name, always before each `up`, or never.",
);

type BuildFile = z.output<typeof build>;

interface ImageFile {
  readonly image?: string | undefined;
  readonly build?: BuildFile | undefined;
  readonly pull?: ImageService["pull"] | undefined;
}

/** `cluster` is the cluster's name. */
export function imageOf(
  file: ImageFile,
  service: string,
  cluster: string,
  { folder, boot }: Surroundings,
): Pick<ImageService, "image" | "build" | "pull"> {
  const fill = (text: string): string => (boot === null ? text : fillIn(text, looseReference, boot.variables));
  return {
    image: file.image === undefined ? builtImage(cluster, service) : fill(file.image),
    build: file.build === undefined ? null : buildSpec(file.build, folder, fill),
    pull: file.pull ?? "missing",
  };
}

function buildSpec(build: BuildFile, folder: string, fill: (text: string) => string): BuildSpec {
  return {
    context: pathIn(folder, build.context ?? "."),
    dockerfile: normalized(build.dockerfile ?? "Dockerfile").slice(1),
    args: mapValues(build.args ?? {}, fill),
    target: build.target ?? null,
  };
}

export function checkImage({ path, keys }: Named, { boot }: Surroundings): readonly Misfit[] {
  const { image, build } = keys ?? {};
  const pulled = keys !== undefined && "build" in keys && "pull" in keys;
  const built = pulled ? [misfitAt([...path, "pull"], "is for an image that is not built", "key")] : [];
  if (boot === null) return built;
  const args = isMapping(build) ? build["args"] : undefined;
  const unset = typeof image === "string" ? checkUnset({ image }, path, boot.variables) : [];
  const isRight = typeof image === "string" && problemWithImage(image) === undefined && unset.length === 0;
  const isBroken = isRight && !/^\S+$/.test(fillIn(image, looseReference, boot.variables));
  return [
    ...built,
    ...unset,
    ...(isBroken ? [misfitAt([...path, "image"], "is no image's name once it is filled in")] : []),
    ...(isMapping(args) ? checkUnset(args, [...path, "build", "args"], boot.variables) : []),
  ];
}
