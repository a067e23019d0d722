// Shows what the agent asks of the Docker API and how it reads the answers, those of refusal and silence too.
import { type Server, type ServerResponse, createServer } from "node:http";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type NodeEngine, createEngine, isRefusal } from "../../src/agent/engine.js";
import { DeviousError } from "../../src/core/errors.js";

/** `GET /path` -> status and body; the query is cut off. */
let answers: Record<string, readonly [status: number, body: unknown]>;
/** Answers that the test goes on giving. */
let streams: Record<string, (response: ServerResponse) => void>;
let asked: URL[];
let dir: string;
let server: Server;
let engine: NodeEngine;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "engine-"));
  answers = {};
  streams = {};
  asked = [];
  server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://engine");
    asked.push(url);
    const stream = streams[`${request.method} ${url.pathname}`];
    if (stream !== undefined) return stream(response);
    const [status, body] = answers[`${request.method} ${url.pathname}`] ?? [500, { message: "not in this test" }];
    response.writeHead(status);
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(join(dir, "engine.sock"), resolve));
  engine = createEngine(join(dir, "engine.sock"), "demo");
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(dir, { recursive: true });
});

const container = (node: string, State: string, Networks: unknown) => ({
  Id: `id-${node}`,
  State,
  Labels: { "devious.cluster": "demo", "devious.role": "node", "devious.node": node },
  NetworkSettings: { Networks },
});
const foreign = { NetworkID: "other", IPAddress: "10.9.9.9", GlobalIPv6Address: "", MacAddress: "02:42:0a:09:09:09" };
const ours = {
  NetworkID: "net1",
  EndpointID: "e1",
  IPAddress: "172.18.0.2",
  GlobalIPv6Address: "",
  MacAddress: "02:42:ac:12:00:02",
};

const none = { v4: [], v6: [] };

test("nodes have the addresses of the cluster's own network, and of no other", async () => {
  answers["GET /networks"] = [200, [{ Id: "net1" }]];
  answers["GET /containers/json"] = [
    200,
    [
      container("n1", "running", { other: foreign, demo: ours }),
      container("n2", "paused", { demo: { ...ours, IPAddress: "172.18.0.3", GlobalIPv6Address: "fd00::3" } }),
      container("n3", "exited", { demo: { ...ours, EndpointID: "", IPAddress: "" } }),
      container("n4", "restarting", { other: foreign }),
      container("n5", "created", {}),
    ],
  ];
  expect(await engine.nodes()).toEqual([
    { node: "n1", id: "id-n1", state: "running", addresses: { v4: ["172.18.0.2"], v6: [] }, endpoint: "e1" },
    {
      node: "n2",
      id: "id-n2",
      state: "paused",
      addresses: { v4: ["172.18.0.3"], v6: ["fd00::3", "fe80::42:acff:fe12:2"] },
      endpoint: "e1",
    },
    { node: "n3", id: "id-n3", state: "stopped", addresses: none, endpoint: "" },
    { node: "n4", id: "id-n4", state: "stopped", addresses: none, endpoint: "" },
    { node: "n5", id: "id-n5", state: "created", addresses: none, endpoint: "" },
  ]);
  const filters = asked.map((url) => JSON.parse(url.searchParams.get("filters") ?? "null") as unknown);
  expect(filters).toContainEqual({ label: ["devious.cluster=demo", "devious.role=node"] });
  expect(filters).toContainEqual({ label: ["devious.cluster=demo"] });
});

test.each([
  [200, { State: { Pid: 4711 } }, 4711],
  [200, { State: { Pid: 0 } }, undefined],
  [404, { message: "No such container: n1" }, undefined],
])("a process: %i %j", async (status, body, expected) => {
  answers["GET /containers/n1/json"] = [status, body];
  expect(await engine.pidOf("n1")).toBe(expected);
});

