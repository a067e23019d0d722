import type { z } from "zod";
import { closest } from "../core/ids.js";
import { type Path, type Placed, type Problem, inOrder, readPlaced } from "../spec/places.js";
import { toScenario } from "./resolve.js";
import type { Scenario } from "./scenario.js";
import { knownKeys, scenarioFile } from "./schema.js";
import { findMisfits } from "./misfits.js";

export type ParseResult =
  { readonly ok: true; readonly scenario: Scenario } | { readonly ok: false; readonly problems: readonly Problem[] };

/** YAML text -> the complete scenario, or every problem with its place, in the order of the text. `fileName` names a nameless one. */
export function parseScenario(text: string, fileName: string): ParseResult {
  const placed = readPlaced(text);
  if ("problems" in placed) return { ok: false, problems: placed.problems };
  return readScenario(placed.value ?? {}, fileName, placed.placeOf);
}

/** The same of a value that has no text: what a program made. Its places are lines and columns of nothing; the messages say the path. */
export function readScenario(value: unknown, fileName: string, placeOf: Placed["placeOf"] = nowhere): ParseResult {
  const read = scenarioFile.safeParse(value);
  const misfits = findMisfits(value).map(({ path, part, message }) => ({
    ...placeOf(path, part),
    message: `${spell(path.slice(0, 2))}: ${message}`,
  }));
  const problems = [...(read.success ? [] : read.error.issues.flatMap((issue) => explain(issue, placeOf))), ...misfits];
  if (!read.success || problems.length > 0) return { ok: false, problems: inOrder(problems) };
  return { ok: true, scenario: toScenario(read.data, fileName) };
}

function nowhere(): Omit<Problem, "message"> {
  return { line: 1, column: 1 };
}

function explain(issue: z.core.$ZodIssue, placeOf: Placed["placeOf"]): readonly Problem[] {
  if (issue.code !== "unrecognized_keys") {
    const isKey = issue.message.startsWith("unknown key");
    return [{ ...placeOf(issue.path, isKey ? "key" : "value"), message: `${spell(issue.path)}: ${issue.message}` }];
  }
  const known = knownKeys(issue.path);
  return issue.keys.map((key) => {
    const meant = closest(key, known);
    const advice = meant === undefined ? `known here: ${known.join(", ")}` : `did you mean "${meant}"?`;
    return { ...placeOf([...issue.path, key], "key"), message: `unknown key "${key}"; ${advice}` };
  });
}

/** `steps[2].slow.delay`, counted as people count: from 1. */
function spell(path: Path): string {
  const spelt = path.map((key) => (typeof key === "number" ? `[${key + 1}]` : `.${String(key)}`)).join("");
  return spelt === "" ? "the scenario" : spelt.replace(/^\./, "");
}
