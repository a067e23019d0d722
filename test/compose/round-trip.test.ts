// Shows that compose file -> spec -> compose file keeps meaning, but for what a notice lists; and that what is exported stays as it is.
import { readFileSync, readdirSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { envFilesIn } from "../../src/compose/env-files.js";
import { exportCompose } from "../../src/compose/export.js";
import type { Exported } from "../../src/compose/export.js";
import { importCompose } from "../../src/compose/import.js";
import type { Problem } from "../../src/spec/places.js";
import { parseSpec } from "../../src/spec/parse.js";
import { meaningOf } from "./meaning.js";

const corpus = readdirSync("test/compose/data").map((file) => ({
  file,
  text: readFileSync(`test/compose/data/${file}`, "utf8"),
}));

/** Some that the corpus names, others unset. */
const variables = {
  PGPASSWORD: "pg",
  DB_PASSWORD: "secret",
  TAG: "7",
  HOME_PAGE: "/home",
  D: "d",
  E: "e",
  COMMIT: "c0ffee",
  BUILD_USER: "me",
  HOME_DIR: "/h",
  NULL_VALUE: "n",
};

function taken(text: string, name = "demo"): { readonly text: string; readonly notices: readonly Problem[] } {
  const result = importCompose(text, {
    file: "compose.yml",
    folderName: name,
    base: "",
    profiles: [],
    environment: variables,
    dotEnv: {},
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result;
}

function exported(spec: string, filesFolder: string | null = null): Exported {
  const parsed = parseSpec(spec, "/demo");
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return exportCompose(parsed.spec, { storeNodes: new Map(), envFiles: envFilesIn(spec, "/demo"), folder: "/demo", filesFolder });
}

/** Without the keys that have no value. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}

/** Which keys of a compose file say a fact, where it is not the fact's own. */
const saidBy: Readonly<Record<string, readonly string[]>> = {
  replicas: ["deploy", "scale"],
  volumes: ["volumes", "tmpfs", "configs", "secrets"],
  configs: ["configs", "secrets"],
  restart: ["restart", "deploy"],
  cpus: ["cpus", "deploy"],
  mem_limit: ["mem_limit", "deploy"],
  build: ["build"],
  depends_on: ["depends_on", "links"],
};

test.each(corpus)("Must hold 3: $file means the same after the round trip, but for what is listed", ({ text }) => {
  const { text: spec, notices } = taken(text);
  const before = meaningOf(text, variables);
  const after = meaningOf(exported(spec).text, variables);
  const lines = text.split("\n");
  const said = notices.map(({ message }) => message);
  const unlisted: unknown[] = [];
  const renamed = new Map(
    said.flatMap((message) => {
      const [, name, own] = /^services\.(\S+) is called (\S+),/.exec(message) ?? [];
      return name === undefined || own === undefined ? [] : [[name, own] as const];
    }),
  );
  for (const [name, facts] of Object.entries(before)) {
    const own = renamed.get(name) ?? name;
    if (said.some((message) => message.startsWith(`services.${name} is left out`))) {
      if (own in after) unlisted.push(name);
      continue;
    }
    const now = after[own] ?? {};
    for (const [fact, value] of Object.entries(facts)) {
      const wanted =
        fact === "depends_on"
          ? Object.fromEntries(
              Object.entries(value as object).map(([one, condition]) => [renamed.get(one) ?? one, condition as unknown]),
            )
          : value;
      if (isDeepStrictEqual(plain(now[fact]), plain(wanted))) continue;
      const [key = fact] = fact.split(".");
      const keys = saidBy[key] ?? [key];
      // a notice of this key of this service, or one at a line in which the key's block stands
      const isListed = notices.some(
        ({ message, line }) =>
          keys.some((one) => message.startsWith(`services.${name}.${one}`) || message.startsWith(`services.${name}: ${one}`)) ||
          (/is called|is left out here|file: |published on 127|filled in|its value of/.test(message) &&
            (lines[line - 1] ?? "").includes(key)),
      );
      if (!isListed) unlisted.push({ name, fact, value, now: now[fact] });
    }
  }
  expect(unlisted).toEqual([]);
});

test.each(corpus)("$file: what is exported, taken over and exported again is the same", ({ text }) => {
  const spec = taken(text).text;
  const first = exported(spec).text;
  expect(exported(taken(first, /^name: (.*)$/m.exec(spec)?.[1]).text).text).toBe(first);
});

test("what a spec says of an image is in the compose file, in compose's words", async () => {
  const spec = `
name: shop
seed: 9
services:
  api:
    image: \${REGISTRY:-local}/api
    pull: never
    nodes: 2
    command: [serve, --me, "{{node}}", --others, "{{others}}", "$PATH"]
    environment: { A: "$5 \${B:-c} $\${D}", SEED: "{{seed}}" }
    ports: ["9000-9001:80", 81]
    volumes: [data:/data, { type: volume, source: all, target: /all, shared: true }, { type: tmpfs, target: /t, size: 1mb }, "./conf:/c:ro"]
    files: { /etc/me: "{{node}} $x", /run.sh: { content: "#!/bin/sh", mode: "0755" } }
    depends_on: { db: ready, job: completed }
    ready: { http: /, port: 80 }
    roles: { exec: [role], leader: yes }
    stop_grace: 10s
    memory: 64mb
  db: { image: db, nodes: 1, volumes: [data:/d], ready: { exec: [up], interval: 1s, timeout: 5s } }
  job: { image: job, nodes: 1, depends_on: [api] }
network: { zones: { a: [api] } }
`.replace("depends_on: [api]", "depends_on: { db: started }");
  const { text, notices, files } = exported(spec);
  await expect(text).toMatchFileSnapshot("../golden/compose/export.yml");
  expect(files).toEqual([]);
  expect(notices).toEqual(["api is without its zones, roles, ready by http: compose has no such thing"]);
  const beside = exported(spec, "shop.files");
  expect(beside.text).not.toContain("configs:");
  expect(beside.text).toContain("- ./shop.files/api-2/etc/me:/etc/me:ro\n");
  expect(beside.files).toContainEqual({ path: "shop.files/api-2/etc/me", content: "api-2 $x", mode: 0o644 });
});
