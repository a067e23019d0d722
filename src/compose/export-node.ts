/** A node of an image, or several that are alike, as a service of a compose file. */
import { formatExactly } from "../core/duration.js";
import { builtImage } from "../spec/cluster-spec.js";
import type { ImageService } from "../spec/cluster-spec.js";
import type { Limits, PublishedPort, ReadySpec } from "../spec/own-image.js";
import type { VolumeKey } from "./export-volumes.js";
import { writtenBytes } from "./quantities.js";
import { said } from "./written.js";

export type ComposeService = Readonly<Record<string, unknown>>;

/** A file beside the compose file. */
export interface PutFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

export interface ExportedNode {
  readonly service: ComposeService;
  readonly volumes: readonly string[];
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
  readonly files: readonly PutFile[];
}

/** Where a service stands in the compose file. */
export interface Place {
  readonly name: string;
  /** One, or as many replicas. */
  readonly nodes: readonly string[];
  readonly folder: string;
  readonly filesFolder: string | null;
  readonly volumeKey: VolumeKey;
  readonly dependsOn: Readonly<Record<string, { readonly condition: string }>>;
}

/** As `up` waits where nothing is said. */
const waitMs = 60_000;

/** `node` is filled in, `service` as the spec has it; `envFiles` are absolute. */
export function imageNode(
  node: ImageService,
  service: ImageService,
  cluster: string,
  place: Place,
  envFiles: readonly string[],
): ExportedNode {
  const { nodes, name } = place;
  const [own = ""] = nodes;
  const isOne = nodes.length === 1;
  const mounts = mountsOf(node, own, place);
  const put = filesOf(node, place);
  const files = envFiles.map((file) => relative(file, place.folder));
  const aliases = [own, service.name].filter((alias) => alias !== name);
  const volumes = [...mounts.volumes, ...put.volumes];
  return {
    service: said({
      image: node.build !== null && node.image === builtImage(cluster, service.name) ? undefined : withVariables(node.image),
      build: buildOf(node, place.folder),
      pull_policy: node.pull === "missing" || node.build !== null ? undefined : node.pull,
      deploy: isOne ? undefined : { replicas: nodes.length },
      hostname: isOne ? own : undefined,
      networks: isOne && aliases.length > 0 ? { default: { aliases } } : undefined,
      entrypoint: node.entrypoint?.map(dollarsDoubled),
      command: node.command?.map(dollarsDoubled),
      environment: ifAny(mapValues(node.environment, withVariables)),
      env_file: files.length === 0 ? undefined : files,
      ports: ifSome(portsOf(node.ports, service.nodes.indexOf(own), isOne)),
      volumes: ifSome(volumes),
      configs: ifSome(put.mounted),
      depends_on: ifAny(place.dependsOn),
      healthcheck: node.ready === null ? undefined : healthOf(node.ready),
      restart: restartOf(node),
      user: node.user === null ? undefined : dollarsDoubled(node.user),
      cap_add: ifSome(node.capAdd),
      ulimits: ifAny(
        Object.fromEntries(node.ulimits.map(({ name: limit, soft, hard }) => [limit, soft === hard ? soft : { soft, hard }])),
      ),
      ...limitsOf(node.limits),
      stop_grace_period: formatExactly(node.stopGraceMs),
      labels: ifAny(mapValues(node.labels, dollarsDoubled)),
    }),
    volumes: mounts.keys,
    configs: put.configs,
    files: put.files,
  };
}

/** For texts in which compose would look for variables. */
export function dollarsDoubled(text: string): string {
  return text.replaceAll("$", () => "$$");
}

/** Variables and `$${` mean the same to both; any other dollar is one to a spec. */
function withVariables(text: string): string {
  return text.replace(/\$\$\{|\$\{[A-Za-z_]\w*(?::-[^}]*)?\}|\$/g, (part) => (part === "$" ? "$$" : part));
}

function mapValues(texts: Readonly<Record<string, string>>, change: (text: string) => string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, change(text)]));
}

function ifAny<T extends object>(values: T): T | undefined {
  return Object.keys(values).length === 0 ? undefined : values;
}

function ifSome<T>(values: readonly T[]): readonly T[] | undefined {
  return values.length === 0 ? undefined : values;
}

