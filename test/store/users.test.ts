// Shows on three real nodes in this process that npm etcd3 is let in by its user's roles on every member, that a token of one is good on all at once, and how it ends.
import { Etcd3, Range } from "etcd3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { base64, testCluster, until } from "./cluster.js";
import type { TestCluster } from "./cluster.js";

let cluster: TestCluster;
let hosts: string[];
beforeAll(async () => {
  cluster = await testCluster(3);
  await Promise.all(cluster.members.map(({ id }) => cluster.start(id)));
  await until(
    () => cluster.get(1, "/health"),
    ({ status }) => status === 200,
  );
  hosts = [...cluster.nodes.values()].map(({ clientPort }) => `http://127.0.0.1:${clientPort}`);
});
afterAll(() => cluster.destroy());

async function ask(member: number, path: string, body: unknown, token?: string): Promise<{ status: number; body: unknown }> {
  const headers = token === undefined ? undefined : { authorization: token };
  const url = `${hosts[member - 1]}/v3/${path}`;
  const answer = await fetch(url, { method: "POST", body: JSON.stringify(body), ...(headers === undefined ? {} : { headers }) });
  return { status: answer.status, body: await answer.json() };
}

async function logIn(member: number, name: string, password: string): Promise<string> {
  const { body } = await ask(member, "auth/authenticate", { name, password });
  return (body as { token: string }).token;
}

it("roles: npm etcd3 makes them, and is let in by them", async () => {
  const anybody = new Etcd3({ hosts });
  await anybody.role("root").create();
  await anybody.user("root").create("secret");
  await anybody.user("root").addRole("root");
  const reader = anybody.role("reader");
  await reader.create();
  await reader.grant({ permission: "Readwrite", range: Range.prefix("app/") });
  await anybody.user("ada").create("word");
  await anybody.user("ada").addRole("reader");
  await anybody.auth.authEnable();
  anybody.close();
  const ada = new Etcd3({ hosts, auth: { username: "ada", password: "word" } });
  await ada.put("app/key").value("hers");
  expect(await ada.get("app/key").string()).toBe("hers");
  await expect(ada.put("other").value("not hers").exec()).rejects.toThrow("permission denied");
  await expect(ada.user("root").delete()).rejects.toThrow("permission denied");
  ada.close();
});

it("a token of one member is good on the others at once, until its password changes", async () => {
  const key = { key: base64("app/key") };
  for (const member of [1, 2, 3]) {
    const token = await logIn(member, "ada", "word");
    const others = [1, 2, 3].map((each) => ask(each, "kv/range", { ...key, serializable: true }, token));
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200, 200]);
  }
  const before = await logIn(1, "ada", "word");
  const root = await logIn(2, "root", "secret");
  expect(await ask(3, "auth/user/changepw", { name: "ada", password: "another" }, root)).toMatchObject({ status: 200 });
  expect(await ask(3, "kv/range", key, before)).toMatchObject({
    status: 401,
    body: { error: "etcdserver: invalid auth token", definite: true },
  });
  expect(await ask(1, "auth/authenticate", { name: "ada", password: "word" })).toMatchObject({ status: 400 });
});

it("a watch is told why it is not allowed, and /health and /status are open", async () => {
  const token = await logIn(1, "ada", "another");
  const asked = JSON.stringify({ create_request: { key: base64("other") } });
  const answer = await fetch(`${hosts[1]}/v3/watch`, { method: "POST", body: asked, headers: { authorization: token } });
  const reader = answer.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  expect(JSON.parse(Buffer.from(value ?? []).toString())).toMatchObject({
    result: {
      created: true,
      canceled: true,
      cancel_reason: "rpc error: code = PermissionDenied desc = etcdserver: permission denied",
    },
  });
  expect([(await cluster.get(1, "/health")).status, (await cluster.get(2, "/status")).status]).toEqual([200, 200]);
});

it("a transaction inside a transaction opens no door", async () => {
  const token = await logIn(1, "ada", "another");
  const put = { request_put: { key: base64("other"), value: base64("x") } };
  const nested = { success: [{ request_txn: { success: [put] } }] };
  expect(await ask(1, "kv/txn", nested, token)).toMatchObject({ status: 403 });
  expect(await ask(1, "kv/txn", nested)).toMatchObject({ status: 400, body: { error: "etcdserver: user name is empty" } });
});

it("a token ends after 300 s in which nobody shows it", async () => {
  const token = await logIn(1, "root", "secret");
  const list = () => ask(1, "auth/user/list", {}, token);
  cluster.clock.aheadMs += 200_000;
  expect((await list()).status).toBe(200);
  cluster.clock.aheadMs += 200_000;
  expect((await list()).status).toBe(200);
  cluster.clock.aheadMs += 300_000;
  expect((await list()).status).toBe(401);
});
