// A spec as tests write it, in a folder "/home/me/My App".
import { isImage } from "../../src/spec/cluster-spec.js";
import type { ClusterSpec, ImageService } from "../../src/spec/cluster-spec.js";
import { parseSpec } from "../../src/spec/parse.js";
import type { EnvFile } from "../../src/spec/surroundings.js";
import type { Variables } from "../../src/spec/variables.js";

const folder = "/home/me/My App";

/** The env files that there are, by absolute path. */
type EnvFiles = Readonly<Record<string, Readonly<Record<string, string>>>>;

function parse(text: string, variables?: Variables, envFiles: EnvFiles = {}) {
  const readEnvFile = (path: string): EnvFile => {
    const found = envFiles[path];
    return found === undefined ? { problem: "there is no such file" } : { variables: found };
  };
  return parseSpec(text, folder, variables === undefined ? undefined : { variables, readEnvFile });
}

/** `1:8 nodes: must be at least 1, not 0`, one line for each. */
export function problemsIn(text: string, variables?: Variables, envFiles?: EnvFiles): readonly string[] {
  const result = parse(text, variables, envFiles);
  return result.ok ? [] : result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

/** Throws with its problems where it has some. */
export function specIn(text: string, variables?: Variables, envFiles?: EnvFiles): ClusterSpec {
  const result = parse(text, variables, envFiles);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.spec;
}

/** The problems with keys of a service `api` of an image, each without its place and the path of the service. */
export function problemsOfImage(keys: string, variables?: Variables, envFiles?: EnvFiles): readonly string[] {
  const found = problemsIn(`services: { api: { image: a, ${keys} } }`, variables, envFiles);
  return found.map((line) => line.replace(/^\d+:\d+ (?:services\.api\.)?/, ""));
}

/** The service `api` of an image with these keys. */
export function imageIn(keys: string, variables?: Variables, envFiles?: EnvFiles): ImageService {
  const [service] = specIn(`services: { api: { ${keys} } }`, variables, envFiles).services;
  if (service === undefined || !isImage(service)) throw new Error("it is no image");
  return service;
}
