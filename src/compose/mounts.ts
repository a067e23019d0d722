/** What is mounted into the nodes of a service: volumes, files and folders of this machine, memory. */
import { escapeTemplates } from "../spec/templates.js";
import { tellOthers } from "./fates.js";
import { bytesAt, writtenBytes } from "./quantities.js";
import { isNothing, listAt, oneOrMore, pathFrom, switchAt, textAt } from "./reading.js";
import type { Reading, Telling } from "./reading.js";
import type { Entry, Place, Tree } from "./tree.js";
import type { Volumes } from "./volume-names.js";
import { said } from "./written.js";
import type { WrittenVolume } from "./written.js";

export type Mount =
  /** `name` null: one that has none, and is made anew with each container. */
  | {
      readonly type: "volume";
      readonly name: string | null;
      readonly target: string;
      readonly readOnly: boolean;
      readonly at: Place;
    }
  | { readonly type: "bind"; readonly source: string; readonly target: string; readonly readOnly: boolean; readonly at: Place }
  | { readonly type: "tmpfs"; readonly target: string; readonly bytes: number | null; readonly at: Place };

export function volumesAt(tree: Tree, what: string, reading: Reading): readonly Mount[] {
  return listAt(tree, what, reading).flatMap((item): readonly Mount[] => {
    if (item.kind === "mapping") return longVolume(item, what, reading);
    const text = textAt(item, what, reading);
    return text === undefined ? [] : shortVolume(text, item.at, what, reading);
  });
}

function shortVolume(text: string, at: Place, what: string, reading: Reading): readonly Mount[] {
  // the drive of a Windows path is no part of its own
  const drive = /^[A-Za-z]:(?=\\|\/[^:]*:\/)/.exec(text)?.[0] ?? "";
  const parts = `${drive === "" ? "" : "/"}${text.slice(drive.length)}`.split(":");
  if (drive !== "") parts[0] = text.slice(0, drive.length + (parts[0]?.length ?? 1) - 1);
  if (parts.length > 3 || parts.some((part) => part === "")) {
    reading.telling.problem(
      at,
      `${what}: ${JSON.stringify(text)} is no volume: write name:/path, ./path:/path or ./path:/path:ro`,
    );
    return [];
  }
  const [first = "", second, options = ""] = parts;
  if (second === undefined) return mountOf("volume", null, first, false, at, what, reading);
  const readOnly = tellOptions(options, at, what, reading);
  return mountOf(isPath(first) ? "bind" : "volume", first, second, readOnly, at, what, reading);
}

/** True where `ro` is among them. */
function tellOptions(options: string, at: Place, what: string, { telling }: Reading): boolean {
  const all = options.split(",").filter((option) => option !== "");
  const others = all.filter((option) => option !== "ro" && option !== "rw");
  if (others.length > 0) telling.notice(at, `${what}: ${others.join(", ")} is left out: a volume is only read, or also written`);
  return all.includes("ro");
}

function longVolume(tree: Extract<Tree, { kind: "mapping" }>, what: string, reading: Reading): readonly Mount[] {
  const { telling } = reading;
  const textOf = (key: string): string | undefined => {
    const entry = tree.entries.get(key);
    return entry === undefined || isNothing(entry.value) ? undefined : textAt(entry.value, `${what}.${key}`, reading);
  };
  const type = textOf("type") ?? "volume";
  const target = textOf("target");
  if (target === undefined) {
    telling.problem(tree.at, `${what} needs a target, a path in the container`);
    return [];
  }
  tellOthers(
    tree.entries,
    ["type", "source", "target", "read_only", type],
    what,
    "a volume is only read, or also written",
    telling,
  );
  const { size, ...others } = Object.fromEntries(optionsOf(tree.entries.get(type), type));
  if (Object.keys(others).length > 0) {
    tellOthers(new Map(Object.entries(others)), ["create_host_path"], `${what}.${type}`, "devious has no such option", telling);
  }
  const readOnlyAt = tree.entries.get("read_only");
  const readOnly = readOnlyAt !== undefined && switchAt(readOnlyAt.value, `${what}.read_only`, reading);
  if (type === "tmpfs") {
    const bytes = size === undefined ? null : (bytesAt(size.value, `${what}.tmpfs.size`, reading) ?? null);
    return mountOf("tmpfs", null, target, false, tree.at, what, reading, bytes);
  }
  const source = textOf("source");
  if (type === "volume") return mountOf("volume", source ?? null, target, readOnly, tree.at, what, reading);
  if (type === "bind" && source !== undefined) return mountOf("bind", source, target, readOnly, tree.at, what, reading);
  if (type === "bind") telling.problem(tree.at, `${what}: a bind needs a source, a path of this machine`);
  else telling.notice(tree.at, `${what}: a mount of the type ${type} is left out: there are volume, bind and tmpfs`);
  return [];
}

