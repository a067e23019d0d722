// Shows that the engine's answer, or its silence, becomes one sentence that says what to do.
import { expect, test } from "vitest";
import { DeviousError } from "../../../src/core/errors.js";
import { toDeviousError } from "../../../src/engine/docker/errors.js";

const address = { url: "unix:///x.sock", from: "DOCKER_HOST", certDir: undefined };
const failure = (facts: object, message = "raw words"): Error => Object.assign(new Error(message), facts);

test.each([
  ["ENOENT", /Start it .*DOCKER_HOST/],
  ["ECONNREFUSED", /Start it/],
  ["ETIMEDOUT", /Start it/],
  ["EACCES", /usermod -aG docker/],
  ["EPERM", /usermod -aG docker/],
])("%s: nobody answers", (code, hint) => {
  expect(toDeviousError(failure({ code }), "list containers", address, () => ["/x.sock"])).toMatchObject({
    code: "ENGINE_UNREACHABLE",
    message: `No Docker engine answers at unix:///x.sock (from DOCKER_HOST; ${code}).`,
    hint: expect.stringMatching(hint),
  });
});

test("nobody answers, and there is another socket", () => {
  const sockets = () => ["/x.sock", "/run/user/1000/docker.sock"];
  expect(toDeviousError(failure({ code: "ENOENT" }), "list containers", address, sockets)).toMatchObject({
    hint: "There is a socket at /run/user/1000/docker.sock: `export DOCKER_HOST=unix:///run/user/1000/docker.sock` uses it.",
  });
});

test.each([
  [failure({ statusCode: 409, json: { message: "Conflict. It is taken" } }), "Conflict. It is taken."],
  [failure({ statusCode: 500 }, "(HTTP code 500) broken.\n"), "(HTTP code 500) broken."],
  [failure({ statusCode: 404, code: "ENOENT" }, "no such thing"), "no such thing."],
  [
    failure({ statusCode: 400 }, "(HTTP code 400) unexpected - failed to reach build target run in Dockerfile"),
    "failed to reach build target run in Dockerfile.",
  ],
  ["thrown text", "thrown text."],
])("what the engine says is passed on", (error, words) => {
  expect(toDeviousError(error, "create n1", address)).toMatchObject({
    code: "ENGINE_REFUSED",
    message: `The engine could not create n1: ${words}`,
    cause: error,
  });
});

test("trouble that is told already stays as it is", () => {
  const told = new DeviousError("IMAGE_BUILD", "x");
  expect(toDeviousError(told, "build", address)).toBe(told);
});
