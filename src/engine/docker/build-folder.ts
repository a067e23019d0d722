/**
 * Builds from a folder of the user's: through the docker CLI, whose BuildKit cannot be had otherwise, or, where it has none, by the engine's classic
 * builder.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import type Dockerode from "dockerode";
import { DeviousError, messageOf } from "../../core/errors.js";
import { registryOf } from "../../core/image-reference.js";
import { contextOf } from "../build-context.js";
import type { FolderBuild } from "../port.js";
import type { Environment } from "./address.js";
import type { Calls } from "./calls.js";
import { credentialsForAll } from "./credentials.js";
import { readBuild } from "./read-build.js";

export async function buildFolder(
  { call }: Pick<Calls, "call">,
  environment: Environment,
  build: FolderBuild,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (await buildByCli(environment, build, onLine, signal)) return;
  // a key may be any credentials, whatever their type says
  const registryconfig = (await credentialsOfBases(build, environment, signal)) as Dockerode.RegistryConfig;
  const broken = new AbortController();
  const context = Readable.from(contextOf(build.folder, build.dockerfile));
  // the request would wait for the rest of it
  context.once("error", (error) => broken.abort(error));
  try {
    await call(`build ${build.reference}`, async (docker) => {
      const output = await docker.buildImage(context, {
        t: build.reference,
        dockerfile: build.dockerfile.split(path.sep).join("/"),
        buildargs: { ...build.args },
        ...(build.target === null ? {} : { target: build.target }),
        labels: { ...build.labels },
        rm: true,
        forcerm: true,
        registryconfig,
        abortSignal: AbortSignal.any([signal, broken.signal]),
      });
      await readBuild(output, onLine);
    });
  } catch (error) {
    signal.throwIfAborted();
    if (broken.signal.aborted) throw unreadable(build, broken.signal.reason);
    throw error instanceof DeviousError && wantsBuildKit.test(error.message) ? ofClassicBuilder(error) : error;
  } finally {
    context.destroy();
  }
}

function unreadable({ folder }: FolderBuild, cause: unknown): DeviousError {
  const why = messageOf(cause).replace(/\.?$/, ".");
  return new DeviousError("IMAGE_BUILD", `The build context ${folder} cannot be read: ${why}`, {
    hint: "A `.dockerignore` in it leaves out what the image does not need.",
    cause,
  });
}

/** What the classic builder says of what it does not know, and BuildKit may. */
const wantsBuildKit = /BuildKit|unknown (?:flag|instruction)|parse error/i;

function ofClassicBuilder(error: DeviousError): DeviousError {
  return new DeviousError(error.code, error.message, {
    hint: "It was built by the engine's classic builder; what only BuildKit knows needs the docker CLI with its buildx plugin.",
    cause: error.cause,
  });
}

/** Other registries than Docker Hub are named where an image is, so whatever in the Dockerfile looks like an image is asked about. */
async function credentialsOfBases(
  { folder, dockerfile }: FolderBuild,
  environment: Environment,
  signal: AbortSignal,
): Promise<object> {
  // where there is none, the engine says so
  const text = await readFile(path.join(folder, dockerfile), "utf8").catch(() => "");
  const bases = [...text.matchAll(/^\s*(?:FROM|COPY)\s+(?:--platform=\S+\s+)?(?:--from=)?(\S+)/gim)].flatMap(
    ([, base]) => base ?? [],
  );
  const registries = new Set(bases.filter((base) => base !== "scratch").map(registryOf));
  return credentialsForAll([...registries], environment, signal);
}

/** What the docker CLI says where it cannot build with BuildKit: without its plugin since version 23, for an engine that has none before. */
const noBuildKit = /buildx component is missing or broken|BuildKit (?:is )?not supported by/i;

/** False where the docker CLI is not there, or has no BuildKit. It finds the engine by the same rules as we do. */
async function buildByCli(
  environment: Environment,
  build: FolderBuild,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  // the user's own word
  if (environment["DOCKER_BUILDKIT"] === "0") return false;
  const { execa } = await import("execa");
  const running = execa("docker", cliArguments(build), {
    env: { ...environment, DOCKER_BUILDKIT: "1", BUILDKIT_PROGRESS: "plain", DOCKER_CLI_HINTS: "false" },
    extendEnv: false,
    stdin: "ignore",
    all: true,
    reject: false,
    cancelSignal: signal,
  });
  const last: string[] = [];
  let isAbsent = false;
  for await (const line of running.iterable({ from: "all" })) {
    isAbsent ||= noBuildKit.test(line);
    if (isAbsent || line.trim() === "") continue;
    last.splice(0, Math.max(0, last.length - 20));
    last.push(line);
    onLine(line);
  }
  const { failed, code, exitCode } = await running;
  signal.throwIfAborted();
  if (!failed) return true;
  if (isAbsent || code === "ENOENT") return false;
  const why = last.findLast((line) => line.startsWith("ERROR: "))?.slice("ERROR: ".length);
  const words = why ?? `docker build ended with exit code ${exitCode ?? "none"}`;
  throw new DeviousError("ENGINE_REFUSED", `The engine could not build ${build.reference}: ${words.replace(/\.?$/, ".")}`);
}

function cliArguments({ reference, folder, dockerfile, args, target, labels }: FolderBuild): readonly string[] {
  const pairs = (flag: string, values: Readonly<Record<string, string>>): readonly string[] =>
    Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`]);
  return [
    "build",
    "--tag",
    reference,
    "--file",
    path.join(folder, dockerfile),
    ...(target === null ? [] : ["--target", target]),
    ...pairs("--build-arg", args),
    ...pairs("--label", labels),
    folder,
  ];
}
