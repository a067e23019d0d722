/** One service of a compose file. */
import { tellFates, tellOthers } from "./fates.js";
import { imageAt } from "./build.js";
import { commandAt } from "./commands.js";
import type { Deployed } from "./deploy.js";
import { waitsAt } from "./depends-on.js";
import type { Wait } from "./depends-on.js";
import { labelsAt, variablesAt } from "./environment.js";
import { filesAt } from "./files.js";
import type { Source } from "./files.js";
import { readyAt } from "./health.js";
import { namesOf } from "./names.js";
import { serviceKeys } from "./keys.js";
import { tmpfsAt, volumesAt } from "./mounts.js";
import type { Mount } from "./mounts.js";
import { portsAt } from "./ports.js";
import { durationAt, writtenDuration } from "./quantities.js";
import { isNothing, mappingAt, numberAt, oneOrMore, pathFrom, switchAt, textAt, textsAt } from "./reading.js";
import type { Reading } from "./reading.js";
import type { Entry, MappingTree, Place, Tree } from "./tree.js";
import { said } from "./written.js";
import type { WrittenService, WrittenUlimit } from "./written.js";

type Entries = MappingTree["entries"];

/** A service whose keys are read one by one; what hangs on other services is still to be said. */
export interface Draft {
  readonly at: Place;
  /** Undefined: it has neither image nor build. */
  readonly written: Omit<WrittenService, "volumes" | "depends_on"> | undefined;
  readonly mounts: readonly Mount[];
  readonly waits: readonly Wait[];
}

export interface Sources {
  readonly configs: ReadonlyMap<string, Source>;
  readonly secrets: ReadonlyMap<string, Source>;
}

/**
 * `name` is the service's in the file, `own` that in the spec, `project` the cluster's. `deployed` is known before, since names of other
 * services depend on how many nodes there are.
 */
export function serviceAt(
  at: Place,
  entries: Entries,
  names: { readonly name: string; readonly own: string; readonly project: string },
  deployed: Deployed,
  sources: Sources,
  reading: Reading,
): Draft {
  const { name, own, project } = names;
  const path = `services.${name}`;
  tellFates(entries, serviceKeys, path, reading.telling);
  const ownNames = namesOf(own);
  // that a name cannot stay is told of the service itself
  const known = [name, ...ownNames];
  for (const key of ["hostname", "container_name"]) tellName(entries.get(key), `${path}.${key}`, known, reading);
  const take = <T>(key: string, read: (tree: Tree, what: string) => T): T | undefined => {
    const entry = entries.get(key);
    return entry === undefined || isNothing(entry.value) ? undefined : read(entry.value, `${path}.${key}`);
  };
  const configs = take("configs", (tree, what) => filesAt(tree, what, "configs", sources.configs, reading));
  const secrets = take("secrets", (tree, what) => filesAt(tree, what, "secrets", sources.secrets, reading));
  const files = { ...configs?.files, ...secrets?.files };
  const healthcheck = entries.get("healthcheck");
  const image = imageAt(entries, path, `${project}-${name}`, reading);
  const { nodes, cpus, memory, restart } = deployed;
  const written = said({
    image: image?.image,
    build: image?.build,
    pull: image?.pull,
    nodes,
    entrypoint: take("entrypoint", (tree, what) => commandAt(tree, what, reading)),
    command: take("command", (tree, what) => commandAt(tree, what, reading)),
    environment: take("environment", (tree, what) => variablesAt(tree, what, reading, { templates: true })),
    env_file: take("env_file", (tree, what) => envFilesAt(tree, what, reading)),
    ports: take("ports", (tree, what) => portsAt(tree, what, nodes, reading)),
    files: Object.keys(files).length === 0 ? undefined : files,
    ready: healthcheck === undefined ? undefined : readyAt(healthcheck, `${path}.healthcheck`, reading),
    restart: restart === "no" ? undefined : restart,
    user: take("user", (tree, what) => textAt(tree, what, reading)),
    cap_add: take("cap_add", (tree, what) => capabilitiesAt(tree, what, reading)),
    ulimits: take("ulimits", (tree, what) => ulimitsAt(tree, what, reading)),
    cpus,
    memory,
    stop_grace: take("stop_grace_period", (tree, what) => {
      const ms = durationAt(tree, what, reading);
      return ms === undefined ? undefined : writtenDuration(ms);
    }),
    labels: take("labels", (tree, what) => labelsAt(tree, what, reading)),
  });
  const mounts = [
    ...(take("volumes", (tree, what) => volumesAt(tree, what, reading)) ?? []),
    ...(take("tmpfs", (tree, what) => tmpfsAt(tree, what, reading)) ?? []),
    ...(configs?.mounts ?? []),
    ...(secrets?.mounts ?? []),
  ];
  return { at, written: image === undefined ? undefined : written, mounts, waits: waitsAt(entries, path, reading) };
}

