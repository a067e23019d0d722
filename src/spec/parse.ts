import type { z } from "zod";
import { closest } from "../core/ids.js";
import type { ClusterSpec } from "./cluster-spec.js";
import { findClashes, findMisfits } from "./misfits.js";
import { type Placed, type Problem, inOrder, readPlaced } from "./places.js";
import { resolve } from "./resolve.js";
import { knownKeys, specFile } from "./schema.js";
import type { Variables } from "./shipping.js";

export type ParseResult =
  { readonly ok: true; readonly spec: ClusterSpec } | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * YAML text -> the complete spec, or every problem with its place, in the order of the text. `folderName` names a nameless cluster.
 * Only with `variables` those that the spec names have to be there, and are filled in.
 */
export function parseSpec(text: string, folderName: string, variables?: Variables): ParseResult {
  const placed = readPlaced(text);
  if ("problems" in placed) return { ok: false, problems: placed.problems };
  const { placeOf } = placed;
  // an empty file asks for the defaults
  const value = placed.value ?? {};
  const read = specFile.safeParse(value);
  const misfits = findMisfits(value, variables).map(({ path, part, message }) => ({ ...placeOf(path, part), message }));
  const problems = [...(read.success ? [] : read.error.issues.flatMap((issue) => explain(issue, placed, value))), ...misfits];
  if (!read.success || problems.length > 0) return { ok: false, problems: inOrder(problems) };
  const spec = resolve(read.data, folderName, variables);
  const clashes = findClashes(spec).map(({ service, message }) => {
    const path = read.data.services === undefined ? ["store"] : ["services", service, "store"];
    return { ...placeOf(path), message };
  });
  return clashes.length > 0 ? { ok: false, problems: clashes } : { ok: true, spec };
}

function explain(issue: z.core.$ZodIssue, { placeOf }: Placed, file: unknown): readonly Problem[] {
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = knownKeys(issue.path, valueAt(file, issue.path));
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

/** What stands at a path in which there is a mapping. */
function valueAt(file: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value, key) => (value as Readonly<Record<PropertyKey, unknown>>)[key], file);
}
