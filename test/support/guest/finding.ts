import { beforeEach } from "vitest";
import { type Needs, runWithNetem } from "./run-with-netem.js";

/** How often a scene is run at most, over all tests of its file. */
const maxRuns = 3;

/**
 * What a scene has found, for the tests of one file: run once before the first of them, and anew before a test is tried again. A guest that had no
 * processor for a moment measures what is not there, each time something else; a mistake of ours is there in every run.
 */
export function findingOf<Finding>(sceneFile: string, needs?: Needs): () => Finding {
  let latest: Promise<Finding> | undefined;
  let found: Finding | undefined;
  let runs = 0;
  beforeEach(async ({ task }) => {
    const isTriedAgain = (task.result?.retryCount ?? 0) > 0;
    if (latest === undefined || (isTriedAgain && runs < maxRuns)) {
      runs++;
      latest = runWithNetem<Finding>(sceneFile, needs);
    }
    found = await latest;
  });
  return () => {
    if (found === undefined) throw new Error(`${sceneFile} has not run`);
    return found;
  };
}