/** Nodes answer to names of their own. */
function tellName(entry: Entry | undefined, what: string, [name = "", ...ownNames]: readonly string[], reading: Reading): void {
  if (entry === undefined || isNothing(entry.value)) return;
  const text = textAt(entry.value, what, reading);
  if (text !== undefined && text !== name && !ownNames.includes(text)) {
    reading.telling.notice(entry.at, `${what}: nobody answers to ${text}: a node answers to ${ownNames.join(" and ")}`);
  }
}

function envFilesAt(tree: Tree, what: string, reading: Reading): string | readonly string[] | undefined {
  const files = (tree.kind === "mapping" ? [tree] : oneOrMore(tree, what, reading)).flatMap((item): readonly string[] => {
    if (item.kind !== "mapping") {
      const text = textAt(item, what, reading);
      return text === undefined ? [] : [pathFrom(text, reading)];
    }
    tellOthers(item.entries, ["path", "required"], what, "the file has lines of KEY=value", reading.telling);
    const required = item.entries.get("required");
    const path = item.entries.get("path");
    const text = path === undefined ? undefined : textAt(path.value, `${what}.path`, reading);
    if (text === undefined) {
      reading.telling.problem(item.at, `${what} needs a path`);
      return [];
    }
    if (required === undefined || switchAt(required.value, `${what}.required`, reading)) return [pathFrom(text, reading)];
    reading.telling.notice(required.at, `${what}: ${text} has to be there for \`devious up\``);
    return [pathFrom(text, reading)];
  });
  return files.length === 1 ? files[0] : files.length === 0 ? undefined : files;
}

function capabilitiesAt(tree: Tree, what: string, reading: Reading): readonly string[] | undefined {
  const names = textsAt(tree, what, reading).map((name) => name.toUpperCase().replace(/^CAP_/, ""));
  return names.length === 0 ? undefined : [...new Set(names)];
}

function ulimitsAt(tree: Tree, what: string, reading: Reading): Readonly<Record<string, WrittenUlimit>> | undefined {
  const limits = [...mappingAt(tree, what, reading)].flatMap(
    ([name, { value }]): readonly (readonly [string, WrittenUlimit])[] => {
      if (value.kind === "scalar") {
        const number = numberAt(value, `${what}.${name}`, reading);
        return number === undefined ? [] : [[name, number]];
      }
      const entries = mappingAt(value, `${what}.${name}`, reading);
      const [soft, hard] = ["soft", "hard"].map((key) => {
        const entry = entries.get(key);
        return entry === undefined ? undefined : numberAt(entry.value, `${what}.${name}.${key}`, reading);
      });
      if (soft !== undefined && hard !== undefined) return [[name, { soft, hard }]];
      reading.telling.problem(value.at, `${what}.${name} must be a number, or have soft and hard`);
      return [];
    },
  );
  return limits.length === 0 ? undefined : Object.fromEntries(limits);
}
