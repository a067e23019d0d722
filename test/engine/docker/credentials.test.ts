// Shows which of the user's credentials a registry is asked with, as the docker CLI would choose them, and that a broken helper says nothing it knows.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { credentialsFor, credentialsForAll } from "../../../src/engine/docker/credentials.js";
import type { Found } from "../../../src/engine/docker/credentials.js";

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

/** Looks up with this config.json, and these helpers on the PATH: name -> shell script that is given the server's name as `$server`. */
async function lookUp(
  registry: string,
  config: unknown,
  helpers: Readonly<Record<string, string>> = {},
  more: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Found> {
  const folder = await mkdtemp(path.join(tmpdir(), "devious-credentials-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(path.join(folder, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
  for (const [name, script] of Object.entries(helpers)) {
    const file = path.join(folder, `docker-credential-${name}`);
    await writeFile(file, `#!/bin/sh\nread -r server\n[ "$1" = get ] || exit 9\n${script}\n`);
    await chmod(file, 0o755);
  }
  return credentialsFor(registry, { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env["PATH"] ?? ""}`, ...more }, signal);
}

/** Answers with the server it was asked about as user. */
const echo = `echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"$server\\",\\"Secret\\":\\"hunter2\\"}"`;

const me = { username: "me", password: "p:w" };
const auth = base64("me:p:w");

test.each<[string, string, unknown, Found["credentials"]]>([
  ["nobody logged in", "docker.io", {}, undefined],
  ["no JSON at all", "docker.io", "{", undefined],
  ["Docker Hub", "docker.io", { auths: { "https://index.docker.io/v1/": { auth } } }, me],
  ["another registry", "ghcr.io", { auths: { "ghcr.io": { auth } } }, me],
  ["one with a port", "localhost:5000", { auths: { "localhost:5000": { auth } } }, me],
  ["one that is written as a URL", "r.example.com", { auths: { "https://r.example.com/v2/": { auth } } }, me],
  ["somebody else's", "ghcr.io", { auths: { "r.ghcr.io": { auth }, "ghcr.io:444": { auth } } }, undefined],
  ["an identity token", "ghcr.io", { auths: { "ghcr.io": { auth: base64("me:"), identitytoken: "t" } } }, { identitytoken: "t" }],
  ["an entry of a helper's, which is empty", "ghcr.io", { auths: { "ghcr.io": {} } }, undefined],
])("%s", async (_, registry, config, expected) => {
  expect(await lookUp(registry, config)).toEqual({ credentials: expected, trouble: undefined });
});

test.each<[string, string, unknown, string | undefined]>([
  ["the helper for all", "ghcr.io", { credsStore: "all", auths: { "ghcr.io": {} } }, "ghcr.io"],
  ["Docker Hub, by its own name", "docker.io", { credsStore: "all" }, "https://index.docker.io/v1/"],
  ["the registry's own helper first", "ghcr.io", { credsStore: "broken", credHelpers: { "ghcr.io": "all" } }, "ghcr.io"],
  ["a helper that has none", "ghcr.io", { credsStore: "empty" }, undefined],
])("%s", async (_, registry, config, username) => {
  const helpers = { all: echo, empty: "echo credentials not found in native keychain; exit 1", broken: "exit 2" };
  expect(await lookUp(registry, config, helpers)).toEqual({
    credentials: username === undefined ? undefined : { username, password: "hunter2" },
    trouble: undefined,
  });
});

test("a helper's token is one", async () => {
  const token = `echo '{"Username":"<token>","Secret":"t0k"}'`;
  expect(await lookUp("ghcr.io", { credsStore: "t" }, { t: token })).toMatchObject({ credentials: { identitytoken: "t0k" } });
});

test("a helper that is not there or fails is told, with nothing of what it said", async () => {
  expect(await lookUp("ghcr.io", { credsStore: "gone" })).toEqual({
    credentials: undefined,
    trouble: "docker-credential-gone could not be asked: there is no such program on the PATH",
  });
  const { trouble } = await lookUp("ghcr.io", { credsStore: "bad" }, { bad: "echo hunter2; echo hunter2 >&2; exit 3" });
  expect(trouble).toBe("docker-credential-bad could not be asked: it ended with exit code 3");
});

test("what a CI job has in DOCKER_AUTH_CONFIG comes first", async () => {
  const own = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { "ghcr.io": { auth: base64("ci:job") } } }) };
  expect(await lookUp("ghcr.io", { auths: { "ghcr.io": { auth } } }, {}, own)).toMatchObject({
    credentials: { username: "ci", password: "job" },
  });
});

test("an interrupt ends a helper that waits", async () => {
  const slow = { slow: "exec sleep 20" };
  const startedAt = performance.now();
  const stop = AbortSignal.timeout(100);
  await expect(lookUp("ghcr.io", { credsStore: "slow" }, slow, {}, stop)).rejects.toMatchObject({ name: "TimeoutError" });
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test("a builder is given all that it may ask for, by the names it asks by", async () => {
  const auths = { "ghcr.io": { auth }, "https://index.docker.io/v1/": { auth } };
  const environment = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }), DOCKER_CONFIG: "/none" };
  const { signal } = new AbortController();
  expect(await credentialsForAll(["ghcr.io", "docker.io", "quay.io"], environment, signal)).toEqual({
    "ghcr.io": me,
    "https://index.docker.io/v1/": me,
  });
});
