/** What is mounted into an image's nodes: as it is written, and what is wrong with all of it together. */
import { z } from "zod";
import { filledText, mapping, noneOf, onOff, shortFor, size, text, unless } from "./fields.js";
import { isMapping, misfitAt, readIfRight } from "./names.js";
import type { Misfit, Named } from "./names.js";
import type { VolumeSpec } from "./own-image.js";
import { isPath, normalized, pathIn } from "./paths.js";
import { problemWithTemplates } from "./templates.js";
import type { Variables } from "./variables.js";

const volumeName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;

function problemWithVolumeName(name: string): string | undefined {
  if (name === "shared") return "a volume cannot be called shared: that word is in the names of those that are";
  return volumeName.test(name)
    ? undefined
    : `${JSON.stringify(name)} is not a volume's name: letters, digits, dashes and underscores, at most 40; a folder's path begins with ./ or /`;
}

/** A path inside a container that is the same on each node. */
const target = text
  .superRefine(
    unless((path) => {
      if (!path.startsWith("/")) return `${JSON.stringify(path)} is not an absolute path in the container: it begins with /`;
      if (normalized(path) === "/") return "is the whole of the container: name a folder in it";
      return path.includes("{{") ? "is the same on each node: no template is filled in here" : undefined;
    }),
  )
  .describe("Where it is in the container; absolute.");

const readOnly = onOff.optional().describe("Whether the node can only read it; default false.");

const named = mapping(
  {
    type: z.literal("volume"),
    source: text.superRefine(unless(problemWithVolumeName)).describe("The volume's name, or of a bind the file or folder."),
    target,
    shared: onOff
      .optional()
      .describe("Whether all nodes that name it, of whatever service, have one volume; default false: each node has its own."),
    read_only: readOnly,
  },
  "with type, source and target",
);

const bind = mapping(
  {
    type: z.literal("bind"),
    source: filledText
      .superRefine(unless((path) => problemWithTemplates(path) ?? problemWithHome(path)))
      .describe("A file or folder of the engine's machine; relative to the spec's folder."),
    target,
    read_only: readOnly,
  },
  "with type, source and target",
);

const tmpfs = mapping(
  {
    type: z.literal("tmpfs"),
    target,
    size: size(1, "1b").optional().describe("Of a tmpfs: as much as it may take of the memory; default all."),
  },
  "with type and target",
);

const kinds = ["volume", "bind", "tmpfs"];

/** `source:target[:mode]`; the colon after a Windows drive parts nothing. */
const shortVolume = /^((?:[A-Za-z]:(?=[\\/][^:]*:\/))?[^:]*):([^:]*)(?::([^:]*))?$/;

const volume = shortFor(
  z.discriminatedUnion("type", [named, bind, tmpfs], {
    error: ({ input }) => {
      if (!isMapping(input)) return 'must be a volume, such as "data:/var/lib/api"';
      return input["type"] === undefined ? `needs a type: one of ${kinds.join(", ")}` : noneOf(input["type"], kinds);
    },
  }),
  [{ type: "string" }],
  (value, refuse) => {
    if (typeof value !== "string") return value;
    const said = JSON.stringify(value);
    const [, source, target, mode = "rw"] = shortVolume.exec(value) ?? [];
    if (source === undefined || target === undefined) {
      return refuse(`${said} is no volume: write "name:/path" for one of the engine's, or "./folder:/path" for one of yours`);
    }
    if (mode !== "ro" && mode !== "rw") return refuse(`${said}: ${mode} is unknown, only ro and rw can follow`);
    return { type: isPath(source) ? "bind" : "volume", source, target, ...(mode === "ro" ? { read_only: true } : {}) };
  },
);

export const volumes = z
  .array(volume, { error: "must be a list of volumes, such as [data:/var/lib/api]" })
  .describe(
    "What is mounted: `name:/path` is a volume, which each node has of its own and which lasts until `down --volumes`; `./folder:/path` a folder of yours; `:ro` after it keeps it from being written. Or a mapping, whose type is one of volume, bind and tmpfs.",
  );

export type VolumeFile = z.output<typeof volume>;

function problemWithHome(path: string): string | undefined {
  return /^~[^\\/]/.test(path) ? "only ~ and ~/ are known, which is your own home: write out whose home is meant" : undefined;
}

/** Without `variables`, nobody's home is known, and `~` stays. */
export function volumeSpec(volume: VolumeFile, folder: string, variables: Variables | undefined): VolumeSpec {
  const target = normalized(volume.target);
  if (volume.type === "tmpfs") return { type: "tmpfs", target, sizeBytes: volume.size ?? null };
  const readOnly = volume.read_only ?? false;
  if (volume.type === "bind") {
    const home = homeIn(variables);
    const source = home === undefined ? volume.source : volume.source.replace(/^~/, () => home);
    return { type: "bind", source: pathIn(folder, source), target, readOnly };
  }
  return { type: "volume", name: volume.source, target, readOnly, shared: volume.shared ?? false };
}

function homeIn(variables: Variables | undefined): string | undefined {
  return variables?.["HOME"] ?? variables?.["USERPROFILE"];
}

export function checkVolumes(services: readonly Named[], variables: Variables | undefined): readonly Misfit[] {
  const sharing = new Map<string, { readonly shared: boolean; readonly service: string }>();
  return services.flatMap(({ service, path, keys }) => {
    const targets = new Set<string>();
    return (readIfRight(volumes, keys?.["volumes"]) ?? []).flatMap((one, i): readonly Misfit[] => {
      const tell = (message: string): Misfit => misfitAt([...path, "volumes", i], message);
      const target = normalized(one.target);
      const twice = targets.has(target) ? [tell(`something is mounted at ${target} already`)] : [];
      targets.add(target);
      if (one.type === "bind" && one.source.startsWith("~") && variables !== undefined && homeIn(variables) === undefined) {
        return [...twice, tell("~ is unknown: the variable HOME is not set in your environment")];
      }
      if (one.type !== "volume") return twice;
      const shared = one.shared ?? false;
      const before = sharing.get(one.source);
      if (before === undefined) sharing.set(one.source, { shared, service });
      if (before === undefined || before.shared === shared) return twice;
      const [does, doesNot] = shared ? ["here", `in ${before.service}`] : [`in ${before.service}`, "here"];
      return [...twice, tell(`${one.source} is shared ${does} and not ${doesNot}: give one of them another name`)];
    });
  });
}
