// Shows that the examples for build servers say what devious knows: every command and flag in them is real, and their files can be read.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { commands } from "../support/fake-world.js";

const folder = "examples/ci";
const textOf = (name: string): string => readFileSync(`${folder}/${name}`, "utf8");

/** Every string in a value, however deep. */
function stringsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

/** What of a command line is wrong. */
function wrongWith(line: string): readonly string[] {
  const [own = ""] = line.split(" -- ");
  const words = own.replace(/^npx devious /, "").split(/\s+/);
  const Command = commands[words[0] ?? ""];
  if (Command === undefined) return [`no command ${words[0]}`];
  const known = Object.keys((Command as unknown as { flags?: object }).flags ?? {});
  return words.flatMap((word) =>
    word.startsWith("--") && !known.includes(word.slice(2)) ? [`${words[0]}: no flag ${word}`] : [],
  );
}

test.each([
  ["github-actions.yml", ["doctor", "smoke", "run"]],
  ["gitlab-ci.yml", ["smoke", "run"]],
])("%s is YAML, and its commands and flags are real", (name, expected) => {
  const lines = stringsIn(parse(textOf(name))).filter((text) => text.startsWith("npx devious "));
  expect(lines.map((line) => line.split(" ")[2])).toEqual(expected);
  expect(lines.flatMap(wrongWith)).toEqual([]);
});

const hasMake = spawnSync("make", ["--version"]).status === 0;

test.skipIf(!hasMake)("the Makefile's commands and flags are real", () => {
  const targets = ["smoke", "test", "storm", "clean"];
  const printed = execFileSync("make", ["-n", "-f", `${folder}/Makefile`, ...targets], { encoding: "utf8" });
  const lines = printed.trim().split("\n");
  expect(lines).toHaveLength(targets.length);
  expect(lines.flatMap(wrongWith)).toEqual([]);
});

test("hosted runners of GitHub get netem, and GitLab's docker-in-docker says where its nodes are", () => {
  expect(textOf("github-actions.yml")).toContain('sudo apt-get install -y "linux-modules-extra-$(uname -r)"');
  const { smoke } = parse(textOf("gitlab-ci.yml")) as { smoke: { variables: Record<string, string> } };
  expect(smoke.variables).toMatchObject({ DOCKER_HOST: "tcp://docker:2376", DEVIOUS_ENGINE_HOST: "docker" });
});
