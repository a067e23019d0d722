// Shows that the committed reference says what the program does, and that it leaves no command out.
import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { commandsPage } from "../../src/cli/reference/commands.js";
import type { CommandDoc } from "../../src/cli/reference/commands.js";
import { errorsPage } from "../../src/cli/reference/errors.js";
import { logRecordPage } from "../../src/cli/reference/log-record.js";
import { specPage } from "../../src/cli/reference/spec.js";
import { logRecordJsonSchema } from "../../src/logs/record-schema.js";
import { jsonSchema } from "../../src/spec/json-schema.js";
import { commands } from "../support/fake-world.js";

const docs = commands as unknown as Readonly<Record<string, CommandDoc>>;

test.each([
  ["commands", () => commandsPage(docs)],
  ["spec", () => specPage(jsonSchema())],
  ["log-record", () => logRecordPage(logRecordJsonSchema())],
  ["exit-codes-and-errors", errorsPage],
])("docs/reference/%s.md is as written by `npm run build && npm run reference`", async (name, render) => {
  expect(readFileSync(`docs/reference/${name}.md`, "utf8")).toBe(await render());
});

test("every command is in it", () => {
  const files = readdirSync("src/commands", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  expect(Object.keys(commands).sort()).toEqual(files.map((file) => file.replace(/\.ts$/, "").replaceAll("/", " ")).sort());
});

test("every key a spec may have is in it", () => {
  const text = specPage(jsonSchema());
  const inService = ["store", "build.context", "volumes[].type", "files.NAME.mode", "hooks.after_up[].node"];
  const atTop = ["name", "nodes", "store", "services", "store.election_timeout", "network.links[].between"];
  for (const key of atTop.concat(inService.map((one) => `services.NAME.${one}`))) {
    expect(text).toContain(`| \`${key}\` |`);
  }
});
