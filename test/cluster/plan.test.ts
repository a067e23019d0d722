// Shows what `up` plans for every state a cluster can be found in; the plans are golden text.
import { describe, expect, test } from "vitest";
import { observeCluster } from "../../src/cluster/observe.js";
import { imageVolumeName, nodeVolumeName } from "../../src/cluster/names.js";
import type { NodeContainer, Observed } from "../../src/cluster/observe.js";
import { describePlan, isNothing, lacksQuorum, planUp } from "../../src/cluster/plan.js";
import type { Member, Plan } from "../../src/cluster/plan.js";
import { label } from "../../src/core/labels.js";
import type { ContainerInfo, ContainerState, VolumeInfo } from "../../src/engine/port.js";
import { clusterDefaults, defaultSpec, imageDefaults, nodeNames, storeService } from "../../src/spec/cluster-spec.js";
import type { ClusterSpec, Shipping } from "../../src/spec/cluster-spec.js";

const agent: ContainerInfo = { id: "id-chaos", name: "chaos", image: "i", labels: { [label.hash]: "h" }, state: "running" };

function node(name: string, state: ContainerState = "running", hash = "h", service = "store"): NodeContainer {
  const labels = { [label.hash]: hash, [label.member]: "1" };
  return { id: `id-${name}`, name, image: "i", labels, state, node: name, service };
}

/** A node of the service `api`, an image of the user's. */
function api(name: string, state: ContainerState = "running", hash = "h"): NodeContainer {
  return { id: `id-${name}`, name, image: "my-api:dev", labels: { [label.hash]: hash }, state, node: name, service: "api" };
}

function data(name: string, member: number, service = "store"): VolumeInfo {
  const labels = { [label.service]: service, [label.node]: name, [label.member]: String(member) };
  return { name: nodeVolumeName("demo", name), labels };
}

/** A cluster in which all is well with these nodes, members 1, 2, 3 …, but for the changes. */
function running(names: readonly string[], changes: Partial<Observed> = {}): Observed {
  return {
    name: "demo",
    owner: "/demo",
    networks: [{ id: "id-net", name: "devious.demo", labels: {} }],
    nodes: names.map((name) => node(name)),
    agent,
    shipper: undefined,
    strays: [],
    volumes: names.map((name, i) => data(name, i + 1)),
    ...changes,
  };
}

const nothing: Observed = {
  name: "demo",
  owner: undefined,
  networks: [],
  nodes: [],
  agent: undefined,
  shipper: undefined,
  strays: [],
  volumes: [],
};
const three = defaultSpec("demo");
const n123 = nodeNames(undefined, 3);
const twoServices: ClusterSpec = {
  ...clusterDefaults,
  name: "demo",
  services: ["a", "b"].map((name) => storeService(name, nodeNames(name, 2))),
};

const images: ClusterSpec = {
  ...clusterDefaults,
  name: "demo",
  services: [
    {
      ...imageDefaults,
      name: "api",
      nodes: nodeNames("api", 2),
      zones: {},
      protect: [],
      image: "my-api:dev",
    },
  ],
};

const withVolume: ClusterSpec = {
  ...images,
  services: images.services.map((service) => ({
    ...service,
    volumes: [{ type: "volume", name: "data", target: "/data", readOnly: false, shared: false }],
  })),
};

/** A volume that the spec asks for: it has no member's number. */
function kept(node: string): VolumeInfo {
  return { name: imageVolumeName("demo", node, "data"), labels: { [label.service]: "api", [label.node]: node } };
}

function sending(otlp: string): ClusterSpec {
  return { ...three, logging: { ship: { otlp, headers: {} } } };
}

/** What sends the logs to this place, which is what its hash stands for. */
function shipper(otlp: string, state: ContainerState = "running"): ContainerInfo {
  return { id: "id-shipper", name: "shipper", image: "i", labels: { [label.hash]: otlp }, state };
}

const hashes = { agent: "h", shipper: ({ otlp }: Shipping) => otlp, node: () => "h" };
const plan = (spec: ClusterSpec, observed: Observed): Plan => planUp(spec, observed, hashes);

