import { isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import type { z } from "zod";
import { closest } from "../core/ids.js";
import type { ClusterSpec } from "./cluster-spec.js";
import { findClashes, findMisfits, resolve } from "./resolve.js";
import { knownKeys, specFile } from "./schema.js";

/** One thing wrong with a spec, at its place (line and column from 1). */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export type ParseResult =
  { readonly ok: true; readonly spec: ClusterSpec } | { readonly ok: false; readonly problems: readonly Problem[] };

/** YAML text -> the complete spec, or every problem with its place, in the order of the text. `folderName` names a nameless cluster. */
export function parseSpec(text: string, folderName: string): ParseResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({ ...place(lines, error.pos[0]), message: error.message }));
    return { ok: false, problems };
  }
  // an empty file asks for the defaults
  const value: unknown = document.toJS() ?? {};
  const read = specFile.safeParse(value);
  const misfits = findMisfits(value).map(({ path, part, message }) => ({ ...placeOf(document, lines, path, part), message }));
  const problems = [...(read.success ? [] : read.error.issues.flatMap((issue) => explain(issue, document, lines))), ...misfits];
  if (!read.success || problems.length > 0) {
    return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
  }
  const spec = resolve(read.data, folderName);
  const clashes = findClashes(spec).map(({ service, message }) => {
    const path = read.data.services === undefined ? ["store"] : ["services", service, "store"];
    return { ...placeOf(document, lines, path), message };
  });
  return clashes.length > 0 ? { ok: false, problems: clashes } : { ok: true, spec };
}

function explain(issue: z.core.$ZodIssue, document: Document, lines: LineCounter): readonly Problem[] {
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => {
        const meant = closest(key, knownKeys(issue.path));
        const known = knownKeys(issue.path).join(", ");
        const advice = meant === undefined ? `known here: ${known}` : `did you mean "${meant}"?`;
        return { ...placeOf(document, lines, [...issue.path, key], "key"), message: `unknown key "${key}"; ${advice}` };
      });
    default: {
      const what = issue.path.length === 0 ? "the spec" : issue.path.join(".");
      return [{ ...placeOf(document, lines, issue.path), message: `${what}: ${issue.message}` }];
    }
  }
}

/** Where the value (or its key) at `path` stands; for a path that is not there, the closest thing around it. */
function placeOf(document: Document, lines: LineCounter, path: readonly PropertyKey[], part: "key" | "value" = "value") {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    if (!isMap(parent)) continue;
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path[depth - 1]);
    if (pair === undefined) continue;
    const whole = depth === path.length || isScalar(pair.value);
    const node = part === "value" && whole && isNode(pair.value) ? pair.value : pair.key;
    if (isNode(node) && node.range) return place(lines, node.range[0]);
  }
  return { line: 1, column: 1 };
}

function place(lines: LineCounter, offset: number): { readonly line: number; readonly column: number } {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
