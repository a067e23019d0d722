/** `run` of a command that does nothing, from nothing to nothing, and `up` of a program: each beside bare API calls for the same containers. */
import { execa } from "execa";
import { up } from "../../dist/api/devious.js";
import { cli, cluster } from "../devious.js";
import { fileURLToPath } from "node:url";
import { floor, recipeOf } from "../floor.js";
import { inTurn, median, timed } from "../figures.js";
import { ms, ratioLine } from "../report.js";

/** Elections take a random time: of a few rounds the difference of two of them says little. */
const rounds = 15;
const nodes = ["n1", "n2", "n3"];
const folder = fileURLToPath(new URL("..", import.meta.url));
/** What a program may take beyond the floor. */
const askedMoreMs = 50;

export async function run({ devious, signal }) {
  await devious.up();
  const recipe = await recipeOf(nodes);
  await devious.down();
  const taken = await inTurn(rounds, {
    floor: () => floor(recipe),
    cycle: () => timed(() => floor(recipe)),
    run: () =>
      timed(() => execa(process.execPath, [cli, "run", "--name", cluster, "--", "true"], { cwd: folder, cancelSignal: signal })),
    program: () => upThenDown(),
  });
  const whole = ratioLine("run -- true, whole cycle", {
    thing: taken.run,
    floor: taken.cycle,
    asked: 2,
    floorName: "bare API calls, up and down",
  });
  return [whole, moreLine(taken)];
}

/** The clock stops when every node is ready. */
async function upThenDown() {
  let running;
  const tookMs = await timed(async () => {
    running = await up(undefined, { folder, name: cluster });
  });
  await running.down();
  return tookMs;
}

function moreLine({ program, floor: bare }) {
  const moreMs = median(program.map((tookMs, round) => tookMs - bare[round]));
  const verdict = moreMs <= askedMoreMs ? "within" : "OVER";
  const basis = `${ms(median(program))} against ${ms(median(bare))} (bare API calls), ${program.length} rounds`;
  return ["up() in a program, beyond", `≤ ${askedMoreMs} ms`, ms(moreMs), verdict, basis];
}
