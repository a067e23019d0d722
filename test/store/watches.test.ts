// Shows on three real nodes in this process that a watch tells every write once and in the order of the log, at any member, also over changes of leader and reconnects elsewhere.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ClientHttp2Session } from "node:http2";
import { base64, testCluster, until } from "./cluster.js";
import type { TestCluster } from "./cluster.js";
import { dial } from "./io/h2/grpc-client.js";
import { eventsOf, revisionOf, watchByGrpc } from "../etcd/watching.js";
import type { WatchConnection } from "../etcd/watching.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await testCluster(3);
  await Promise.all(cluster.members.map(({ id }) => cluster.start(id)));
});
afterAll(() => cluster.destroy());

const key = base64("watched");

/** A client that watches from a revision on, at one member after the other. */
class Watcher {
  readonly told: { readonly revision: number; readonly value: string }[] = [];
  #next: number;
  #member: number;
  #session: ClientHttp2Session | undefined;
  #connection: WatchConnection | undefined;
  #closed = false;

  constructor(member: number, from: number) {
    this.#member = member;
    this.#next = from;
    void this.#connect();
  }

  /** What it was told by now, from wherever. */
  drain(): void {
    for (const response of this.#connection?.responses.splice(0) ?? [])
      for (const event of eventsOf(response)) {
        const { value } = event["kv"] as { readonly value: string };
        this.told.push({ revision: revisionOf(event), value: Buffer.from(value, "base64").toString() });
        this.#next = revisionOf(event) + 1;
      }
  }

  close(): void {
    this.#closed = true;
    this.#session?.destroy();
  }

  async #connect(): Promise<void> {
    if (this.#closed) return;
    const port = cluster.nodes.get(this.#member)?.clientPort;
    try {
      if (port === undefined) throw new Error("not running");
      const session = await dial(port);
      this.#session = session;
      session.on("error", () => {});
      session.on("close", () => void this.#moveOn());
      this.#connection = watchByGrpc(session, () => session.destroy());
      this.#connection.send({ create_request: { key, start_revision: String(this.#next) } });
    } catch {
      void this.#moveOn();
    }
  }

  async #moveOn(): Promise<void> {
    this.drain();
    this.#member = (this.#member % 3) + 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
    await this.#connect();
  }
}

async function leader(): Promise<number> {
  const statuses = await until(
    () => Promise.all([...cluster.nodes.keys()].map(async (id) => (await cluster.get(id, "/status")).body)),
    (all) => all.some(({ role }) => role === "leader"),
  );
  return Number(statuses.find(({ role }) => role === "leader")?.["member"] ?? 1);
}

it("tells all of it, once, in order", { timeout: 60_000 }, async () => {
  const written = new Map<number, string>();
  const write = async (value: string): Promise<void> => {
    const [member] = cluster.nodes.keys();
    const { status, body } = await cluster.post(member ?? 1, "/v3/kv/put", { key, value: base64(value) });
    if (status === 200) written.set(Number((body["header"] as { readonly revision: string }).revision), value);
  };
  await until(
    () => write("first").then(() => written.size),
    (count) => count > 0,
  );
  const [first = 2] = written.keys();
  const watchers = [1, 2, 3].map((member) => new Watcher(member, first));
  let isOver = false;
  const writing = Promise.all(
    Array.from({ length: 4 }, async (_, writer) => {
      for (let at = 0; !isOver; at++) {
        await write(`${writer}/${at}`).catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }),
  );
  for (let round = 0; round < 4; round++) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const stopped = await leader();
    await cluster.stop(stopped);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await cluster.start(stopped);
  }
  isOver = true;
  await writing;
  const last = Math.max(...written.keys());
  for (const watcher of watchers) {
    await until(
      () => {
        watcher.drain();
        return watcher.told.at(-1)?.revision ?? 0;
      },
      (revision) => revision >= last,
    );
    watcher.close();
    const revisions = watcher.told.map(({ revision }) => revision);
    // the key is written by nobody else, and nothing else is: each revision is one of its puts
    expect(revisions).toEqual(Array.from({ length: revisions.length }, (_, at) => first + at));
    expect(watcher.told.filter(({ revision }) => written.has(revision)).map(({ revision, value }) => [revision, value])).toEqual(
      [...written].sort(([a], [b]) => a - b),
    );
  }
  expect(written.size).toBeGreaterThan(20);
});
