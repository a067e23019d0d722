import { readFileSync } from "node:fs";
import path from "node:path";
import type Dockerode from "dockerode";
import { DeviousError } from "../../core/errors.js";
import type { EngineAddress } from "./address.js";

/** What dockerode is told of an address, and what it takes to connect without it. */
export type EngineEndpoint = { readonly socketPath: string } | TcpEndpoint;

interface TcpEndpoint {
  readonly protocol: "http" | "https";
  readonly host: string;
  readonly port: string;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Opens the API at an address. dockerode takes a while to load, so commands that need no engine never load it. */
export async function connect(address: EngineAddress): Promise<Dockerode> {
  const { default: Docker } = await import("dockerode");
  return new Docker(endpointOf(address));
}

/** Throws ENGINE_UNREACHABLE for addresses that nobody can connect to directly. */
export function endpointOf(address: EngineAddress): EngineEndpoint {
  const url = parse(address.url);
  switch (url.protocol) {
    case "unix:":
    case "npipe:":
      return { socketPath: address.url.replace(/^(unix|npipe):\/\//, "") };
    case "tcp:":
    case "http:":
    case "https:":
      return { host: url.hostname, port: url.port || "2375", ...tls(url, address.certDir) };
    default:
      throw new DeviousError(
        "ENGINE_UNREACHABLE",
        `Engines at ${url.protocol}// addresses (${address.url}) cannot be reached directly.`,
        {
          hint: "Open a tunnel (`ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock HOST`) and set DOCKER_HOST=unix:///tmp/engine.sock.",
        },
      );
  }
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch (cause) {
    throw new DeviousError("ENGINE_UNREACHABLE", `"${url}" is not an engine address.`, {
      hint: "It looks like unix:///var/run/docker.sock or tcp://host:2375.",
      cause,
    });
  }
}

function tls(url: URL, certDir: string | undefined): Omit<TcpEndpoint, "host" | "port"> {
  if (certDir === undefined || url.protocol === "http:") return { protocol: url.protocol === "https:" ? "https" : "http" };
  const read = (name: string): Buffer => readFileSync(path.join(certDir, name));
  return { protocol: "https", ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
}
