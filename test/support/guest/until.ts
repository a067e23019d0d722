import { setTimeout as sleep } from "node:timers/promises";

/** Asks until the answer is true; what fails meanwhile is not true yet. Throws with `what` after 30 s. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 30_000;
  while (!(await condition().catch(() => false))) {
    if (performance.now() > giveUpAt) throw new Error(`not within 30 s: ${what}`);
    await sleep(50);
  }
}
