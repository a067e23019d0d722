// Shows nodes of images that are built and pulled, on a real engine: with volumes, fixed ports, limits and mounts as their spec asks, and what is told where one cannot be had.
import { execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { docker, runCli, TestCluster } from "../support/cli.js";
import { startPrivateRegistry } from "../support/private-registry.js";

const base = `own-image-build-base-${process.pid}:dev`;

/** Tells what it has and sees; keeps one line for each of its lives, and one for each end that it was told of. */
const server = `
  const fs = require("fs");
  const name = require("os").hostname();
  fs.appendFileSync("/data/lives", "began\\n");
  fs.writeFileSync("/pool/" + name, "");
  const canWrite = (file) => { try { fs.writeFileSync(file, ""); return true; } catch { return false; } };
  const { blocks, bsize } = fs.statfsSync("/scratch");
  require("http").createServer((_, response) => response.end(JSON.stringify({
    greeting: process.env.GREETING,
    me: process.env.ME,
    lives: fs.readFileSync("/data/lives", "utf8").trim().split("\\n"),
    pool: fs.readdirSync("/pool").sort(),
    conf: fs.readFileSync("/etc/api/conf", "utf8"),
    changesConf: canWrite("/etc/api/conf"),
    scratchBytes: blocks * bsize,
    scratchIsUsed: canWrite("/scratch/x"),
    processes: fs.readFileSync("/proc/self/limits", "utf8").match(/Max processes +(\\d+) +(\\d+)/).slice(1).map(Number),
  }))).listen(8080);
  process.on("SIGTERM", () => { fs.appendFileSync("/data/lives", "ended\\n"); process.exit(0); });
`;

interface Told {
  readonly greeting: string;
  readonly me: string;
  readonly lives: readonly string[];
  readonly pool: readonly string[];
  readonly [fact: string]: unknown;
}

const specWith = (port: number): string => `
services:
  api:
    build: { context: ./api, args: { GREETING: hello }, target: run }
    nodes: 2
    environment: { ME: "{{node}} of {{peers}}" }
    ports: ["${port}-${port + 1}:8080"]
    volumes:
      - data:/data
      - ./conf:/etc/api:ro
      - { type: tmpfs, target: /scratch, size: 4mb }
      - { type: volume, source: pool, target: /pool, shared: true }
    ulimits: { nproc: { soft: 1000, hard: 2000 } }
    cap_add: [SYS_NICE]
    restart: "on-failure:3"
    cpus: 0.5
    memory: 128mb
    stop_grace: 8s
    labels: { team: "{{service}}" }
`;

const dockerfile = `
FROM ${base} AS all
ARG GREETING=none
ENV GREETING=$GREETING
COPY server.js /server.js
FROM all AS run
CMD ["/server.js"]
FROM all AS never
COPY nothing /of-this-name
`;

let cluster: TestCluster;
let port: number;
const built = (): string => `devious-${cluster.name}-api`;

beforeAll(async () => {
  port = await freePair();
  cluster = await TestCluster.create(`name: own-image-build-${process.pid}\n${specWith(port)}`, `own-image-build-${process.pid}`);
  await Promise.all(["api", "conf"].map((folder) => mkdir(path.join(cluster.folder, folder))));
  await write("conf/conf", "as it was");
  await write("api/server.js", server);
  await write("api/.dockerignore", "*\n!server.js\n");
  // this machine's Node and its libraries, as in own-image.test.ts
  const node = process.execPath;
  const libraries = execFileSync("ldd", [node], { encoding: "utf8" }).match(/\/\S+(?= \(0x)/g) ?? [];
  const load = ["import", "--change", `ENTRYPOINT ${JSON.stringify([node])}`, "-", base];
  await execa("tar", ["-ch", "-P", node, ...libraries], { buffer: false }).pipe("docker", load);
});
afterAll(async () => {
  await cluster.destroy();
  const images = await docker("images", "-q", "--filter", `label=devious.built=${cluster.folder}`);
  await docker("rmi", "-f", base, ...new Set(images.split("\n").filter((id) => id !== "")));
});

async function write(file: string, text: string): Promise<void> {
  await writeFile(path.join(cluster.folder, file), text);
}

async function told(index: number): Promise<Told> {
  return (await (await fetch(`http://127.0.0.1:${port + index - 1}/`)).json()) as Told;
}

test("a build that fails is told with the service and the end of its output, and nothing is made", async () => {
  await write("api/Dockerfile", `FROM ${base} AS run\nCOPY server.js /first\nCOPY nothing /of-this-name\n`);
  const { exitCode, stderr } = await cluster.run("up");
  expect(exitCode).toBe(3);
  expect(stderr).toContain(`The image ${built()} of the service api cannot be built: `);
  expect(stderr).toContain("COPY server.js /first");
  expect(await cluster.remains()).toEqual([]);
});

test("up builds it up to its target, and its nodes have what the spec asks for", async () => {
  await write("api/Dockerfile", dockerfile);
  expect((await cluster.json<{ steps: string[] }>("up", "--dry-run")).steps).toContain(`build ${built()}`);
  expect(await docker("images", "-q", built())).toBe("");
  expect((await cluster.json<{ steps: string[] }>("up")).steps).toContain(`build ${built()}`);
  expect(await told(2)).toEqual({
    greeting: "hello",
    me: "api-2 of api-1,api-2",
    lives: ["began"],
    pool: ["api-1", "api-2"],
    conf: "as it was",
    changesConf: false,
    scratchBytes: 4 * 2 ** 20,
    scratchIsUsed: true,
    processes: [1000, 2000],
  });
  const [{ HostConfig, Config }] = JSON.parse(await docker("inspect", cluster.container("api-1"))) as [
    { HostConfig: Record<string, unknown>; Config: { StopTimeout: number; Labels: object } },
  ];
  expect(HostConfig).toMatchObject({ Memory: 128 * 2 ** 20, NanoCpus: 500_000_000, CapAdd: ["SYS_NICE"] });
  expect(HostConfig).toMatchObject({ RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 } });
  expect(Config).toMatchObject({ StopTimeout: 8, Labels: { team: "api", "devious.built": cluster.folder } });
});

test("the same again builds the same, and leaves all as it is", async () => {
  expect((await cluster.json<{ steps: string[] }>("up")).steps).toEqual([]);
});

test("a fixed port that is taken is told with node and port, and nothing is left", async () => {
  const name = `${cluster.name}-2`;
  const rival = `name: ${name}\nservices: { web: { image: "${base}", nodes: 1, command: [-e, "0"], ports: ["${port}:80"] } }\n`;
  await write("rival.yaml", rival);
  const { exitCode, stderr } = await cluster.run("up", "rival.yaml");
  expect(exitCode).toBe(3);
  expect(stderr).toContain(`web-1 wants port ${port} of this machine, which is taken: a container publishes it.`);
  expect(await docker("ps", "-aq", "--filter", `label=devious.cluster=${name}`)).toBe("");
});

test("what changes in its folder makes the nodes anew, with their data", async () => {
  await write("api/server.js", server.replace("me: process.env.ME", "me: 'new'"));
  expect((await cluster.json<{ steps: string[] }>("up")).steps).toEqual([
    `build ${built()}`,
    "make api-1 anew, keeping its volume",
    "make api-2 anew, keeping its volume",
  ]);
  expect(await told(1)).toMatchObject({ me: "new", lives: ["began", "ended", "began"] });
});

test("volumes stay at down, whose nodes end as they are told to, and the next up finds them", async () => {
  const volumes = ["api-1.data", "api-2.data", "pool.shared"].map((name) => `devious.${cluster.name}.${name}`);
  const { stdout } = await cluster.run("down");
  expect(stdout).toContain(`its data stays in ${volumes.join(", ")} (--volumes deletes it)`);
  expect(await cluster.remains()).toEqual(volumes);
  await cluster.json("up");
  expect(await told(1)).toMatchObject({ lives: ["began", "ended", "began", "ended", "began"] });
  await cluster.json("down", "--volumes");
  expect(await cluster.remains()).toEqual([]);
});

test("an image of a private registry is pulled with the user's own credentials, and with none it is told once", async () => {
  const registry = await startPrivateRegistry("me", "hunter2");
  const image = `${registry.host}/team/hello:1`;
  const config = path.join(cluster.folder, "docker-config");
  const up = async (dockerConfig: object) => {
    await mkdir(config, { recursive: true });
    await write("docker-config/config.json", JSON.stringify(dockerConfig));
    return runCli(["up", "hello.yaml", "--no-wait"], cluster.folder, { DOCKER_CONFIG: config });
  };
  try {
    const spec = `services: { a: { image: "${image}", nodes: 1 }, b: { image: "${image}", nodes: 1 } }`;
    await write("hello.yaml", `name: ${cluster.name}-3\n${spec}\n`);
    const refused = await up({});
    expect(refused.exitCode).toBe(3);
    const sentence = `The image ${image} of the services a, b cannot be pulled: ${registry.host} has none of this name, or shows it only to whom it knows.`;
    expect(refused.stderr.split(sentence)).toHaveLength(2);
    expect(refused.stderr).toContain(`docker login ${registry.host}`);
    expect(registry.turnedAway()).toBeGreaterThan(0);
    // it has no program to run, so this ends with another error; what counts is that the engine has it
    const auth = Buffer.from("me:hunter2").toString("base64");
    const pulled = await up({ auths: { [registry.host]: { auth } } });
    expect(pulled.stderr).not.toContain("cannot be pulled");
    expect(await docker("images", "-q", image)).not.toBe("");
    expect(pulled.stdout + pulled.stderr + refused.stderr).not.toMatch(new RegExp(`hunter2|${auth}`));
  } finally {
    await registry.close();
    await docker("rmi", "-f", image).catch(() => undefined);
    await runCli(["down", "hello.yaml", "--cluster", `${cluster.name}-3`], cluster.folder);
    await rm(config, { recursive: true, force: true });
  }
});

test("a registry that does not answer is told at once, also where the engine has the image", async () => {
  await write("away.yaml", `name: ${cluster.name}-4\nservices: { a: { image: "127.0.0.1:9/x:1", nodes: 1, pull: always } }\n`);
  await docker("tag", base, "127.0.0.1:9/x:1");
  const { exitCode, stderr } = await cluster.run("up", "away.yaml");
  await docker("rmi", "127.0.0.1:9/x:1");
  expect(exitCode).toBe(3);
  expect(stderr).toContain("The image 127.0.0.1:9/x:1 of the service a cannot be pulled: no registry answers at 127.0.0.1:9.");
  expect(stderr).toContain("`pull: missing` takes the one that the engine has");
});

/** The first of two ports beside each other that nobody has. */
async function freePair(): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    if ((await isFree(first)) && (await isFree(first + 1))) return first;
  }
}

function isFree(wanted: number): Promise<boolean> {
  return new Promise((resolve) => {
    const listener = createServer().once("error", () => resolve(false));
    listener.listen(wanted, "127.0.0.1", () => {
      const { port: found } = listener.address() as AddressInfo;
      listener.close(() => resolve(found === wanted));
    });
  });
}
