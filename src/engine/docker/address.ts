import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir, hostname, networkInterfaces } from "node:os";
import path from "node:path";
import { DeviousError } from "../../core/errors.js";

/**
 * Where the engine answers, resolved as the docker CLI does it: DOCKER_HOST, then DOCKER_CONTEXT, then `currentContext` of
 * config.json, then the default socket. dockerode knows only the first and the last.
 */
export interface EngineAddress {
  /** As a person would write it: `unix:///var/run/docker.sock`, `tcp://10.0.0.5:2376`. */
  readonly url: string;
  /** What named it, for error messages. */
  readonly from: string;
  /** Folder with ca.pem, cert.pem and key.pem where the address wants TLS. */
  readonly certDir: string | undefined;
  /**
   * Name or address by which the engine's machine is reached from here, DEVIOUS_ENGINE_HOST; ports are then published on all of its addresses.
   * Undefined: it is this machine, and they are published on 127.0.0.1 alone.
   */
  readonly machine?: string | undefined;
}

export const defaultSocket = "/var/run/docker.sock";

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

export function resolveEngineAddress(env: Environment): EngineAddress {
  return { ...engineAddress(env), machine: given(env["DEVIOUS_ENGINE_HOST"]) };
}

type Address = Omit<EngineAddress, "machine">;

function engineAddress(env: Readonly<Record<string, string | undefined>>): Address {
  const host = given(env["DOCKER_HOST"]);
  if (host !== undefined) {
    return { url: host.includes("://") ? host : `tcp://${host}`, from: "DOCKER_HOST", certDir: env["DOCKER_CERT_PATH"] };
  }
  const configDir = configDirOf(env);
  const context = given(env["DOCKER_CONTEXT"]) ?? currentContext(configDir);
  if (context !== undefined && context !== "" && context !== "default") return contextAddress(configDir, context);
  return { url: `unix://${defaultSocket}`, from: "the default", certDir: undefined };
}

/**
 * The machine of an engine that is reached over a network, where ports are published on its 127.0.0.1; null where that is this machine's, which
 * is known by the names `here`, or DEVIOUS_ENGINE_HOST says how ports are reached.
 */
export function unreachedMachine({ url, machine }: EngineAddress, here: readonly string[]): string | null {
  if (machine !== undefined || !/^(tcp|https?|ssh):/.test(url) || !URL.canParse(url)) return null;
  // only of schemes that it knows does URL write an IPv6 address in one way
  const name = new URL(url.replace(/^[a-z]+:/, "http:")).hostname.replace(/^\[|\]$/g, "");
  return name === "" || name === "localhost" || name.startsWith("127.") || here.includes(name) ? null : name;
}

/** By what this machine is reached. */
export function namesHere(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  return [hostname().toLowerCase(), ...addresses];
}

/** Sockets that engines of one user listen on, as far as they are there: rootless Docker, Docker Desktop, Colima, OrbStack, Rancher Desktop. */
export function findSockets(env: Environment): readonly string[] {
  const runtimeDir = given(env["XDG_RUNTIME_DIR"]);
  const home = given(env["HOME"]) ?? homedir();
  const inHome = [".docker/run", ".docker/desktop", ".colima/default", ".orbstack/run", ".rd"];
  const dirs = [
    path.dirname(defaultSocket),
    ...(runtimeDir === undefined ? [] : [runtimeDir]),
    ...inHome.map((dir) => path.join(home, dir)),
  ];
  return dirs.map((dir) => path.join(dir, "docker.sock")).filter((socket) => existsSync(socket));
}

/** Where the docker CLI keeps what it was told. */
export function configDirOf(env: Environment): string {
  return given(env["DOCKER_CONFIG"]) ?? path.join(given(env["HOME"]) ?? homedir(), ".docker");
}

/** An empty variable says nothing, as for the docker CLI. */
function given(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function currentContext(configDir: string): string | undefined {
  const config = readJson(path.join(configDir, "config.json"));
  return typeof config?.["currentContext"] === "string" ? config["currentContext"] : undefined;
}

/** Contexts are plain files, kept under the SHA-256 of their name. */
function contextAddress(configDir: string, name: string): Address {
  const id = createHash("sha256").update(name).digest("hex");
  const meta = readJson(path.join(configDir, "contexts", "meta", id, "meta.json")) as
    { Endpoints?: { docker?: { Host?: string } } } | undefined;
  const url = meta?.Endpoints?.docker?.Host;
  if (url === undefined) {
    throw new DeviousError("ENGINE_UNREACHABLE", `The docker context "${name}" does not exist.`, {
      hint: "docker context ls shows those that do; unset DOCKER_CONTEXT to use the default.",
    });
  }
  return { url, from: `docker context "${name}"`, certDir: path.join(configDir, "contexts", "tls", id, "docker") };
}

export function readJson(file: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  } catch {
    // no file, or not ours to judge: the docker CLI falls back to the default as well
    return undefined;
  }
}
