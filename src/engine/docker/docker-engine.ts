import { release } from "node:os";
import type { Engine, EngineFacts, EngineInfo, EngineResources, Exec, Inspection } from "../port.js";
import { defaultSocket, namesHere, unreachedMachine } from "./address.js";
import type { EngineAddress, Environment } from "./address.js";
import { createCalls } from "./calls.js";
import type { Calls } from "./calls.js";
import { createContainers } from "./containers.js";
import { exec } from "./exec.js";
import { createImages } from "./images.js";
import { createNetworks } from "./networks.js";
import { createStreams } from "./streams.js";
import { createVolumes } from "./volumes.js";

/** The engine port on the Docker Engine API, 1.41 (20.10) and later. Connects, and loads dockerode, on the first call. */
export function createDockerEngine(address: EngineAddress, environment: Environment = process.env): Engine {
  const calls = createCalls(address);
  return {
    ...createInfo(calls, address),
    ...createImages(calls, environment),
    ...createContainers(calls, address),
    ...createNetworks(calls),
    ...createVolumes(calls),
    ...createStreams(calls, address),
    ...createExec(calls),
    ...createInspection(calls),
  };
}

/** The part of `GET /info` that dockerode's types leave open. */
interface Info {
  readonly DockerRootDir: string;
  readonly DefaultAddressPools?: readonly { readonly Base: string; readonly Size: number }[];
}

function createInfo({ call }: Calls, address: EngineAddress): EngineInfo {
  const ask = (): Promise<EngineFacts> =>
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
        addressFrom: address.from,
        unreachedMachine: unreachedMachine(address, namesHere()),
      };
    });
  // the engine asks its own programs for theirs each time, which takes longer than to list all that it has
  let told: Promise<EngineFacts> | undefined;
  return {
    facts: () =>
      (told ??= ask().catch((error: unknown) => {
        told = undefined;
        throw error;
      })),
    resources: () =>
      call("tell what it has left", async (docker): Promise<EngineResources> => {
        const [info, networks] = await Promise.all([docker.info() as Promise<Info>, docker.listNetworks()]);
        return {
          dataDir: info.DockerRootDir,
          addressPools: (info.DefaultAddressPools ?? []).map(({ Base, Size }) => ({ base: Base, size: Size })),
          subnets: networks.flatMap(({ IPAM }) => (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? [])),
        };
      }),
  };
}

function createExec({ call }: Calls): Exec {
  return {
    exec: (id, command, onStdout, onStderr) =>
      call("run a command in a container", (docker) => exec(docker, id, command, onStdout, onStderr)),
  };
}

function createInspection({ find }: Calls): Inspection {
  return {
    inspectAll: (what, id) =>
      find<unknown>(`inspect a ${what}`, (docker) => {
        switch (what) {
          case "container":
            return docker.getContainer(id).inspect();
          case "network":
            return docker.getNetwork(id).inspect();
          case "volume":
            return docker.getVolume(id).inspect();
        }
      }),
  };
}

/** The engine's own path of its socket, for mounting into the agent. */
export function engineSocketPath(address: EngineAddress): string {
  return address.url.startsWith("unix://") ? address.url.slice("unix://".length) || defaultSocket : defaultSocket;
}
