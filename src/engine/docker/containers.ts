import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type Dockerode from "dockerode";
import { pack } from "tar-stream";
import type {
  ContainerDetail,
  ContainerInfo,
  Containers,
  ContainerSpec,
  ContainerState,
  Endpoint,
  FileToPut,
  RestartPolicy,
} from "../port.js";
import type { EngineAddress } from "./address.js";
import type { Calls } from "./calls.js";
import { statusOf } from "./errors.js";
import { logFileBytes } from "./log-files.js";

/** Where a port is published that nobody but this machine reaches, and any machine. */
const [loopback, anyAddress] = ["127.0.0.1", "0.0.0.0"];

export function createContainers({ call, wish, find }: Calls, { machine }: Pick<EngineAddress, "machine">): Containers {
  const publishedOn = machine === undefined ? loopback : anyAddress;
  return {
    createContainer: (spec) =>
      call(`create ${spec.name}`, async (docker) => (await docker.createContainer(createOptions(spec, publishedOn))).id),
    putFile: (id, folder, file) =>
      call("put a file into a container", async (docker) => {
        await docker.getContainer(id).putArchive(tarOf(file), { path: folder });
      }),
    startContainer: (id) =>
      call("start a container", async (docker) => {
        try {
          await docker.getContainer(id).start();
        } catch (error) {
          // it runs already; 404 is no such container, but also a container whose network is gone
          if (statusOf(error) !== 304) throw error;
        }
      }),
    stopContainer: (id, graceMs) =>
      wish("stop a container", (docker) =>
        docker.getContainer(id).stop(graceMs === undefined ? {} : { t: Math.ceil(graceMs / 1000) }),
      ),
    signalContainer: (id, signal) => wish("signal a container", (docker) => docker.getContainer(id).kill({ signal })),
    unpauseContainer: (id) => wish("unpause a container", (docker) => unpause(docker.getContainer(id))),
    removeContainer: (id) =>
      wish("remove a container", async (docker) => {
        const container = docker.getContainer(id);
        // some engines cannot kill what is frozen
        await unpause(container);
        try {
          await container.remove({ force: true, v: true });
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
      find("inspect a container", async (docker) => toDetail(await docker.getContainer(id).inspect(), machine)),
  };
}

/** Made while it is sent. */
function tarOf({ name, byteLength, content, mode = 0o644, owner }: FileToPut): NodeJS.ReadableStream {
  const tar = pack();
  const entry = tar.entry({ name, size: byteLength, mode, ...owner });
  pipeline(Readable.from(content()), entry).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(error as Error),
  );
  return tar as unknown as NodeJS.ReadableStream;
}

async function unpause(container: Dockerode.Container): Promise<void> {
  try {
    await container.unpause();
  } catch (error) {
    // "is not paused" comes as 409 or 500, by version
    if (!/not paused/.test(String(error))) throw error;
  }
}

/** What it takes to make and change network namespaces (capabilities(7)). */
const networkCapabilities = ["NET_ADMIN", "SYS_ADMIN"];

/** And to enter those of processes that are another user's, or that may do more than the agent (ptrace(2), "access mode checking"). */
const agentCapabilities = [...networkCapabilities, "SYS_PTRACE"];

/** Exported for the tests: what an agent may do is worth pinning down. */
export function createOptions(spec: ContainerSpec, publishedOn: string = loopback): Dockerode.ContainerCreateOptions {
  const { agent, shipper } = spec;
  return {
    name: spec.name,
    Image: spec.image,
    ...(spec.entrypoint === undefined ? {} : { Entrypoint: [...spec.entrypoint] }),
    Cmd: [...spec.command],
    Env: Object.entries(spec.environment).map(([key, value]) => `${key}=${value}`),
    Hostname: spec.hostname,
    Labels: { ...spec.labels },
    ExposedPorts: Object.fromEntries(spec.ports.map(({ container }) => [`${container}/tcp`, {}])),
    ...(spec.user === undefined ? {} : { User: spec.user }),
    ...(spec.stopGraceMs === undefined ? {} : { StopTimeout: Math.ceil(spec.stopGraceMs / 1000) }),
    // the agent takes its commands on stdin, from one CLI after another
    ...(agent === undefined ? {} : { OpenStdin: true, StdinOnce: false }),
    HostConfig: {
      NetworkMode: spec.network,
      Mounts: mounts(spec),
      PortBindings: Object.fromEntries(
        spec.ports.map(({ container, host }) => [`${container}/tcp`, [{ HostIp: publishedOn, HostPort: String(host ?? 0) }]]),
      ),
      LogConfig: { Type: "json-file", Config: { "max-size": "50m", "max-file": "5", mode: "blocking" } },
      ...limits(spec),
      ...(spec.restart === undefined ? {} : { RestartPolicy: restartPolicy(spec.restart) }),
      ...(spec.capAdd === undefined ? {} : { CapAdd: [...spec.capAdd] }),
      ...(spec.looksAtKernel === true ? { CapAdd: networkCapabilities } : {}),
      ...(agent === undefined
        ? {}
        : {
            PidMode: "host",
            CapAdd: agentCapabilities,
            CgroupnsMode: "host",
            Binds: [...agent.binds],
            RestartPolicy: { Name: "unless-stopped" },
          }),
      ...(shipper === undefined
        ? {}
        : {
            CapDrop: ["ALL"],
            SecurityOpt: ["no-new-privileges"],
            ReadonlyRootfs: true,
            Binds: [...shipper.binds],
            RestartPolicy: { Name: "unless-stopped" },
          }),
    },
    NetworkingConfig: { EndpointsConfig: { [spec.network]: { Aliases: [...spec.aliases] } } },
  };
}

/** As mounts, not as `Binds`: of a folder that is not there, those would make an empty one of root's. */
function mounts({ volumes, binds = [], tmpfs = [] }: ContainerSpec): Dockerode.MountSettings[] {
  return [
    ...volumes.map(({ name, path, labels, readOnly = false }) => ({
      Type: "volume" as const,
      Source: name,
      Target: path,
      ...(readOnly ? { ReadOnly: true } : {}),
      VolumeOptions: { NoCopy: false, Labels: { ...labels }, DriverConfig: { Name: "local", Options: {} } },
    })),
    ...binds.map(({ source, path, readOnly }) => ({
      Type: "bind" as const,
      Source: source,
      Target: path,
      ReadOnly: readOnly,
    })),
    ...tmpfs.map(({ path, sizeBytes }) => ({
      Type: "tmpfs" as const,
      Source: "",
      Target: path,
      // what the engine takes for all of the memory
      TmpfsOptions: { SizeBytes: sizeBytes ?? 0, Mode: 0o1777 },
    })),
  ];
}

function limits({ cpus, memoryBytes, ulimits }: ContainerSpec): Dockerode.HostConfig {
  return {
    ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
    // with swap to spare, a limit would make it slow instead of ending it
    ...(memoryBytes === undefined ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
    ...(ulimits === undefined
      ? {}
      : { Ulimits: ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })) }),
  };
}

