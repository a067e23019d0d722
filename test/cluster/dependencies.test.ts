// Shows `up` with services that depend on others: started in order, jobs left as they ended, one sentence where one fails.
import path from "node:path";
import { expect, test, vi } from "vitest";
import { bringUp } from "../../src/cluster/bring-up.js";
import type { BringUpResult } from "../../src/cluster/bring-up.js";
import type { StepEvent } from "../../src/cluster/steps.js";
import { clusterDefaults, imageDefaults, nodeNames, storeService } from "../../src/spec/cluster-spec.js";
import type { ImageService, ServiceSpec } from "../../src/spec/cluster-spec.js";
import type { Condition } from "../../src/spec/own-image.js";
import { FakeWorld } from "../support/fake-world.js";

const image = "my-api:dev";

function service(name: string, count: number, more: Partial<ImageService> = {}): ImageService {
  return { ...imageDefaults, name, nodes: nodeNames(name, count), zones: {}, protect: [], image, ...more };
}

const after = (name: string, condition: Condition = "ready") => ({ service: name, condition });

interface Upped extends BringUpResult {
  /** What was done, in its order: `start kv-1`, `kv-1 is ready`. */
  readonly done: readonly string[];
}

async function world(): Promise<FakeWorld> {
  const made = await FakeWorld.create();
  await made.buildImage(image);
  return made;
}

async function up(
  { engine, folder }: FakeWorld,
  services: readonly ServiceSpec[],
  { wait = true, dryRun = false, timeoutMs = 5000, keep = false } = {},
): Promise<Upped> {
  const done: string[] = [];
  const report = (event: StepEvent): void => {
    if (event.type === "done") done.push(event.step);
  };
  const result = await bringUp(engine, {
    spec: { ...clusterDefaults, name: "demo", services },
    owner: folder,
    engineSocket: "/var/run/docker.sock",
    version: "0.0.0",
    bundleDir: path.join(folder, "../bundle"),
    wait,
    timeoutMs,
    keep,
    advice: { timeout: "--timeout", keep: null },
    dryRun,
    signal: new AbortController().signal,
    report,
  });
  return { ...result, done };
}

/** Whether all of these were done, each after the one before. */
function inTurn(done: readonly string[], ...steps: readonly string[]): boolean {
  const places = steps.map((one) => done.indexOf(one));
  return places.every((place, i) => place > (places[i - 1] ?? -1));
}

const job = (exitCode: number) => (process: { write: (s: "stdout", t: string) => void; exit: (code: number) => void }) => {
  process.write("stdout", "migrates\n");
  setTimeout(() => process.exit(exitCode), 20);
};

test("nodes start when what they depend on is as it has to be, and all containers are made before", async () => {
  const there = await world();
  there.images.programs.set("migrate-1", job(0));
  const services = [
    service("web", 1, { dependsOn: [after("api"), after("migrate", "completed")] }),
    service("api", 2, { ports: [{ container: 8080, host: null }], dependsOn: [after("kv")] }),
    service("migrate", 1, { dependsOn: [after("kv", "started")] }),
    storeService("kv", ["kv-1"]),
  ];
  expect((await up(there, services, { dryRun: true })).steps).toEqual([
    expect.stringContaining("build the image"),
    "create the network",
    "create the agent",
    "create web-1, to start once api is ready and migrate has completed",
    "create api-1, to start once kv is ready",
    "create api-2, to start once kv is ready",
    "create migrate-1, to start once kv has started",
    "create kv-1",
  ]);
  const { done, nodes } = await up(there, services);
  expect(inTurn(done, "create web-1", "start kv-1", "kv-1 is ready", "start api-2", "api-2 is ready", "start web-1")).toBe(true);
  expect(inTurn(done, "start kv-1", "start migrate-1", "migrate-1 has completed", "start web-1", "web-1 is ready")).toBe(true);
  expect(nodes.map(({ node, state, health }) => `${node} ${state} ${health}`)).toEqual([
    "api-1 running ready",
    "api-2 running ready",
    "kv-1 running ready",
    "migrate-1 exited completed",
    "web-1 running ready",
  ]);
  // a job that has ended well is as it should be
  expect(await up(there, services)).toMatchObject({ steps: [], done: expect.arrayContaining(["migrate-1 has completed"]) });
  expect((await there.run("status")).stdout).toMatch(/migrate-1 +completed/);
});

