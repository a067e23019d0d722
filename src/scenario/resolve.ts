import { toName } from "../core/ids.js";
import { invariant } from "../core/invariant.js";
import { faultKinds } from "./fault-kinds.js";
import { type FaultWords, spellFault } from "./fault-words.js";
import { exactly } from "./ranges.js";
import type { Scenario, Start, Step } from "./scenario.js";
import type { ScenarioFile, StepFile } from "./schema.js";
import { hashOf } from "./streams.js";

const defaultForMs = 60_000;
const defaultWithinMs = 60_000;

/** The one function between what users write and what the program works with. */
export function toScenario(file: ScenarioFile, fileName: string): Scenario {
  const taken = new Map<string, number>();
  const steps = file.steps.map((step): Step => {
    const { name, start, fault, forMs } = { name: step.name, start: startOf(step), fault: faultOf(step), forMs: forOf(step) };
    const id = name ?? idOf(start, fault, forMs);
    const before = taken.get(id) ?? 0;
    taken.set(id, before + 1);
    // steps that say the same are as alike as two throws of one die
    return { id: before === 0 ? id : `${id}-${before + 1}`, start, fault, forMs };
  });
  return { name: file.name ?? toName(fileName), seed: file.seed ?? null, steps };
}

/** `kill-3f2a`: what the step says, in short, so that it keeps its id wherever it stands. */
function idOf(start: Start, fault: FaultWords, forMs: Step["forMs"]): string {
  const hash = hashOf(JSON.stringify([start, spellFault(fault), forMs]));
  return `${fault.kind}-${hash.toString(16).padStart(8, "0").slice(0, 4)}`;
}

function startOf(step: StepFile): Start {
  if (step.at !== undefined) return { by: "at", atMs: step.at };
  if (step.every !== undefined) return { by: "every", ...step.every, times: step.times ?? 1 };
  if (step.after !== undefined) return { by: "after", ...step.after };
  invariant(step.when !== undefined, "a step that passed has a beginning");
  return { by: "when", happens: step.when, withinMs: step.within ?? defaultWithinMs };
}

function faultOf(step: StepFile): FaultWords {
  const fault = faultKinds.map((kind) => step[kind]).find((one) => one !== undefined);
  invariant(fault !== undefined, "a step that passed has a fault");
  return fault;
}

function forOf(step: StepFile): Step["forMs"] {
  return step.for ?? exactly(step.restart === undefined && step.wipe === undefined ? defaultForMs : 0);
}
