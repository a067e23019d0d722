// Shows what a scrape of /metrics gives: the text format to the letter, etcd's own names and kinds, and values that follow what clients do.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { base64, testCluster, until } from "../store/cluster.js";
import type { TestCluster } from "../store/cluster.js";
import { readExposition } from "./exposition.js";
import type { ReadFamily } from "./exposition.js";
import { startEtcd, whyNoEtcd } from "./local-etcd.js";
import type { LocalEtcd } from "./local-etcd.js";

type Families = ReadonlyMap<string, ReadFamily>;

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await testCluster(3);
  await Promise.all(cluster.members.map(({ id }) => cluster.start(id)));
  await until(
    () => cluster.get(1, "/health"),
    ({ status }) => status === 200,
  );
  // each writes once into the log, by itself, where clients reach it
  await until(
    async () => (await cluster.post(1, "/v3/cluster/member/list", {})).body["members"] as readonly { clientURLs?: unknown }[],
    (members) => members.every(({ clientURLs }) => clientURLs !== undefined),
  );
});
afterAll(() => cluster.destroy());

async function scrapeAt(port: number | undefined): Promise<Families> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4;/);
  return readExposition(await response.text());
}

const scrape = (member: number): Promise<Families> => scrapeAt(cluster.nodes.get(member)?.clientPort);

/** The sum of all samples whose labels hold this text. */
function valueOf(families: Families, name: string, labels = ""): number {
  return (families.get(name)?.samples ?? [])
    .filter((sample) => sample.labels.includes(labels))
    .reduce((sum, { value }) => sum + value, 0);
}

it("counts what clients did, and what the log and the disk had to do for it", async () => {
  const before = await scrape(1);
  const key = base64("k");
  const put = { request_put: { key, value: key } };
  await cluster.post(1, "/v3/kv/put", { key, value: key });
  await cluster.post(1, "/v3/kv/txn", { success: [put, { request_range: { key } }] });
  await cluster.post(1, "/v3/kv/deleterange", { key });
  await cluster.post(1, "/v3/kv/range", { key });
  const { body } = await cluster.post(1, "/v3/lease/grant", { TTL: 100 });
  await cluster.post(1, "/v3/lease/revoke", { ID: body["ID"] });
  await cluster.post(1, "/v3/lease/revoke", { ID: body["ID"] });
  const after = await scrape(1);
  const grown = (name: string, labels?: string): number => valueOf(after, name, labels) - valueOf(before, name, labels);
  expect({
    puts: grown("etcd_mvcc_put_total"),
    deletes: grown("etcd_mvcc_delete_total"),
    txns: grown("etcd_mvcc_txn_total"),
    ranges: grown("etcd_mvcc_range_total"),
    granted: grown("etcd_debugging_lease_granted_total"),
    revoked: grown("etcd_debugging_lease_revoked_total"),
    failed: grown("etcd_server_proposals_failed_total"),
    pending: valueOf(after, "etcd_server_proposals_pending"),
    revision: grown("etcd_debugging_mvcc_current_revision"),
    applied: grown("etcd_server_proposals_applied_total"),
    putsCalled: grown("grpc_server_started_total", `grpc_method="Put"`),
    putsDone: grown("grpc_server_handled_total", `grpc_code="OK",grpc_method="Put"`),
    notFound: grown("grpc_server_handled_total", `grpc_code="NotFound",grpc_method="LeaseRevoke"`),
  }).toEqual({
    puts: 2,
    deletes: 1,
    txns: 1,
    ranges: 2,
    granted: 1,
    revoked: 1,
    failed: 0,
    pending: 0,
    revision: 3,
    applied: 6,
    putsCalled: 1,
    putsDone: 1,
    notFound: 1,
  });
  const syncs = after.get("etcd_disk_wal_fsync_duration_seconds")?.samples.find(({ name }) => name.endsWith("_count"));
  expect(syncs?.value).toBeGreaterThan(0);
  expect(valueOf(after, "process_resident_memory_bytes")).toBeGreaterThan(1e6);
  expect(valueOf(after, "process_open_fds")).toBeGreaterThan(3);
});

it("has one leader, whom all have seen", async () => {
  const all = await Promise.all([1, 2, 3].map(scrape));
  const sum = (name: string): number => all.reduce((so, families) => so + valueOf(families, name), 0);
  expect([sum("etcd_server_has_leader"), sum("etcd_server_is_leader"), sum("etcd_server_is_learner")]).toEqual([3, 1, 0]);
  expect(sum("etcd_server_leader_changes_seen_total")).toBeGreaterThanOrEqual(3);
});

it("counts a watcher as long as there is one, and how its stream ended", async () => {
  const end = new AbortController();
  const body = JSON.stringify({ create_request: { key: base64("k") } });
  const url = `http://127.0.0.1:${cluster.nodes.get(2)?.clientPort}/v3/watch`;
  const watching = await fetch(url, { method: "POST", body, signal: end.signal });
  await watching.body?.getReader().read();
  const watchers = (families: Families): boolean => valueOf(families, "etcd_debugging_mvcc_watcher_total") === 1;
  await until(() => scrape(2), watchers);
  end.abort();
  const after = await until(
    () => scrape(2),
    (families) => valueOf(families, "etcd_debugging_mvcc_watcher_total") === 0,
  );
  expect(valueOf(after, "grpc_server_handled_total", `grpc_code="Canceled",grpc_method="Watch"`)).toBe(1);
});

it.each([
  ["no help", "has no help", "# TYPE a gauge\na 1\n"],
  ["another family's sample", "b stands in a", "# HELP a A.\n# TYPE a gauge\nb 1\n"],
  ["the same sample twice", "comes twice", "# HELP a A.\n# TYPE a gauge\na 1\na 1\n"],
  ["a label with a bare quote", "no line of the format", `# HELP a A.\n# TYPE a gauge\na{b="""} 1\n`],
  ["no line's end", "does not end", "# HELP a A.\n# TYPE a gauge\na 1"],
  [
    "buckets that fall",
    "no cumulative histogram",
    `# HELP a A.\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n`,
  ],
])("the reader refuses %s", (_what, why, text) => {
  expect(() => readExposition(text)).toThrow(why);
});

describe.skipIf(whyNoEtcd !== "")(`beside etcd${whyNoEtcd}`, () => {
  let etcd: LocalEtcd;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.stop());

  it("has no name that etcd does not have, and means the same kind of thing by it, with the same labels and buckets", async () => {
    const [ours, theirs] = await Promise.all([scrape(1), scrapeAt(etcd.port)]);
    const labelsOf = (families: Families, name: string): string[] => {
      const labels = families.get(name)?.samples.map((sample) => sample.labels) ?? [];
      const isBuckets = families.get(name)?.type === "histogram";
      return [...new Set(labels.map((each) => (isBuckets ? each : each.replace(/"(?:[^"\\]|\\.)*"/g, `""`))))];
    };
    const shapes = (families: Families): unknown[] =>
      [...ours.keys()].map((name) => [name, families.get(name)?.type, labelsOf(families, name)]);
    expect(shapes(ours)).toEqual(shapes(theirs));
  });
});
