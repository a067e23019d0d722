// Shows that every spec in the pages for users is a good one, and that the page on images leaves no key of theirs out.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { knownKeysIn } from "../../src/spec/json-schema.js";
import { problemsIn } from "../support/spec-text.js";

const page = readFileSync("docs/own-images.md", "utf8");
const blocks = [page, readFileSync("docs/reference/spec.md", "utf8")].flatMap((text) =>
  [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = ""]) => block),
);

test.each(blocks)("%s", (block) => {
  expect(problemsIn(block, { TOKEN: "t", OTLP_TOKEN: "t", HOME: "/home/me" })).toEqual([]);
});

test("every key of a service is in it", () => {
  const keys = knownKeysIn({ services: { api: {} } })(["services", "api"]);
  expect(keys.length).toBeGreaterThan(20);
  expect(keys.filter((key) => !new RegExp(`\\b${key}\\b`).test(page))).toEqual([]);
});
