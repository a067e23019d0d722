// Shows what is said where an image cannot be pulled or built, in the words of the engines and registries there are.
import { expect, test } from "vitest";
import { buildTrouble, pullTrouble } from "../../src/cluster/image-trouble.js";
import { DeviousError } from "../../src/core/errors.js";

function refused(words: string): DeviousError {
  return new DeviousError("ENGINE_REFUSED", `The engine could not pull x/api:1: ${words}.`);
}

const image = { reference: "x/api:1", services: ["api", "worker"] };

test.each([
  [
    'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.0.0.1:53: no such host',
    "no registry answers at docker.io",
  ],
  ['Get "http://localhost:5999/v2/": dial tcp 127.0.0.1:5999: connect: connection refused', "no registry answers at docker.io"],
  [
    "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
    "no registry answers at docker.io",
  ],
  ["dial tcp: lookup registry-1.docker.io: Temporary failure in name resolution", "no registry answers at docker.io"],
  ["proxyconnect tcp: dial tcp 10.0.0.2:3128: i/o timeout", "no registry answers at docker.io"],
  [
    "pull access denied for x/api, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    "docker.io has none of this name, or shows it only to whom it knows",
  ],
  [
    "manifest for x/api:1 not found: manifest unknown: manifest unknown",
    "docker.io has none of this name, or shows it only to whom it knows",
  ],
  ["unauthorized: incorrect username or password", "docker.io has none of this name, or shows it only to whom it knows"],
  ["no matching manifest for linux/arm64/v8 in the manifest list entries", "docker.io does not have it for this kind of machine"],
  ["toomanyrequests: You have reached your pull rate limit", "docker.io wants to be asked less often"],
  ["no space left on device", "no space left on device"],
])("%s", (words, why) => {
  const trouble = pullTrouble(image, refused(words), false);
  expect(trouble).toMatchObject({
    code: "IMAGE_PULL",
    message: `The image x/api:1 of the services api, worker cannot be pulled: ${why}.`,
  });
  expect(trouble.details).toEqual([words]);
});

test("whoever may log in is told where", () => {
  const own = { reference: "ghcr.io/me/api", services: ["api"] };
  expect(pullTrouble(own, refused("denied"), false).hint).toContain("docker login ghcr.io)");
});

test("where the engine has the image of before, that is the way out", () => {
  expect(pullTrouble(image, refused("no such host"), true).hint).toContain("`pull: missing` takes the one that the engine has");
});

test("why credentials could not be found is told beside what the registry said", () => {
  const error = new DeviousError("ENGINE_REFUSED", "The engine could not pull x/api:1: denied.", {
    details: ["docker-credential-gone could not be asked: there is no such program on the PATH"],
  });
  expect(pullTrouble(image, error, false).details).toEqual(["denied", ...error.details]);
});

test("a build shows the end of its output, and none of the secrets that it was given", () => {
  const args = { NPM_TOKEN: "npm_0123456789", MODE: "dev" };
  const build = { context: "/api", dockerfile: "Dockerfile", args, target: null };
  const lines = [...Array.from({ length: 50 }, (_, i) => `line ${i}`), "fetch https://r/npm_0123456789 in dev failed"];
  const error = new DeviousError("ENGINE_REFUSED", "The engine could not build x/api:1: npm_0123456789 was refused.", {
    hint: "why",
  });
  expect(buildTrouble({ ...image, build }, error, lines)).toMatchObject({
    code: "IMAGE_BUILD",
    message: "The image x/api:1 of the services api, worker cannot be built: *** was refused.",
    hint: "why",
    details: [...lines.slice(21, -1), "fetch https://r/*** in dev failed"],
  });
});
