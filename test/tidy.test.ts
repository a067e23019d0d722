// Shows that the house rules hold: the rooms' arrows and purity as docs/architecture.md draws them, and what no lint rule can say.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { label } from "../src/core/labels.js";

interface Restriction {
  readonly patterns?: readonly { readonly regex: string }[];
  readonly paths?: readonly { readonly name: string }[];
}
interface Override {
  readonly files: readonly string[];
  readonly rules: Readonly<Record<string, unknown>> & { readonly "no-restricted-imports": readonly [string, Restriction] };
}

const overrides = (JSON.parse(readFileSync(".oxlintrc.json", "utf8")) as { overrides: readonly Override[] }).overrides;
const rooms = roomsOf(readFileSync("docs/architecture.md", "utf8"));
const names = rooms.map(({ name }) => name);
const labelText = new RegExp(Object.values(label).join("|").replaceAll(".", "\\."));
const sources = filesUnder("src").map((file) => ({ file, text: readFileSync(file, "utf8") }));

test("every folder of src is a room of the table", () => {
  expect(names.length).toBeGreaterThan(10);
  for (const folder of readdirSync("src")) expect(names).toContain(folder);
});

test.each(rooms.map(({ name }, position) => ({ name, position })))("lint holds the arrows of $name/", ({ name, position }) => {
  const ofRoom = overrides.filter(({ files }) => files.some((file) => file.startsWith(`src/${name}/`)));
  expect(ofRoom.length).toBeGreaterThan(0);
  for (const { rules } of ofRoom) {
    const forbidden = names.filter((other) => forbids(rules, `../${other}/x.js`));
    expect(forbidden).toEqual(names.slice(0, position));
    expect(names.filter((other) => forbids(rules, `../../${other}/deep/x.js`))).toEqual(forbidden);
  }
});

test.each(rooms.flatMap(({ name, pure }) => pure.map((part) => ({ path: `src/${name}/${part}` }))))(
  "lint holds $path pure",
  ({ path }) => {
    const rules = overrides.filter(({ files }) => files.some((glob) => covers(glob, path))).at(-1)?.rules;
    expect(rules && forbids(rules, "node:fs") && forbids(rules, "fs/promises")).toBe(true);
    expect(rules).toMatchObject({ "no-console": "error", "no-restricted-properties": expect.anything() });
    expect(JSON.stringify(rules?.["no-restricted-globals"])).toContain("setTimeout");
  },
);

test("lint bites on planted violations", { timeout: 60_000 }, () => {
  const planted = {
    "src/core/clock.ts": "export const now = (): number => Date.now();",
    "src/chaos/dice.ts": "export const roll = (): number => Math.random();",
    "src/spec/read.ts": 'export { readFileSync } from "node:fs";',
    "src/check/wait.ts": "export const wait = (f: () => void): unknown => setTimeout(f, 1);",
    "src/store/raft/say.ts": 'export const say = (): void => console.log("x");',
    "src/logs/merge.ts": "export const id = (): number => process.pid;",
    "src/agent/up.ts": 'export { up } from "../cluster/up.js";',
    "src/store/io/up.ts": 'export { up } from "../../sim/up.js";',
    "src/cluster/engine.ts": 'export { default } from "dockerode";',
    "src/cli/loose.ts": "export const loose = (x: any): unknown => x;",
  };
  expect(Object.keys(planted).filter((file) => !lint(planted).has(file))).toEqual([]);
});

test("lint lets the same be where it belongs", { timeout: 60_000 }, () => {
  const fine = {
    "src/store/io/clock.ts":
      'import { writeFileSync } from "node:fs";\nexport const f = (): void => writeFileSync("x", String(Date.now()));',
    "src/engine/docker/client.ts": 'export { default } from "dockerode";',
    "src/logs/tail.ts": 'export { up } from "../engine/port.js";\nexport const now = (): number => Date.now();',
    "src/chaos/pause.ts": 'export { label } from "../core/labels.js";\nexport const at = (ms: number): Date => new Date(ms);',
  };
  expect([...lint(fine)]).toEqual([]);
});

test.each([
  [
    "nothing unfinished and nothing silenced",
    /\b(TODO|FIXME|XXX)\b|(oxlint|eslint)-disable|@ts-(ignore|nocheck|expect-error)/,
    () => true,
  ],
  ["labels are spelt in core/labels.ts only", labelText, (file: string) => file !== "src/core/labels.ts"],
  ["pure rooms ask no clock", /new Date\(\)|\bDate\(\)/, isPure],
  [
    "no file only passes on what others export",
    /^(?:\s*(?:\/\/.*|\/\*[^]*?\*\/|export (?:type )?(?:\*|\{[^}]*\})[^;]*from[^;]*;)\s*)+$/,
    () => true,
  ],
] as const)("%s", (_title, pattern, concerns) => {
  expect(sources.filter(({ file, text }) => concerns(file) && pattern.test(text)).map(({ file }) => file)).toEqual([]);
});

