/** Who is called what in a raw file, however much else is wrong with it. */
import { reservedWords } from "../chaos/target.js";
import type { z } from "zod";
import { closest, isName, nameRule } from "../core/ids.js";
import { defaultNodes, defaultService, nodeNames, nodesMax } from "./cluster-spec.js";

export interface Misfit {
  readonly path: readonly (string | number)[];
  readonly part: "key" | "value";
  readonly message: string;
}

export type Mapping = Readonly<Record<string, unknown>>;

/** A service as far as names go: node names can be told even where the service itself is wrong. */
export interface Named {
  readonly service: string;
  readonly nodes: readonly string[];
  /** Where its keys stand. */
  readonly path: readonly string[];
  /** Undefined where it is no mapping. */
  readonly keys: Mapping | undefined;
}

export function servicesIn(file: Mapping): readonly Named[] {
  const { services } = file;
  if (services === undefined) {
    return [{ service: defaultService, nodes: nodeNames(undefined, countOf(file["nodes"])), path: [], keys: file }];
  }
  if (!isMapping(services)) return [];
  return Object.entries(services).map(([service, value]) => {
    const keys = isMapping(value) ? value : undefined;
    return { service, nodes: nodeNames(service, countOf(keys?.["nodes"])), path: ["services", service], keys };
  });
}

/** Where the number is wrong itself, no name that it might stand for shall be called unknown. */
function countOf(nodes: unknown): number {
  if (nodes === undefined) return defaultNodes;
  return typeof nodes === "number" && Number.isInteger(nodes) && nodes >= 1 && nodes <= nodesMax ? nodes : nodesMax;
}

/** Undefined where it can be one. */
export function problemWithName(name: string, kind: "service" | "zone"): string | undefined {
  if (!isName(name)) return `"${name}" is not a name: ${nameRule}`;
  return reservedWords.includes(name)
    ? `a ${kind} cannot be called ${name}: for faults that word has a meaning of its own`
    : undefined;
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is wrong at a path, which the message begins with. */
export function misfitAt(path: readonly (string | number)[], message: string, part: Misfit["part"] = "value"): Misfit {
  return { path, part, message: `${path.join(".")}: ${message}` };
}

/** `; did you mean "kv"?`, or all there are. */
export function advice(name: string, known: readonly string[]): string {
  const meant = closest(name, known);
  return meant === undefined ? `; there are ${known.join(", ")}` : `; did you mean "${meant}"?`;
}

/** What a part's own schema makes of a raw value; undefined where there is none, or it is wrong, which is told elsewhere. */
export function readIfRight<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> | undefined {
  const read = value === undefined ? undefined : schema.safeParse(value);
  return read?.success === true ? read.data : undefined;
}
