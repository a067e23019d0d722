// Shows what `up` says of a service that does not come up on a real engine: one sentence with the node, the reason and its last lines, in time.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseDuration } from "../../src/core/duration.js";
import { docker, runCli } from "../support/cli.js";
import { importNodeImage, nodeProgram } from "../support/node-image.js";

const image = `own-up-failures-${process.pid}:dev`;

const canary = "canary-of-the-password";

/** For those that are never ready. */
const timeoutMs = 6000;
/** For those that end before: they never wait so long, but for a processor on a busy machine. */
const endsWithinMs = 60_000;
/** After the time-out, until the sentence is found: to load the command line and to take all down again is no part of it. */
const promisedMs = 2000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "devious-failures-"));
  await importNodeImage(image);
});
afterAll(async () => {
  await docker("rmi", "-f", image);
  await rm(folder, { recursive: true, force: true });
});

interface Case {
  /** JavaScript that the node runs. */
  readonly run?: string;
  /** Further lines of the service. */
  readonly more?: readonly string[];
  readonly says: string | RegExp;
  /** Among the last lines. */
  readonly lines?: string;
  /** The time-out in milliseconds, where it is not {@link timeoutMs}. */
  readonly withinMs?: number;
}

const serve = (where: string): string =>
  `require("http").createServer((q, a) => { a.statusCode = q.url === "/broken" ? 503 : 200; a.end(); }).listen(${where}); console.log("serves")`;
const ready = (path: string, more = ""): string => `ready: { http: ${path}, port: 8080${more} }`;

const cases: Readonly<Record<string, Case>> = {
  crashes: {
    run: 'console.log("begins"); throw new Error("no config")',
    withinMs: endsWithinMs,
    says: "api-1 exited with code 1 before it was ready.",
    lines: "Error: no config",
  },
  "crashes-again": {
    run: 'console.log("begins"); process.exit(3)',
    more: ["restart: always", ready("/")],
    says: /^api-1 was not ready after 6s: it (ended \d+ times, the last time|exited) with code 3\.$/,
    lines: "begins",
  },
  "gives-up": {
    run: "process.exit(3)",
    more: ['restart: "on-failure:2"', ready("/")],
    withinMs: endsWithinMs,
    says: "api-1 ended 3 times before it was ready, the last time with code 3.",
  },
  "never-ready": {
    run: serve("8080"),
    more: [ready("/broken")],
    says: "api-1 was not ready after 6s: GET /broken on its port 8080 was answered with 503.",
    lines: "serves",
  },
  "own-time": {
    run: serve("8080"),
    more: [ready("/broken", ", timeout: 1s")],
    says: "api-1 was not ready after 1s: GET /broken on its port 8080 was answered with 503.",
    lines: "serves",
  },
  "wrong-port": {
    run: serve("9090"),
    more: [ready("/")],
    says: "api-1 was not ready after 6s: GET / on its port 8080 was not answered; it listens on 9090, not on 8080.",
    lines: "serves",
  },
  "wrong-port-default": {
    run: serve("9090"),
    says: "api-1 was not ready after 6s: nobody takes connections on its port 8080; it listens on 9090, not on 8080.",
  },
  "inside-only": {
    run: serve('8080, "127.0.0.1"'),
    more: ["ready: { tcp: 8080 }"],
    says: /^api-1 was not ready after 6s: nobody takes connections on its port 8080; it listens there only on 127\.0\.0\.1 /,
  },
  "typo-entrypoint": {
    more: ["entrypoint: [nodee]"],
    says: 'api-1 cannot start: its image has no command "nodee".',
  },
  "typo-path": {
    more: ["entrypoint: [/app/run.sh]"],
    says: 'api-1 cannot start: its image has no command "/app/run.sh".',
  },
  "no-such-user": {
    run: "0",
    more: ["user: nobody-at-all"],
    says: 'api-1 cannot start: its image has no user or group "nobody-at-all".',
  },
  "typo-inside": {
    run: 'console.error("sh: nodee: not found"); process.exit(127)',
    withinMs: endsWithinMs,
    says: "api-1 exited with code 127 before it was ready: a command in it was not found.",
    lines: "sh: nodee: not found",
  },
  "disk-full": {
    run: 'require("fs").writeFileSync("/tmp/all", Buffer.alloc(20e6))',
    more: ["volumes: [{ type: tmpfs, target: /tmp, size: 1mb }]"],
    withinMs: endsWithinMs,
    says: "api-1 exited with code 1 before it was ready: a disk that it writes to is full.",
    lines: "ENOSPC",
  },
  "disk-full-alive": {
    run: `try { require("fs").writeFileSync("/tmp/all", Buffer.alloc(20e6)); } catch (e) { console.log(String(e)); } setInterval(() => 0, 1000)`,
    more: ["volumes: [{ type: tmpfs, target: /tmp, size: 1mb }]", ready("/")],
    withinMs: 10_000,
    says: "api-1 was not ready after 10s: GET / on its port 8080 was not answered; it listens on no port; a disk that it writes to is full.",
    lines: "ENOSPC",
  },
  memory: {
    run: 'console.log("takes all"); const all = []; for (;;) all.push(Buffer.alloc(10e6, 1))',
    more: ["memory: 64mb"],
    withinMs: endsWithinMs,
    says: "api-1 was killed for want of memory before it was ready.",
    lines: "takes all",
  },
  "memory-of-a-child": {
    run: `const eat = "const all = []; for (;;) all.push(Buffer.alloc(10e6, 1))";
      require("child_process").spawn(${JSON.stringify(nodeProgram)}, ["-e", eat]).on("exit", (code, signal) => console.log("child: " + signal));
      setInterval(() => 0, 1000)`,
    more: ["memory: 128mb", ready("/")],
    withinMs: 10_000,
    says: /not answered; it listens on no port; a process in it was killed for want of memory\.$/,
    lines: "child: SIGKILL",
  },
  "log-never": {
    run: 'console.log("starts"); setInterval(() => 0, 1000)',
    more: ["ready: { log: serves }"],
    says: "api-1 was not ready after 6s: no line of its log has /serves/ in it.",
    lines: "starts",
  },
  "exec-never": {
    run: "setInterval(() => 0, 1000)",
    more: [`ready: { exec: ["${nodeProgram}", -e, "console.log('not yet'); process.exit(2)"], retries: 2 }`],
    says: /^api-1 was not ready after 2 attempts: `.*` ended with exit code 2: not yet\.$/s,
  },
};

