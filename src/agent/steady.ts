/** Whether the world stood still while a fault was measured: a figure means something only against the faults it was expected under. */
import { notMeasured } from "../chaos/expectation.js";
import type { ActiveFault } from "../chaos/fault.js";
import type { Measurement } from "../chaos/proof.js";
import type { Clock } from "./clock.js";
import type { NodeContainer } from "./engine.js";

/** All that a figure depends on, besides the fault that is measured. */
export interface World {
  /** Every fault that is active but that one. */
  readonly others: readonly ActiveFault[];
  /** Every node, with its state and the run that it is in. */
  readonly nodes: readonly NodeContainer[];
  /** Something is just being done to a node: what is in force there may be more or less than the faults. */
  readonly isMoving: boolean;
}

/** Takes seconds each time, and somebody waits. */
const mostAttempts = 3;

/** No attempt begins later: half of the time that the one who asked has patience for, as the next may take as long as all before it. */
const lastBeginsAfterMs = 90_000;

/**
 * What `measure` felt while the world stood still, after at most three attempts, fewer where they take long. Where it never did, what the
 * last one felt is not judged: of each figure it is said that it was not measured. Throws what `measure` throws while the world stood still,
 * or the last time.
 */
export async function measureSteadily(
  measure: () => Promise<readonly Measurement[]>,
  look: () => Promise<World>,
  clock: Clock,
): Promise<readonly Measurement[]> {
  const beganAtMs = clock.monotonicMs();
  for (let attempt = 1; ; attempt++) {
    const before = await look();
    const felt = await measure().then(
      (measurements) => ({ measurements }),
      (error: unknown) => ({ error }),
    );
    const isSteady = isSame(before, await look());
    const mayTryAgain = attempt < mostAttempts && clock.monotonicMs() - beganAtMs <= lastBeginsAfterMs;
    if (!isSteady && mayTryAgain) continue;
    if ("error" in felt) throw felt.error;
    return isSteady ? felt.measurements : felt.measurements.map(unjudged);
  }
}

function isSame(before: World, after: World): boolean {
  return !before.isMoving && !after.isMoving && fingerprint(before) === fingerprint(after);
}

function fingerprint({ others, nodes }: World): string {
  return JSON.stringify([others, nodes.map((node) => JSON.stringify(node)).sort()]);
}

/** What nobody could measure anyway keeps its own reason. */
function unjudged(measurement: Measurement): Measurement {
  return measurement.ok === null ? measurement : { ...measurement, ...notMeasured("other faults changed meanwhile") };
}
