/** `extends`: a service with what another one says. */
import { isNothing, textAt } from "./reading.js";
import type { Reading } from "./reading.js";
import type { Entry, MappingTree, Place, Tree } from "./tree.js";

type Entries = MappingTree["entries"];

/** Lists of which compose takes those of both; of any other the extending service's own. */
const joinedLists = new Set([
  "cap_add",
  "cap_drop",
  "configs",
  "devices",
  "dns",
  "dns_search",
  "env_file",
  "expose",
  "external_links",
  "group_add",
  "links",
  "ports",
  "secrets",
  "security_opt",
  "tmpfs",
  "volumes",
]);

/** Lists that mean the same as mappings. */
const pairLists = new Set(["args", "environment", "labels", "extra_hosts", "sysctls"]);

/** The entries of a service with all that it extends; `file` is the compose file's own name. */
export function extended(
  services: Entries,
  name: string,
  file: string,
  reading: Reading,
  seen: readonly string[] = [],
): Entries | undefined {
  const service = services.get(name)?.value;
  if (service?.kind !== "mapping") return undefined;
  const entry = service.entries.get("extends");
  const own = new Map([...service.entries].filter(([key]) => key !== "extends"));
  if (entry === undefined || isNothing(entry.value)) return own;
  const path = `services.${name}.extends`;
  const base = baseOf(entry, path, reading);
  if (base === undefined) return own;
  if (base.file !== undefined && base.file.replace(/^\.\//, "") !== file) {
    reading.telling.notice(
      entry.at,
      `${path} is left out: ${base.file} is another file; copy its service ${base.service} into this one first`,
    );
    return own;
  }
  if (!services.has(base.service)) {
    reading.telling.problem(entry.value.at, `${path}: there is no service "${base.service}"`);
    return own;
  }
  if ([...seen, name].includes(base.service)) {
    reading.telling.problem(entry.value.at, `${path}: ${base.service} extends itself in the end`);
    return own;
  }
  const inherited = extended(services, base.service, file, reading, [...seen, name]);
  return inherited === undefined ? own : mergedEntries(inherited, own);
}

function baseOf(
  { value, at }: Entry,
  path: string,
  reading: Reading,
): { readonly service: string; readonly file: string | undefined } | undefined {
  const textOf = (entry: Entry | undefined, what: string): string | undefined =>
    entry === undefined || isNothing(entry.value) ? undefined : textAt(entry.value, what, reading);
  if (value.kind !== "mapping") {
    const service = textOf({ value, at }, path);
    return service === undefined ? undefined : { service, file: undefined };
  }
  const service = textOf(value.entries.get("service"), `${path}.service`);
  if (service === undefined) reading.telling.problem(value.at, `${path} needs a service`);
  return service === undefined ? undefined : { service, file: textOf(value.entries.get("file"), `${path}.file`) };
}

function mergedEntries(base: Entries, own: Entries): Entries {
  const merged = new Map(base);
  for (const [key, entry] of own) {
    const before = base.get(key);
    merged.set(key, before === undefined ? entry : { at: entry.at, value: mergedTrees(key, before.value, entry.value) });
  }
  return merged;
}

function mergedTrees(key: string, base: Tree, own: Tree): Tree {
  if (pairLists.has(key)) {
    const pairs = mergedEntries(asMapping(base), asMapping(own));
    return { kind: "mapping", entries: pairs, at: own.at };
  }
  if (base.kind === "mapping" && own.kind === "mapping") {
    return { kind: "mapping", entries: mergedEntries(base.entries, own.entries), at: own.at };
  }
  if (key === "depends_on" && base.kind !== "scalar" && own.kind !== "scalar") {
    return { kind: "mapping", entries: mergedEntries(asMapping(base), asMapping(own)), at: own.at };
  }
  if (!joinedLists.has(key)) return own;
  const theirs = new Set(itemsOf(own).map(targetOf));
  const kept = itemsOf(base).filter((item) => !(key === "volumes" || key === "tmpfs") || !theirs.has(targetOf(item)));
  return { kind: "list", items: [...kept, ...itemsOf(own)], at: own.at };
}

function itemsOf(tree: Tree): readonly Tree[] {
  if (tree.kind === "list") return tree.items;
  return isNothing(tree) ? [] : [tree];
}

/** Where a volume is mounted: the own one replaces what it extends. */
function targetOf(tree: Tree): string {
  if (tree.kind === "mapping") {
    const target = tree.entries.get("target")?.value;
    return target?.kind === "scalar" ? String(target.value) : "";
  }
  const parts = tree.kind === "scalar" ? String(tree.value).split(":") : [];
  return parts[1] ?? parts[0] ?? "";
}

/** `KEY=value` as an entry; of what is no list of texts, nothing. */
function asMapping(tree: Tree): Entries {
  if (tree.kind === "mapping") return tree.entries;
  return new Map(
    itemsOf(tree).flatMap((item): readonly (readonly [string, Entry])[] =>
      item.kind === "scalar" ? [pairOf(item, item.at)] : [],
    ),
  );
}

function pairOf(item: Extract<Tree, { kind: "scalar" }>, at: Place): readonly [string, Entry] {
  const text = String(item.value);
  const cut = text.indexOf("=");
  const value: Tree =
    cut === -1
      ? { kind: "scalar", value: null, source: "", at }
      : { kind: "scalar", value: text.slice(cut + 1), source: text.slice(cut + 1), at };
  return [cut === -1 ? text : text.slice(0, cut), { value, at }];
}
