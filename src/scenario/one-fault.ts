import type { Wish } from "../chaos/wish.js";
import { DeviousError } from "../core/errors.js";
import type { FaultStep } from "./define.js";
import { faultKinds } from "./fault-kinds.js";
import { drawFault, readFault } from "./fault-words.js";
import { streamOf } from "./streams.js";

/** A fault in the words of a scenario, by itself; its ranges and choices are drawn from `seed`. Throws USAGE with all that is wrong. */
export function wishOf(step: FaultStep, seed: number): Wish {
  const [kind, ...more] = faultKinds.filter((one) => one in step);
  if (kind === undefined || more.length > 0) {
    throw new DeviousError("USAGE", `${JSON.stringify(step)} is not one fault`, {
      hint: 'Write for example pause("leader") or { pause: { target: "leader" } }.',
    });
  }
  const read = readFault(kind, step[kind]);
  if (read.ok) return drawFault(read.fault, (key) => streamOf(seed, [key]));
  const [first, ...others] = read.problems.map(({ message }) => message);
  throw new DeviousError("USAGE", `${kind}: ${first ?? ""}`, { details: others });
}
