// Shows how the nodes of a ring are found and asked: of which service, who is silent, which node carries out a command, and what is said where it cannot be.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { askRing, commandRing } from "../../../src/cluster/ring/ring-client.js";
import type { NodeContainer, Observed } from "../../../src/cluster/observe.js";
import { label } from "../../../src/core/labels.js";
import { clientPort, riakHttpPort } from "../../../src/core/node-contract.js";
import type { ContainerDetail, Endpoint } from "../../../src/engine/port.js";

interface Fake {
  readonly service?: string;
  readonly state?: string;
  /** Undefined: of another design. */
  readonly answers?: { readonly status: number; readonly body: unknown };
}

/** A cluster of containers, each with a server of its own behind the ports of its design. */
async function cluster(nodes: Readonly<Record<string, Fake>>) {
  const asked: string[] = [];
  const details = new Map<string, Partial<ContainerDetail>>();
  for (const [node, { state = "running", answers }] of Object.entries(nodes)) {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        asked.push(`${node} ${request.method} ${request.url} ${body}`.trimEnd());
        response.writeHead(answers?.status ?? 404).end(JSON.stringify(answers?.body ?? {}));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    onTestFinished(() => server.closeAllConnections());
    const endpoint: Endpoint = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
    const endpoints = new Map([[clientPort, endpoint], ...(answers === undefined ? [] : [[riakHttpPort, endpoint] as const])]);
    details.set(node, { state: state as ContainerDetail["state"], endpoints });
  }
  const containers = Object.entries(nodes).map(([node, { service = "store", state = "running" }]) => {
    return { id: node, node, service, state, labels: { [label.member]: "1" } } as unknown as NodeContainer;
  });
  const found = { name: "demo", nodes: containers } as unknown as Observed;
  const engine = { inspectContainer: (id: string) => Promise.resolve(details.get(id) as ContainerDetail | undefined) };
  return { engine, found, asked };
}

const tells = { status: 200, body: { node: "it" } };

test("all nodes of the ring are asked; who is paused, or answers with something else, is silent", async () => {
  const { engine, found, asked } = await cluster({
    n1: { answers: tells },
    n2: { answers: tells, state: "paused" },
    n3: { answers: { status: 500, body: {} } },
  });
  expect(await askRing(engine, found, undefined)).toEqual([
    { node: "n1", state: "running", view: tells.body },
    { node: "n2", state: "paused", view: null },
    { node: "n3", state: "running", view: null },
  ]);
  expect(asked.sort()).toEqual(["n1 GET /ring", "n3 GET /ring"]);
});

test("of several services one has to be meant, and it has to be leaderless", async () => {
  const { engine, found } = await cluster({
    "a-1": { service: "a", answers: tells },
    "b-1": { service: "b", answers: tells },
    "c-1": { service: "c" },
  });
  await expect(askRing(engine, found, undefined)).rejects.toThrow("The cluster demo has several rings: a, b.");
  await expect(askRing(engine, found, "c")).rejects.toThrow("c is no leaderless store of the cluster demo.");
  expect((await askRing(engine, found, "b")).map(({ node }) => node)).toEqual(["b-1"]);
});

test("a cluster without a leaderless store has no ring", async () => {
  const { engine, found } = await cluster({ n1: {} });
  await expect(askRing(engine, found, undefined)).rejects.toMatchObject({ code: "USAGE" });
});

test("a command goes to the first node that runs, or to the one that is named", async () => {
  const answers = { status: 200, body: { ok: true, view: { node: "it" } } };
  const { engine, found, asked } = await cluster({ n1: { answers, state: "exited" }, n2: { answers }, n3: { answers } });
  expect(await commandRing(engine, found, { command: "plan" }, { node: undefined, service: undefined })).toEqual({ node: "it" });
  await commandRing(engine, found, { command: "leave", member: "n1" }, { node: "n3", service: undefined });
  expect(asked).toEqual(['n2 POST /ring {"command":"plan"}', 'n3 POST /ring {"command":"leave","member":"n1"}']);
});

test("what is refused is told in the node's own words, and who does not run cannot be asked", async () => {
  const answers = { status: 409, body: { ok: false, why: "nothing is staged" } };
  const { engine, found } = await cluster({ n1: { answers }, n2: { answers, state: "exited" } });
  const whom = { node: undefined, service: undefined };
  await expect(commandRing(engine, found, { command: "commit" }, whom)).rejects.toMatchObject({
    code: "REQUEST_REFUSED",
    message: "n1: nothing is staged.",
  });
});
