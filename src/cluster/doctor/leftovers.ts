import type { Litter } from "../litter/find.js";
import { type Finding, ok, warning } from "./finding.js";

/** So many are named. */
const namedMost = 5;

/** What of ours is in the engine and of use to nobody, by the judgement of `devious gc`, which removes all of it at once. */
export function leftoverFindings(litter: readonly Litter[]): readonly Finding[] {
  const what = "leftovers";
  const useless = litter.filter(({ isDoubtful }) => !isDoubtful);
  if (useless.length === 0) return [ok(what, "none")];
  const more = useless.length - namedMost;
  const named = useless.slice(0, namedMost).map(({ name, why }) => `${name}: ${why}`);
  const says = more > 0 ? [...named, `and ${more} more`] : named;
  return says.map((text, at) => warning(what, text, at === says.length - 1 ? "devious gc" : undefined));
}
