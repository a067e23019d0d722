// Shows that secrets in a service's environment are in nothing that is printed or kept, wherever its programs and the engine say them.
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { boot } from "../../src/api/boot.js";
import { DeviousError } from "../../src/core/errors.js";
import { FakeWorld } from "../support/fake-world.js";

const image = "my-api:dev";
const canaries = ["canary-direct-1", 'canary-"quoted"-2', "canary-from-file-3", "canary-of-api-1"];

const spec = `services:
  api:
    image: ${image}
    nodes: 1
    ports: [8080]
    env_file: .env
    environment: { DB_PASSWORD: "${canaries[0]}", API_KEY: '${canaries[1]}', AUTH_TOKEN: "canary-of-{{node}}" }
    command: [serve, "--with=${canaries[0]}"]
    files: { /etc/api.conf: "password ${canaries[0]}" }
    roles: { exec: [ask, "${canaries[0]}"], leader: x }
    hooks: { before_down: [{ exec: [sync, "${canaries[0]}"] }] }
`;

/** The canaries that a text has, as they are or as JSON writes them. */
function canariesIn(text: string): readonly string[] {
  return canaries.filter((canary) => text.includes(canary) || text.includes(JSON.stringify(canary).slice(1, -1)));
}

async function worldOfSecrets(): Promise<FakeWorld> {
  const world = await FakeWorld.create(spec);
  await writeFile(path.join(world.folder, ".env"), `SESSION_SECRET=${canaries[2]}\n`);
  await world.buildImage(image);
  // a program that tells all it knows
  world.images.programs.set("api-1", (process) => {
    process.write("stdout", `${JSON.stringify(process.spec.environment)}\n`);
    process.write("stdout", `${canaries.join(" ")}\n`);
    process.onSignal(() => process.exit(0));
  });
  return world;
}

test("must hold 7: neither up nor its failure, status or down show them", async () => {
  const world = await worldOfSecrets();
  for (const words of [
    ["up", "--dry-run"],
    ["up", "--timeout", "700ms"],
    ["up", "--timeout", "700ms", "--json"],
    ["up", "--no-wait"],
    ["status"],
    ["status", "--json"],
    ["ls"],
    ["chaos", "pause", "leader"],
    ["down"],
  ]) {
    const { stdout, stderr } = await world.run(...words);
    expect([words.join(" "), canariesIn(stdout + stderr)]).toEqual([words.join(" "), []]);
  }
});

test("must hold 7: nothing that is collected has them, not even what the nodes said", async () => {
  const world = await worldOfSecrets();
  await world.run("up", "--no-wait");
  const collected = await world.run("collect", "report");
  expect(collected).toMatchObject({ exitCode: 0 });
  const folder = path.join(world.folder, "report");
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
  expect(files.length).toBeGreaterThan(8);
  for (const file of files) {
    const bytes = await readFile(path.join(file.parentPath, file.name));
    expect([file.name, canariesIn((file.name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"))]).toEqual([
      file.name,
      [],
    ]);
  }
});

/** A program that tells all it knows, and serves only the first time that it is started. */
function serveOnce(world: FakeWorld): void {
  let starts = 0;
  world.images.programs.set("api-1", (process) => {
    process.write("stdout", `${canaries.join(" ")}\n`);
    process.onSignal(() => process.exit(0));
    if (starts++ === 0) process.listen(8080, (socket) => socket.end());
  });
}

test.each([
  ["never comes up", () => undefined, "1"],
  ["fails a check", serveOnce, "2"],
])("must hold 7: no report of a smoke cluster that %s has them", async (_how, prepare) => {
  const world = await worldOfSecrets();
  prepare(world);
  world.environment = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: path.join(world.folder, "summary.md") };
  await writeFile(world.environment["GITHUB_STEP_SUMMARY"] ?? "", "");
  const { stdout, stderr, exitCode } = await world.run("smoke", "--timeout", "1500ms", "--junit", "report.xml", "--json");
  expect(exitCode).not.toBe(0);
  const junit = await readFile(path.join(world.folder, "report.xml"), "utf8");
  const summary = await readFile(path.join(world.folder, "summary.md"), "utf8");
  for (const [what, text] of Object.entries({ stdout, stderr, junit, summary })) {
    expect([what, canariesIn(text)]).toEqual([what, []]);
  }
  // what the node said last is there, without them
  expect([stdout, junit, summary].filter((text) => !text.includes("***"))).toEqual([]);
});

test("must hold 7: neither run, nor what it keeps, nor faults, nor commands in nodes that fail show them", async () => {
  const world = await worldOfSecrets();
  world.environment = { PATH: process.env["PATH"] ?? "" };
  const said: Record<string, string> = {};
  const ran = async (...words: readonly string[]): Promise<void> => {
    const { stdout, stderr } = await world.run(...words);
    said[words.join(" ")] = stdout + stderr;
  };
  await ran("run", "--timeout", "700ms", "--", "true");
  await ran("run", "--timeout", "700ms", "--json", "--", "true");
  await world.run("up", "--no-wait");
  await ran("exec", "api-1", "--", "no-such-command");
  await ran("chaos", "kill", "api-1", "--for", "1s");
  await ran("chaos", "isolate", "leader");
  await ran("chaos", "ls");
  expect(Object.entries(said).filter(([, text]) => canariesIn(text).length > 0)).toEqual([]);
  const kept = await readdir(path.join(world.folder, ".devious"), { recursive: true, withFileTypes: true });
  expect(kept.length).toBeGreaterThan(8);
  for (const file of kept.filter((one) => one.isFile())) {
    const bytes = await readFile(path.join(file.parentPath, file.name));
    const text = (file.name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
    expect([file.name, canariesIn(text)]).toEqual([file.name, []]);
  }
});

test("must hold 7: an error of the programmatic API and its steps are without them", async () => {
  const world = await worldOfSecrets();
  const steps: string[] = [];
  const failed = boot(world.context, undefined, { timeout: "700ms", onStep: (event) => void steps.push(JSON.stringify(event)) });
  const error = await failed.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DeviousError)) throw new Error("it boots");
  expect(error.details.join("\n")).toContain("***");
  expect(canariesIn([error.message, error.hint, error.stack, ...error.details, ...steps].join("\n"))).toEqual([]);
});

test("an exported compose file has a literal secret as the spec has it, and one of the environment as a variable", async () => {
  const world = await worldOfSecrets();
  world.environment = { TOKEN: "canary-of-the-environment" };
  await world.writeSpec(`services: { api: { image: ${image}, environment: { TOKEN: "\${TOKEN}", PASSWORD: its-own-text } } }\n`);
  const { stdout, stderr } = await world.run("export", "compose");
  expect(stdout + stderr).not.toContain("canary-of-the-environment");
  expect(stdout).toContain("its-own-text");
});
