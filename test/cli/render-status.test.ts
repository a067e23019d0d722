// Shows how `status` and `up` name the options of the store that break a promise, in red, one line an option, with who runs with it; and who takes clients over TLS.
import { Chalk } from "chalk";
import { expect, it } from "vitest";
import { renderTls, renderUnsafe } from "../../src/cli/render-status.js";
import type { StoreStatus } from "../../src/cluster/store-client.js";
import { safeSwitches, unsafeSwitches, type StoreSwitches } from "../../src/core/store-switches.js";

function node(name: string, switches: Partial<StoreSwitches>) {
  const store: StoreStatus = {
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
