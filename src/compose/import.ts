/** A compose file -> a spec that means the same, and all that does not, each at its place. */
import { toName } from "../core/ids.js";
import { parseSpec } from "../spec/parse.js";
import { inOrder } from "../spec/places.js";
import type { Problem } from "../spec/places.js";
import { chosenServices } from "./chosen.js";
import type { Chosen } from "./chosen.js";
import { dependenciesOf } from "./dependencies.js";
import { tellFates } from "./fates.js";
import { sourcesAt } from "./files.js";
import { fitting } from "./fitting.js";
import { topKeys } from "./keys.js";
import { writtenMounts } from "./mounts.js";
import { namesOf, serviceNames } from "./names.js";
import { networksAt, tellNetworks } from "./networks.js";
import { isNothing, listen, mappingAt, textAt } from "./reading.js";
import type { Reading } from "./reading.js";
import { serviceAt } from "./draft.js";
import type { Draft, Sources } from "./draft.js";
import { specText } from "./spec-text.js";
import { readTree } from "./tree.js";
import type { MappingTree } from "./tree.js";
import type { Surroundings } from "./variables.js";
import { volumesOf } from "./volume-names.js";
import { inOrderOfKeys, said } from "./written.js";
import type { WrittenService, WrittenSpec } from "./written.js";

type Entries = MappingTree["entries"];

export interface ImportOptions extends Surroundings {
  /** The compose file's name, for the comment on top of the spec and for `extends`. */
  readonly file: string;
  /** Names the cluster where nothing else does. */
  readonly folderName: string;
  /** What the cluster is called instead. */
  readonly name?: string | undefined;
  /** From the spec's folder to the compose file's; "" where they are the same. */
  readonly base: string;
  /** Those whose services are taken over; `*` is all. */
  readonly profiles: readonly string[];
}

export type ImportResult =
  | { readonly ok: true; readonly text: string; readonly notices: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export function importCompose(text: string, options: ImportOptions): ImportResult {
  const read = readTree(text);
  if ("problems" in read) return { ok: false, problems: inOrder(read.problems) };
  const { telling, told } = listen();
  for (const { message, ...at } of read.warnings) telling.notice(at, message);
  const reading: Reading = { ...options, telling, hostPorts: new Set() };
  if (read.tree.kind !== "mapping") telling.problem(read.tree.at, "a compose file is a mapping that has services");
  const written = read.tree.kind === "mapping" ? writtenSpec(read.tree, options, reading) : undefined;
  if (told.problems.length === 0 && Object.keys(written?.services ?? {}).length === 0) {
    telling.problem(read.tree.at, "services: none of them can be taken over");
  }
  if (written === undefined || told.problems.length > 0) return { ok: false, problems: inOrder(told.problems) };
  const spec = specText(written, options.file);
  // nobody shall find out by `devious up`
  const parsed = parseSpec(spec, `/${options.folderName}`);
  if (parsed.ok) return { ok: true, text: spec, notices: inOrder(told.notices) };
  const messages = parsed.problems.map(({ message }) => ({ line: 1, column: 1, message: `makes no spec: ${message}` }));
  return { ok: false, problems: messages };
}

/** Undefined where there is a problem that leaves nothing to write. */
function writtenSpec({ entries, at }: MappingTree, options: ImportOptions, reading: Reading): WrittenSpec | undefined {
  const { telling } = reading;
  tellFates(entries, topKeys, "", telling);
  const name = clusterName(entries, options, reading);
  const services = entries.get("services");
  if (services === undefined || isNothing(services.value)) {
    telling.problem(at, "there are no services in it");
    return undefined;
  }
  const chosen = chosenServices(mappingAt(services.value, "services", reading), options, reading);
  const names = serviceNames(new Map(chosen.map((one) => [one.name, one.deployed.nodes])));
  const sources: Sources = {
    configs: sourcesAt(entries.get("configs"), "configs", reading),
    secrets: sourcesAt(entries.get("secrets"), "secrets", reading),
  };
  const drafts = new Map<string, Service>();
  for (const one of chosen) {
    const own = names.get(one.name) ?? one.name;
    if (own !== one.name) {
      telling.notice(
        one.at,
        `services.${one.name} is called ${own}, and nobody answers to ${one.name}: it cannot be a name here`,
      );
    }
    const called = { name: one.name, own, project: name };
    const draft = serviceAt(one.at, one.entries, called, one.deployed, sources, reading);
    const { written } = draft;
    if (written === undefined) telling.notice(one.at, `services.${one.name} is left out: it has neither image nor build`);
    else drafts.set(one.name, { ...one, ...draft, written });
  }
  tellNetworks(entries.get("networks"), networksOf([...drafts.values()], names, reading), reading);
  const users = [...drafts.values()].map((draft) => ({ ...draft, nodes: draft.deployed.nodes }));
  const volumes = volumesOf(entries.get("volumes"), users, reading);
  const all = new Set(mappingAt(services.value, "services", reading).keys());
  const awaited = new Map(
    [...drafts].map(([key, { name: one, waits, deployed }]) => [key, { name: one, waits, restart: deployed.restart }]),
  );
  const written = [...drafts.values()].map((draft): readonly [string, WrittenService] => {
    const path = `services.${draft.name}`;
    const mounts = writtenMounts(draft.mounts, `${path}.volumes`, volumes, reading);
    const whole = inOrderOfKeys({
      ...draft.written,
      ...said({
        volumes: mounts.length === 0 ? undefined : mounts,
        files: visibleFiles(draft, path, reading),
        depends_on: dependenciesOf({ ...draft, restart: undefined }, awaited, names, all, telling),
      }),
    });
    return [names.get(draft.name) ?? draft.name, fitting(whole, path, draft.entries, draft.at, telling)];
  });
  return { name, services: Object.fromEntries(written) };
}

function clusterName(entries: Entries, { name, folderName }: ImportOptions, reading: Reading): string {
  const entry = entries.get("name");
  const text = entry === undefined || isNothing(entry.value) ? undefined : textAt(entry.value, "name", reading);
  const own = name ?? toName(text ?? folderName);
  if (entry !== undefined && text !== own) reading.telling.notice(entry.at, `name: the cluster is called ${own}`);
  return own;
}

type Service = Chosen & Draft & { readonly written: NonNullable<Draft["written"]> };

function networksOf(services: readonly Service[], names: ReadonlyMap<string, string>, reading: Reading): ReadonlySet<string> {
  return new Set(
    services.flatMap(({ name, entries }) => networksAt(entries, `services.${name}`, namesOf(names.get(name) ?? name), reading)),
  );
}

/** A file below a bind would be written to the user's own disk, and below a tmpfs nobody would see it. */
function visibleFiles({ written, mounts }: Service, path: string, { telling }: Reading): WrittenService["files"] {
  const { files = {} } = written;
  const seen = Object.entries(files).filter(([file]) => {
    const around = mounts.find(({ type, target }) => type !== "volume" && `${file}/`.startsWith(target.replace(/\/*$/, "/")));
    if (around !== undefined)
      telling.notice(around.at, `${path}: ${file} is left out, since something else is mounted at ${around.target}`);
    return around === undefined;
  });
  return seen.length === 0 ? undefined : Object.fromEntries(seen);
}
