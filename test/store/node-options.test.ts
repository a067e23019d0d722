// Shows how a node reads its environment, and the one sentence it ends with where that is wrong.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { safeSwitches } from "../../src/core/store-switches.js";
import { optionsFromEnv as readOptions } from "../../src/store/node-options.js";
import type { TlsClients } from "../../src/store/node-options.js";
import { storeVersion } from "../../src/store/version.js";

const env = {
  DEVIOUS_CLUSTER: "demo",
  DEVIOUS_NODE: "n2",
  DEVIOUS_MEMBER: "2",
  DEVIOUS_MEMBERS: "1=n1,2=n2",
  DEVIOUS_CLUSTER_STATE: "new",
};

/** What is in its files, a node finds by itself. */
const readKeys = (clients: TlsClients) => ({ cert: `for ${clients}`, key: "k" });
const optionsFromEnv = (given: Readonly<Record<string, string | undefined>>) => readOptions(given, readKeys);

it("knows who it is and where everybody is", () => {
  expect(optionsFromEnv(env)).toMatchObject({
    cluster: "demo",
    node: "n2",
    member: 2,
    members: [
      { id: 1, name: "n1", host: "n1", peerPort: 2380 },
      { id: 2, name: "n2", host: "n2", peerPort: 2380 },
    ],
    timing: { electionTimeoutMs: 1000, heartbeatIntervalMs: 100, snapshotEntries: 10_000 },
    dataDir: "/data",
    clientAddress: { port: 2379 },
  });
});

it("takes the design's options", () => {
  const options = optionsFromEnv({ ...env, DEVIOUS_STORE_OPTIONS: `{"electionTimeoutMs":500,"heartbeatIntervalMs":50}` });
  expect(options.timing).toMatchObject({ electionTimeoutMs: 500, heartbeatIntervalMs: 50, snapshotEntries: 10_000 });
});

it.each([
  ["", undefined],
  [`{"tls":"any"}`, { cert: "for any", key: "k" }],
  [`{"tls":"certified"}`, { cert: "for certified", key: "k" }],
])("reads its certificates where clients come over TLS: %s", (text, tlsKeys) => {
  expect(optionsFromEnv({ ...env, DEVIOUS_STORE_OPTIONS: text }).tlsKeys).toEqual(tlsKeys);
});

it("takes the switches, and knows which values stand together", () => {
  const options = optionsFromEnv({ ...env, DEVIOUS_STORE_OPTIONS: `{"reads":"lease","fsync":"off","preVote":false}` });
  expect(options.switches).toEqual({ ...safeSwitches, reads: "lease", fsync: "off", preVote: false });
});

it.each([
  ["", { quotaBytes: 512 * 2 ** 20, autoCompaction: undefined }],
  [`{"quotaBytes":1000000}`, { quotaBytes: 1_000_000, autoCompaction: undefined }],
  [`{"autoCompaction":{"revisions":50}}`, { quotaBytes: 512 * 2 ** 20, autoCompaction: { type: "revisions", count: 50 } }],
  [`{"autoCompaction":{"periodMs":60000}}`, { quotaBytes: 512 * 2 ** 20, autoCompaction: { type: "period", ms: 60_000 } }],
])("takes how large the store may become, and what keeps it small: %s", (text, upkeep) => {
  expect(optionsFromEnv({ ...env, DEVIOUS_STORE_OPTIONS: text }).upkeep).toEqual(upkeep);
});

it.each<[Record<string, string | undefined>, RegExp]>([
  [{ DEVIOUS_STORE_OPTIONS: `{"quotaBytes":"1"}` }, /"quotaBytes" must be a whole number/],
  [{ DEVIOUS_STORE_OPTIONS: `{"autoCompaction":{"revisions":1,"periodMs":1}}` }, /"autoCompaction" must have either/],
  [{ DEVIOUS_NODE: undefined }, /DEVIOUS_NODE is missing/],
  [{ DEVIOUS_MEMBER: "3" }, /does not hold this member/],
  [{ DEVIOUS_MEMBERS: "n1,n2" }, /not number=name: "n1"/],
  [{ DEVIOUS_CLUSTER_STATE: "old" }, /must be new or existing/],
  [{ DEVIOUS_STORE_OPTIONS: `{"snapshotEntries":0}` }, /"snapshotEntries" must be a whole number/],
  [{ DEVIOUS_STORE_OPTIONS: `{"electionTimeoutMs":200}` }, /at least three times/],
  [{ DEVIOUS_STORE_OPTIONS: `{"reads":"never"}` }, /"reads" must be one of readIndex, lease, local/],
  [{ DEVIOUS_STORE_OPTIONS: `{"preVote":"off"}` }, /"preVote" must be one of true, false/],
  [{ DEVIOUS_STORE_OPTIONS: `{"reads":"lease","checkQuorum":false}` }, /reads: lease needs checkQuorum/],
  [{ DEVIOUS_STORE_OPTIONS: `{"tls":true}` }, /"tls" must be any or certified/],
  [{ DEVIOUS_STORE_OPTIONS: `{"election":200}` }, /no option "election"/],
])("refuses %j", (change, message) => {
  expect(() => optionsFromEnv({ ...env, ...change })).toThrow(message);
});

it("has the package's version", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  expect(storeVersion).toBe(version);
});
