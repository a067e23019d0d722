/** What a command costs before it does anything: `--version` and `--help` beside a Node that runs nothing. */
import { inTurn } from "../figures.js";
import { cli, timeNode } from "../devious.js";
import { ratioLine } from "../report.js";

const rounds = 15;
const asked = 2.5;

export async function startUp({ signal }) {
  const taken = await inTurn(rounds, {
    node: () => timeNode(["-e", "0"], signal),
    version: () => timeNode([cli, "--version"], signal),
    help: () => timeNode([cli, "--help"], signal),
  });
  const against = { floor: taken.node, floorName: "node -e 0", asked };
  return [ratioLine("--version", { thing: taken.version, ...against }), ratioLine("--help", { thing: taken.help, ...against })];
}
