import { parseGroups, parseTarget } from "./target.js";
import type { Selector } from "./target.js";

/** A partition as people type it: groups that hear only themselves, or nodes that hear nobody. */
export interface Shape {
  readonly kind: "split" | "isolate";
  /** For `isolate`, the one group of lonely nodes. */
  readonly groups: readonly (readonly Selector[])[];
}

/** `n1 | n2,n3` or `isolate n1,n2`. Throws USAGE. */
export function parseShape(text: string): Shape {
  const lonely = /^\s*isolate\s+(?<target>.*)$/.exec(text)?.groups?.["target"];
  if (lonely !== undefined) return { kind: "isolate", groups: [parseTarget(lonely)] };
  return { kind: "split", groups: parseGroups(text) };
}
