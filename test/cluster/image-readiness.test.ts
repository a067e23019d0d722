// Shows when a node of the user's image counts as ready: it runs on, its ports have somebody behind them, and its image is content.
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { FindListeners } from "../../src/cluster/deafness.js";
import { imageProblem, waitImageReady } from "../../src/cluster/image-readiness.js";
import { acceptsConnections } from "../../src/cluster/ports.js";
import type { Deadline } from "../../src/cluster/readiness.js";
import { messageOf } from "../../src/core/errors.js";
import type { ContainerDetail, Endpoint } from "../../src/engine/port.js";
import { readyDefaults } from "../../src/spec/own-image.js";
import type { ReadySpec } from "../../src/spec/own-image.js";
import { runningContainer } from "../support/running-container.js";

const advice = { timeout: "--timeout", keep: "--keep" };

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
let breakingLate: Endpoint;
let greeting: Endpoint;
let nobody: Endpoint;
beforeAll(async () => {
  quiet = await listen(() => undefined);
  // what docker does with a connection to a port that nobody listens on inside
  breaking = await listen((socket) => socket.destroy());
  // and on a machine that is busy
  breakingLate = await listen((socket) => setTimeout(() => socket.destroy(), 400));
  greeting = await listen((socket) => socket.end("220 hello\r\n"));
  nobody = await listen(() => undefined);
  await new Promise((resolve) => servers.at(-1)?.close(resolve));
});
afterAll(() => servers.forEach((server) => server.close()));

const running = runningContainer;

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
    expect((await imageProblem({ ...running, ...changes() }, 5000))?.what).toBe(problem);
  });
});

/** An engine with this one container, in which every command ends well. */
function engineWith(inspectContainer: () => Promise<ContainerDetail | undefined>) {
  const logs = () => Readable.from([]) as AsyncIterable<Uint8Array>;
  return { inspectContainer, logs, exec: async () => ({ exitCode: 0 }), pastEvents: async () => [] };
}

const started = { node: "api-1", containerId: "c" };

function deadlineIn(timeoutMs: number): Deadline {
  return { endsAtMs: performance.now() + timeoutMs, timeoutMs, advice, signal: new AbortController().signal };
}

/** Waits for a container that is, look by look, as these say, and at last as the last one says. */
async function wait(...looks: readonly (ContainerDetail | undefined)[]): Promise<number> {
  let looked = 0;
  const engine = engineWith(async () => looks[Math.min(looked++, looks.length - 1)]);
  await waitImageReady(engine, started, deadlineIn(30_000));
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

describe("a port that takes connections", () => {
  const tcp: ReadySpec = { ...readyDefaults, probe: { by: "tcp", port: 8080 }, intervalMs: 5 };

  async function waitFor(
    endpoint: Endpoint,
    ready: ReadySpec | null,
    findListeners: FindListeners,
    timeoutMs = 30_000,
  ): Promise<string> {
    const engine = engineWith(async () => ({ ...running, endpoints: new Map([[8080, endpoint]]) }));
    return waitImageReady(engine, started, deadlineIn(timeoutMs), { ready, findListeners }).then(() => "ready", messageOf);
  }

  const deaf = "api-1 was not ready after 3s: nobody takes connections on its port 8080";

  describe.each([
    ["without `ready`", null],
    ["with `ready: { tcp }`", tcp],
  ])("%s", (_title, ready) => {
    test.concurrent.each<[string, () => Endpoint, FindListeners, string]>([
      ["has somebody behind it", () => quiet, async () => [{ port: 8080, isLoopback: false }], "ready"],
      [
        "has nobody behind it whom the node's network knows",
        () => breakingLate,
        async () => [],
        `${deaf}; it listens on no port.`,
      ],
      [
        "has somebody whom only the node's own programs reach",
        () => breakingLate,
        async () => [{ port: 8080, isLoopback: true }],
        `${deaf}; it listens there only on 127.0.0.1 inside its container, and has to on 0.0.0.0.`,
      ],
      ["has somebody whom rules of the node's network know", () => quiet, async () => [], "ready"],
      ["is believed where nobody sees the node's network", () => quiet, async () => undefined, "ready"],
    ])("%s", async (_case, endpoint, findListeners, said) => {
      expect(await waitFor(endpoint(), ready, findListeners, said === "ready" ? 30_000 : 3000)).toBe(said);
    });

    test("is doubted no longer than the time-out", async () => {
      const said = "api-1 was not ready after 1s: nobody takes connections on its port 8080; it listens on no port.";
      expect(await waitFor(quiet, ready, async () => [], 1000)).toBe(said);
    });
  });

  test("is not believed where it broke a connection while this process had no processor", async () => {
    const stopped = await listen((socket) => {
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300), 10);
      setTimeout(() => socket.destroy(), 20);
    });
    expect(await acceptsConnections(stopped, 5000)).toBe(false);
  });

  test("is no matter where a probe has more to say", async () => {
    const asked = vi.fn<FindListeners>(async () => []);
    expect(await waitFor(breaking, { ...tcp, probe: { by: "exec", command: ["true"] } }, asked)).toBe("ready");
    expect(asked).not.toHaveBeenCalled();
  });
});

describe("waiting as a service's `ready` says", () => {
  const http: ReadySpec = { ...readyDefaults, probe: { by: "http", port: 8080, path: "/ready", status: null }, intervalMs: 5 };

  /** Waits for a node that answers 503 so often, and then 200. */
  async function waitFor(
    refusals: number,
    ready: Partial<ReadySpec>,
    timeoutMs = 30_000,
  ): Promise<{ asked: number; looked: number }> {
    let asked = 0;
    let looked = 0;
    const server = createHttpServer((_request, response) => response.writeHead(asked++ < refusals ? 503 : 200).end());
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoints = new Map([[8080, { host: "127.0.0.1", port: (server.address() as AddressInfo).port }]]);
    const engine = engineWith(async () => {
      looked++;
      return { ...running, endpoints };
    });
    await waitImageReady(engine, started, deadlineIn(timeoutMs), { ready: { ...http, ...ready } });
    return { asked, looked };
  }

  test("asks the node until it is, and the engine hardly ever", async () => {
    expect(await waitFor(4, {})).toEqual({ asked: 5, looked: 1 });
  });

  test("ends after so many attempts", async () => {
    await expect(waitFor(100, { retries: 3 })).rejects.toMatchObject({
      message: "api-1 was not ready after 3 attempts: GET /ready on its port 8080 was answered with 503.",
    });
  });

  test("does not count attempts of the start period", async () => {
    expect(await waitFor(4, { retries: 1, startPeriodMs: 5000 })).toMatchObject({ asked: 5 });
  });

  test.each([
    [{ timeoutMs: 1000 }, 30_000, "1s", "A longer `timeout` of its service's `ready` gives it more time"],
    [{ timeoutMs: 30_000 }, 1000, "1s", "A longer --timeout gives it more time"],
  ])("has the time of its service, or of the command where that is shorter: %j", async (ready, timeoutMs, after, hint) => {
    await expect(waitFor(1000, ready, timeoutMs)).rejects.toMatchObject({
      message: `api-1 was not ready after ${after}: GET /ready on its port 8080 was answered with 503.`,
      hint: expect.stringContaining(hint),
    });
  });
});
