// Shows where the engine is looked for: DOCKER_HOST, then DOCKER_CONTEXT, then the current context, then the default socket.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { resolveEngineAddress, unreachedMachine } from "../../../src/engine/docker/address.js";
import { engineSocketPath } from "../../../src/engine/docker/docker-engine.js";

/** A folder as docker's own client keeps it, with the context `far`. */
function dockerConfig(config?: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), "devious-docker-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const id = createHash("sha256").update("far").digest("hex");
  mkdirSync(path.join(folder, "contexts/meta", id), { recursive: true });
  const meta = { Name: "far", Endpoints: { docker: { Host: "tcp://far:2376" } } };
  writeFileSync(path.join(folder, "contexts/meta", id, "meta.json"), JSON.stringify(meta));
  if (config !== undefined) writeFileSync(path.join(folder, "config.json"), config);
  return folder;
}

const far = '{"currentContext":"far"}';
const toDefault = { url: "unix:///var/run/docker.sock", from: "the default" };
const toFar = { url: "tcp://far:2376", from: 'docker context "far"' };

test.each([
  ["nothing says anything", undefined, {}, toDefault],
  ["the current context", far, {}, toFar],
  ["DOCKER_CONTEXT over the current one", far, { DOCKER_CONTEXT: "default" }, toDefault],
  ["DOCKER_CONTEXT", undefined, { DOCKER_CONTEXT: "far" }, toFar],
  [
    "DOCKER_HOST over all",
    far,
    { DOCKER_HOST: "unix:///x.sock", DOCKER_CONTEXT: "far" },
    { url: "unix:///x.sock", from: "DOCKER_HOST" },
  ],
  [
    "DOCKER_HOST without a scheme",
    undefined,
    { DOCKER_HOST: "10.0.0.5:2375" },
    { url: "tcp://10.0.0.5:2375", from: "DOCKER_HOST" },
  ],
  ["an empty DOCKER_HOST is none", far, { DOCKER_HOST: "" }, toFar],
  ["an empty DOCKER_CONTEXT is none", far, { DOCKER_CONTEXT: "" }, toFar],
  ["a config that is no JSON", "{", {}, toDefault],
  ["a config without a context", "{}", {}, toDefault],
])("%s", (_title, config, env, expected) => {
  expect(resolveEngineAddress({ DOCKER_CONFIG: dockerConfig(config), ...env })).toMatchObject(expected);
});

test("TLS files come from the context, or from DOCKER_CERT_PATH", () => {
  const folder = dockerConfig(far);
  expect(resolveEngineAddress({ DOCKER_CONFIG: folder }).certDir).toMatch(/contexts\/tls\/[0-9a-f]{64}\/docker$/);
  expect(resolveEngineAddress({ DOCKER_HOST: "tcp://h:2376", DOCKER_CERT_PATH: "/certs" }).certDir).toBe("/certs");
});

test.each([
  ["unix:///var/run/docker.sock", null],
  ["npipe:////./pipe/docker_engine", null],
  ["tcp://127.0.0.1:2375", null],
  ["tcp://[::1]:2375", null],
  ["tcp://Here:2375", null],
  ["tcp://docker:2376", "docker"],
  ["tcp://[fd00::7]:2376", "fd00::7"],
  ["ssh://me@far.example:22", "far.example"],
])("ports of an engine at %s are on a machine of their own, unless DEVIOUS_ENGINE_HOST says which: %s", (url, expected) => {
  const address = { url, from: "", certDir: undefined };
  expect(unreachedMachine(address, ["here", "::1"])).toBe(expected);
  expect(unreachedMachine({ ...address, machine: "docker" }, ["here", "::1"])).toBeNull();
});

test("a context that does not exist is said, not passed over", () => {
  expect(() => resolveEngineAddress({ DOCKER_CONFIG: dockerConfig(), DOCKER_CONTEXT: "near" })).toThrow(
    'The docker context "near" does not exist.',
  );
});

test.each([
  ["unix:///var/run/docker.sock", "/var/run/docker.sock"],
  ["unix:///home/me/x.sock", "/home/me/x.sock"],
  ["tcp://far:2376", "/var/run/docker.sock"],
])("the agent's socket of %s is the engine's own, %s", (url, expected) => {
  expect(engineSocketPath({ url, from: "", certDir: undefined })).toBe(expected);
});

test("DEVIOUS_ENGINE_HOST is where the engine's machine is reached, wherever the engine answers", () => {
  const env = { DOCKER_HOST: "tcp://docker:2376", DEVIOUS_ENGINE_HOST: "docker" };
  expect(resolveEngineAddress(env)).toMatchObject({ url: "tcp://docker:2376", machine: "docker" });
  expect(resolveEngineAddress({ ...env, DEVIOUS_ENGINE_HOST: "" }).machine).toBeUndefined();
});