test.each([
  ["pause", 204, "", "done"],
  ["pause", 409, { message: "Container n1 is already paused" }, "done"],
  ["pause", 409, { message: "Container n1 is not running" }, "ENGINE_REFUSED"],
  ["pause", 404, { message: "No such container: n1" }, "ENGINE_REFUSED"],
  ["unpause", 204, "", "done"],
  ["unpause", 500, { message: "Container n1 is not paused" }, "done"],
  ["unpause", 409, { message: "Container n1 is not running" }, "done"],
  ["unpause", 404, { message: "No such container: n1" }, "done"],
  ["unpause", 500, { message: "cgroups: device busy" }, "ENGINE_REFUSED"],
  ["kill", 204, "", "done"],
  ["kill", 409, { message: "Cannot kill container: n1: Container n1 is not running" }, "done"],
  ["kill", 404, { message: "No such container: n1" }, "done"],
  ["kill", 500, { message: "Cannot kill container: n1: device busy" }, "ENGINE_REFUSED"],
  ["stop", 204, "", "done"],
  ["stop", 304, "", "done"],
  ["stop", 404, { message: "No such container: n1" }, "done"],
  ["stop", 500, { message: "cannot stop container" }, "ENGINE_REFUSED"],
  ["start", 204, "", "done"],
  ["start", 304, "", "done"],
  ["start", 404, { message: "network devious.demo not found" }, "ENGINE_REFUSED"],
] as const)("%s answered with %i %j is %s", async (act, status, body, expected) => {
  answers[`POST /containers/n1/${act}`] = [status, body];
  const acts = {
    pause: () => engine.pause("n1"),
    unpause: () => engine.unpause("n1"),
    kill: () => engine.kill("n1", "SIGKILL"),
    stop: () => engine.stop("n1", 1500),
    start: () => engine.start("n1"),
  };
  const outcome = acts[act]().then(
    () => "done",
    (error: unknown) => (error instanceof DeviousError ? error.code : "something else"),
  );
  expect(await outcome).toBe(expected);
});

test.each([
  [1, "done"],
  [4, "done"],
  [5, "ENGINE_REFUSED"],
])("a container that could not be frozen %i times is asked for again: %s", async (refusals, expected) => {
  const path = "POST /containers/n1/pause";
  const refused = { message: "Cannot pause container n1: OCI runtime pause failed: unable to freeze: unknown" };
  let left = refusals;
  streams[path] = (response) => {
    response.writeHead(left > 0 ? 500 : 204);
    response.end(left-- > 0 ? JSON.stringify(refused) : "");
  };
  const outcome = engine.pause("n1").then(
    () => "done",
    (error: unknown) => (error instanceof DeviousError ? error.code : "something else"),
  );
  expect(await outcome).toBe(expected);
});

test("a signal is named, a grace given in whole seconds, and none is shorter than asked", async () => {
  answers["POST /containers/n1/kill"] = [204, ""];
  answers["POST /containers/n1/stop"] = [204, ""];
  await engine.kill("n1", "SIGTERM");
  await engine.stop("n1", 1500);
  expect(asked.map(({ search }) => search)).toEqual(["?signal=SIGTERM", "?t=2"]);
});

test("an engine that does not answer is named", async () => {
  const nobody = createEngine(join(dir, "nobody.sock"), "demo");
  await expect(nobody.nodes()).rejects.toThrow(expect.objectContaining({ code: "ENGINE_UNREACHABLE" }));
  await expect(
    nobody.watch(
      () => undefined,
      () => undefined,
    ),
  ).rejects.toThrow(expect.objectContaining({ code: "ENGINE_UNREACHABLE" }));
});

test("a socket that nobody listens on any more refuses; an engine that says no does not", async () => {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(join(dir, "old.sock"), resolve));
  await rename(join(dir, "old.sock"), join(dir, "mounted.sock"));
  await new Promise((resolve) => gone.close(resolve));
  const errorOf = (engineAsked: NodeEngine) => engineAsked.nodes().catch((error: unknown) => error);
  expect(isRefusal(await errorOf(createEngine(join(dir, "mounted.sock"), "demo")))).toBe(true);
  expect(isRefusal(await errorOf(engine))).toBe(false);
});

