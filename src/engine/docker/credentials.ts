/**
 * What the user has told docker for a registry, looked up as the docker CLI does it: the helper of the registry, else the helper for all, else what
 * is in the file itself. A helper is a program that is asked on stdin and answers in JSON (github.com/docker/docker-credential-helpers); no package
 * that asks it runs on our Node and is looked after.
 */
import path from "node:path";
import { dockerHub } from "../../core/image-reference.js";
import { messageOf } from "../../core/errors.js";
import { type Environment, configDirOf, readJson } from "./address.js";

/** As the engine takes them; all of it is secret. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  | { readonly identitytoken: string }
  | { readonly registrytoken: string };

export interface Found {
  /** Undefined: none, which is enough for what is public. */
  readonly credentials: Credentials | undefined;
  /** Why there may be some nevertheless. */
  readonly trouble: string | undefined;
}

interface Config {
  readonly auths?: Readonly<Record<string, Entry>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

interface Entry {
  /** `user:password` in base 64. */
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

/** What Docker Hub is called in the file, and asked for by. */
const hubAddress = "https://index.docker.io/v1/";

/** Throws nothing but what `signal` says: without credentials the registry is asked all the same, and its answer is better. */
export async function credentialsFor(registry: string, environment: Environment, signal?: AbortSignal): Promise<Found> {
  const config = readJson(path.join(configDirOf(environment), "config.json")) as Config | undefined;
  const names = registry === dockerHub ? [hubAddress, "index.docker.io", dockerHub] : [registry];
  const given = credentialsIn(parsed(environment["DOCKER_AUTH_CONFIG"])?.auths, names);
  if (given !== undefined) return { credentials: given, trouble: undefined };
  const helper = names.flatMap((name) => config?.credHelpers?.[name] ?? [])[0] ?? config?.credsStore;
  if (helper === undefined || helper === "") return { credentials: credentialsIn(config?.auths, names), trouble: undefined };
  try {
    return { credentials: await ask(helper, names[0] ?? registry, environment, signal), trouble: undefined };
  } catch (error) {
    signal?.throwIfAborted();
    return { credentials: undefined, trouble: `docker-credential-${helper} could not be asked: ${messageOf(error)}` };
  }
}

/** The credentials for each of these registries for which there are some, by the names that a builder looks for. */
export async function credentialsForAll(
  registries: readonly string[],
  environment: Environment,
  signal: AbortSignal,
): Promise<Readonly<Record<string, Credentials>>> {
  const found = await Promise.all(
    registries.map(async (registry): Promise<readonly [string, Credentials | undefined]> => {
      const { credentials } = await credentialsFor(registry, environment, signal);
      return [registry === dockerHub ? hubAddress : registry, credentials];
    }),
  );
  return Object.fromEntries(found.flatMap(([name, credentials]) => (credentials === undefined ? [] : [[name, credentials]])));
}

/** Keys of the file may be URLs. */
function credentialsIn(auths: Config["auths"], names: readonly string[]): Credentials | undefined {
  const entries = Object.entries(auths ?? {});
  for (const name of names) {
    const found = entries.find(([key]) => key === name) ?? entries.find(([key]) => hostOf(key) === hostOf(name));
    if (found !== undefined) return toCredentials(found[1]);
  }
  return undefined;
}

function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}

function toCredentials({ auth, username, password, identitytoken, registrytoken }: Entry): Credentials | undefined {
  if (identitytoken !== undefined && identitytoken !== "") return { identitytoken };
  if (registrytoken !== undefined && registrytoken !== "") return { registrytoken };
  const text = auth === undefined ? `${username ?? ""}:${password ?? ""}` : Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  // with a helper, entries are there and empty
  return colon < 1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") };
}

/** A key chain may ask its user first. */
const helperPatienceMs = 60_000;

async function ask(
  helper: string,
  server: string,
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  const { execa } = await import("execa");
  const { failed, stdout, code, exitCode, timedOut } = await execa(`docker-credential-${helper}`, ["get"], {
    input: server,
    env: environment,
    extendEnv: false,
    reject: false,
    timeout: helperPatienceMs,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  if (failed) {
    signal?.throwIfAborted();
    // the one answer that means that there is nothing; helpers give it on stdout, with exit code 1
    if (/credentials not found/i.test(stdout ?? "")) return undefined;
    // what else it said may hold anything, secrets too
    if (timedOut) throw new Error("it did not answer");
    throw new Error(code === "ENOENT" ? "there is no such program on the PATH" : `it ended with exit code ${exitCode ?? "none"}`);
  }
  const answer = parsed(stdout) as { readonly Username?: string; readonly Secret?: string } | undefined;
  const { Username: username = "", Secret: password = "" } = answer ?? {};
  if (password === "") return undefined;
  return username === "<token>" ? { identitytoken: password } : { username, password };
}

function parsed(text: string | undefined): Config | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Config);
  } catch {
    return undefined;
  }
}
