import { release } from "node:os";
import { Readable } from "node:stream";
import type { Duplex } from "node:stream";
import type Dockerode from "dockerode";
import type {
  Attached,
  ContainerDetail,
  ContainerEvent,
  ContainerInfo,
  ContainerSpec,
  ContainerState,
  Endpoint,
  Engine,
  EngineFacts,
  LogOptions,
} from "../port.js";
import { defaultSocket } from "./address.js";
import type { EngineAddress } from "./address.js";
import { connect } from "./connect.js";
import { statusOf, toDeviousError } from "./errors.js";
import { exec } from "./exec.js";

/** The engine port on the Docker Engine API, 1.41 (20.10) and later. Connects, and loads dockerode, on the first call. */
export function createDockerEngine(address: EngineAddress): Engine {
  let connecting: Promise<Dockerode> | undefined;

  /** One call: whatever fails leaves as a DeviousError that says what was being done. */
  const call = async <T>(doing: string, run: (docker: Dockerode) => Promise<T>): Promise<T> => {
    try {
      return await run(await (connecting ??= connect(address)));
    } catch (error) {
      throw toDeviousError(error, doing, address);
    }
  };

  /** As {@link call}, for wishes that are granted already when the thing is gone (404) or in that state (304). */
  const callUntil = async (doing: string, run: (docker: Dockerode) => Promise<unknown>): Promise<void> =>
    call(doing, async (docker) => {
      try {
        await run(docker);
      } catch (error) {
        const status = statusOf(error);
        if (status !== 404 && status !== 304) throw error;
      }
    });

  return {
    facts: () =>
      call("tell its version", async (docker): Promise<EngineFacts> => {
        const version = await docker.version();
        return {
          version: version.Version,
          apiVersion: version.ApiVersion,
          os: version.Os,
          arch: version.Arch,
          kernel: version.KernelVersion ?? "",
          // a socket alone proves nothing: Docker Desktop's leads into a virtual machine
          local: address.url.startsWith("unix://") && version.KernelVersion === release(),
          address: address.url,
        };
      }),

    hasImage: (reference) =>
      call("look up an image", async (docker) => {
        try {
          await docker.getImage(reference).inspect();
          return true;
        } catch (error) {
          if (statusOf(error) === 404) return false;
          throw error;
        }
      }),
    buildImage: (reference, context, labels, onLine) =>
      call(`build ${reference}`, async (docker) => {
        const output = await docker.buildImage(Readable.from(context), { t: reference, labels, rm: true, forcerm: true });
        await readBuild(output, onLine);
      }),
    listImages: (filter) =>
      call("list images", async (docker) =>
        (await docker.listImages({ filters: { label: [filter] } })).map((image) => ({
          id: image.Id,
          references: image.RepoTags ?? [],
        })),
      ),
    removeImage: (id) => callUntil("remove an image", (docker) => docker.getImage(id).remove()),

    createContainer: (spec) =>
      call(`create ${spec.name}`, async (docker) => (await docker.createContainer(createOptions(spec))).id),
    startContainer: (id) => callUntil("start a container", (docker) => docker.getContainer(id).start()),
    stopContainer: (id, graceMs) =>
      callUntil("stop a container", (docker) => docker.getContainer(id).stop({ t: Math.ceil(graceMs / 1000) })),
    signalContainer: (id, signal) => callUntil("signal a container", (docker) => docker.getContainer(id).kill({ signal })),
    unpauseContainer: (id) =>
      callUntil("unpause a container", async (docker) => {
        try {
          await docker.getContainer(id).unpause();
        } catch (error) {
          // "is not paused" comes as 409 or 500, by version
          if (!/not paused/.test(String(error))) throw error;
        }
      }),
    removeContainer: (id) =>
      callUntil("remove a container", async (docker) => {
        try {
          await docker.getContainer(id).remove({ force: true, v: true });
        } catch (error) {
          // somebody else is removing it: the wish is granted, only not by us
          if (statusOf(error) !== 409 || !/already in progress/.test(String(error))) throw error;
        }
      }),
    listContainers: (filters) =>
      call("list containers", async (docker) =>
        (await docker.listContainers({ all: true, filters: { label: [...filters] } })).map((one): ContainerInfo => ({
          id: one.Id,
          name: one.Names[0]?.replace(/^\//, "") ?? one.Id,
          image: one.Image,
          labels: one.Labels,
          state: one.State as ContainerState,
        })),
      ),
    inspectContainer: (id) =>
      call("inspect a container", async (docker) => {
        try {
          return toDetail(await docker.getContainer(id).inspect());
        } catch (error) {
          if (statusOf(error) === 404) return undefined;
          throw error;
        }
      }),

    createNetwork: (name, labels) =>
      call(`create the network ${name}`, async (docker) => {
        // CheckDuplicate makes engines before 25 refuse a second network of this name, as later ones always do
        const network = await docker.createNetwork({ Name: name, Driver: "bridge", CheckDuplicate: true, Labels: { ...labels } });
        return network.id;
      }),
    listNetworks: (filters) =>
      call("list networks", async (docker) =>
        (await docker.listNetworks({ filters: { label: [...filters] } })).map((one) => ({
          id: one.Id,
          name: one.Name,
          labels: one.Labels ?? {},
        })),
      ),
    removeNetwork: (id) =>
      callUntil("remove a network", async (docker) => {
        const network = docker.getNetwork(id);
        const detail = (await network.inspect()) as { Containers?: Record<string, unknown> };
        for (const container of Object.keys(detail.Containers ?? {})) {
          await network.disconnect({ Container: container, Force: true });
        }
        await network.remove();
      }),

    createVolume: (name, labels) =>
      call(`create the volume ${name}`, async (docker) => {
        await docker.createVolume({ Name: name, Labels: { ...labels } });
      }),
    listVolumes: (filters) =>
      call("list volumes", async (docker) =>
        ((await docker.listVolumes({ filters: JSON.stringify({ label: filters }) })).Volumes ?? []).map((one) => ({
          name: one.Name,
          labels: one.Labels ?? {},
        })),
      ),
    removeVolume: (name) => callUntil(`remove the volume ${name}`, (docker) => docker.getVolume(name).remove()),

    logs: async function* (id, options) {
      const stream = await call("read logs", (docker) => openLogs(docker, id, options));
      try {
        yield* readAll(stream, options.signal);
      } catch (error) {
        throw toDeviousError(error, "read on in a log", address);
      }
    },
    events: async (filter, signal) => {
      const stream = await call("send events", (docker) =>
        docker.getEvents({ filters: { type: ["container"], label: [filter] }, abortSignal: signal }),
      );
      return readEvents(stream, signal);
    },
    attach: (id) =>
      call("attach to a container", async (docker): Promise<Attached> => {
        const stream = await docker
          .getContainer(id)
          .attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
        const closed = new AbortController();
        return {
          write: (text) => void stream.write(text),
          output: readAll(stream, closed.signal),
          close: () => closed.abort(),
        };
      }),

    exec: (id, command, onStdout, onStderr) =>
      call("run a command in a container", (docker) => exec(docker, id, command, onStdout, onStderr)),
  };
}

function createOptions(spec: ContainerSpec): Dockerode.ContainerCreateOptions {
  const { agent } = spec;
  return {
    name: spec.name,
    Image: spec.image,
    Cmd: [...spec.command],
    Env: Object.entries(spec.environment).map(([key, value]) => `${key}=${value}`),
    Hostname: spec.hostname,
    Labels: { ...spec.labels },
    ExposedPorts: Object.fromEntries(spec.ports.map((port) => [`${port}/tcp`, {}])),
    // the agent takes its commands on stdin, from one CLI after another
    ...(agent === undefined ? {} : { OpenStdin: true, StdinOnce: false }),
    HostConfig: {
      NetworkMode: spec.network,
      Mounts: [...spec.volumes].map(([Source, Target]) => ({ Type: "volume" as const, Source, Target })),
      PortBindings: Object.fromEntries(spec.ports.map((port) => [`${port}/tcp`, [{ HostIp: "127.0.0.1", HostPort: "0" }]])),
      LogConfig: { Type: "json-file", Config: { "max-size": "50m", "max-file": "5", mode: "blocking" } },
      ...(agent === undefined
        ? {}
        : {
            PidMode: "host",
            CapAdd: ["NET_ADMIN", "SYS_ADMIN"],
            Binds: [agent.engineSocketBind],
            RestartPolicy: { Name: "unless-stopped" },
          }),
    },
    NetworkingConfig: { EndpointsConfig: { [spec.network]: { Aliases: [...spec.aliases] } } },
  };
}

function toDetail(one: Dockerode.ContainerInspectInfo): ContainerDetail {
  const endpoints = new Map<number, Endpoint>();
  for (const [key, bindings] of Object.entries(one.NetworkSettings.Ports ?? {})) {
    const binding = (bindings as { HostIp: string; HostPort: string }[] | null)?.[0];
    if (binding !== undefined) endpoints.set(Number.parseInt(key, 10), { host: binding.HostIp, port: Number(binding.HostPort) });
  }
  return {
    id: one.Id,
    name: one.Name.replace(/^\//, ""),
    image: one.Config.Image,
    labels: one.Config.Labels ?? {},
    state: one.State.Status as ContainerState,
    // the engine's zero time stands for "never"
    startedAt: one.State.StartedAt.startsWith("0001-") ? undefined : one.State.StartedAt,
    exitCode: one.State.Running ? undefined : one.State.ExitCode,
    oomKilled: one.State.OOMKilled,
    tty: one.Config.Tty,
    endpoints,
  };
}

/** The build's JSON lines; one with `error` ends it. */
async function readBuild(output: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> {
  for await (const message of jsonLines(output)) {
    const { stream, error } = message as { stream?: string; error?: string };
    if (error !== undefined) throw new Error(error);
    if (stream !== undefined && stream.trim() !== "") onLine(stream.trimEnd());
  }
}

async function* readEvents(stream: NodeJS.ReadableStream, signal: AbortSignal): AsyncIterable<ContainerEvent> {
  try {
    for await (const message of jsonLines(stream)) {
      const event = message as { id: string; Action: string; Actor: { Attributes: Record<string, string> } };
      yield {
        id: event.id,
        action: toAction(event.Action),
        labels: event.Actor.Attributes,
        exitCode: event.Actor.Attributes["exitCode"] === undefined ? undefined : Number(event.Actor.Attributes["exitCode"]),
      };
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

const actions = new Set(["create", "start", "die", "pause", "unpause", "destroy", "oom", "health_status"]);

function toAction(action: string): ContainerEvent["action"] {
  const name = action.split(":")[0] ?? "";
  return actions.has(name) ? (name as ContainerEvent["action"]) : "other";
}

async function* jsonLines(stream: NodeJS.ReadableStream): AsyncIterable<unknown> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield JSON.parse(line);
  }
  if (rest.trim() !== "") yield JSON.parse(rest);
}

/**
 * The log call of dockerode collects a log that is not followed in memory, whatever its size; this is the same request as a stream.
 * Its type knows no such request, so the answer's is told here.
 */
function openLogs(docker: Dockerode, id: string, { follow, since, tail, signal }: LogOptions): Promise<NodeJS.ReadableStream> {
  const options = {
    follow,
    stdout: true,
    stderr: true,
    timestamps: true,
    ...(since === undefined ? {} : { since: unixNanos(since) }),
    ...(tail === undefined ? {} : { tail }),
  };
  const statusCodes = { 200: true, 404: "no such container", 500: "server error" };
  const abort = signal === undefined ? {} : { abortSignal: signal };
  const request = { path: `/containers/${id}/logs?`, method: "GET", isStream: true, statusCodes, options, ...abort };
  return new Promise((resolve, reject) => {
    docker.modem.dial(request, (error: Error | null, stream: unknown) => {
      if (error === null) resolve(stream as NodeJS.ReadableStream);
      else reject(error);
    });
  });
}

/** A stream's chunks; a reader that gave up, by its signal or by destroying the stream, gets a quiet end. */
async function* readAll(stream: NodeJS.ReadableStream, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  const duplex = stream as Duplex;
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    duplex.destroy();
  };
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) yield chunk;
  } catch (error) {
    if (!stopped) throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** `since` of the engine's log call: seconds with nine decimals; a float would lose the last digits. */
function unixNanos(stamp: string): string {
  const seconds = Math.floor(Date.parse(stamp) / 1000);
  const fraction = /\.(\d+)/.exec(stamp)?.[1] ?? "";
  return `${seconds}.${fraction.padEnd(9, "0").slice(0, 9)}`;
}

/** The engine's own path of its socket, for mounting into the agent. */
export function engineSocketPath(address: EngineAddress): string {
  return address.url.startsWith("unix://") ? address.url.slice("unix://".length) || defaultSocket : defaultSocket;
}