const cases: Readonly<Record<string, readonly [ClusterSpec, Observed]>> = {
  "nothing is there": [three, nothing],
  "nothing is there, two services": [twoServices, nothing],
  "all is as asked": [three, running(n123)],
  "one is paused": [three, running(n123, { nodes: [node("n1"), node("n2", "paused"), node("n3")] })],
  "only the data is left": [three, { ...nothing, volumes: n123.map((name, i) => data(name, i + 1)) }],
  "one was stopped": [three, running(n123, { nodes: [node("n1"), node("n2", "exited"), node("n3")] })],
  "one container was removed": [three, running(n123, { nodes: [node("n1"), node("n3")] })],
  "one lost its volume": [three, running(n123, { volumes: [data("n1", 1), data("n3", 3)] })],
  "one lost container and volume": [three, running(["n1", "n3"], { volumes: [data("n1", 1), data("n3", 3)] })],
  "all lost their volumes": [three, running(n123, { volumes: [] })],
  "the network was removed": [three, running(n123, { networks: [] })],
  "a killed up made containers that never ran": [
    three,
    running(["n1", "n2"], { nodes: [node("n1", "created"), node("n2", "created")], agent: undefined }),
  ],
  "a killed up had started only one": [
    three,
    running(n123, { nodes: [node("n1"), node("n2", "created"), node("n3", "created")] }),
  ],
  "the agent was removed": [three, running(n123, { agent: undefined })],
  "the agent was stopped": [three, running(n123, { agent: { ...agent, state: "exited" } })],
  "the agent is of another image": [three, running(n123, { agent: { ...agent, labels: { [label.hash]: "old" } } })],
  "other options": [three, running(n123, { nodes: n123.map((name) => node(name, "running", "old")) })],
  "more nodes": [defaultSpec("demo", 5), running(n123)],
  "fewer nodes": [defaultSpec("demo", 1), running(n123)],
  "a service less": [
    { ...twoServices, services: twoServices.services.slice(0, 1) },
    running([], {
      nodes: [node("a-1", "running", "h", "a"), node("a-2", "running", "h", "a"), node("b-1", "running", "h", "b")],
      volumes: [data("a-1", 1, "a"), data("a-2", 2, "a"), data("b-1", 1, "b")],
    }),
  ],
  "images, nothing is there": [images, nothing],
  "images, all is as asked": [images, running([], { nodes: [api("api-1"), api("api-2", "paused")] })],
  "images, one ended and one was removed": [images, running([], { nodes: [api("api-1", "exited")] })],
  "images, never started": [images, running([], { nodes: [api("api-1", "created"), api("api-2", "created")] })],
  "images, another image or other facts": [
    images,
    running([], { nodes: [api("api-1", "running", "old"), api("api-2", "exited", "old")] }),
  ],
  "images, fewer nodes": [images, running([], { nodes: ["api-1", "api-2", "api-3"].map((name) => api(name)) })],
  "images, the network was removed": [images, running([], { nodes: [api("api-1"), api("api-2")], networks: [] })],
  "images, another image or other facts, with volumes of their own": [
    withVolume,
    running([], { nodes: [api("api-1", "running", "old"), api("api-2")] }),
  ],
  "images, fewer nodes, with volumes": [
    withVolume,
    running([], { nodes: ["api-1", "api-2", "api-3"].map((name) => api(name)), volumes: [kept("api-3")] }),
  ],
  "images, their service is gone": [three, running(n123, { nodes: [...n123.map((name) => node(name)), api("api-1")] })],
  "a store becomes an image": [
    images,
    running([], { nodes: [node("api-1", "running", "old", "api")], volumes: [data("api-1", 1, "api")] }),
  ],
  "an image becomes a store": [
    { ...three, services: [storeService("api", ["api-1"])] },
    running([], { nodes: [api("api-1", "running", "old")] }),
  ],
  "logs are sent, nothing is there": [sending("http://a"), nothing],
  "logs are sent from now on": [sending("http://a"), running(n123)],
  "logs are sent, all is as asked": [sending("http://a"), running(n123, { shipper: shipper("http://a") })],
  "logs are sent, the shipper is just being restarted": [
    sending("http://a"),
    running(n123, { shipper: shipper("http://a", "restarting") }),
  ],
  "logs are sent, the shipper was stopped": [sending("http://a"), running(n123, { shipper: shipper("http://a", "exited") })],
  "logs are sent somewhere else": [sending("http://b"), running(n123, { shipper: shipper("http://a") })],
  "logs are sent no more": [three, running(n123, { shipper: shipper("http://a") })],
  "logs are sent, the network was removed": [
    sending("http://a"),
    running(n123, { networks: [], shipper: shipper("http://a", "exited") }),
  ],
  "logs are sent to a node, the network was removed": [
    sending("http://n2:4318"),
    running(n123, { networks: [], shipper: shipper("http://n2:4318", "exited") }),
  ],
};

test("every case has its plan", async () => {
  const text = Object.entries(cases).map(([title, [spec, observed]]) => {
    const steps = describePlan(plan(spec, observed));
    return [`${title}:`, ...(steps.length === 0 ? ["nothing to do"] : steps).map((step) => `  ${step}`)].join("\n");
  });
  await expect(`${text.join("\n\n")}\n`).toMatchFileSnapshot("../golden/plan/plans.txt");
});

