// Shows the columns of each design of the store; and how `status` and `up` name the options of the store that break a promise, in red, one line an option, with who runs with it; and who takes clients over TLS.
import { Chalk } from "chalk";
import { expect, it } from "vitest";
import { renderSiblings, renderStatus, renderTls, renderUnsafe } from "../../src/cli/render-status.js";
import type { NodeStatus } from "../../src/cluster/status.js";
import type { LeaderlessStatus, RaftStatus, StoreStatus } from "../../src/cluster/store-status.js";
import { safeSwitches, unsafeSwitches, type StoreSwitches } from "../../src/core/store-switches.js";

function node(name: string, switches: Partial<StoreSwitches>) {
  const store: RaftStatus = {
    node: name,
    member: 1,
    role: "follower",
    term: 1,
    leader: null,
    commit: 1,
    applied: 1,
    revision: 1,
    voters: [],
    learners: [],
    uptimeMs: 0,
    unsafe: unsafeSwitches({ ...safeSwitches, ...switches }),
  };
  return { node: name, store };
}

const plain = new Chalk({ level: 0 });

it("says nothing of a store that keeps its promises, of an image, or of a silent node", () => {
  expect(renderUnsafe([node("n1", {}), { node: "api-1", store: null }], plain)).toEqual([]);
});

it("names each option once, with all who run with it", () => {
  expect(renderUnsafe([node("n1", { reads: "local", preVote: false }), node("n2", { preVote: false })], plain)).toEqual([
    expect.stringMatching(/^n1 runs with reads: local: a read may miss/),
    expect.stringMatching(/^n1, n2 run with preVote: false: a node that comes back/),
  ]);
});

it("is red where there are colours", () => {
  const chalk = new Chalk({ level: 1 });
  const [line = ""] = renderUnsafe([node("n1", { fsync: "off" })], chalk);
  expect(line.startsWith(chalk.red("n1").slice(0, -5))).toBe(true);
  expect(line).not.toBe(renderUnsafe([node("n1", { fsync: "off" })], plain)[0]);
});

it("tells who takes clients over TLS, and what these have to trust and to show", () => {
  const own = { ca: "/home/me/shop/.devious/shop/tls/ca.pem", clientCertificate: false };
  const lines = renderTls([
    { node: "kv-1", tls: own },
    { node: "kv-2", tls: own },
    { node: "api-1", tls: null },
    { node: "log-1", tls: { ca: null, clientCertificate: true } },
  ]);
  expect(lines).toEqual([
    "kv-1, kv-2 take clients over TLS; the certificate to trust is in /home/me/shop/.devious/shop/tls/ca.pem",
    "log-1 takes clients over TLS, if they show a certificate",
  ]);
});

const twin: LeaderlessStatus = {
  node: "n1",
  member: 1,
  design: "leaderless",
  role: null,
  members: ["n1", "n2", "n3", "n4", "n5"].map((name) => ({ name, status: "valid", isReachable: true })),
  partitions: 64,
  owned: 13,
  keys: 1204,
  hints: {},
  exchanged: { exchanges: 9, keysRepaired: 0, bytes: 1 },
  exchangeLagMs: 3400,
  siblings: { 1: 0, 2: 0, 3: 0, 5: 0, 10: 0, more: 0, most: 0 },
  uptimeMs: 1,
};
const cutOff: LeaderlessStatus = {
  ...twin,
  node: "n2",
  members: twin.members.map((member) => ({ ...member, isReachable: ["n1", "n2"].includes(member.name) })),
  hints: { n3: 1500, n4: 2, n5: 0 },
  exchanged: null,
  siblings: { 1: 1203, 2: 14, 3: 0, 5: 1, 10: 0, more: 2, most: 811 },
};

function nodeStatus(node: string, store: StoreStatus | null): NodeStatus {
  const health = store === null ? ("silent" as const) : ("ready" as const);
  const common = {
    node,
    service: "store",
    health,
    role: store?.role ?? null,
    tls: null,
    startedAt: "1970-01-01T00:00:00Z",
    store,
  };
  return {
    ...common,
    state: store === null ? "paused" : "running",
    address: store === null ? null : "127.0.0.1:40001",
    ports: store === null ? {} : portsOf(store),
  } as const;
}

function portsOf({ design }: StoreStatus): NodeStatus["ports"] {
  const http = { 2379: "127.0.0.1:40001" };
  return design === "leaderless" ? { ...http, 8087: "127.0.0.1:40002", 8098: "127.0.0.1:40003" } : http;
}

function statusText(...nodes: readonly NodeStatus[]): readonly string[] {
  const status = { cluster: "demo", owner: "/here", nodes, lastWords: [], faults: [], links: [], shipping: null };
  return renderStatus(status, plain, 60_000).split("\n");
}

it("shows of leaderless nodes whom they reach, what they own and keep for others, and when they compared it last", () => {
  expect(statusText(nodeStatus("n1", twin), nodeStatus("n2", cutOff), nodeStatus("n3", null))).toEqual([
    "demo /here",
    "NODE  HEALTH  REACHES  OWNS      KEYS   HINTS             COMPARED  UPTIME",
    "n1    ready   all      13 of 64  1,204  -                 4s ago    1m",
    "n2    ready   2 of 5   13 of 64  1,204  1,502 for n3, n4  never     1m",
    "n3    paused  -        -         -      -                 -         1m",
    "NODE  PORT 2379        PORT 8087        PORT 8098",
    "n1    127.0.0.1:40001  127.0.0.1:40002  127.0.0.1:40003",
    "n2    127.0.0.1:40001  127.0.0.1:40002  127.0.0.1:40003",
    "siblings in objects read: none in 1,203, 2 in 14, 4-5 in 1, more in 2; at most 811",
    "no active faults",
  ]);
});

it("shows the columns of raft only where a node is of that design, or nobody tells his", () => {
  const [, raftOnly = ""] = statusText(nodeStatus("n1", node("n1", {}).store));
  expect(raftOnly).toMatch(/^NODE +HEALTH +ROLE +TERM +APPLIED +LEADER +ADDRESS +UPTIME$/);
  expect(statusText(nodeStatus("n1", null))[1]).toMatch(/ROLE +TERM/);
  expect(statusText(nodeStatus("n1", twin), nodeStatus("kv-1", node("kv-1", {}).store))[1]).toMatch(/ROLE +TERM .* REACHES/);
});

it("says nothing of siblings as long as there are none", () => {
  expect(renderSiblings([{ store: twin }])).toEqual([]);
});
