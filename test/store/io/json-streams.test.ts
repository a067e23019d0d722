// Shows the streams of etcd's API by HTTP: requests as they come in the body, answers line by line, errors before and after the first answer, slow and vanishing clients.
import { request } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FrontDoor } from "../../../src/store/io/front-door.js";
import { Gateway } from "../../../src/store/io/gateway.js";
import { GrpcServer } from "../../../src/store/io/grpc-server.js";
import { MvccStore } from "../../../src/store/mvcc/mvcc-store.js";
import type { Header, Store } from "../../../src/store/rpc/store.js";
import { watchService } from "../../../src/store/rpc/watch.js";
import { until } from "../cluster.js";
import { put } from "../mvcc/words.js";
import { accessOf } from "../rpc/access-of.js";
import { streamsOf } from "../rpc/streams-of.js";
import type { Streams } from "../rpc/streams-of.js";

let kv: MvccStore;
let streams: Streams;
let door: FrontDoor;
let port: number;
beforeEach(async () => {
  kv = new MvccStore(() => false);
  const header = (): Header => ({ cluster: "7", member: "1", revision: kv.revision, term: 3 });
  streams = streamsOf(() => kv, header);
  const store = { ...streams, access: accessOf(), unhealthy: () => undefined } as unknown as Store;
  const methods = new Map(watchService(store).map(({ path, method }) => [path, method]));
  door = new FrontDoor(new GrpcServer(methods), new Gateway(store, methods, () => "").server);
  port = await door.listen("127.0.0.1", 0);
});
afterEach(() => door.close());

interface Client {
  readonly asked: ClientRequest;
  /** Lines of the answer by now. */
  readonly lines: string[];
  status: number | undefined;
  ended: boolean;
  answer: IncomingMessage | undefined;
}

function open(headers: Readonly<Record<string, string>> = {}, method = "POST"): Client {
  const asked = request({ host: "127.0.0.1", port, path: "/v3/watch", method, headers, agent: false });
  const client: Client = { asked, lines: [], status: undefined, ended: false, answer: undefined };
  asked.on("error", () => {});
  asked.on("response", (answer) => {
    client.status = answer.statusCode;
    client.answer = answer;
    let text = "";
    answer.setEncoding("utf8");
    answer.on("data", (chunk: string) => {
      const lines = (text + chunk).split("\n");
      text = lines.pop() ?? "";
      client.lines.push(...lines);
    });
    answer.on("error", () => {});
    answer.on("end", () => {
      if (text !== "") client.lines.push(text);
      client.ended = true;
    });
  });
  return client;
}

function write(...values: readonly string[]): void {
  for (const value of values) kv.apply(put("a", value));
  streams.hub.applied();
}

const lines = (client: Client, count: number): Promise<string[]> =>
  until(
    () => client.lines,
    ({ length }) => length >= count,
  );
const header = (revision: number): string =>
  `"header":{"cluster_id":"7","member_id":"1","revision":"${revision}","raft_term":"3"}`;
const createA = `{"create_request":{"key":"YQ=="}}`;
const createdA = `{"result":{${header(1)},"created":true}}`;
const eventOf = (value: string, revision: number): string => {
  const version = revision === 2 ? `"version":"1"` : `"version":"${revision - 1}"`;
  const pair = `"key":"YQ==","create_revision":"2","mod_revision":"${revision}",${version},"value":"${value}"`;
  return `{"result":{${header(revision)},"events":[{"kv":{${pair}}}]}}`;
};

it("answers line by line, as things happen, also when the body has ended", async () => {
  const client = open();
  client.asked.end(createA);
  expect(await lines(client, 1)).toEqual([createdA]);
  write("v");
  expect(await lines(client, 2)).toEqual([createdA, eventOf("dg==", 2)]);
  expect([client.status, client.answer?.headers["content-type"], client.ended]).toEqual([200, "application/json", false]);
});

it("takes requests as they come, in whichever pieces", async () => {
  const client = open();
  client.asked.write(createA.slice(0, 9));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(client.lines).toEqual([]);
  client.asked.write(`${createA.slice(9)}{"cancel_request":{"watch_id":"0"}}\n{}`);
  expect(await lines(client, 2)).toEqual([createdA, `{"result":{${header(1)},"canceled":true}}`]);
  client.asked.write(` {"progress_request":{}}`);
  expect((await lines(client, 3)).at(-1)).toBe(`{"result":{${header(1)},"watch_id":"-1"}}`);
});

it.each([
  ["{", "the body is not JSON"],
  [`{"create_request":{"key":7}}`, `"key" is not base64`],
  ["nothing ", "the body is not JSON"],
])("a body that begins with %s is refused, as any that is no request", async (body, error) => {
  const client = open();
  client.asked.end(body);
  const refused = { error, message: error, code: 2, definite: true };
  expect((await lines(client, 1)).map((line) => JSON.parse(line) as unknown)).toEqual([refused]);
  expect(client.status).toBe(500);
});

it("what is no request later on is passed over, with all that follows", async () => {
  const client = open();
  client.asked.end(`${createA} ] ${createA}`);
  expect(await lines(client, 1)).toEqual([createdA]);
  write("v");
  expect(await lines(client, 2)).toEqual([createdA, eventOf("dg==", 2)]);
});

const stopped = {
  error: { grpc_code: 14, http_code: 503, message: "etcdserver: server stopped", http_status: "Service Unavailable" },
};

it("says what ends it in a last line, and as the whole answer where there was none", async () => {
  const [begun, silent] = [open(), open()];
  begun.asked.end(createA);
  silent.asked.write(" ");
  await lines(begun, 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  streams.streams.stop();
  await until(
    () => begun.ended && silent.ended,
    (both) => both,
  );
  expect([begun.status, begun.lines[0], JSON.parse(begun.lines[1] ?? "")]).toEqual([200, createdA, stopped]);
  expect([silent.status, silent.lines.map((line) => JSON.parse(line) as unknown)]).toEqual([503, [stopped]]);
});

it("passes on what is marked as metadata", async () => {
  streams.hasLeader = false;
  const client = open({ "grpc-metadata-hasleader": "true" });
  client.asked.end(createA);
  expect((await lines(client, 1))[0]).toMatch(`"message":"etcdserver: no leader"`);
  expect(client.status).toBe(503);
});

it("is asked by POST only", async () => {
  const client = open({}, "GET");
  client.asked.end();
  expect(await lines(client, 1)).toEqual(["Method Not Allowed"]);
  expect(client.status).toBe(405);
});

it("a slow client is told all, once it reads on, and a vanished one nothing", async () => {
  const [slow, vanished] = [open(), open()];
  for (const { asked } of [slow, vanished]) asked.end(createA);
  await Promise.all([lines(slow, 1), lines(vanished, 1)]);
  vanished.asked.destroy();
  slow.answer?.pause();
  const value = "x".repeat(100_000);
  for (let at = 0; at < 100; at++) {
    write(value);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(slow.lines.length).toBeLessThan(101);
  slow.answer?.resume();
  const told = (): string[] => slow.lines.join("").match(/"mod_revision":"\d+"/g) ?? [];
  await until(told, ({ length }) => length >= 100);
  expect(told()).toEqual(Array.from({ length: 100 }, (_, at) => `"mod_revision":"${at + 2}"`));
  expect(vanished.lines).toHaveLength(1);
});
