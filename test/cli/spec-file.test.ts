// Shows that a spec's file is read where it lies: its env files beside it, its paths from its folder, its problems in one error.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadSpec } from "../../src/cli/spec-file.js";
import { isImage } from "../../src/spec/cluster-spec.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "devious-spec-"));
  await mkdir(path.join(folder, "ci"));
});
afterEach(() => rm(folder, { recursive: true }));

const text = "services: { api: { build: ., env_file: [.env, local.env], environment: { TAG: '${TAG}' } } }";

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  await Promise.all(Object.entries(files).map(([name, content]) => writeFile(path.join(folder, name), content)));
}

test("env files and paths begin in the spec's own folder", async () => {
  await write({
    "ci/devious.yaml": text,
    "ci/.env": "# a comment\nA=1\nexport B='two words'\nC=\"x\\ny\" # more\n\nTAG=old\n",
    "ci/local.env": "A=2\n",
  });
  const { spec, owner } = await loadSpec("ci", folder, { TAG: "1.2" });
  expect(owner).toBe(path.join(folder, "ci"));
  expect(spec.name).toBe("ci");
  const [api] = spec.services.filter(isImage);
  expect(api).toMatchObject({ image: "devious-ci-api", build: { context: owner } });
  expect(api?.environment).toEqual({ A: "2", B: "two words", C: "x\ny", TAG: "1.2" });
});

test("what cannot be read and what is not set are told together, to who boots", async () => {
  await write({ "ci/devious.yaml": text, "ci/.env": "" });
  const file = path.join("ci", "devious.yaml");
  await expect(loadSpec("ci", folder, {})).rejects.toMatchObject({
    code: "SPEC_INVALID",
    message: `${file} has 2 problems`,
    details: [
      `${file}:1:47 services.api.env_file.1: local.env cannot be read: there is no such file`,
      `${file}:1:79 services.api.environment.TAG: the variable TAG is not set in your environment`,
    ],
  });
  await expect(loadSpec("ci", folder)).resolves.toMatchObject({ spec: { name: "ci" } });
});

test("a folder is no env file", async () => {
  await write({ "ci/devious.yaml": "services: { api: { image: a, env_file: .. } }" });
  await expect(loadSpec("ci", folder, {})).rejects.toMatchObject({
    details: [expect.stringContaining(".. cannot be read: it is a folder") as string],
  });
});