/** A path below the folder is relative to it; `~` stands for nobody's home yet. */
function relative(path: string, folder: string): string {
  if (path === folder) return ".";
  const inside = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
  return dollarsDoubled(inside === undefined ? path : /^~(?:\/|$)/.test(inside) ? inside : `./${inside}`);
}

function buildOf({ build }: ImageService, folder: string): string | object | undefined {
  if (build === null) return undefined;
  const context = relative(build.context, folder);
  const dockerfile = build.dockerfile === "Dockerfile" ? undefined : dollarsDoubled(build.dockerfile);
  const target = build.target === null ? undefined : dollarsDoubled(build.target);
  const long = said({ context, dockerfile, args: ifAny(mapValues(build.args, withVariables)), target });
  return Object.keys(long).length === 1 ? context : long;
}

function portsOf(ports: readonly PublishedPort[], index: number, isOne: boolean): readonly string[] {
  return ports.map(({ container, host }) => {
    if (host === null) return `127.0.0.1::${container}`;
    const [first = 0] = host;
    const fixed = isOne ? String(host[index] ?? first) : `${first}-${host.at(-1) ?? first}`;
    return `127.0.0.1:${fixed}:${container}`;
  });
}

function mountsOf({ volumes }: ImageService, node: string, { folder, volumeKey }: Place) {
  const keys = new Set<string>();
  const written = volumes.map((volume): string | object => {
    if (volume.type === "tmpfs") {
      return said({
        type: "tmpfs",
        target: volume.target,
        tmpfs: volume.sizeBytes === null ? undefined : { size: volume.sizeBytes },
      });
    }
    const target = dollarsDoubled(volume.target);
    const mode = volume.readOnly ? ":ro" : "";
    if (volume.type === "volume") {
      const key = volumeKey(node, volume.name, volume.shared);
      keys.add(key);
      return `${key}:${target}${mode}`;
    }
    const source = relative(volume.source, folder);
    if (!source.includes(":")) return `${source}:${target}${mode}`;
    return said({ type: "bind", source, target, read_only: volume.readOnly ? true : undefined });
  });
  return { volumes: written, keys: [...keys] };
}

/** Files are configs of the compose file itself, or lie beside it and are mounted. */
function filesOf({ files }: ImageService, { name, filesFolder }: Place) {
  const mounted: object[] = [];
  const configs: Record<string, { readonly content: string }> = {};
  const volumes: string[] = [];
  const beside: PutFile[] = [];
  for (const { path, content, mode } of files) {
    if (filesFolder !== null) {
      beside.push({ path: `${filesFolder}/${name}${path}`, content, mode });
      volumes.push(dollarsDoubled(`./${filesFolder}/${name}${path}:${path}:ro`));
      continue;
    }
    const key = `${name}${path.replace(/[^A-Za-z0-9]+/g, "-")}`.replace(/-+$/, "");
    configs[key] = { content: dollarsDoubled(content) };
    // the spec's own default is not worth a word
    mounted.push(said({ source: key, target: dollarsDoubled(path), mode: mode === 0o644 ? undefined : mode }));
  }
  return { mounted, configs, volumes, files: beside };
}

/** Compose's own check, where a command in the node tells; how often in a row it may fail is all the time there is. */
export function healthOf({
  probe,
  intervalMs,
  attemptTimeoutMs,
  timeoutMs,
  retries,
  startPeriodMs,
}: ReadySpec): object | undefined {
  if (probe.by !== "exec") return undefined;
  return said({
    test: ["CMD", ...probe.command.map(dollarsDoubled)],
    interval: formatExactly(intervalMs),
    timeout: formatExactly(attemptTimeoutMs),
    retries: retries ?? Math.max(1, Math.ceil((timeoutMs ?? waitMs) / intervalMs)),
    start_period: startPeriodMs === 0 ? undefined : formatExactly(startPeriodMs),
  });
}

function restartOf({ restart: { policy, maxRetries } }: ImageService): string | undefined {
  if (policy === "no") return undefined;
  return maxRetries === null ? policy : `${policy}:${maxRetries}`;
}

export function limitsOf({ cpus, memoryBytes }: Limits): { readonly cpus?: number; readonly mem_limit?: string } {
  return said({ cpus: cpus ?? undefined, mem_limit: memoryBytes === null ? undefined : writtenBytes(memoryBytes) });
}