test("a job that was killed runs again", async () => {
  const there = await world();
  const services = [service("web", 1, { dependsOn: [after("job", "started")] }), service("job", 1)];
  const jobs = [service("web", 1, { dependsOn: [after("job", "completed")] }), service("job", 1)];
  await up(there, services);
  there.images.programs.set("job-1", job(0));
  expect((await up(there, jobs)).steps).toEqual(["make job-1 anew"]);
  expect((await up(there, jobs)).steps).toEqual([]);
  there.images.programs.set("job-1", job(3));
  await there.engine.startContainer("devious.demo.job-1");
  await new Promise((resolve) => setTimeout(resolve, 60));
  there.images.programs.set("job-1", job(0));
  expect((await up(there, jobs)).steps).toEqual(["start job-1"]);
});

test("without waiting for the cluster, dependencies are waited for all the same", async () => {
  const there = await world();
  const ports = [{ container: 8080, host: null }];
  const services = [service("api", 1, { ports }), service("web", 1, { ports, dependsOn: [after("api")] })];
  const { done } = await up(there, services, { wait: false });
  expect(inTurn(done, "start api-1", "api-1 is ready", "start web-1")).toBe(true);
  expect(done).not.toContain("web-1 is ready");
});

test("one that fails ends the waiting of all at once, with its own sentence", async () => {
  const there = await world();
  there.images.ailments.set("kv-2", "exits");
  there.images.ailments.set("other-1", "deaf");
  const ports = [{ container: 8080, host: null }];
  const services = [
    service("web", 2, { dependsOn: [after("api")] }),
    service("api", 2, { dependsOn: [after("kv")] }),
    service("kv", 2),
    service("other", 1, { ports }),
  ];
  const began = performance.now();
  await expect(up(there, services, { timeoutMs: 20_000 })).rejects.toMatchObject({
    message: "kv-2 exited with code 1 before it was ready.",
    details: [expect.stringContaining("kv-2 runs")],
  });
  expect(performance.now() - began).toBeLessThan(15_000);
  expect(await there.remains()).toEqual([]);
});

test("a job that fails keeps those behind it from starting", async () => {
  const there = await world();
  there.images.programs.set("job-1", job(3));
  const services = [service("web", 1, { dependsOn: [after("job", "completed")] }), service("job", 1)];
  await expect(up(there, services)).rejects.toMatchObject({
    message: "job-1 exited with code 3 instead of completing.",
    details: ["migrates"],
  });
});

test("who is behind a service that is made anew boots after that, and a broken one is mended so", async () => {
  const there = await world();
  there.images.ailments.set("api-1", "exits");
  const web = service("web", 1, { dependsOn: [after("api")] });
  const broken = service("api", 1, { command: ["broken"] });
  await expect(up(there, [web, broken], { keep: true })).rejects.toThrow("api-1 exited with code 1");
  there.images.ailments.clear();
  const { steps, done } = await up(there, [web, service("api", 1)]);
  expect(steps).toEqual(["make api-1 anew", "start web-1 once api is ready"]);
  expect(inTurn(done, "make api-1 anew", "start web-1", "web-1 is ready")).toBe(true);
});

test("a node that a fault keeps down is waited for by nobody", async () => {
  const there = await world();
  const services = [service("web", 1, { dependsOn: [after("api")] }), service("api", 1)];
  await up(there, services);
  await there.json("chaos", "kill", "api-1", "--cluster", "demo");
  await there.engine.removeContainer("devious.demo.web-1");
  expect((await up(there, services)).steps).toEqual(["create web-1, to start once api is ready"]);
});

test("files are there before the program starts, filled in for each node, and on no label", async () => {
  const there = await world();
  const put = vi.spyOn(there.engine, "putFile");
  const files = [{ path: "/etc/api/{{node}}.json", content: '{"me":"{{node}}","others":"{{others}}"}', mode: 0o600 }];
  const { done } = await up(there, [service("api", 2, { files, user: "1000:2000" })]);
  expect(done).toContain("start api-1");
  const [first] = put.mock.calls.filter(([, folder]) => folder === "/");
  expect(first?.[2]).toMatchObject({ name: "etc/api/api-1.json", mode: 0o600, owner: { uid: 1000, gid: 2000 } });
  const said: Uint8Array[] = [];
  for await (const piece of first?.[2].content() ?? []) said.push(piece);
  expect(Buffer.concat(said).toString()).toBe('{"me":"api-1","others":"api-2"}');
  expect(JSON.stringify(await there.engine.listContainers([]))).not.toContain("others");
  // other contents make the nodes anew; what has run keeps its files as it has left them
  put.mockClear();
  await there.engine.signalContainer("devious.demo.api-1", "SIGKILL");
  expect((await up(there, [service("api", 2, { files, user: "1000:2000" })], { wait: false })).steps).toEqual(["start api-1"]);
  expect(put).not.toHaveBeenCalled();
  const others = files.map((file) => ({ ...file, content: "{}" }));
  expect((await up(there, [service("api", 2, { files: others, user: "1000:2000" })])).steps).toEqual([
    "make api-1 anew",
    "make api-2 anew",
  ]);
});
