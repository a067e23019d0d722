/** Where an image comes from. */
import { tellFates } from "./fates.js";
import { buildKeys } from "./keys.js";
import { variablesAt } from "./environment.js";
import { isNothing, keptTextAt, mappingAt, pathFrom, textAt } from "./reading.js";
import type { Reading } from "./reading.js";
import type { Entry, MappingTree } from "./tree.js";
import { said } from "./written.js";
import type { WrittenBuild, WrittenService } from "./written.js";

/**
 * `own` is the name that compose gives to what it builds: what it builds of anything but a folder, somebody else has to. Undefined where a
 * service has neither image nor build.
 */
export function imageAt(
  entries: MappingTree["entries"],
  path: string,
  own: string,
  reading: Reading,
): Pick<WrittenService, "image" | "build" | "pull"> | undefined {
  const image = entries.get("image");
  const build = entries.get("build");
  const reference = image === undefined || isNothing(image.value) ? undefined : keptTextAt(image.value, `${path}.image`, reading);
  if (build === undefined || isNothing(build.value)) {
    return reference === undefined
      ? undefined
      : said({ image: reference, build: undefined, pull: pullAt(entries, path, reading) });
  }
  const built = buildAt(build, `${path}.build`, reading);
  if (built === undefined) {
    const name = reference ?? own;
    const message = `only a folder with its Dockerfile inside is built here, so build ${name} yourself`;
    reading.telling.notice(build.at, `${path}.build is left out: ${message}`);
    return said({ image: name, build: undefined, pull: pullAt(entries, path, reading) });
  }
  const policy = entries.get("pull_policy");
  if (policy !== undefined && !(policy.value.kind === "scalar" && policy.value.value === "build")) {
    reading.telling.notice(
      policy.at,
      `${path}.pull_policy is left out: what is built is built before each \`up\`, and not pulled`,
    );
  }
  return said({ image: reference, build: built, pull: undefined });
}

/** Undefined where the context is no folder, or the Dockerfile is not inside it. */
function buildAt({ value }: Entry, path: string, reading: Reading): string | WrittenBuild | undefined {
  if (value.kind === "scalar") return contextOf(textAt(value, path, reading) ?? ".", reading);
  const entries = mappingAt(value, path, reading);
  tellFates(entries, buildKeys, path, reading.telling);
  const textOf = (key: string): string | undefined => {
    const entry = entries.get(key);
    return entry === undefined || isNothing(entry.value) ? undefined : textAt(entry.value, `${path}.${key}`, reading);
  };
  const context = contextOf(textOf("context") ?? ".", reading);
  const dockerfile = textOf("dockerfile");
  const isInside = dockerfile === undefined || !(dockerfile.startsWith("/") || dockerfile.split("/").includes(".."));
  if (context === undefined || !isInside || entries.has("dockerfile_inline")) return undefined;
  const args = entries.get("args");
  const long: WrittenBuild = said({
    context,
    dockerfile,
    args: args === undefined ? undefined : variablesAt(args.value, `${path}.args`, reading, { templates: false }),
    target: textOf("target"),
  });
  return Object.keys(long).length === 1 ? context : long;
}

/** Undefined: it is somewhere else, such as a repository. */
function contextOf(text: string, reading: Reading): string | undefined {
  return /^(?:[a-z][a-z\d+.-]*:\/\/|git@|github\.com\/)|\.git(?:[#?].*)?$/i.test(text) ? undefined : pathFrom(text, reading);
}

function pullAt(entries: MappingTree["entries"], path: string, reading: Reading): WrittenService["pull"] {
  const policy = entries.get("pull_policy");
  if (policy === undefined || isNothing(policy.value)) return undefined;
  const text = textAt(policy.value, `${path}.pull_policy`, reading);
  if (text === "always" || text === "never") return text;
  if (text !== undefined && text !== "missing" && text !== "if_not_present") {
    reading.telling.notice(policy.at, `${path}.pull_policy: ${text} is left out: there are missing, always and never`);
  }
  return undefined;
}
