import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./checkout.js";
import { Trouble } from "./trouble.js";

/** The running Node must be the oldest we support, or newer. */
export function needNode() {
  const wanted = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).engines.node.replace(">=", "");
  if (compare(process.versions.node, wanted) < 0) {
    throw new Trouble(`devious needs Node ${wanted} or newer; this is ${process.versions.node} (${process.execPath}).`);
  }
}

function compare(left, right) {
  const [a, b] = [left, right].map((version) => version.split(".").map(Number));
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
