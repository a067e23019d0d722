/** A spec -> a compose file that boots the same nodes without devious, and all that compose has no words for. */
import { Document } from "yaml";
import { isImage } from "../spec/cluster-spec.js";
import type { ClusterSpec, ImageService, ServiceSpec } from "../spec/cluster-spec.js";
import { forNode } from "../spec/templates.js";
import { imageNode } from "./export-node.js";
import type { ComposeService, Place, PutFile } from "./export-node.js";
import { storeNode } from "./export-store.js";
import type { StoreNode } from "./export-store.js";
import { volumeKeys } from "./export-volumes.js";
import { said } from "./written.js";

export interface ExportOptions {
  /** Nodes of the bundled store, by their names. */
  readonly storeNodes: ReadonlyMap<string, StoreNode>;
  /** The `env_file` of services, absolute. */
  readonly envFiles: ReadonlyMap<string, readonly string[]>;
  /** Where the compose file will be, absolute: paths below it are relative to it. */
  readonly folder: string;
  /** The folder beside the compose file into which files of nodes are put; null: they are in the compose file itself. */
  readonly filesFolder: string | null;
}

export interface Exported {
  readonly text: string;
  /** What is not in it, or means something else. */
  readonly notices: readonly string[];
  /** To be written beside it; paths are relative to it. */
  readonly files: readonly PutFile[];
}

/** Nodes of a service as one service of compose: all that are alike, or one alone. */
interface Group {
  readonly service: ServiceSpec;
  /** What compose calls it. */
  readonly name: string;
  readonly nodes: readonly string[];
}

export function exportCompose(spec: ClusterSpec, options: ExportOptions): Exported {
  const groups = spec.services.flatMap((service) => groupsOf(service, spec));
  const namesOf = (service: string): readonly string[] =>
    groups.filter((group) => group.service.name === service).map(({ name }) => name);
  const keys = volumeKeys(spec.services);
  const notices = [...noticesOf(spec)];
  const files: PutFile[] = [];
  const configs: Record<string, { readonly content: string }> = {};
  const volumes = new Set<string>();
  const services = groups.map(({ service, name, nodes }): readonly [string, ComposeService] => {
    const dependsOn = dependenciesOf(service, spec.services, namesOf, notices);
    const place: Place = { name, nodes, folder: options.folder, filesFolder: options.filesFolder, volumeKey: keys, dependsOn };
    const [node = ""] = nodes;
    const made = isImage(service)
      ? imageNode(forNode(service, node, spec.seed), service, spec.name, place, options.envFiles.get(service.name) ?? [])
      : storeNode(service, options.storeNodes.get(node), place);
    files.push(...made.files);
    Object.assign(configs, made.configs);
    for (const key of made.volumes) volumes.add(key);
    return [name, made.service];
  });
  const document = new Document(
    said({
      services: Object.fromEntries(services),
      volumes: volumes.size === 0 ? undefined : Object.fromEntries([...volumes].map((key) => [key, {}])),
      configs: Object.keys(configs).length === 0 ? undefined : configs,
    }),
    { aliasDuplicateObjects: false },
  );
  document.commentBefore = ` Made from the spec of ${spec.name} by \`devious export compose\`.`;
  return { text: document.toString({ lineWidth: 0 }), notices: [...new Set(notices)], files };
}

/** Nodes that nothing tells apart are replicas; of all others each is a service of its own, which keeps its name. */
function groupsOf(service: ServiceSpec, spec: ClusterSpec): readonly Group[] {
  const { name, nodes } = service;
  if (nodes.length === 1 || (isImage(service) && areAlike(service, spec)))
    return [{ service, name: nodes.length === 1 && !isImage(service) ? (nodes[0] ?? name) : name, nodes }];
  return nodes.map((node) => ({ service, name: node, nodes: [node] }));
}

function areAlike(service: ImageService, spec: ClusterSpec): boolean {
  const [first, ...others] = service.nodes.map((node) => JSON.stringify(forNode(service, node, spec.seed)));
  if (others.some((other) => other !== first)) return false;
  if (service.volumes.some((volume) => volume.type === "volume" && !volume.shared)) return false;
  const texts = JSON.stringify(
    spec.services.filter(isImage).map((one) => ({ ...one, nodes: [], zones: {}, protect: [], hooks: null })),
  );
  return !service.nodes.some((node) => new RegExp(`(?<![\\w-])${node}(?![\\w-])`).test(texts));
}

function dependenciesOf(
  { name, dependsOn }: ServiceSpec,
  services: readonly ServiceSpec[],
  namesOf: (service: string) => readonly string[],
  notices: string[],
): Readonly<Record<string, { readonly condition: string }>> {
  const all = dependsOn.flatMap(({ service, condition }) => {
    const other = services.find((one) => one.name === service);
    const isChecked = other !== undefined && (!isImage(other) || other.ready?.probe.by === "exec");
    if (condition === "ready" && !isChecked) {
      notices.push(
        `${name} waits for ${service} to be started only: compose finds out no other way than by a command in the node that it is ready`,
      );
    }
    const word =
      condition === "completed"
        ? "service_completed_successfully"
        : condition === "ready" && isChecked
          ? "service_healthy"
          : "service_started";
    return namesOf(service).map((one) => [one, { condition: word }] as const);
  });
  return Object.fromEntries(all);
}

/** What compose has no words for. */
function noticesOf({ services, links, logging }: ClusterSpec): readonly string[] {
  return services
    .flatMap((service): readonly string[] => {
      const { name, zones, protect, hooks } = service;
      const left: string[] = [];
      if (Object.keys(zones).length > 0) left.push("its zones");
      if (protect === "all" || protect.length > 0) left.push("protect");
      if (hooks.afterUp.length + hooks.beforeDown.length > 0) left.push("hooks");
      if (isImage(service) && service.roles !== null) left.push("roles");
      if (isImage(service) && service.logs !== null) left.push("logs");
      if (!isImage(service) && service.store.tls !== null) left.push("tls");
      if (isImage(service) && service.ready !== null && service.ready.probe.by !== "exec")
        left.push(`ready by ${service.ready.probe.by}`);
      return left.length === 0 ? [] : [`${name} is without ${left.join(", ")}: compose has no such thing`];
    })
    .concat(
      links.length > 0 ? ["network.links are left out: compose slows no link"] : [],
      logging.ship === null ? [] : ["logging.ship is left out: compose sends no logs on"],
    );
}
