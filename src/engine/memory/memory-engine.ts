import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { Readable } from "node:stream";
import { extract } from "tar-stream";
import { DeviousError } from "../../core/errors.js";
import { registryOf } from "../../core/image-reference.js";
import { contextOf } from "../build-context.js";
import type { ContainerEvent, ContainerInfo, ContainerSpec, Engine, EngineFacts, EngineResources, Labels } from "../port.js";
import { createStampClock } from "./log-file.js";
import { MemoryContainer } from "./memory-container.js";
import type { Executed, Program } from "./program.js";
import { Queue } from "./queue.js";

export interface MemoryEngineOptions {
  readonly facts?: Partial<EngineFacts>;
  readonly resources?: Partial<EngineResources>;
  /** How many networks its address pools have room for; unless given, any number. */
  readonly networksMax?: number;
  /** Reference -> id of all that can be pulled; unless given, no registry answers. */
  readonly registry?: ReadonlyMap<string, string>;
  /** What a container of this spec runs. */
  readonly program: (spec: ContainerSpec) => Program;
  /** What a command inside a running container does; unless given, no command is found. */
  readonly exec?: (command: readonly string[], spec: ContainerSpec) => Executed;
}

export interface MemoryEngine extends Engine {
  /** What the agent's own engine client does to a node. */
  pauseContainer(id: string): Promise<void>;
  /** While false, no call is answered. */
  reachable: boolean;
  /** Ends every program, so that nothing of a test listens any more. */
  shutDown(): void;
}

interface Image {
  readonly id: string;
  readonly labels: Labels;
}

interface Network {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  /** Undefined: out of the pools, which are only counted here. */
  readonly subnet: string | undefined;
}

function subnetsOf(networks: readonly Network[]): readonly string[] {
  return networks.flatMap(({ subnet }) => subnet ?? []);
}

interface Volume {
  readonly labels: Labels;
  readonly content: Map<string, string>;
}

const facts: EngineFacts = {
  version: "0.0.0",
  apiVersion: "1.41",
  os: "linux",
  arch: "amd64",
  kernel: "memory",
  local: false,
  address: "memory:",
  addressFrom: "the test",
  unreachedMachine: null,
};

const resources: EngineResources = { dataDir: "/var/lib/memory", addressPools: [], subnets: [] };

