// Shows what nodes of the user's own images keep and hold on their machine: volumes, fixed ports, folders that have to be there.
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { bringUp } from "../../src/cluster/bring-up.js";
import type { BringUpRequest, BringUpResult } from "../../src/cluster/bring-up.js";
import { down } from "../../src/cluster/down.js";
import type { DownResult } from "../../src/cluster/down.js";
import { observeCluster } from "../../src/cluster/observe.js";
import { clusterDefaults, imageDefaults, nodeNames } from "../../src/spec/cluster-spec.js";
import type { ClusterSpec, ImageService } from "../../src/spec/cluster-spec.js";
import { readyDefaults } from "../../src/spec/own-image.js";
import { FakeWorld } from "../support/fake-world.js";

function specOf(changes: Partial<ImageService>): ClusterSpec {
  const service = { ...imageDefaults, name: "api", nodes: nodeNames("api", 2), zones: {}, protect: [], image: "api:1" };
  return { ...clusterDefaults, name: "demo", services: [{ ...service, ...changes }] };
}

async function worldWithImage(): Promise<FakeWorld> {
  const world = await FakeWorld.create();
  await world.buildImage("api:1");
  return world;
}

function up(
  { engine, folder }: FakeWorld,
  spec: ClusterSpec,
  more: Partial<Pick<BringUpRequest, "wait" | "timeoutMs" | "report">> = {},
): Promise<BringUpResult> {
  return bringUp(engine, {
    spec,
    owner: folder,
    version: "0.0.0",
    bundleDir: path.join(folder, "../bundle"),
    engineSocket: "/var/run/docker.sock",
    dryRun: false,
    wait: false,
    timeoutMs: 5000,
    keep: false,
    advice: { timeout: "--timeout", keep: "--keep" },
    signal: new AbortController().signal,
    report: () => undefined,
    ...more,
  });
}

async function downed({ engine }: FakeWorld, volumes: boolean, said: string[] = []): Promise<DownResult> {
  return down(engine, await observeCluster(engine, "demo"), {
    volumes,
    archive: null,
    hooks: "none" as const,
    signal: new AbortController().signal,
    report: (event) => void (event.type === "started" && said.push(event.step)),
  });
}

const keeping = specOf({
  volumes: [
    { type: "volume", name: "data", target: "/data", readOnly: false, shared: false },
    { type: "volume", name: "pool", target: "/pool", readOnly: false, shared: true },
  ],
});
const itsVolumes = ["devious.demo.api-1.data", "devious.demo.api-2.data", "devious.demo.pool.shared"];

test("volumes of the user's nodes stay at down, which says so, and go with --volumes", async () => {
  const world = await worldWithImage();
  await up(world, keeping);
  const said: string[] = [];
  expect((await downed(world, false, said)).kept).toEqual(itsVolumes);
  // whoever writes what stays is not killed in the middle of it
  expect(said).toContain("stop api-1, api-2");
  expect(await world.remains()).toEqual(itsVolumes);
  expect((await up(world, keeping)).steps).toEqual(["create the network", "create the agent", "create api-1", "create api-2"]);
  const again: string[] = [];
  expect((await downed(world, true, again)).kept).toEqual([]);
  expect(again).not.toContain("stop api-1, api-2");
  expect(await world.remains()).toEqual([]);
});

test("a node that keeps nothing is not waited for", async () => {
  const world = await worldWithImage();
  await up(world, specOf({}));
  const said: string[] = [];
  await downed(world, false, said);
  expect(said.filter((step) => step.startsWith("stop"))).toEqual([]);
});

test("a fixed port that somebody has is told with node and port, and nothing is left", async () => {
  const world = await worldWithImage();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const fixed = specOf({ nodes: ["api-1"], ports: [{ container: 80, host: [port] }] });
  await expect(up(world, fixed)).rejects.toMatchObject({
    code: "PORT_TAKEN",
    message: expect.stringContaining(`api-1 wants port ${port} of this machine, which is taken: `),
  });
  expect(await world.remains()).toEqual([]);
});

test("a folder that is not there is told with the node that was to have it, and nothing is left", async () => {
  const world = await worldWithImage();
  const bound = specOf({ volumes: [{ type: "bind", source: "/no/such/conf", target: "/etc/api", readOnly: true }] });
  await expect(up(world, bound)).rejects.toMatchObject({
    message: expect.stringMatching(/^api-[12] is to be given \/no\/such\/conf, which the engine's machine does not have\.$/),
  });
  expect(await world.remains()).toEqual([]);
});

const never = new Promise<never>(() => undefined);
/** Says nothing until somebody has had enough. */
async function* endless(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
  await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
  yield new Uint8Array();
}

const link = {
  between: ["api-1", "api-2"],
  nodes: [["api-1"], ["api-2"]],
  delayMs: 80,
  jitterMs: 0,
  loss: 0,
  rateBits: null,
} as const;
const ports = [{ container: 80, host: null }];
const hanging: Readonly<Record<string, Partial<ImageService>>> = {
  "deaf on its port": { ports },
  "asked by a command": { ready: { ...readyDefaults, probe: { by: "exec", command: ["ask"] } } },
  "asked by its log": { ready: { ...readyDefaults, probe: { by: "log", pattern: "serves" } } },
};

/** The promise is 2 s, which a busy machine does not keep; what nobody bounds has no end, and an agent 15 s. */
const generousMs = 10_000;

test.each(Object.entries(hanging))(
  "must hold 5: of a node %s the sentence comes in time though no log, command or event ends and the agent never answers",
  { timeout: 40_000 },
  async (_title, changes) => {
    const world = await worldWithImage();
    world.images.ailments.set("api-1", "deaf");
    world.images.ailments.set("api-2", "deaf");
    const { engine } = world;
    vi.spyOn(engine, "logs").mockImplementation((_id, { signal }) => endless(signal));
    vi.spyOn(engine, "exec").mockReturnValue(never);
    vi.spyOn(engine, "pastEvents").mockReturnValue(never);
    vi.spyOn(engine, "attach").mockResolvedValue({ write: () => undefined, output: endless(undefined), close: () => undefined });
    const timeoutMs = 700;
    const began = performance.now();
    let takenDownAfterMs = Infinity;
    await expect(
      up(
        world,
        { ...specOf(changes), links: [link] },
        {
          wait: true,
          timeoutMs,
          report: (event) => {
            if (event.type === "started" && event.step.startsWith("take down")) takenDownAfterMs = performance.now() - began;
          },
        },
      ),
    ).rejects.toMatchObject({
      code: "CLUSTER_NOT_READY",
      message: expect.stringMatching(/^api-[12] was not ready after 700ms: /),
    });
    expect(takenDownAfterMs).toBeLessThan(timeoutMs + generousMs);
    expect(await world.remains()).toEqual([]);
  },
);
