// Shows that our gateway turns away what it does not take as etcd's does: paths, methods, sizes, members and their URLs; status, kind of body, code and words.
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testCluster, until } from "../store/cluster.js";
import type { TestCluster } from "../store/cluster.js";
import type { Address } from "./endpoints.js";
import { startEtcd, whyNoEtcd } from "./local-etcd.js";
import type { LocalEtcd } from "./local-etcd.js";

interface Refusal {
  readonly status: number;
  readonly type: string | undefined;
  /** Without `definite`, which is ours alone. */
  readonly body: unknown;
}

const put = (valueBytes: number): string => JSON.stringify({ key: "YQ==", value: Buffer.alloc(valueBytes).toString("base64") });
const add = (...peerURLs: string[]): string => JSON.stringify({ peerURLs });

const cases: readonly (readonly [method: string, path: string, body: string])[] = [
  ["GET", "/v3/kv/range", ""],
  ["HEAD", "/v3/kv/range", ""],
  ["PUT", "/v3/kv/put", "{}"],
  ["POST", "/v3/nothing", "{}"],
  ["POST", "/v3/kv/range/", "{}"],
  ["POST", "/v3/maintenance/hashkv", "{}"],
  ["POST", "/v3beta/kv/range", "{}"],
  ["POST", "/v3/kv/range?key=YQ==", "{}"],
  ["POST", "/version", ""],
  ["POST", "/v3/kv/put", put(1.5 * 2 ** 20)],
  ["POST", "/v3/kv/put", put(2 ** 21 - 7)],
  ["POST", "/v3/kv/put", put(2 ** 21 - 6)],
  ["POST", "/v3/kv/put", put(2.5 * 2 ** 20)],
  ["POST", "/v3/cluster/member/remove", "{}"],
  ["POST", "/v3/cluster/member/remove", `{"ID":"77"}`],
  ["POST", "/v3/cluster/member/update", `{"ID":"77","peerURLs":["http://n4:2380"]}`],
  ["POST", "/v3/cluster/member/promote", `{"ID":"18446744073709551615"}`],
  ["POST", "/v3/cluster/member/add", add()],
  ["POST", "/v3/cluster/member/add", add("n4")],
  ["POST", "/v3/cluster/member/add", add("http://n4")],
  ["POST", "/v3/cluster/member/add", add("ftp://n4:2380")],
  ["POST", "/v3/cluster/member/add", add("http://n4:2380/path")],
];

describe.skipIf(whyNoEtcd !== "")(`our gateway beside etcd's${whyNoEtcd}`, { timeout: 60_000 }, () => {
  let etcd: LocalEtcd;
  let cluster: TestCluster;
  let ours: Address;

  beforeAll(async () => {
    [etcd, cluster] = await Promise.all([startEtcd(), testCluster(1)]);
    await cluster.start(1);
    await until(
      () => cluster.get(1, "/health"),
      ({ status }) => status === 200,
    );
    ours = { port: cluster.nodes.get(1)?.clientPort ?? 0 };
  });
  afterAll(async () => {
    await Promise.all([etcd.stop(), cluster.destroy()]);
  });

  it.each(cases.map(([method, path, body]) => [method, path, `${body.slice(0, 60)} (${body.length} characters)`, body]))(
    "%s %s %s",
    async (method, path, _, body) => {
      const [theirs, answer] = await Promise.all([
        ask({ socketPath: etcd.socketPath }, method, path, body),
        ask(ours, method, path, body),
      ]);
      expect(theirs.status).toBeGreaterThanOrEqual(400);
      expect(answer).toEqual(theirs);
    },
  );
});

function ask(address: Address, method: string, path: string, body: string): Promise<Refusal> {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", ...address, path, method, headers, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (text += chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const type = answer.headers["content-type"];
        resolve({ status: answer.statusCode ?? 0, type, body: type === "application/json" ? withoutDefinite(text) : text });
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

function withoutDefinite(text: string): unknown {
  const { definite, ...body } = JSON.parse(text) as { readonly definite?: unknown };
  expect([undefined, true]).toContain(definite);
  return body;
}
