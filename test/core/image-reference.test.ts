// Shows from which registry an image comes, as engines read its name.
import { expect, test } from "vitest";
import { registryOf } from "../../src/core/image-reference.js";

test.each([
  ["redis", "docker.io"],
  ["redis:7", "docker.io"],
  ["bitnami/redis:7", "docker.io"],
  ["docker.io/library/redis", "docker.io"],
  ["ghcr.io/me/api:dev", "ghcr.io"],
  ["localhost/api", "localhost"],
  ["localhost:5000/api@sha256:0123", "localhost:5000"],
  ["registry.example.com:443/a/b/c", "registry.example.com:443"],
])("%s comes from %s", (reference, registry) => {
  expect(registryOf(reference)).toBe(registry);
});
