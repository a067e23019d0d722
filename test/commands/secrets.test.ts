// Shows that secrets in a service's environment are in nothing that is printed or kept, wherever its programs and the engine say them.
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
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
