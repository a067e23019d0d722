import type { z } from "zod";
import { closest } from "../core/ids.js";
import type { ClusterSpec } from "./cluster-spec.js";
import { findClashes, findMisfits } from "./misfits.js";
import { type Placed, type Problem, inOrder, readPlaced } from "./places.js";
import { resolve } from "./resolve.js";
import { knownKeysIn } from "./json-schema.js";
import { specFile } from "./schema.js";
import { remembering } from "./surroundings.js";
import type { BootSurroundings, Surroundings } from "./surroundings.js";

export type ParseResult =
  { readonly ok: true; readonly spec: ClusterSpec } | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * YAML text -> the complete spec, or every problem with its place, in the order of the text. `folder` is the spec's own, absolute: paths
 * begin there, and its last name is that of a nameless cluster. Only with `boot` the variables and files that the spec names have to be
 * there, and are filled in.
 */
export function parseSpec(text: string, folder: string, boot?: BootSurroundings): ParseResult {
  const placed = readPlaced(text);
  if ("problems" in placed) return { ok: false, problems: placed.problems };
  const { placeOf } = placed;
  const surroundings: Surroundings = { folder, boot: boot === undefined ? null : remembering(boot) };
  // an empty file asks for the defaults
  const value = placed.value ?? {};
  const read = specFile.safeParse(value);
  const knownKeys = knownKeysIn(value);
  const misfits = findMisfits(value, surroundings).map(({ path, part, message }) => ({ ...placeOf(path, part), message }));
  const problems = [...(read.success ? [] : read.error.issues.flatMap((issue) => explain(issue, placed, knownKeys))), ...misfits];
  if (!read.success || problems.length > 0) return { ok: false, problems: inOrder(problems) };
  const spec = resolve(read.data, surroundings);
  const clashes = findClashes(spec).map(({ service, message }) => {
    const path = read.data.services === undefined ? ["store"] : ["services", service, "store"];
    return { ...placeOf(path), message };
  });
  return clashes.length > 0 ? { ok: false, problems: clashes } : { ok: true, spec };
}

function explain(
  issue: z.core.$ZodIssue,
  { placeOf }: Placed,
  knownKeys: (path: readonly PropertyKey[]) => readonly string[],
): readonly Problem[] {
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = knownKeys(issue.path);
      return issue.keys.map((key) => {
        const meant = closest(key, known);
        const advice = meant === undefined ? `known here: ${known.join(", ")}` : `did you mean "${meant}"?`;
        return { ...placeOf([...issue.path, key], "key"), message: `unknown key "${key}"; ${advice}` };
      });
    }
    default: {
      const what = issue.path.length === 0 ? "the spec" : issue.path.join(".");
      return [{ ...placeOf(issue.path), message: `${what}: ${issue.message}` }];
    }
  }
}
