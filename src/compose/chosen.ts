/** Which services of a compose file are taken over. */
import { deployedAt } from "./deploy.js";
import type { Deployed } from "./deploy.js";
import { extended } from "./extends.js";
import { isNothing, textsAt } from "./reading.js";
import type { Reading } from "./reading.js";
import type { MappingTree, Place } from "./tree.js";

type Entries = MappingTree["entries"];

export interface Chosen {
  /** As compose calls it. */
  readonly name: string;
  readonly at: Place;
  /** With all that it extends. */
  readonly entries: Entries;
  readonly deployed: Deployed;
}

/** `file`: the compose file's name; `profiles`: those whose services are taken over. */
export function chosenServices(
  services: Entries,
  { file, profiles }: { readonly file: string; readonly profiles: readonly string[] },
  reading: Reading,
): readonly Chosen[] {
  const { telling } = reading;
  return [...services].flatMap(([name, { value, at }]): readonly Chosen[] => {
    if (name.startsWith("x-")) return [];
    const path = `services.${name}`;
    const entries = extended(services, name, file, reading);
    if (entries === undefined) {
      telling.problem(value.at, `${path} must be a mapping`);
      return [];
    }
    const wanted = profilesAt(entries, path, reading);
    if (wanted.length > 0 && !profiles.includes("*") && !wanted.some((profile) => profiles.includes(profile))) {
      telling.notice(at, `${path} is left out: it is of the profile ${wanted.join(", ")}; --profile takes it over`);
      return [];
    }
    const deployed = deployedAt(entries, path, reading);
    if (deployed.nodes > 0) return [{ name, at, entries, deployed }];
    telling.notice(at, `${path} is left out: it has no replicas`);
    return [];
  });
}

function profilesAt(entries: Entries, path: string, reading: Reading): readonly string[] {
  const profiles = entries.get("profiles");
  return profiles === undefined || isNothing(profiles.value) ? [] : textsAt(profiles.value, `${path}.profiles`, reading);
}