test.each(Object.entries(cases))("a plan is nothing exactly when it has no steps: %s", (_title, [spec, observed]) => {
  expect(isNothing(plan(spec, observed))).toBe(describePlan(plan(spec, observed)).length === 0);
});

describe("members", () => {
  test("all start a new configuration together, numbered from 1", () => {
    const members = n123.map((name, i) => ({ id: i + 1, node: name }));
    expect(plan(three, nothing).boot.map(({ boot }) => boot)).toEqual(
      members.map(({ id, node: name }) => ({ node: name, service: three.services[0], member: id, members, clusterState: "new" })),
    );
  });

  test("a node with data comes back under its own number, whatever its place in the spec", () => {
    const observed = running(["n1", "n3"], { volumes: [data("n1", 7), data("n2", 9), data("n3", 8)] });
    expect(plan(three, observed).boot.map(({ boot }) => boot)).toMatchObject([
      { node: "n2", member: 9, clusterState: "existing", members: [{ id: 7 }, { id: 8 }, { id: 9 }] },
    ]);
  });
});

describe("a node that a fault keeps down", () => {
  const n2Down = running(n123, { nodes: [node("n1"), node("n2", "exited"), node("n3", "exited")] });

  test("is as asked, and only it", () => {
    const planned = planUp(three, n2Down, hashes, { keptDown: new Set(["n2"]) });
    expect(describePlan(planned)).toEqual(["start n3"]);
    expect(planned.heldDown).toEqual(["n2"]);
  });

  test("is not made anew before it comes back either", () => {
    const nodes = [api("api-1", "exited", "old"), api("api-2")];
    const planned = planUp(images, running([], { nodes }), hashes, { keptDown: new Set(["api-1"]) });
    expect({ steps: describePlan(planned), isNothing: isNothing(planned) }).toEqual({ steps: [], isNothing: true });
  });

  test("is made like any other where there is no container that could come back", () => {
    expect(
      describePlan(planUp(three, running(n123, { nodes: [node("n1"), node("n3")] }), hashes, { keptDown: new Set(["n2"]) })),
    ).toEqual(["create n2"]);
  });

  test.each([
    [["n1"], false],
    [["n1", "n2"], true],
  ])("is missed by the quorum of three where it is one of %j: %s", (down, lacks) => {
    const nodes = n123.map((name) => node(name, down.includes(name) ? "exited" : "running"));
    expect(lacksQuorum(planUp(three, running(n123, { nodes }), hashes, { keptDown: new Set(n123) }))).toBe(lacks);
  });

  test("that runs all the same is kept", () => {
    expect(isNothing(planUp(three, running(n123), hashes, { keptDown: new Set(["n2"]) }))).toBe(true);
  });
});

test("a changed place remakes the nodes whose place it is, and no other", () => {
  const perNode = { ...hashes, node: (_service: unknown, name: string) => (name === "n2" ? "new" : "h") };
  expect(describePlan(planUp(three, running(n123), perNode))).toEqual(["make n2 anew, keeping its volume"]);
});

test("what is planned for is found by labels alone", async () => {
  const labels = { [label.cluster]: "demo", [label.owner]: "/demo" };
  const engine = {
    listContainers: async () => [
      { ...node("n10"), labels: { ...labels, [label.role]: "node", [label.node]: "n10", [label.service]: "store" } },
      { ...node("n2"), labels: { ...labels, [label.role]: "node", [label.node]: "n2", [label.service]: "store" } },
      { ...agent, labels: { ...labels, [label.role]: "agent" } },
      { ...shipper("http://a"), labels: { ...labels, [label.role]: "shipper" } },
      { ...agent, id: "stray", labels },
    ],
    listNetworks: async () => [],
    listVolumes: async () => [],
  };
  const found = await observeCluster(engine, "demo");
  expect(found).toMatchObject({
    owner: "/demo",
    agent: { id: "id-chaos" },
    shipper: { id: "id-shipper" },
    strays: [{ id: "stray" }],
  });
  expect(found.nodes.map((one) => one.node)).toEqual(["n2", "n10"]);
});

describe("the store's own list of members", () => {
  const leaderKnows = (...members: readonly Member[]) =>
    planUp(three, running(n123), hashes, { configured: new Map([["store", members]]) });

  test("a node that came back under another number is as it should be", () => {
    expect(isNothing(leaderKnows({ id: 1, node: "n1" }, { id: 4, node: "n2" }, { id: 3, node: "n3" }))).toBe(true);
  });

  test("a node that was removed joins anew, whatever is on its volume", () => {
    expect(describePlan(leaderKnows({ id: 1, node: "n1" }, { id: 3, node: "n3" }))).toEqual(["create n2 and let it join store"]);
  });
});
