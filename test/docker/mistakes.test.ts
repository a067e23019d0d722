// Shows each mistake of the store on real nodes, as its example does: with it clients lose writes, read the past, drown in siblings, or have a leader that is none; without it they do not.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../examples/mistakes/", import.meta.url));
const examples = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

interface Findings {
  readonly acknowledged: number;
  /** Of the raft design, which has watches. */
  readonly cancelledWatches?: number;
  readonly isSeen: boolean;
}

/** Undefined: the run itself did not work, since a fault could not be applied in its time. */
async function see(example: string, ...flags: readonly string[]): Promise<Findings | undefined> {
  const name = `mistake-${example}${flags.join("")}-${process.pid}`;
  const run = await execa("node", ["see.js", example, "--json", "--name", name, ...flags], { cwd: folder, reject: false });
  return run.exitCode === 0 ? (JSON.parse(run.stdout) as Findings) : undefined;
}

/** A mistake needs bad luck as well, which a busy machine may spoil. What a safe store does, it does in every run that works. */
async function seeAgain(isGood: (findings: Findings) => boolean, example: string, ...flags: readonly string[]) {
  for (let triesLeft = 2; triesLeft > 0; triesLeft--) {
    const findings = await see(example, ...flags);
    if (findings !== undefined && isGood(findings)) return findings;
  }
  return see(example, ...flags);
}

test.each(examples)("%s", { timeout: 360_000 }, async (example) => {
  // whoever was told of what a leader lost has to know
  const isWhole = ({ isSeen, cancelledWatches = 0 }: Findings): boolean =>
    isSeen && (example !== "replication-async" || cancelledWatches > 0);
  const unsafe = await seeAgain(isWhole, example);
  const safe = await seeAgain(() => true, example, "--safe");
  expect([unsafe !== undefined && isWhole(unsafe), safe?.isSeen], JSON.stringify({ unsafe, safe })).toEqual([true, false]);
  expect(safe?.acknowledged).toBeGreaterThan(20);
  expect(safe?.cancelledWatches ?? 0).toBe(0);
});