/** Options of a mount stand below its type; the size is that of tmpfs. */
function optionsOf(entry: Entry | undefined, type: string): readonly (readonly [string, Entry])[] {
  if (entry === undefined || entry.value.kind !== "mapping") return [];
  const all = [...entry.value.entries];
  return type === "tmpfs" ? all : all.map(([key, one]) => [key === "size" ? "size " : key, one] as const);
}

export function tmpfsAt(tree: Tree, what: string, reading: Reading): readonly Mount[] {
  return oneOrMore(tree, what, reading).flatMap((item): readonly Mount[] => {
    const text = textAt(item, what, reading);
    if (text === undefined) return [];
    const [target = "", options = ""] = text.split(":");
    const all = options.split(",").filter((option) => option !== "");
    const size = all.find((option) => option.startsWith("size="))?.slice("size=".length);
    const others = all.filter((option) => !option.startsWith("size="));
    if (others.length > 0)
      reading.telling.notice(item.at, `${what}: ${others.join(", ")} is left out: of tmpfs only the size is known`);
    const bytes =
      size === undefined
        ? undefined
        : bytesAt({ kind: "scalar", value: size, source: size, at: item.at }, `${what}: size`, reading);
    return mountOf("tmpfs", null, target, false, item.at, what, reading, bytes ?? null);
  });
}

/** None where it cannot be mounted, which is told. */
function mountOf(
  type: Mount["type"],
  source: string | null,
  target: string,
  readOnly: boolean,
  at: Place,
  what: string,
  reading: Reading,
  bytes: number | null = null,
): readonly Mount[] {
  const { telling } = reading;
  if (!target.startsWith("/")) {
    telling.problem(at, `${what}: ${JSON.stringify(target)} is no absolute path in the container`);
    return [];
  }
  if (type === "tmpfs") return [{ type, target, bytes, at }];
  if (type === "volume") return [{ type, name: source, target, readOnly, at }];
  if (source === null || /^[A-Za-z]:[\\/]|\\/.test(source)) {
    telling.notice(at, `${what}: ${source ?? ""} is left out: it is a path of Windows`);
    return [];
  }
  // a spec has `~` in these as well
  return [{ type, source: source.startsWith("~") ? source : pathFrom(source, reading), target, readOnly, at }];
}

function isPath(source: string): boolean {
  return /^(?:[./~\\]|[A-Za-z]:[\\/])/.test(source);
}

/** As a spec writes them. */
export function writtenMounts(
  mounts: readonly Mount[],
  what: string,
  volumes: Volumes,
  { telling }: Reading,
): readonly WrittenVolume[] {
  const targets = new Set<string>();
  return mounts.flatMap((mount): readonly WrittenVolume[] => {
    const target = mount.target.replace(/(?<=.)\/+$/, "");
    if (targets.has(target)) {
      telling.notice(mount.at, `${what}: ${target} is left out here: something is mounted there already`);
      return [];
    }
    targets.add(target);
    return [writtenMount(mount, target, what, volumes, telling)];
  });
}

function writtenMount(mount: Mount, target: string, what: string, volumes: Volumes, telling: Telling): WrittenVolume {
  if (mount.type === "tmpfs")
    return said({ type: "tmpfs", target, size: mount.bytes === null ? undefined : writtenBytes(mount.bytes) });
  const { readOnly, at } = mount;
  const mode = readOnly ? ":ro" : "";
  if (mount.type === "bind") {
    const source = escapeTemplates(mount.source);
    const isPlain = ![source, target].some((path) => /[:{]/.test(path));
    return isPlain
      ? `${source}:${target}${mode}`
      : said({ type: "bind", source, target, read_only: readOnly ? true : undefined });
  }
  if (mount.name === null) {
    const own = volumes.nameless(target);
    telling.notice(at, `${what}: ${target} is the volume ${own} of each node, and kept like any other: volumes have names here`);
    return `${own}:${target}${mode}`;
  }
  const { name, shared } = volumes.named(mount.name);
  if (!shared) return `${name}:${target}${mode}`;
  return said({ type: "volume", source: name, target, shared: true, read_only: readOnly ? true : undefined });
}
