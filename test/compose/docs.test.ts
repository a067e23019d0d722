// Shows that docs/compose.md has every key that is taken over or left out, with what the code says of it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { buildKeys, deployKeys, serviceKeys, topKeys } from "../../src/compose/keys.js";
import type { Fate } from "../../src/compose/keys.js";

function rows(keys: Readonly<Record<string, Fate>>): readonly string[] {
  return Object.entries(keys).map(([key, fate]) => {
    const what =
      "becomes" in fate ? fate.becomes : "dropped" in fate ? `left out: ${fate.dropped}` : `nothing to say: ${fate.silent}`;
    return `| \`${key}\` | ${what} |`;
  });
}

test.each([
  ["of a service", serviceKeys],
  ["of the whole file", topKeys],
  ["of `build`", buildKeys],
  ["of `deploy`", deployKeys],
] as const)("docs/compose.md has the keys %s", (title, keys) => {
  const page = readFileSync("docs/compose.md", "utf8");
  const table = [`| key ${title} | in a spec |`, "|---|---|", ...rows(keys)].join("\n");
  expect(page).toContain(`${table}\n`);
});
