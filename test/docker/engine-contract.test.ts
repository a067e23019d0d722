// Shows that the Docker adapter keeps the engine port's contract on a real engine, as the engine in memory does.
import { execa } from "execa";
import { afterAll } from "vitest";
import { resolveEngineAddress } from "../../src/engine/docker/address.js";
import { createDockerEngine } from "../../src/engine/docker/docker-engine.js";
import { localContext } from "../../src/image/context.js";
import { imagePaths } from "../../src/image/recipe.js";
import { engineContract, programText } from "../engine/contract.js";

const engine = createDockerEngine(resolveEngineAddress(process.env));
const image = `devious-contract:${process.pid}`;

afterAll(() => engine.removeImage(image));

engineContract(async () => {
  const node = { source: process.execPath, target: imagePaths.node, links: [] };
  const { stdout } = await execa("ldd", [node.source]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, file = ""]) => ({ source: file, target: file }));
  const context = localContext({ store: programText, agent: "", probe: "", shipper: "" }, [node], libraries);
  await engine.buildImage(image, context, {}, () => undefined);
  return { engine, image, pause: async (id) => void (await execa("docker", ["pause", id])) };
});
