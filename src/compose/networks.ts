/** Networks: a cluster has one. */
import { tellOthers } from "./fates.js";
import { isNothing, mappingAt } from "./reading.js";
import type { Reading } from "./reading.js";
import type { Entry, MappingTree } from "./tree.js";

/** The names of the networks that a service is on; what it says of them besides is told. */
export function networksAt(
  entries: MappingTree["entries"],
  path: string,
  ownNames: readonly string[],
  reading: Reading,
): readonly string[] {
  const entry = entries.get("networks");
  if (entry === undefined || isNothing(entry.value)) return entries.has("network_mode") ? [] : ["default"];
  const what = `${path}.networks`;
  if (entry.value.kind === "list")
    return entry.value.items.flatMap((item) => (item.kind === "scalar" ? [String(item.value)] : []));
  const networks = mappingAt(entry.value, what, reading);
  for (const [name, { value }] of networks) {
    const options = mappingAt(value, `${what}.${name}`, reading);
    tellOthers(options, ["aliases"], `${what}.${name}`, "the engine gives addresses", reading.telling);
    const aliases = options.get("aliases")?.value;
    for (const alias of aliases?.kind === "list" ? aliases.items : []) {
      if (alias.kind === "scalar" && ownNames.includes(String(alias.value))) continue;
      const said = alias.kind === "scalar" ? String(alias.value) : "";
      reading.telling.notice(
        alias.at,
        `${what}.${name}.aliases: nobody answers to ${said}: a node answers to ${ownNames.join(" and ")}`,
      );
    }
  }
  return [...networks.keys()];
}

/** What the file as a whole says of networks. `used`: those that services are on. */
export function tellNetworks(entry: Entry | undefined, used: ReadonlySet<string>, reading: Reading): void {
  const networks = entry === undefined ? new Map<string, Entry>() : mappingAt(entry.value, "networks", reading);
  for (const [name, { value }] of networks) {
    const options = mappingAt(value, `networks.${name}`, reading);
    const driver = options.get("driver")?.value;
    const isBridge = driver?.kind === "scalar" && driver.value === "bridge";
    tellOthers(
      options,
      isBridge ? ["driver"] : [],
      `networks.${name}`,
      "the network is made and named by devious",
      reading.telling,
    );
  }
  if (used.size < 2) return;
  const names = [...used].join(", ");
  const at = entry?.at ?? { line: 1, column: 1 };
  reading.telling.notice(
    at,
    `networks: ${names} are one network here, on which all reach all; \`devious chaos partition\` cuts it`,
  );
}
