import { register } from "node:module";
import { pathToFileURL } from "node:url";
import { DeviousError, messageOf } from "../core/errors.js";
import type { ScenarioDefinition } from "./define.js";

/** What the program's default export says. Throws SCENARIO_UNREADABLE and SCENARIO_INVALID. */
export async function readModule(file: string, shown: string): Promise<ScenarioDefinition> {
  if (/\.[cm]?ts$/.test(file) && !stripsTypes()) {
    throw new DeviousError(
      "SCENARIO_UNREADABLE",
      `Node ${process.versions.node} cannot import ${shown}: TypeScript needs Node 22.18 or newer.`,
      { hint: "Write it as .mjs, where the types of `devious` still help the editor, or run it with a newer Node." },
    );
  }
  giveOurselves();
  const module = (await import(pathToFileURL(file).href).catch((cause: unknown) => {
    throw new DeviousError("SCENARIO_INVALID", `${shown} cannot be imported: ${messageOf(cause)}`, { cause });
  })) as { readonly default?: unknown };
  const { default: exported } = module;
  if (isDefinition(exported)) return exported;
  throw new DeviousError("SCENARIO_INVALID", `${shown} exports no scenario`, {
    hint: "Write `export default defineScenario({ name, plan({ nodes, random }) { return [ … ]; } })`.",
  });
}

function isDefinition(value: unknown): value is ScenarioDefinition {
  if (typeof value !== "object" || value === null) return false;
  return "name" in value && typeof value.name === "string" && "plan" in value && typeof value.plan === "function";
}

/** Node strips types itself since 22.18 and 23.6, and says so. */
function stripsTypes(): boolean {
  const { typescript } = process.features as { readonly typescript?: string | false };
  return typescript !== undefined && typescript !== false;
}

let given = false;

/** Lets the program import "devious" wherever it lies: a CLI that was installed globally is in nobody's node_modules. */
function giveOurselves(): void {
  if (given) return;
  given = true;
  const ours = new URL("../scenario/define.js", import.meta.url).href;
  const hook = `export const resolve = (name, context, next) =>
    name === "devious" ? { url: ${JSON.stringify(ours)}, shortCircuit: true } : next(name, context);`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
