import type { ClusterFacts, NodeFacts } from "../chaos/target.js";
import { type Wish, buildFault, describeWish, wishesForLeader } from "../chaos/wish.js";
import { DeviousError } from "../core/errors.js";
import { drawFault } from "./fault-words.js";
import { drawWhole } from "./ranges.js";
import type { Scenario, Step } from "./scenario.js";
import { type StreamKey, seedOf, streamOf } from "./streams.js";
import type { Action, Occurrence, Timeline, Trigger } from "./timeline.js";

/**
 * Everything that chance and the spec decide, decided. The same scenario, seed and nodes give the same timeline, byte for byte as JSON.
 * Every draw comes from a stream of its step, of its turn and of what is drawn, so no step moves another. Nodes are chosen here, except
 * where a target depends on who leads: that stays a wish, with a seed of its own.
 *
 * Throws, with everything that is wrong at once, UNKNOWN_NODE and what {@link buildFault} throws.
 */
export function plan(scenario: Scenario, seed: number, nodes: readonly NodeFacts[]): Timeline {
  const sorted = sortNodes(nodes);
  const troubles: DeviousError[] = [];
  const occurrences = scenario.steps.flatMap((step) => {
    try {
      return planStep(step, seed, { nodes: sorted, leaders: {} });
    } catch (error) {
      if (!(error instanceof DeviousError)) throw error;
      troubles.push(new DeviousError(error.code, `${step.id}: ${error.message}`, { hint: error.hint, details: error.details }));
      return [];
    }
  });
  const [first, ...more] = troubles;
  if (first !== undefined) {
    const details = [...first.details, ...more.flatMap(({ message, details: others }) => [message, ...others])];
    throw new DeviousError(first.code, first.message, { hint: first.hint, details });
  }
  return { name: scenario.name, seed, nodes: sorted, storm: null, occurrences: sortOccurrences(occurrences) };
}

function planStep(step: Step, seed: number, facts: ClusterFacts): readonly Occurrence[] {
  const awaitsElection = step.start.by === "when" && step.start.happens.on === "leader-elected";
  if (awaitsElection && !facts.nodes.some(({ bundled, tellsRole }) => bundled || tellsRole === true)) {
    throw new DeviousError(
      "USAGE",
      "Nobody here can tell that a leader was elected: no service is of the bundled store or has `roles`",
      {
        hint: "Say in the spec how to ask a node whether it leads (`roles`), or wait for what your image says: `when: { log: REGEX }`.",
      },
    );
  }
  const turns = step.start.by === "every" ? step.start.times : 1;
  return Array.from({ length: turns }, (_, at) => planTurn(step, at + 1, seed, facts));
}

function planTurn(step: Step, turn: number, seed: number, facts: ClusterFacts): Occurrence {
  const key = (what: string): StreamKey => [step.id, turn, what];
  const draw = (what: string) => streamOf(seed, key(what));
  const wish = drawFault(step.fault, (option) => draw(`fault ${option}`));
  const momentSeed = seedOf(seed, key("moment"));
  return {
    id: step.start.by === "every" ? `${step.id}#${turn}` : step.id,
    step: step.id,
    trigger: triggerOf(step),
    offsetMs: offsetOf(step, turn, draw("start")),
    durationMs: drawWhole(step.forMs, draw("for")),
    asked: describeWish(wish),
    action: actionOf(wish, facts, draw("nodes")),
    seed: momentSeed,
  };
}

function actionOf(wish: Wish, facts: ClusterFacts, prng: ReturnType<typeof streamOf>): Action {
  if (!wishesForLeader(wish)) return { by: "plan", fault: buildFault(wish, facts, prng) };
  // nobody leads yet, but a name that no node has can be told now: it is the same whoever leads
  rehearse(wish, facts);
  return { by: "moment", wish };
}

/** Throws what the wish would throw with the first node of each service as its leader. */
function rehearse(wish: Wish, { nodes }: ClusterFacts): void {
  const leaders = Object.fromEntries([...nodes].reverse().map(({ service, node }) => [service, node]));
  buildFault(wish, { nodes, leaders }, streamOf(0, ["rehearsal"]));
}

function triggerOf({ start }: Step): Trigger {
  switch (start.by) {
    case "after":
      return { on: "step", step: start.step, event: start.event };
    case "when":
      return { ...start.happens, withinMs: start.withinMs };
    default:
      return { on: "start" };
  }
}

function offsetOf({ start }: Step, turn: number, prng: ReturnType<typeof streamOf>): number {
  switch (start.by) {
    case "at":
      return drawWhole(start.atMs, prng);
    case "every":
      return turn * start.everyMs + drawWhole({ min: -start.spreadMs, max: start.spreadMs }, prng);
    case "after":
      return drawWhole(start.delayMs, prng);
    case "when":
      return 0;
  }
}

/** By name, numbers as numbers: what a spec lists in another order is the same cluster. */
export function sortNodes(nodes: readonly NodeFacts[]): readonly NodeFacts[] {
  const key = ({ node }: NodeFacts): string => node.replace(/\d+/g, (digits) => digits.padStart(12, "0"));
  return [...nodes].sort((a, b) => compare(key(a), key(b)));
}

/** Those of the run's beginning first, then each trigger's, in time; ids break ties, so the order of the steps does not show. */
export function sortOccurrences(occurrences: readonly Occurrence[]): readonly Occurrence[] {
  const group = ({ trigger }: Occurrence): string => (trigger.on === "start" ? "" : JSON.stringify(trigger));
  return [...occurrences].sort(
    (a, b) => compare(group(a), group(b)) || a.offsetMs - b.offsetMs || compare(a.step, b.step) || compare(a.id, b.id),
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
