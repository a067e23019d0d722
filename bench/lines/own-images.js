/** `up` of nine nodes of an image that is not ours, in three services that wait for each other, beside bare API calls and beside docker-compose. */
import { composeVersion, withCompose } from "../compose.js";
import { createDevious } from "../devious.js";
import { inTurn } from "../figures.js";
import { recipeOf } from "../floor.js";
import { imageFloor } from "../image-floor.js";
import { missingLine, ratioLine } from "../report.js";
import { makeImage, removeImage } from "../scratch-image.js";

const rounds = 5;
const spec = "own-images.yaml";
/** Nodes wait for others to start, not to be ready: what compose makes of the first one. */
const startedSpec = "own-images-started.yaml";
const name = "devious-bench-images";
/** What the spec calls `devious-bench.node:local`: this machine's Node. */
const image = "devious-bench.node";
const services = ["store", "api", "web"];
const nodes = services.flatMap((service) => [1, 2, 3].map((number) => `${service}-${number}`));
const order = {
  tiers: services.map((service) => nodes.flatMap((node, at) => (node.startsWith(service) ? at : []))),
  ready: { port: 8080, path: "/healthz" },
};

export async function ownImages({ signal }) {
  const devious = createDevious(signal, { name, spec });
  await makeImage(image, process.execPath);
  await devious.up();
  const recipe = await recipeOf(nodes, name);
  await devious.down();
  const ours = { floor: () => imageFloor(recipe, order), up: () => upThenDown(devious) };
  const version = await composeVersion();
  if (version === undefined) {
    const taken = await inTurn(rounds, ours);
    return [floorLine(taken), missingLine(composeTitle, "docker-compose is not installed: sudo apt-get install docker-compose")];
  }
  const write = (file) => devious.exportCompose(file);
  return withCompose(write, { size: nodes.length, ready: order.ready, signal }, async (compose) => {
    const started = createDevious(signal, { name, spec: startedSpec });
    const taken = await inTurn(rounds, { ...ours, compose: compose.up, started: () => upThenDown(started) });
    const besideCompose = (title, thing) =>
      ratioLine(title, { thing, floor: taken.compose, asked: 1, floorName: `docker-compose ${version} up -d and a wait` });
    return [
      floorLine(taken),
      besideCompose(composeTitle, taken.up),
      besideCompose(`${composeTitle}, waiting as it does`, taken.started),
    ];
  });
}

async function upThenDown(devious) {
  const tookMs = await devious.up();
  await devious.down();
  return tookMs;
}

const composeTitle = "up of nine own nodes, beside compose";

function floorLine({ up, floor }) {
  return ratioLine("up of nine own nodes", { thing: up, floor, asked: 1.2, floorName: "bare API calls" });
}

/** Also what a benchmark that was killed left. */
export async function clearOwnImages() {
  await createDevious(undefined, { name, spec }).down();
  await removeImage(image);
}
