// Shows that what is written short means what its long form does, for any value, and that a spec means the same as YAML and as JSON.
import fc from "fast-check";
import { expect, test } from "vitest";
import { execaSync } from "execa";
import { stringify } from "yaml";
import { splitWords } from "../../src/spec/command-words.js";
import { specIn } from "../support/spec-text.js";

type Keys = Readonly<Record<string, unknown>>;

function checkSame(short: Keys, long: Keys): void {
  const spec = (keys: Keys): object => ({ services: { api: { image: "a", nodes: 3, ...keys } } });
  const [asYaml, asJson, asLong] = [stringify(spec(short)), JSON.stringify(spec(short)), stringify(spec(long))].map((text) =>
    specIn(text),
  );
  expect(asYaml).toEqual(asLong);
  expect(asJson).toEqual(asLong);
}

const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,9}$/).filter((text) => text !== "shared");
const target = fc.stringMatching(/^(\/[a-z0-9.]*[a-z][a-z0-9]*){1,3}$/);
const source = fc.stringMatching(/^(\.|\.\.|~)?(\/[a-z0-9. ]{0,4}[a-z]){1,3}$/);

test("a volume", () => {
  fc.assert(
    fc.property(fc.oneof(name, source), target, fc.boolean(), (source, target, readOnly) => {
      const type = /^[./~]/.test(source) ? "bind" : "volume";
      checkSame(
        { volumes: [`${source}:${target}${readOnly ? ":ro" : ""}`] },
        { volumes: [{ type, source, target, read_only: readOnly }] },
      );
    }),
    { numRuns: 50 },
  );
});

/** In the quotes of a shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

const word = fc.string({
  unit: fc.constantFrom("a", "b", " ", "$", "\\", '"', "'", "`", "|", ";", "{", "}", "*", "~", "#", "\t", "é"),
});

test("a command: words in quotes are those words", () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      expect(splitWords(words.map(quoted).join(" "))).toEqual(words);
      checkSame({ command: words.map(quoted).join("  ") }, { command: words });
    }),
    { numRuns: 50 },
  );
});

test("a command: whatever a shell does not look into, it splits the same way", () => {
  const shellWords = (text: string): readonly string[] =>
    execaSync("sh", ["-c", `printf '%s\\0' ${text}`], { stripFinalNewline: false })
      .stdout.split("\0")
      .slice(0, -1);
  const piece = fc.oneof(
    fc.constantFrom(
      "ab",
      " ",
      "\t ",
      `""`,
      `''`,
      `'"'`,
      `"'"`,
      `"\\""`,
      `"\\\\"`,
      `"\\a"`,
      `'\\'`,
      "\\ ",
      `\\"`,
      `\\\\`,
      "-x=",
      "%",
    ),
    fc.stringMatching(/^'[a "]{0,3}'$/),
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
      const text = `x${pieces.join("")}`;
      expect(splitWords(text)).toEqual(shellWords(text));
    }),
    { numRuns: 60 },
  );
});

test.each(["a 'b", 'a "b', 'a "b\\"', "a\\", "'a' \"'"])("a command with a quote that is not closed is none: %s", (text) => {
  expect(splitWords(text)).toBeUndefined();
});

test.each<[Keys, Keys]>([
  [{ build: "./x" }, { build: { context: "./x" } }],
  [{ command: "a {{peers|*| }} b" }, { command: ["a", "{{peers|*| }}", "b"] }],
  [{ entrypoint: " a  b " }, { entrypoint: ["a", "b"] }],
  [{ env_file: "a.env" }, { env_file: ["a.env"] }],
  [{ ports: [80] }, { ports: ["80"] }],
  [{ ports: ["1-3:80"] }, { ports: ["127.0.0.1:1-3:80/tcp"] }],
  [{ files: { "/a": "x" } }, { files: { "/a": { content: "x", mode: "0644" } } }],
  [{ depends_on: [] }, { depends_on: {} }],
  [{ ulimits: { nofile: 5 } }, { ulimits: { nofile: { soft: 5, hard: 5 } } }],
  [{ memory: "1gb" }, { memory: "1024mb" }],
  [{ stop_grace: "1m30s" }, { stop_grace: "90s" }],
  [{ cap_add: ["SYS_NICE"] }, { cap_add: ["CAP_SYS_NICE"] }],
  [
    { ports: [80], ready: { http: "/" } },
    { ports: [80], ready: { http: "/", port: 80, interval: "200ms", start_period: "0s" } },
  ],
  [{ hooks: { after_up: [{ exec: "a b" }] } }, { hooks: { after_up: [{ exec: ["a", "b"], node: "api-1" }], before_down: [] } }],
  [{ restart: "no", pull: "missing", protect: false }, {}],
])("%j is %j", (short, long) => {
  checkSame(short, long);
});