test("files are named after an idea, not after what did not fit elsewhere", () => {
  const dumpingGround = /^(utils?|helpers?|common|misc|shared|services?|types)$/;
  const stems = sources.flatMap(({ file }) => file.split("/").map((part) => ({ file, stem: basename(part, ".ts") })));
  const bad = stems.filter(({ file, stem }) => dumpingGround.test(stem) && file !== "src/store/raft/types.ts");
  expect(bad.map(({ file }) => file)).toEqual([]);
});

test("each test file says in its first line what it shows", () => {
  const tests = filesUnder("test").filter((file) => file.endsWith(".test.ts"));
  expect(tests.filter((file) => !/^(\/\/|\/\*\*?) ?\S/.test(readFileSync(file, "utf8")))).toEqual([]);
});

test("what runs before npm packages are there imports none", () => {
  const early = ["scripts/start.js", "scripts/test.js", ...filesUnder("scripts/setup"), ...filesUnder("scripts/test")];
  for (const file of early) {
    const imported = [...readFileSync(file, "utf8").matchAll(/(?:from|import) "([^"]+)"/g)].map((match) => match[1]);
    expect(imported.filter((name) => !/^(node:|\.)/.test(name ?? "")).map((name) => `${file}: ${name}`)).toEqual([]);
  }
});

test("the lock file names every optional package, also for other platforms: `npm ci` refuses one that does not", () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }>;
  };
  const versions = new Set(
    Object.entries(packages).map(([path, { version }]) => `${path.split("node_modules/").at(-1)} ${version}`),
  );
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.entries(optionalDependencies));
  const exact = wanted.filter(([, version]) => /^\d/.test(version)).map(([name, version]) => `${name} ${version}`);
  expect(exact.filter((name) => !versions.has(name))).toEqual([]);
});

/** The rows of the table under "## Rooms", top to bottom; `pure` names the parts that are ("**" = all of it). */
function roomsOf(page: string): { name: string; pure: string[] }[] {
  return [...page.matchAll(/^\| `(\w+)\/`\s*\| .* \|([^|]*)\|$/gm)].map(([, name = "", pure = ""]) => ({
    name,
    pure: pure.trim() === "yes" ? ["**"] : [...pure.matchAll(/`([\w./]+)`/g)].map(([, part = ""]) => part),
  }));
}

function forbids(rules: Override["rules"], specifier: string): boolean {
  const { patterns = [], paths = [] } = rules["no-restricted-imports"][1];
  return patterns.some(({ regex }) => new RegExp(regex).test(specifier)) || paths.some(({ name }) => name === specifier);
}

/** Whether a file glob of the lint configuration covers a part of a room, as the table writes parts: `**`, `raft/`, `kv.ts`, `merge`. */
function covers(glob: string, part: string): boolean {
  const braces = /^(.*)\{([^}]*)\}\{\.ts,\/\*\*\}$/.exec(glob);
  const globs = braces === null ? [glob] : (braces[2] ?? "").split(",").map((name) => `${braces[1]}${name}`);
  return globs.some((one) => one === part || one === `${part}**`);
}

function isPure(file: string): boolean {
  const [, room, ...rest] = file.split("/");
  const parts = rooms.find(({ name }) => name === room)?.pure ?? [];
  return parts.some((part) => part === "**" || `${rest.join("/")}/`.startsWith(part) || rest.join("/") === `${part}.ts`);
}

/** The files in which our lint configuration finds fault. */
function lint(files: Readonly<Record<string, string>>): Set<string> {
  const folder = mkdtempSync(join(tmpdir(), "devious-tidy-"));
  try {
    copyFileSync(".oxlintrc.json", join(folder, ".oxlintrc.json"));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), `${text}\n`);
    }
    return new Set(reportOf(folder).diagnostics.map(({ filename }) => filename));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function reportOf(folder: string): { diagnostics: { filename: string }[] } {
  const oxlint = join(process.cwd(), "node_modules/oxlint/bin/oxlint");
  try {
    return JSON.parse(
      execFileSync(process.execPath, [oxlint, "--format", "json"], { cwd: folder, encoding: "utf8" }),
    ) as ReturnType<typeof reportOf>;
  } catch (error) {
    return JSON.parse((error as { stdout: string }).stdout) as ReturnType<typeof reportOf>;
  }
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = `${folder}/${name}`;
      return statSync(path).isDirectory() ? filesUnder(path) : [path];
    });
}
