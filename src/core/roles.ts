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