// the first `up` of all, which builds the image of the nodes: what is measured below has it
test("one that comes up has its files as its user may read them, and must hold 7: nothing collected of it has its secrets", async () => {
  const files = '{ /etc/shop/deep/run.sh: { content: "me {{node}}", mode: "0750" }, /etc/plain: x }';
  const more = [
    'user: "1000:1234"',
    `files: ${files}`,
    `environment: { DB_PASSWORD: ${canary} }`,
    `ready: { exec: ["${nodeProgram}", -e, "process.exit(process.env.DB_PASSWORD === '${canary}' ? 0 : 1)"] }`,
  ];
  const run = `console.log("with ${canary}"); setInterval(() => 0, 1000)`;
  await writeFile(path.join(folder, "fine.yaml"), specOf("fine", { run, more }));
  expect(await runCli(["up", "fine.yaml"], folder)).toMatchObject({ exitCode: 0 });
  const seen = `["/etc/shop/deep/run.sh", "/etc/shop/deep", "/etc/plain"].map((file) => {
    const { mode, uid, gid } = require("fs").statSync(file);
    return [(mode & 0o777).toString(8), uid, gid].join(" ");
  }).concat(require("fs").readFileSync("/etc/shop/deep/run.sh", "utf8"))`;
  const inside = ["exec", "api-1", "--cluster", nameOf("fine"), "--", nodeProgram, "-p", `JSON.stringify(${seen})`];
  const { stdout } = await runCli(inside, folder);
  expect(JSON.parse(stdout)).toEqual(["750 1000 1234", "755 0 0", "644 1000 1234", "me api-1"]);
  expect(await runCli(["collect", "all", "--cluster", nameOf("fine")], folder)).toMatchObject({ exitCode: 0 });
  const collected = (await readdir(path.join(folder, "all"), { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile(),
  );
  const texts = await Promise.all(
    collected.map(async ({ parentPath, name }) => {
      const bytes = await readFile(path.join(parentPath, name));
      return { name, text: (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8") };
    }),
  );
  expect(texts.filter(({ text }) => text.includes(canary)).map(({ name }) => name)).toEqual([]);
  // the engine's own words are among them, which have it three times
  expect(texts.some(({ text }) => text.includes("DB_PASSWORD"))).toBe(true);
  await runCli(["down", "--volumes", "--cluster", nameOf("fine")], folder);
});

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
}

const nameOf = (title: string): string => `own-up-${title}-${process.pid}`;

function specOf(title: string, { run, more = [] }: Pick<Case, "run" | "more">): string {
  const command = run === undefined ? [] : [`command: ${JSON.stringify(["-e", run])}`];
  const lines = [`image: ${image}`, "nodes: 1", ...(title === "fine" ? [] : ["ports: [8080]"]), ...command, ...more];
  return `name: ${nameOf(title)}\nservices:\n  api:\n${lines.map((line) => `    ${line.replaceAll("\n", " ")}\n`).join("")}`;
}

describe.concurrent("must hold 5: one sentence with the node, the reason and its last lines, within the time-out", () => {
  test.each(Object.entries(cases))("%s", async (title, { says, lines = "", withinMs = timeoutMs, ...service }) => {
    await writeFile(path.join(folder, `${title}.yaml`), specOf(title, service));
    const { exitCode, stderr } = await runCli(["up", `${title}.yaml`, "--timeout", `${withinMs}ms`], folder);
    const [, sentence = "", more] = /^error: (.*)\n([^]*)$/m.exec(stderr) ?? [];
    expect(sentence).toMatch(typeof says === "string" ? exactly(says) : says);
    expect(more).toContain(lines);
    expect(exitCode).toBe(3);
    const waited = /^\S+ api-1 is ready (.*)$/m.exec(stderr)?.[1];
    // who cannot start is not waited for
    expect(waited === undefined).toBe(sentence.includes("cannot start"));
    expect(parseDuration(waited ?? "0s")).toBeLessThan(withinMs + promisedMs);
    expect(await docker("ps", "-aq", "--filter", `label=devious.cluster=${nameOf(title)}`)).toBe("");
  });
});
