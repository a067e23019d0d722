// Shows when a node of the user's image counts as ready: it runs on, its ports have somebody behind them, and its image is content.
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { imageProblem, waitImageReady } from "../../src/cluster/image-readiness.js";
import type { ContainerDetail, Endpoint } from "../../src/engine/port.js";

const servers: Server[] = [];
async function listen(onConnection: (socket: Socket) => void): Promise<Endpoint> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

let quiet: Endpoint;
let breaking: Endpoint;
let greeting: Endpoint;
let nobody: Endpoint;
beforeAll(async () => {
  quiet = await listen(() => undefined);
  // what docker does with a connection to a port that nobody listens on inside
  breaking = await listen((socket) => socket.destroy());
  greeting = await listen((socket) => socket.end("220 hello\r\n"));
  nobody = await listen(() => undefined);
  await new Promise((resolve) => servers.at(-1)?.close(resolve));
});
afterAll(() => servers.forEach((server) => server.close()));

const running: ContainerDetail = {
  id: "c",
  name: "c",
  image: "i",
  labels: {},
  state: "running",
  startedAt: "2026-01-01T00:00:00Z",
  exitCode: undefined,
  oomKilled: false,
  health: undefined,
  tty: false,
  logFileBytes: undefined,
  endpoints: new Map(),
};

describe("a running node", () => {
  test.each<[string, () => Partial<ContainerDetail>, string | undefined]>([
    ["without ports and health check", () => ({}), undefined],
    ["that is healthy", () => ({ health: "healthy" }), undefined],
    ["whose check has not ended", () => ({ health: "starting" }), "its image's health check says starting"],
    ["whose check fails", () => ({ health: "unhealthy" }), "its image's health check says unhealthy"],
    ["that takes a connection", () => ({ endpoints: new Map([[80, quiet]]) }), undefined],
    ["that speaks first and hangs up", () => ({ endpoints: new Map([[25, greeting]]) }), undefined],
    ["whose connections break", () => ({ endpoints: new Map([[81, breaking]]) }), "nobody takes connections on its port 81"],
    ["whose connections are refused", () => ({ endpoints: new Map([[82, nobody]]) }), "nobody takes connections on its port 82"],
    [
      "with one deaf port among others",
      () => ({ endpoints: new Map([[80, quiet], [81, breaking]]) }), // prettier-ignore
      "nobody takes connections on its port 81",
    ],
  ])("%s", async (_title, changes, problem) => {
    expect(await imageProblem({ ...running, ...changes() }, 5000)).toBe(problem);
  });
});

/** Waits for a container that is, look by look, as these say, and at last as the last one says. */
async function wait(...looks: readonly (ContainerDetail | undefined)[]): Promise<number> {
  let looked = 0;
  const engine = {
    inspectContainer: async () => looks[Math.min(looked++, looks.length - 1)],
    logs: () => Readable.from([]) as AsyncIterable<Uint8Array>,
  };
  const timeoutMs = 2000;
  const deadline = { endsAtMs: performance.now() + timeoutMs, timeoutMs, signal: new AbortController().signal };
  await waitImageReady(engine, { node: "api-1", containerId: "c" }, deadline);
  return looked;
}

describe("waiting", () => {
  const young = { ...running, startedAt: new Date(Date.now() + 3_600_000).toISOString() };

  test("ends at once for a node that has run for long", async () => {
    expect(await wait(running)).toBe(1);
  });

  test("goes on until the image's own check is content", async () => {
    expect(await wait({ ...running, health: "starting" }, { ...running, health: "healthy" })).toBe(2);
  });

  test("goes on for a moment after a start, whatever the engine's clock says", async () => {
    expect(await wait(young)).toBeGreaterThan(1);
  });

  test.each([
    [{ ...young, state: "exited", exitCode: 7 } as const, "api-1 exited with code 7 before it was ready."],
    [{ ...young, state: "exited", oomKilled: true } as const, "api-1 was killed for want of memory before it was ready."],
    [undefined, "api-1 was removed while it was waited for."],
  ])("ends in an error when the node does", async (ended, said) => {
    await expect(wait(young, ended)).rejects.toThrow(said);
  });
});
