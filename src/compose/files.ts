/** Configs and secrets: inline ones become files of a spec, those that are files are mounted. */
import { escapeTemplates } from "../spec/templates.js";
import { tellOthers } from "./fates.js";
import type { Mount } from "./mounts.js";
import { isNothing, listAt, mappingAt, pathFrom, textAt } from "./reading.js";
import type { Reading } from "./reading.js";
import type { Entry, Place, Tree } from "./tree.js";
import type { WrittenFile } from "./written.js";

/** `why`: it cannot be taken over. */
export type Source =
  | { readonly kind: "content"; readonly content: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "none"; readonly why: string };

/** What the file as a whole says of `configs` or `secrets`, by name. */
export function sourcesAt(
  entry: Entry | undefined,
  section: "configs" | "secrets",
  reading: Reading,
): ReadonlyMap<string, Source> {
  if (entry === undefined) return new Map();
  const all = [...mappingAt(entry.value, section, reading)];
  return new Map(all.map(([name, { value, at }]) => [name, sourceAt(value, `${section}.${name}`, at, reading)]));
}

function sourceAt(tree: Tree, what: string, at: Place, reading: Reading): Source {
  const entries = mappingAt(tree, what, reading);
  const textOf = (key: string): string | undefined => {
    const entry = entries.get(key);
    return entry === undefined || isNothing(entry.value) ? undefined : textAt(entry.value, `${what}.${key}`, reading);
  };
  tellOthers(
    entries,
    ["content", "file", "environment", "external"],
    what,
    "devious has its own names, and no driver",
    reading.telling,
  );
  const external = entries.get("external");
  if (external !== undefined && !(external.value.kind === "scalar" && external.value.value === false)) {
    return { kind: "none", why: "it is not in this file but in a Swarm" };
  }
  const content = textOf("content");
  if (content !== undefined) return { kind: "content", content };
  const file = textOf("file");
  if (file !== undefined) return { kind: "file", path: pathFrom(file, reading) };
  if (entries.has("environment")) {
    return { kind: "none", why: "a variable's value is not written into a spec: pass it by environment instead" };
  }
  reading.telling.problem(at, `${what} needs a file or a content`);
  return { kind: "none", why: "it has neither file nor content" };
}

export interface PutFiles {
  readonly files: Readonly<Record<string, WrittenFile>>;
  readonly mounts: readonly Mount[];
}

/** What a service has of `configs` or `secrets`. */
export function filesAt(
  tree: Tree,
  what: string,
  section: "configs" | "secrets",
  sources: ReadonlyMap<string, Source>,
  reading: Reading,
): PutFiles {
  const files: Record<string, WrittenFile> = {};
  const mounts: Mount[] = [];
  for (const { name, target, mode, at } of listAt(tree, what, reading).flatMap((item) => wantedAt(item, what, reading) ?? [])) {
    const source = sources.get(name);
    const path = pathOf(target ?? name, section, target !== undefined);
    if (source === undefined) reading.telling.problem(at, `${what}: there is no "${name}" in ${section} of the file`);
    else if (source.kind === "none") reading.telling.notice(at, `${what}: ${name} is left out: ${source.why}`);
    else if (source.kind === "file") {
      if (mode !== undefined) reading.telling.notice(at, `${what}: the mode of ${name} is that of its file, as in compose`);
      mounts.push({ type: "bind", source: source.path, target: path, readOnly: true, at });
    } else {
      const content = escapeTemplates(source.content);
      files[path] = mode === undefined ? content : { content, mode };
    }
  }
  return { files, mounts };
}

interface Wanted {
  readonly name: string;
  readonly target: string | undefined;
  /** Octal, as a spec writes it. */
  readonly mode: string | undefined;
  readonly at: Place;
}

function wantedAt(tree: Tree, what: string, reading: Reading): Wanted | undefined {
  if (tree.kind !== "mapping") {
    const name = textAt(tree, what, reading);
    return name === undefined ? undefined : { name, target: undefined, mode: undefined, at: tree.at };
  }
  const textOf = (key: string): string | undefined => {
    const entry = tree.entries.get(key);
    return entry === undefined || isNothing(entry.value) ? undefined : textAt(entry.value, `${what}.${key}`, reading);
  };
  tellOthers(tree.entries, ["source", "target", "mode"], what, "files belong to root", reading.telling);
  const name = textOf("source");
  if (name === undefined) {
    reading.telling.problem(tree.at, `${what} needs a source`);
    return undefined;
  }
  return { name, target: textOf("target"), mode: modeAt(tree.entries.get("mode"), `${what}.mode`, reading), at: tree.at };
}

/** `0440` and `"0440"` are octal, as everybody means it; `288` is the same number. */
function modeAt(entry: Entry | undefined, what: string, { telling }: Reading): string | undefined {
  if (entry === undefined || isNothing(entry.value)) return undefined;
  const source = entry.value.kind === "scalar" ? entry.value.source : "";
  const octal = /^0o?([0-7]{3,4})$/.exec(source)?.[1];
  const mode = octal === undefined ? (/^[1-9]\d{0,3}$/.test(source) ? Number(source) : undefined) : Number.parseInt(octal, 8);
  if (mode !== undefined && mode <= 0o7777) return mode.toString(8).padStart(4, "0");
  telling.problem(entry.value.at, `${what} must be permissions such as 0440`);
  return undefined;
}

function pathOf(target: string, section: "configs" | "secrets", isTarget: boolean): string {
  if (isTarget && target.startsWith("/")) return target;
  return section === "secrets" ? `/run/secrets/${target}` : `/${target}`;
}
