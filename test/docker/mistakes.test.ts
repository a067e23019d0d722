// Shows each mistake of the store on real nodes, as its example does: with it clients lose writes, read the past, or lose a leader that was well; without it they do not.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../examples/mistakes/", import.meta.url));
const examples = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

async function see(
  example: string,
  ...flags: readonly string[]
): Promise<{ readonly acknowledged: number; readonly isSeen: boolean }> {
  const name = `mistake-${example}-${process.pid}`;
  const { stdout } = await execa("node", ["see.js", example, "--json", "--name", name, ...flags], { cwd: folder });
  return JSON.parse(stdout) as { readonly acknowledged: number; readonly isSeen: boolean };
}

test.each(examples)("%s", { timeout: 240_000 }, async (example) => {
  const unsafe = await see(example);
  const safe = await see(example, "--safe");
  expect([unsafe.isSeen, safe.isSeen], JSON.stringify({ unsafe, safe })).toEqual([true, false]);
  expect(safe.acknowledged).toBeGreaterThan(20);
});