function restartPolicy({ policy, maxRetries }: RestartPolicy): Dockerode.HostRestartPolicy {
  return { Name: policy, ...(maxRetries === null ? {} : { MaximumRetryCount: maxRetries }) };
}

/** `none` is what some versions say of an image without a health check. */
function healthOf(status: string | undefined): ContainerDetail["health"] {
  return status === "starting" || status === "healthy" || status === "unhealthy" ? status : undefined;
}

/** The engine's zero time stands for "never". */
function timeOf(text: string): string | undefined {
  return text.startsWith("0001-") ? undefined : text;
}

/** `machine`: where the engine's own is reached; what it publishes on all of its addresses is there. */
function toDetail(one: Dockerode.ContainerInspectInfo, machine: string = loopback): ContainerDetail {
  const endpoints = new Map<number, Endpoint>();
  for (const [key, bindings] of Object.entries(one.NetworkSettings.Ports ?? {})) {
    const binding = (bindings as { HostIp: string; HostPort: string }[] | null)?.[0];
    if (binding === undefined) continue;
    const host = binding.HostIp === anyAddress ? machine : binding.HostIp;
    endpoints.set(Number.parseInt(key, 10), { host, port: Number(binding.HostPort) });
  }
  return {
    id: one.Id,
    name: one.Name.replace(/^\//, ""),
    image: one.Config.Image,
    labels: one.Config.Labels ?? {},
    state: one.State.Status as ContainerState,
    startedAt: timeOf(one.State.StartedAt),
    endedAt: timeOf(one.State.FinishedAt),
    // one that is about to be started again counts as running, too
    exitCode: one.State.Running && !one.State.Restarting ? undefined : one.State.ExitCode,
    oomKilled: one.State.OOMKilled,
    restarts: one.RestartCount,
    health: healthOf(one.State.Health?.Status),
    tty: one.Config.Tty,
    logFileBytes: logFileBytes(one.HostConfig.LogConfig),
    endpoints,
  };
}
