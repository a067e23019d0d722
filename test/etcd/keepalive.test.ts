// Shows that renewals are answered as etcd answers them: several in one stream, of leases that are there and of others.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decode } from "../../src/store/wire/decode.js";
import { encode } from "../../src/store/wire/encode.js";
import { rpcs } from "../../src/store/wire/rpcs.js";
import { testCluster, until } from "../store/cluster.js";
import type { TestCluster } from "../store/cluster.js";
import { answerTo, dial, frameMessage, openCall } from "../store/io/h2/grpc-client.js";
import type { Answered } from "../store/io/h2/grpc-client.js";
import { startEtcd, whyNoEtcd } from "./local-etcd.js";
import type { LocalEtcd } from "./local-etcd.js";

const ids = [7001n, 404n, 7002n, 0n, 7001n];

describe.skipIf(whyNoEtcd !== "")(`renewals beside etcd's${whyNoEtcd}`, { timeout: 60_000 }, () => {
  let etcd: LocalEtcd;
  let cluster: TestCluster;
  let ports: readonly number[];

  beforeAll(async () => {
    [etcd, cluster] = await Promise.all([startEtcd(), testCluster(3)]);
    await Promise.all(cluster.members.map(({ id }) => cluster.start(id)));
    await until(
      () => cluster.get(1, "/health"),
      ({ status }) => status === 200,
    );
    ports = [etcd.port, ...[...cluster.nodes.values()].map(({ clientPort }) => clientPort)];
    for (const port of ports.slice(0, 2)) {
      await callOf(port, rpcs.lease.leaseGrant.path, encode(rpcs.lease.leaseGrant.input, { id: 7001n, ttl: 1000 }));
      await callOf(port, rpcs.lease.leaseGrant.path, encode(rpcs.lease.leaseGrant.input, { id: 7002n, ttl: 2000 }));
    }
  });
  afterAll(async () => {
    await Promise.all([etcd.stop(), cluster.destroy()]);
  });

  it("answers each in its turn, and ends the stream when its client has", async () => {
    const answers = await Promise.all(ports.map((port) => keepAlive(port)));
    expect(answers[0]).toEqual({
      renewed: [[7001n, 1000], [404n, 0], [7002n, 2000], [0n, 0], [7001n, 1000]], // prettier-ignore
      status: "0",
    });
    for (const ours of answers.slice(1)) expect(ours).toEqual(answers[0]);
  });
});

interface Renewed {
  readonly renewed: readonly (readonly [id: bigint, ttl: number])[];
  /** gRPC's. */
  readonly status: unknown;
}

async function keepAlive(port: number): Promise<Renewed> {
  const { leaseKeepAlive } = rpcs.lease;
  const requests = ids.map((id) => encode(leaseKeepAlive.input, { id }));
  const { messages, trailers } = await callOf(port, leaseKeepAlive.path, ...requests);
  const answers = messages.map((message) => decode(leaseKeepAlive.output, message));
  return { renewed: answers.map(({ id, ttl }) => [id, ttl] as const), status: trailers["grpc-status"] };
}

/** Sends the messages and then says that there are no more; all that was answered. */
async function callOf(port: number, path: string, ...requests: readonly Buffer[]): Promise<Answered> {
  const session = await dial(port);
  try {
    const stream = openCall(session, path);
    const answered = answerTo(stream);
    for (const request of requests) stream.write(frameMessage(request));
    stream.end();
    return await answered;
  } finally {
    session.destroy();
  }
}
