// Shows what clients meet where there is no node yet: an open port that says why and refuses, until the node takes it over without closing it.
import type { ClientHttp2Session } from "node:http2";
import { connect } from "node:net";
import { afterEach, expect, it } from "vitest";
import { makeAuthority } from "../../src/cluster/tls/certificate.js";
import type { FrontDoor } from "../../src/store/io/front-door.js";
import { unreadyDoor } from "../../src/store/unready.js";
import { freePorts } from "../support/ports.js";
import { base64, testCluster, until } from "./cluster.js";
import type { TestCluster } from "./cluster.js";
import { answerTo, call, dial, openCall } from "./io/h2/grpc-client.js";

let cluster: TestCluster | undefined;
let door: FrontDoor | undefined;
afterEach(async () => {
  door?.close();
  await cluster?.destroy();
  door = cluster = undefined;
});

interface Asked {
  readonly status: number;
  readonly connection: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

async function ask(port: number, path: string, body?: unknown): Promise<Asked> {
  const how = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, how);
  const answer = (await response.json()) as Asked["body"];
  return { status: response.status, connection: response.headers.get("connection"), body: answer };
}

const gone = (session: ClientHttp2Session): Promise<unknown> => new Promise((resolve) => session.on("close", resolve));

it("founders that wait for each other say for whom, refuse what they are asked, and become nodes on the port as it is", async () => {
  cluster = await testCluster(3);
  const [port = 0] = await freePorts(1);
  cluster.clientPorts.set(1, port);
  const starting = [cluster.start(1), cluster.start(2)];
  const health = (): Promise<Asked | undefined> => ask(port, "/health").catch(() => undefined);
  const waiting = await until(health, (answer) => /hear from n3 /.test(String(answer?.body["reason"])));
  expect(waiting).toMatchObject({
    status: 503,
    connection: "close",
    body: { health: "false", reason: "its disk is empty: waiting to hear from n3 whether theirs are, too" },
  });

  const error = "etcdserver: not ready: its disk is empty: waiting to hear from n3 whether theirs are, too";
  for (const [path, body] of [
    ["/v3/kv/put", { key: base64("k"), value: base64("v") }],
    ["/v3/kv/range", { key: base64("k"), serializable: true }],
    ["/status", undefined],
  ] as const) {
    expect(await ask(port, path, body)).toMatchObject({ status: 503, body: { error, code: 14, definite: true } });
  }
  const session = await dial(port);
  const refused = await call(session, "/etcdserverpb.KV/Put", Buffer.alloc(0));
  expect(refused).toMatchObject({ status: 14, text: error, headers: { "devious-definite": "1" } });
  expect((await answerTo(openCall(session, "/etcdserverpb.Watch/Watch"))).status).toBe(14);

  // one that has said nothing yet, and one that nobody may see closed
  const silent = connect(port, "127.0.0.1");
  const heard = new Promise<string>((resolve) => silent.on("data", (bytes: Buffer) => resolve(bytes.toString())));
  await new Promise((resolve) => silent.once("connect", resolve));
  const seen: (Asked | undefined)[] = [];
  let isOver = false;
  const watcher = (async (): Promise<void> => {
    while (!isOver) seen.push(await health());
  })();
  const sessionGone = gone(session);
  await Promise.all([...starting, cluster.start(3)]);
  await until(
    () => seen.at(-1)?.status,
    (status) => status === 200,
  );
  isOver = true;
  await watcher;
  expect(seen).not.toContain(undefined);
  expect(new Set(seen.map((answer) => answer?.status))).toEqual(new Set([503, 200]));
  silent.write("GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(await heard).toMatch(/^HTTP\/1.1 200 /);
  silent.destroy();
  // its client was told to come again
  await sessionGone;
  const again = await dial(port);
  expect(await call(again, "/etcdserverpb.Maintenance/Status", Buffer.alloc(0))).toMatchObject({ status: 0 });
  again.destroy();
});

it("where clients come over TLS, who asks how it is still hears it in plain text", async () => {
  door = unreadyDoor(() => "for want of a reason", makeAuthority("the shop", Date.now()));
  const port = await door.listen("127.0.0.1", 0);
  const reason = "for want of a reason";
  const answer = await ask(port, "/health");
  expect(answer).toEqual({ status: 503, connection: "close", body: { health: "false", reason } });
  expect((await fetch(`http://127.0.0.1:${port}/v3/kv/range`, { method: "POST", body: "{}" })).status).toBe(400);
});
