/** Of the declarations that tsc has made of all sources, the package needs those that `import "devious"` leads to; the others go. */
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { filesUnder } from "./setup/checkout.js";

const needed = new Set();
const waiting = ["dist/api/devious.d.ts"];
for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
  if (needed.has(file)) continue;
  needed.add(file);
  const named = readFileSync(file, "utf8").matchAll(/(?:from |import\()"(\.[^"]+)\.js"/g);
  for (const [, path] of named) waiting.push(join(dirname(file), `${path}.d.ts`));
}
for (const file of filesUnder("dist").filter((one) => one.endsWith(".d.ts") && !needed.has(one))) rmSync(file);
