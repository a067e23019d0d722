/**
 * How a node of the user's own image is asked whether it leads. Host and agent both read it off the node's label, so it is a value that
 * JSON can say; the door for people is the spec.
 */
export type RolesProbe =
  /**
   * It leads if it answers GET `path` on this published port with a 2xx status and a body in which `leader` is found; with `json`, in the
   * value at this place of a JSON body (`status.leader`, `members.0.name`).
   */
  | { readonly by: "http"; readonly port: number; readonly path: string; readonly json?: string; readonly leader: string }
  /** It leads if the command ends with exit code 0 inside its container and `leader` is found in its stdout. */
  | { readonly by: "exec"; readonly command: readonly string[]; readonly leader: string };

/** The regular expression of a probe, by which `^` and `$` stand for the ends of lines. Throws SyntaxError. */
export function leaderPattern(leader: string): RegExp {
  return new RegExp(leader, "m");
}

/** Whether a node that said this leads; null: what it said tells nobody. */
export function leads(probe: RolesProbe, said: string): boolean | null {
  const json = probe.by === "http" ? probe.json : undefined;
  const told = json === undefined ? said : textAt(said, json);
  return told === undefined ? null : leaderPattern(probe.leader).test(told);
}

/**
 * The string, number, true or false at this place of a JSON text, as text. Undefined for everything else that may be there, and where
 * nothing is. Numbers in the place count through arrays, from 0.
 */
export function textAt(json: string, place: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  for (const step of place.split(".")) value = inside(value, step);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function inside(value: unknown, step: string): unknown {
  if (Array.isArray(value)) return /^\d+$/.test(step) ? (value as readonly unknown[])[Number(step)] : undefined;
  const isMapping = typeof value === "object" && value !== null && Object.hasOwn(value, step);
  return isMapping ? (value as Readonly<Record<string, unknown>>)[step] : undefined;
}
