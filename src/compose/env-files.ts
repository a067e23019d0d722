import { isMapping } from "../spec/names.js";
import { pathIn } from "../spec/paths.js";
import { readPlaced } from "../spec/places.js";

/** The `env_file` of each service of a spec that parses, as absolute paths: what is in them stays there. `folder`: the spec's own. */
export function envFilesIn(text: string, folder: string): ReadonlyMap<string, readonly string[]> {
  const placed = readPlaced(text);
  const file = "problems" in placed ? undefined : placed.value;
  const services = isMapping(file) && isMapping(file["services"]) ? file["services"] : {};
  return new Map(
    Object.entries(services).map(([name, service]) => {
      const files: unknown = isMapping(service) ? service["env_file"] : undefined;
      const paths =
        typeof files === "string" ? [files] : Array.isArray(files) ? files.filter((one) => typeof one === "string") : [];
      return [name, paths.map((path) => pathIn(folder, path))] as const;
    }),
  );
}