/** An engine without containers: programs are functions in this process. It refuses and allows what Docker does, in Docker's words. */
export function createMemoryEngine(options: MemoryEngineOptions): MemoryEngine {
  const images = new Map<string, Image>();
  const containers = new Map<string, MemoryContainer>();
  const networks = new Map<string, Network>();
  const volumes = new Map<string, Volume>();
  const subscribers = new Set<{ readonly labelFilter: string; readonly events: Queue<ContainerEvent> }>();
  const told: ContainerEvent[] = [];
  const nextStamp = createStampClock(Date.now);

  const answer = (): void => {
    if (!engine.reachable) throw new DeviousError("ENGINE_UNREACHABLE", "No engine answers in memory.");
  };
  /** By id or name, as everywhere in Docker. */
  const find = (id: string): MemoryContainer | undefined =>
    containers.get(id) ?? [...containers.values()].find(({ spec }) => spec.name === id);
  const need = (id: string, doing: string): MemoryContainer => {
    const found = find(id);
    if (found === undefined) throw refused(doing, `No such container: ${id}`);
    return found;
  };
  const tell = (container: MemoryContainer, action: ContainerEvent["action"], exitCode?: number): void => {
    const { id, spec } = container;
    const event = { id, ts: nextStamp(), action, labels: spec.labels, exitCode, health: undefined };
    told.push(event);
    for (const { labelFilter, events } of subscribers) {
      if (carries(spec.labels, [labelFilter])) events.push(event);
    }
  };
  const volume = (name: string): Map<string, string> => {
    const found = volumes.get(name) ?? { labels: {}, content: new Map<string, string>() };
    volumes.set(name, found);
    return found.content;
  };

  const engine: MemoryEngine = {
    reachable: true,
    shutDown: () => {
      for (const container of containers.values()) if (container.isAlive) container.signal("SIGKILL");
    },

    facts: async () => {
      answer();
      return { ...facts, ...options.facts };
    },
    resources: async () => {
      answer();
      const told = { ...resources, ...options.resources };
      return { ...told, subnets: [...told.subnets, ...subnetsOf([...networks.values()])] };
    },

    hasImage: async (reference) => {
      answer();
      return images.has(reference);
    },
    imageId: async (reference) => {
      answer();
      return images.get(reference)?.id;
    },
    buildImage: async (reference, context, labels, onLine) => {
      answer();
      if (!(await filesOf(context)).has("Dockerfile")) {
        throw refused(`build ${reference}`, "Cannot locate specified Dockerfile: Dockerfile");
      }
      const id = `sha256:${randomUUID()}`;
      images.set(reference, { id, labels });
      onLine(`Successfully tagged ${reference}`);
    },
    buildFolder: async ({ reference, folder, dockerfile, args, target, labels }, onLine, signal) => {
      answer();
      signal.throwIfAborted();
      const doing = `build ${reference}`;
      const files = await filesOf(contextOf(folder, dockerfile));
      const recipe = files.get(dockerfile);
      if (recipe === undefined) throw refused(doing, `Cannot locate specified Dockerfile: ${dockerfile}`);
      for (const [i, line] of recipe.trim().split("\n").entries()) {
        onLine(`Step ${i + 1} : ${line}`);
        if (line === "RUN false") throw refused(doing, "The command '/bin/sh -c false' returned a non-zero code: 1");
      }
      // the same again gives the same, as an engine's cache does
      const all = JSON.stringify([[...files], args, target, labels]);
      images.set(reference, { id: `sha256:${createHash("sha256").update(all).digest("hex")}`, labels });
    },
    pullImage: async (reference, onProgress, signal) => {
      answer();
      signal.throwIfAborted();
      const doing = `pull ${reference}`;
      const registry = registryOf(reference);
      if (options.registry === undefined) {
        throw refused(doing, `Get "https://${registry}/v2/": dial tcp: lookup ${registry}: no such host`);
      }
      const id = options.registry.get(reference);
      if (id === undefined) {
        throw refused(doing, `pull access denied for ${reference}, repository does not exist or may require 'docker login'`);
      }
      onProgress();
      images.set(reference, { id, labels: {} });
    },
    listImages: async (labelFilter) => {
      answer();
      return [...images]
        .filter(([, { labels }]) => carries(labels, [labelFilter]))
        .map(([reference, { id, labels }]) => ({ id, references: [reference], labels }));
    },
    removeImage: async (id) => {
      answer();
      for (const [reference, image] of images) {
        if (image.id !== id && reference !== id) continue;
        const user = [...containers.values()].find(({ spec }) => spec.image === reference);
        if (user !== undefined) throw refused("remove an image", `conflict: container ${user.id} is using it`);
        images.delete(reference);
      }
    },

    createContainer: async (spec) => {
      answer();
      const doing = `create ${spec.name}`;
      if (!images.has(spec.image)) throw refused(doing, `No such image: ${spec.image}`);
      const holder = find(spec.name);
      if (holder !== undefined) {
        throw refused(doing, `Conflict. The container name "/${spec.name}" is already in use by container "${holder.id}"`);
      }
      const lost = spec.binds?.find(({ source }) => !existsSync(source));
      if (lost !== undefined) {
        throw refused(doing, `invalid mount config for type "bind": bind source path does not exist: ${lost.source}`);
      }
      for (const { name, labels } of spec.volumes) if (!volumes.has(name)) volumes.set(name, { labels, content: new Map() });
      const container = new MemoryContainer(randomUUID(), spec, options.program(spec), { nextStamp, volume, tell });
      containers.set(container.id, container);
      tell(container, "create");
      return container.id;
    },
    putFile: async (id, folder, { name, content }) => {
      answer();
      const container = need(id, "put a file into a container");
      const mount = container.spec.volumes.find(({ path }) => path === folder);
      const isProgram = container.spec.command.some((word) => word.startsWith(`${folder}/`));
      if (mount === undefined && !isProgram && folder !== "/")
        throw refused("put a file into a container", `Could not find the file ${folder}`);
      const pieces: Uint8Array[] = [];
      for await (const piece of content()) pieces.push(piece);
      const files = mount === undefined ? container.files : volume(mount.name);
      files.set(name, Buffer.concat(pieces).toString("latin1"));
    },
    startContainer: async (id) => {
      answer();
      const container = need(id, "start a container");
      if (container.state === "running") return;
      if (container.state === "paused")
        throw refused("start a container", "cannot start a paused container, try unpause instead");
      const { network } = container.spec;
      // every engine has these
      if (network !== "none" && network !== "host" && ![...networks.values()].some(({ name }) => name === network)) {
        throw refused("start a container", `network ${network} not found`);
      }
      try {
        await container.start();
      } catch (error) {
        const { code, port } = error as { readonly code?: string; readonly port?: number };
        if (code !== "EADDRINUSE") throw error;
        const what = `driver failed programming external connectivity on endpoint ${container.spec.name} (${container.id})`;
        throw refused("start a container", `${what}: Bind for 127.0.0.1:${port} failed: port is already allocated`);
      }
    },
    stopContainer: async (id, graceMs) => {
      answer();
      const container = find(id);
      await container?.stop(graceMs ?? container.spec.stopGraceMs ?? usualGraceMs);
    },
    signalContainer: async (id, signal) => {
      answer();
      const container = find(id);
      if (container === undefined) return;
      if (!container.isAlive) throw refused("signal a container", `Container ${id} is not running`);
      container.signal(signal);
    },
    pauseContainer: async (id) => {
      answer();
      const container = need(id, "pause a container");
      if (container.state !== "running") throw refused("pause a container", `Container ${id} is not running`);
      container.pause();
    },
    unpauseContainer: async (id) => {
      answer();
      find(id)?.unpause();
    },
    removeContainer: async (id) => {
      answer();
      const container = find(id);
      if (container === undefined) return;
      if (container.isAlive) container.signal("SIGKILL");
      containers.delete(container.id);
      tell(container, "destroy");
    },
    listContainers: async (labelFilters) => {
      answer();
      const matching = [...containers.values()].filter(({ spec }) => carries(spec.labels, labelFilters));
      // the youngest first
      return matching.reverse().map(({ id, spec, state }): ContainerInfo => {
        const { name, image, labels } = spec;
        return { id, name, image, labels, state };
      });
    },
    inspectContainer: async (id) => {
      answer();
      return find(id)?.detail();
    },

    createNetwork: async (name, labels, subnet) => {
      answer();
      if ([...networks.values()].some((one) => one.name === name)) {
        throw refused(`create the network ${name}`, `network with name ${name} already exists`);
      }
      const inPools = [...networks.values()].filter((one) => one.subnet === undefined).length;
      if (subnet === undefined && inPools >= (options.networksMax ?? Infinity)) {
        const words =
          "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network";
        throw refused(`create the network ${name}`, words);
      }
      if (subnet !== undefined && subnetsOf([...networks.values()]).includes(subnet)) {
        throw refused(`create the network ${name}`, "Pool overlaps with other one on this address space");
      }
      const id = randomUUID();
      networks.set(id, { id, name, labels, subnet });
      return id;
    },
    listNetworks: async (labelFilters) => {
      answer();
      const matching = [...networks.values()].filter(({ labels }) => carries(labels, labelFilters));
      return matching.map(({ id, name, labels }) => ({ id, name, labels }));
    },
    removeNetwork: async (id) => {
      answer();
      networks.delete(id);
    },

    listVolumes: async (labelFilters) => {
      answer();
      return [...volumes]
        .filter(([, { labels }]) => carries(labels, labelFilters))
        .map(([name, { labels }]) => ({ name, labels }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    removeVolume: async (name) => {
      answer();
      const user = [...containers.values()].find(({ spec }) => spec.volumes.some((mount) => mount.name === name));
      if (user !== undefined) throw refused(`remove the volume ${name}`, `volume is in use - [${user.id}]`);
      volumes.delete(name);
    },

    logs: async function* (id, logOptions) {
      answer();
      yield* need(id, "read logs").logs(logOptions);
    },
    events: async (labelFilter, signal) => {
      answer();
      const subscriber = { labelFilter, events: new Queue<ContainerEvent>() };
      subscribers.add(subscriber);
      const end = (): void => {
        subscribers.delete(subscriber);
        subscriber.events.end();
      };
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });
      return subscriber.events;
    },
    pastEvents: async (labelFilter) => {
      answer();
      return told.filter(({ labels }) => carries(labels, [labelFilter]));
    },
    attach: async (id) => {
      answer();
      const container = need(id, "attach to a container");
      if (container.state !== "paused") return container.attach();
      throw refused("attach to a container", `container ${id} is paused, unpause the container before attach`);
    },
    exec: async (id, command, onStdout, onStderr) => {
      answer();
      const doing = "run a command in a container";
      const container = need(id, doing);
      if (container.state === "paused") throw refused(doing, `Container ${id} is paused, unpause the container before exec`);
      if (container.state !== "running") throw refused(doing, `Container ${id} is not running`);
      const notFound = { exitCode: 127, stderr: `exec: "${command[0] ?? ""}": executable file not found in $PATH\n` };
      const { exitCode, stdout = "", stderr = "" }: Executed = options.exec?.(command, container.spec) ?? notFound;
      if (stdout !== "") onStdout(Buffer.from(stdout, "utf8"));
      if (stderr !== "") onStderr(Buffer.from(stderr, "utf8"));
      return { exitCode };
    },
    inspectAll: async (what, id) => {
      answer();
      switch (what) {
        case "container": {
          const container = find(id);
          if (container === undefined) return undefined;
          const { name, image, labels, environment, command, hostname } = container.spec;
          const Env = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
          const Config = { Image: image, Labels: labels, Env, Cmd: command, Hostname: hostname };
          return { Id: container.id, Name: `/${name}`, State: { Status: container.state }, Config };
        }
        case "network": {
          const network = [...networks.values()].find((one) => one.id === id || one.name === id);
          return network && { Id: network.id, Name: network.name, Labels: network.labels };
        }
        case "volume": {
          const found = volumes.get(id);
          return found && { Name: id, Labels: found.labels };
        }
      }
    },
  };
  return engine;
}

/** What Docker gives a container that was made with none of its own. */
const usualGraceMs = 10_000;

function refused(doing: string, words: string): DeviousError {
  return new DeviousError("ENGINE_REFUSED", `The engine could not ${doing}: ${words}.`);
}

/** Whether labels match all filters, each `key` or `key=value`. */
function carries(labels: Labels, filters: readonly string[]): boolean {
  return filters.every((filter) => {
    const at = filter.indexOf("=");
    return at === -1 ? filter in labels : labels[filter.slice(0, at)] === filter.slice(at + 1);
  });
}

/** Name -> content of what is in a build context, which is read to its end as a builder would. */
async function filesOf(context: AsyncIterable<Uint8Array>): Promise<ReadonlyMap<string, string>> {
  const tar = extract();
  const source = Readable.from(context);
  source.on("error", (error) => tar.destroy(error));
  source.pipe(tar);
  const files = new Map<string, string>();
  for await (const entry of tar) {
    const pieces: Uint8Array[] = [];
    for await (const piece of entry) pieces.push(piece as Uint8Array);
    files.set(entry.header.name, Buffer.concat(pieces).toString("utf8"));
  }
  return files;
}
