import { type FaultKind, faultKinds } from "./fault-kinds.js";
import { startKeys } from "./schema.js";

interface Misfit {
  readonly path: readonly (string | number)[];
  readonly part: "key" | "value";
  readonly message: string;
}

type Mapping = Readonly<Record<string, unknown>>;

/** What only a whole step, or the steps together, show, whatever else is wrong with the file. */
export function findMisfits(file: unknown): readonly Misfit[] {
  if (!isMapping(file) || !Array.isArray(file["steps"])) return [];
  const steps = (file["steps"] as readonly unknown[]).map((step) => (isMapping(step) ? step : {}));
  return [
    ...steps.flatMap((step, at) => (Object.keys(step).length === 0 ? [] : misfitsOf(step, at))),
    ...twiceNamed(steps),
    ...strayReferences(steps),
  ];
}

function misfitsOf(step: Mapping, at: number): readonly Misfit[] {
  const misfit = (message: string, key?: string): Misfit => ({
    path: key === undefined ? ["steps", at] : ["steps", at, key],
    part: key === undefined ? "value" : "key",
    message,
  });
  const starts = startKeys.filter((key) => key in step);
  const faults = faultKinds.filter((kind) => kind in step);
  return [
    ...(starts.length === 0 ? [misfit(`say when it begins: one of ${startKeys.join(", ")}`)] : []),
    ...starts.slice(1).map((key) => misfit(`begins by ${starts[0]} already; a step has one beginning`, key)),
    ...(faults.length === 0 ? [misfit(`say what it does: one of ${faultKinds.join(", ")}`)] : []),
    ...faults.slice(1).map((key) => misfit(`does ${faults[0]} already; another fault is another step`, key)),
    ...("every" in step && !("times" in step) ? [misfit("says not how many `times`", "every")] : []),
    ...("times" in step && !("every" in step) ? [misfit("goes with `every` only", "times")] : []),
    ...("within" in step && !("when" in step) ? [misfit("goes with `when` only", "within")] : []),
    ...("for" in step && faults.length === 1 && instant.has(faults[0] as FaultKind)
      ? [misfit(`means nothing here: a ${faults[0]} is over as soon as it is done`, "for")]
      : []),
  ];
}

/** Faults that do not last. */
const instant: ReadonlySet<FaultKind> = new Set(["restart", "wipe"]);

function twiceNamed(steps: readonly Mapping[]): readonly Misfit[] {
  const seen = new Set<unknown>();
  return steps.flatMap(({ name }, at): readonly Misfit[] => {
    if (name === undefined) return [];
    if (seen.has(name)) {
      return [{ path: ["steps", at, "name"], part: "value", message: `there is a step ${JSON.stringify(name)} already` }];
    }
    seen.add(name);
    return [];
  });
}

/** Steps that wait for a step that is not there, or in the end for themselves. */
function strayReferences(steps: readonly Mapping[]): readonly Misfit[] {
  const names = new Set(steps.map(({ name }) => name).filter((name) => typeof name === "string"));
  const waitsFor = (step: Mapping | undefined): string | undefined =>
    typeof step?.["after"] === "string" ? /^[^\s.]+/.exec(step["after"])?.[0] : undefined;
  const named = (name: string): Mapping | undefined => steps.find((step) => step["name"] === name);
  return steps.flatMap((step, at): readonly Misfit[] => {
    const first = waitsFor(step);
    if (first === undefined) return [];
    const misfit = (message: string): readonly Misfit[] => [{ path: ["steps", at, "after"], part: "value", message }];
    if (!names.has(first)) {
      const known = names.size === 0 ? "no step has a name" : `steps with a name: ${[...names].join(", ")}`;
      return misfit(`there is no step "${first}"; ${known}`);
    }
    const chain = new Set<string>();
    for (let next: string | undefined = first; next !== undefined && !chain.has(next); next = waitsFor(named(next)))
      chain.add(next);
    return typeof step["name"] === "string" && chain.has(step["name"]) ? misfit("the step waits in the end for itself") : [];
  });
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