const event = (Action: string, Attributes: object, Type = "container"): string =>
  `${JSON.stringify({ Type, Action, Actor: { Attributes } })}\n`;
const labelsOf = (node: string) => ({ "devious.cluster": "demo", "devious.role": "node", "devious.node": node });

test("starts of the cluster's nodes are told by their names, until the connection ends", async () => {
  answers["GET /events"] = [
    200,
    [
      event("start", labelsOf("n1")),
      event("die", labelsOf("n1")),
      event("start", { ...labelsOf("n9"), "devious.cluster": "another" }),
      event("start", { "devious.cluster": "demo", "devious.role": "agent" }),
      event("connect", { container: "id-n1" }, "network"),
      event("start", labelsOf("n2")),
    ].join(""),
  ];
  const told: string[] = [];
  await engine.watch(
    () => told.push("open"),
    (node) => told.push(node),
  );
  expect(told).toEqual(["open", "n1", "n2"]);
});

describe("nodes that are known", () => {
  const listings = () => asked.filter(({ pathname }) => pathname === "/containers/json").length;
  let tell: (line: string) => void;
  let close: () => void;
  let watching: Promise<void>;

  beforeEach(async () => {
    answers["GET /networks"] = [200, [{ Id: "net1" }]];
    answers["GET /containers/json"] = [200, [container("n1", "running", { demo: ours })]];
    await new Promise<void>((resolve) => {
      streams["GET /events"] = (response) => {
        response.flushHeaders();
        tell = (line) => void response.write(line);
        close = () => response.end();
      };
      watching = engine.watch(resolve, () => undefined);
    });
  });
  afterEach(async () => {
    close();
    await watching;
  });

  /** Whether the next question of who is known is put to the engine. */
  async function isAsked(): Promise<boolean> {
    const before = listings();
    expect(await engine.knownNodes()).toEqual(await engine.knownNodes());
    return listings() > before;
  }

  test("are asked for once while nothing changes, and by those who want to be sure", async () => {
    expect(await isAsked()).toBe(true);
    expect(await isAsked()).toBe(false);
    await engine.nodes();
    expect(listings()).toBe(2);
  });

  test.each([
    ["a node is paused", event("pause", labelsOf("n1")), true],
    ["a container joins a network", event("connect", { container: "id" }, "network"), true],
    ["a node of another cluster dies", event("die", { ...labelsOf("n1"), "devious.cluster": "another" }), false],
  ])("%s", async (_, line, expected) => {
    await engine.knownNodes();
    tell(line);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await isAsked()).toBe(expected);
  });

  test("are forgotten with what we do to them, whatever the engine says", async () => {
    await engine.knownNodes();
    answers["POST /containers/n1/pause"] = [500, { message: "device busy" }];
    await expect(engine.pause("n1")).rejects.toThrow("device busy");
    expect(await isAsked()).toBe(true);
  });

  test("are not remembered when they change while they are being listed", async () => {
    const listing = engine.knownNodes();
    answers["POST /containers/n1/kill"] = [204, ""];
    await engine.kill("n1", "SIGKILL");
    await listing;
    expect(await isAsked()).toBe(true);
  });

  test("are asked for each time once nobody tells of changes", async () => {
    await engine.knownNodes();
    close();
    await watching;
    expect(await isAsked()).toBe(true);
    expect(await isAsked()).toBe(true);
  });
});

test("an engine that refuses to tell of starts is not taken for one that does", async () => {
  answers["GET /events"] = [400, { message: "bad filter" }];
  const told: string[] = [];
  const watching = engine.watch(
    () => told.push("open"),
    (node) => told.push(node),
  );
  await expect(watching).rejects.toThrow("bad filter");
  expect(told).toEqual([]);
});
