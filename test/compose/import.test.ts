// Shows that a compose file becomes a spec which parses, with a notice at its place for all that is left out or means something else.
import { readFileSync, readdirSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { importCompose } from "../../src/compose/import.js";
import type { ImportOptions, ImportResult } from "../../src/compose/import.js";
import { buildKeys, deployKeys, serviceKeys, topKeys } from "../../src/compose/keys.js";
import { keepVariables } from "../../src/compose/variables.js";
import { parseSpec } from "../../src/spec/parse.js";
import { escapeTemplates, fillerFor } from "../../src/spec/templates.js";
import { fillIn, looseReference } from "../../src/spec/variables.js";

const corpus = readdirSync("test/compose/data").map((file) => ({
  file,
  text: readFileSync(`test/compose/data/${file}`, "utf8"),
}));

const nobody: ImportOptions = { file: "compose.yml", folderName: "demo", base: "", profiles: [], environment: {}, dotEnv: {} };

function read(text: string, options: Partial<ImportOptions> = {}): ImportResult {
  return importCompose(text, { ...nobody, environment: { PGPASSWORD: "x" }, ...options });
}

/** The spec and the notices, or the problems, of what stands below `services: { a: … }`. */
function readService(service: string, options: Partial<ImportOptions> = {}): string {
  const indented = service.replaceAll("\n", "\n    ");
  const result = read(`services:\n  a:\n    image: i\n    ${indented}\n`, options);
  if (!result.ok) return result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`).join("\n");
  const body = result.text.replace(/^[^]*image: i\n {4}nodes: 1\n/, "").replace(/^ {4}/gm, "");
  return body + result.notices.map(({ line, column, message }) => `${line}:${column} ${message}\n`).join("");
}

test("Must hold 3: there are thirty compose files", () => {
  expect(corpus).toHaveLength(30);
});

test.each(corpus)("$file: the spec, and what is said of the rest", async ({ file, text }) => {
  const result = read(text, { file });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  expect(parseSpec(result.text, "/demo")).toMatchObject({ ok: true });
  const notices = result.notices.map(({ line, column, message }) => `${file}:${line}:${column} ${message}\n`);
  await expect(`${result.text}---\n${notices.join("")}`).toMatchFileSnapshot(`../golden/compose/${file.replace(/yml$/, "txt")}`);
});

test.each(corpus)("$file: notices stand in the order of the file, each where something is written", ({ text }) => {
  const result = read(text);
  const { notices } = result as Extract<ImportResult, { ok: true }>;
  const lines = text.split("\n");
  expect(notices.filter(({ line, column }) => !/\S/.test(lines[line - 1]?.[column - 1] ?? ""))).toEqual([]);
  expect(notices).toEqual([...notices].sort((a, b) => a.line - b.line || a.column - b.column));
});

test("each key that something becomes of is in the corpus, and so are all that the whole file can have", () => {
  const all = corpus.map(({ text }) => text).join("\n");
  const absent = [serviceKeys, topKeys, buildKeys, deployKeys]
    .flatMap((keys) => Object.entries(keys))
    .filter(([key, fate]) => "becomes" in fate && !new RegExp(`^.*\\b${key}:`, "m").test(all))
    .map(([key]) => key);
  expect(absent).toEqual([]);
});

test("a key is dropped with its reason, and one that nobody knows with what may be meant", () => {
  const said = Object.entries(serviceKeys).flatMap(([key, fate]) =>
    "dropped" in fate ? [[readService(`${key}: x`), `4:5 services.a.${key} is left out: ${fate.dropped}\n`] as const] : [],
  );
  expect(said.filter(([all, notice]) => !all.includes(notice))).toEqual([]);
  expect(readService("comand: x")).toContain("services.a.comand is left out: did you mean command?");
});

test.each([
  ["", "1:1 a compose file is a mapping that has services"],
  ["- a", "1:1 a compose file is a mapping that has services"],
  ["services:", "1:1 there are no services in it"],
  ["services: []", "1:11 services must be a mapping, not a list"],
  ["services: { a: b }", "1:16 services.a must be a mapping"],
  [
    "services: { a: { image: x, ports: [x] } }",
    '1:36 services.a.ports: "x" is no port: write 8080, "9000:8080" or "127.0.0.1:9000:8080"',
  ],
  ["services: { a: { image: x, volumes: [d:/d] } }", '1:38 services.a.volumes: there is no "d" in volumes of the file'],
  ["services: { a: { image: x, depends_on: [b] } }", '1:41 services.a.depends_on.b: there is no service "b"'],
  ["services: { a: { image: x, depends_on: [a] } }", "1:41 services.a.depends_on.a: no service can wait for itself"],
  ["services: { a: { image: x, configs: [c] } }", '1:38 services.a.configs: there is no "c" in configs of the file'],
  ["services: { a: { image: x, mem_limit: many } }", '1:39 services.a: memory must be a size such as 512m, not "many"'],
  [
    "services: { a: { image: x, stop_grace_period: 3 } }",
    '1:47 services.a.stop_grace_period must be a duration such as 30s, not "3"',
  ],
  ["services: { a: { image: x, restart: often } }", expect.stringContaining("1:37 services.a.restart must be no, always,")],
  ["services: { a: { image: x, command: 'sh -c \"x' } }", "1:37 services.a.command: a quote in it is not closed"],
  [
    "services: { a: { image: x, command: $(date) } }",
    expect.stringContaining("1:37 services.a.command: has a $ that is neither"),
  ],
  ["services: { a: { image: '${X:?who am I}' } }", undefined],
  ["services: { a: { image: x, user: '${X:?who am I}' } }", "1:34 services.a.user: the variable X is not set: who am I"],
  ["services: { a: &a { image: x, b: *a } }", "1:34 *a is inside what it stands for"],
  ["services: { a: { <<: 1, image: x } }", "1:22 <<: only a mapping can be merged"],
  ["services: { a: { extends: b } }", '1:27 services.a.extends: there is no service "b"'],
  ["services: { a: { extends: b }, b: { extends: a } }", expect.stringContaining("extends itself in the end")],
  ["services: { a: { deploy: { replicas: 0 }, image: x } }", "1:1 services: none of them can be taken over"],
] as const)("%j: what is wrong", (text, problem) => {
  const result = read(text, { environment: {} });
  const problems = result.ok ? [] : result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
  expect(problems[0]).toEqual(problem);
});

test("services that wait for each other are a problem of the file", () => {
  const result = read(
    "services:\n  a: { image: x, depends_on: [b] }\n  b: { image: x, depends_on: [c] }\n  c: { image: x, depends_on: [a] }\n",
  );
  expect(result).toMatchObject({
    ok: false,
    problems: [{ line: 2, message: "services.a.depends_on.b: b waits for a too, so neither could start" }, {}, {}],
  });
});

test("paths begin at the spec, wherever the compose file is", () => {
  const service = "build: { context: app }\nenv_file: [./a.env, /b.env]\nvolumes: [./c:/c, ../d:/d, .:/e, ~/f:/f]\n";
  const at = (base: string): string => readService(service, { base });
  expect(at("")).toMatch(/build: app[^]*- \.\/a.env\n  - \/b.env[^]*- \.\/c:\/c\n  - \.\.\/d:\/d\n  - \.:\/e\n  - ~\/f:\/f/);
  expect(at("deploy")).toMatch(
    /build: \.\/deploy\/app[^]*- \.\/deploy\/a.env[^]*- \.\/deploy\/c:\/c\n  - \.\/deploy\/\.\.\/d:\/d\n  - \.\/deploy:\/e/,
  );
  expect(at("../shop")).toMatch(/build: \.\.\/shop\/app[^]*- \.\.\/shop\/a.env[^]*- \.\.\/shop\/c:\/c/);
});

test("a variable of .env is the default in the spec, unless it is a secret by its name", () => {
  const dotEnv = { TAG: "1.2", DB_PASSWORD: "hunter2", EMPTY: "" };
  const said = readService('environment: { A: "${TAG}", B: "${TAG:-x}", C: "${DB_PASSWORD}", D: "${EMPTY:-y}" }\nuser: $TAG', {
    dotEnv,
  });
  expect(said).toContain("A: ${TAG:-1.2}\n  B: ${TAG:-1.2}\n  C: ${DB_PASSWORD}\n  D: ${EMPTY:-y}\n");
  expect(said).toContain('user: "1.2"');
  expect(said).not.toContain("hunter2");
  expect(said).toContain("DB_PASSWORD is in .env, which `devious up` does not read for variables: set it in the environment");
});

test("a profile that is named is taken over, and all are by *", () => {
  const [, , thirteen] = ["", "", corpus.find(({ file }) => file.startsWith("13"))?.text ?? ""];
  const services = (profiles: readonly string[]): readonly string[] =>
    [...((read(thirteen, { profiles }) as { text: string }).text.matchAll(/^ {2}([\w-]+):$/gm) ?? [])].map(
      ([, name = ""]) => name,
    );
  expect(services([])).toEqual(["app", "db"]);
  expect(services(["debug"])).toEqual(["app", "db", "debug"]);
  expect(services(["*"])).toEqual(["app", "db", "debug", "mongo-express"]);
});

test("numbers are what compose makes of them, and a volume that cannot keep its name gets another", () => {
  expect(readService("environment: { A: 010, B: 1.10, C: 12345678901234567890, D: 1e3, E: yes, F: true }")).toContain(
    'A: "8"\n  B: "1.1"\n  C: "12345678901234567890"\n  D: "1000"\n  E: yes\n  F: "true"\n',
  );
  const { text } = read(
    "services: { a: { image: i, volumes: ['shared:/a', 'a.b:/b', 'a-b:/c'] } }\nvolumes: { shared: , a.b: , a-b: }",
  ) as { text: string };
  expect(text).toContain("- volume:/a\n      - a-b:/b\n      - a-b-2:/c\n");
});

test("what a spec cannot have is left out with the spec's own words", () => {
  expect(readService("cap_add: [TIME_TRAVEL]\nuser: a b\nulimits: { files: 3 }\nmem_limit: 1m")).toBe(
    [
      '4:5 services.a.cap_add is left out: 0: "TIME_TRAVEL" is no capability: see capabilities(7)',
      '5:5 services.a.user is left out: it must be a user, such as node, "1000" or "1000:1000"',
      '6:5 services.a.ulimits is left out: files: "files" is none of core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc, rss, rtprio, rttime, sigpending, stack',
      '7:5 services.a.mem_limit is left out: it must be at least 6mb, not "1mb"',
      "",
    ].join("\n"),
  );
});

test("text is what it was, once a spec's templates and variables are filled in", () => {
  const service = { name: "a", nodes: ["a-1"] };
  const texts = fc.string({ unit: fc.constantFrom("$", "{", "}", "a", "node", "|", ",", " ", "${", "{{", "}}", "$$") });
  fc.assert(
    fc.property(texts, (text) => {
      expect(fillerFor(service, "a-1", 1)(escapeTemplates(text))).toBe(text);
      // a compose file has $$ for a dollar
      const kept = keepVariables(text.replaceAll("$", "$$$$"), { environment: {}, dotEnv: {} }, escapeTemplates);
      expect(kept.remarks).toEqual([]);
      expect(fillerFor(service, "a-1", 1)(fillIn(kept.text, looseReference, {}))).toBe(text);
    }),
  );
});

/** Files that are nearly right: parts of the corpus cut out, doubled or replaced by what does not belong there. */
const mangled = fc
  .record({
    text: fc.constantFrom(...corpus.map(({ text }) => text)),
    cuts: fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        length: fc.nat(30),
        instead: fc.constantFrom(
          "",
          "null",
          "[]",
          "{}",
          "- x",
          "${A}",
          "$",
          ": ",
          "0",
          "-1",
          "true",
          "'",
          "*x",
          "&x ",
          "<<: ",
          "\n",
          "1e99",
          "a: b",
        ),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map(({ text, cuts }) =>
    cuts.reduce((all, { at, length, instead }) => {
      const start = Math.floor(at * all.length);
      return all.slice(0, start) + instead + all.slice(start + length);
    }, text),
  );

/** Mappings with the right keys and anything below them. */
const strange = fc
  .dictionary(
    fc.constantFrom(...Object.keys(serviceKeys)),
    fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>("", "a:b:c:d", "x", "1-0:5", "/", "0", ["CMD"], [[]], { a: null }, "${", "$$", -1, 1e300),
    ),
    { maxKeys: 12 },
  )
  .map((service) => JSON.stringify({ services: { a: { image: "x", ...service }, b: { image: "y" } } }));

test("Must hold 3: no text makes it throw, and what it writes always parses", { timeout: 60_000 }, () => {
  const texts = fc.oneof(
    { weight: 5, arbitrary: mangled },
    { weight: 3, arbitrary: strange },
    fc.string(),
    fc.jsonValue().map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const result = read(text);
      const problems = result.ok ? parseSpec(result.text, "/demo") : result.problems;
      expect(Array.isArray(problems) ? problems.length > 0 : "ok" in problems && problems.ok).toBe(true);
      expect(JSON.stringify(problems)).not.toContain("makes no spec");
    }),
    { numRuns: 300 },
  );
});
