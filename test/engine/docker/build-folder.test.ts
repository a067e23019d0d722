// Shows how a folder is built: by the docker CLI where that has BuildKit, by the engine's classic builder where not, and what is told where it fails.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { buildFolder } from "../../../src/engine/docker/build-folder.js";
import type { Calls } from "../../../src/engine/docker/calls.js";
import { DeviousError } from "../../../src/core/errors.js";

const words = "The engine could not build api:1: dockerfile parse error line 3: unknown instruction: EOF.";

interface Built {
  readonly error: unknown;
  readonly lines: readonly string[];
}

/** Builds with a `docker` on the PATH that is this shell script; undefined: there is none. The engine itself refuses to build. */
async function built(
  docker: string | undefined,
  environment: Readonly<Record<string, string>> = {},
  signal = new AbortController().signal,
): Promise<Built> {
  const folder = await mkdtemp(path.join(tmpdir(), "devious-build-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  if (docker !== undefined) {
    await writeFile(path.join(folder, "docker"), `#!/bin/sh\n${docker}\n`);
    await chmod(path.join(folder, "docker"), 0o755);
  }
  const call: Calls["call"] = () => Promise.reject(new DeviousError("ENGINE_REFUSED", words));
  const build = {
    reference: "api:1",
    folder: "/src/api",
    dockerfile: "ops/Dockerfile",
    args: { MODE: "a b" },
    target: "run",
    labels: { "devious.built": "/src" },
  };
  const lines: string[] = [];
  const env = { PATH: docker === undefined ? folder : `${folder}:/usr/bin:/bin`, DOCKER_CONFIG: folder, ...environment };
  const error = await buildFolder({ call }, env, build, (line) => lines.push(line), signal).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, lines };
}

test("the docker CLI is told all of it, and its output is passed on", async () => {
  const { error, lines } = await built('echo "$DOCKER_BUILDKIT $BUILDKIT_PROGRESS" >&2; for word; do echo "[$word]"; done');
  expect(error).toBeUndefined();
  expect(lines.toSorted()).toEqual(
    [
      "1 plain",
      ...["build", "--tag", "api:1", "--file", "/src/api/ops/Dockerfile", "--target", "run"].map((word) => `[${word}]`),
      ...["--build-arg", "MODE=a b", "--label", "devious.built=/src", "/src/api"].map((word) => `[${word}]`),
    ].toSorted(),
  );
});

test("what BuildKit says last is why it failed", async () => {
  const { error, lines } = await built("echo '#5 [2/2] RUN make'; echo 'ERROR: failed to solve: exit code: 2' >&2; exit 1");
  expect(error).toMatchObject({
    code: "ENGINE_REFUSED",
    message: "The engine could not build api:1: failed to solve: exit code: 2.",
    hint: undefined,
  });
  expect(lines).toContain("#5 [2/2] RUN make");
});

test.each<[string, string | undefined, Readonly<Record<string, string>>]>([
  ["there is no docker CLI", undefined, {}],
  ["the CLI has no buildx", "echo 'ERROR: BuildKit is enabled but the buildx component is missing or broken.' >&2; exit 1", {}],
  ["the engine has no BuildKit", "echo 'buildkit not supported by daemon' >&2; exit 1", {}],
  ["the user does not want BuildKit", "exit 0", { DOCKER_BUILDKIT: "0" }],
])(
  "the classic builder is asked where %s, and what it does not know says that it was that one",
  async (_, docker, environment) => {
    const { error, lines } = await built(docker, environment);
    expect(error).toMatchObject({ message: words, hint: expect.stringContaining("buildx") });
    expect(lines).toEqual([]);
  },
);

test("an interrupt ends the build", async () => {
  const stop = AbortSignal.timeout(200);
  const startedAt = performance.now();
  const { error } = await built("exec sleep 20", {}, stop);
  expect(error).toBe(stop.reason);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});
