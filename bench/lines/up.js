/** `up` of three nodes beside its floor, with the image there and without. */
import { docker } from "../docker.js";
import { floor, recipeOf } from "../floor.js";
import { inTurn } from "../figures.js";
import { missingLine, ratioLine } from "../report.js";

const rounds = 7;
const firstRounds = 3;
const nodes = ["n1", "n2", "n3"];

export async function up({ devious }) {
  await devious.up();
  const recipe = await recipeOf(nodes);
  await devious.down();
  const floorName = "bare API calls";

  const present = await inTurn(rounds, { floor: () => floor(recipe), up: () => upThenDown(devious) });
  const lines = [ratioLine("up, image present", { thing: present.up, floor: present.floor, asked: 1.3, floorName })];

  const title = "first up, image built";
  try {
    const first = await inTurn(
      firstRounds,
      {
        floor: () => floor(recipe),
        up: async () => {
          await removeImage(recipe.image);
          return upThenDown(devious);
        },
      },
      { warmUp: false },
    );
    lines.push(ratioLine(title, { thing: first.up, floor: first.floor, asked: 8, floorName }));
  } catch (error) {
    if (error.status !== 409) throw error;
    lines.push(missingLine(title, `other containers use ${recipe.image}, so it cannot be removed; end them and run this again`));
  }
  return lines;
}

async function upThenDown(devious) {
  const tookMs = await devious.up();
  await devious.down();
  return tookMs;
}

/** With its layers, which are all that the engine's classic builder would take again; devious does not use BuildKit's cache. */
async function removeImage(reference) {
  await docker("DELETE", `/images/${encodeURIComponent(reference)}`, { allow: [404] });
}
