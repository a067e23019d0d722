// Shows the rabbitmq-quorum template with RabbitMQ itself: the queue's leader is found, isolated and succeeded; healed, it is a member again with all messages.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterStatus } from "../../src/cluster/status.js";
import { eventually } from "../support/cli.js";
import { TemplateCluster } from "../support/template-cluster.js";

interface Queue {
  readonly online: readonly string[];
}

let rabbit: TemplateCluster;
beforeAll(async () => {
  rabbit = await TemplateCluster.create("rabbitmq-quorum", "RABBITMQ_IMAGE", {
    name: "rabbitmq",
    packages: ["rabbitmq-server"],
    user: { name: "rabbitmq", home: "var/lib/rabbitmq" },
    programs: "/usr/lib/rabbitmq/bin",
    // that folder is made by the package's script
    environment: { LANG: "C.UTF-8", RABBITMQ_LOG_BASE: "/tmp" },
  });
});
afterAll(() => rabbit.destroy());

/** What the node's management says to a request; undefined where it does not. */
async function ask<T>(node: string, path: string, body?: object): Promise<T | undefined> {
  const { nodes } = await rabbit.cluster.status<ClusterStatus>();
  const address = nodes.find((one) => one.node === node)?.ports["15672"] ?? "";
  try {
    const answer = await fetch(`http://${address}/api/${path}`, {
      headers: { authorization: `Basic ${Buffer.from("guest:guest").toString("base64")}` },
      signal: AbortSignal.timeout(5000),
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    return answer.ok ? ((await answer.json()) as T) : undefined;
  } catch {
    return undefined;
  }
}

/** Waits until a message has been put into the queue by way of this node. */
function sent(node: string, payload: string): Promise<void> {
  const message = { properties: { delivery_mode: 2 }, routing_key: "orders", payload, payload_encoding: "string" };
  return eventually(`the queue takes ${payload}`, 60_000, async () => {
    const answer = await ask<{ readonly routed: boolean }>(node, "exchanges/%2F/amq.default/publish", message);
    return answer?.routed === true;
  });
}

test("up boots three nodes, makes a queue on all three, and finds its leader", async () => {
  await rabbit.cluster.up();
  // its first metrics come with its first tick
  await eventually("the queue has a leader", 60_000, async () => (await rabbit.leaders()).length > 0);
  expect(await rabbit.leaders()).toHaveLength(1);
  await sent("rabbit-1", "one");
});

test(
  "a leader that is isolated is succeeded, the queue goes on, and healed, it is back with all messages",
  { timeout: 300_000 },
  async () => {
    const [former = ""] = await rabbit.leaders();
    await rabbit.chaos("isolate", "leader", "--for", "2m");
    const successor = await rabbit.successorOf(former, 120_000);
    await sent(successor, "two");

    // healed while it pauses, it may never come back: Erlang's `global` hangs where a node is gone and there again
    await eventually("who was cut off has paused", 60_000, async () =>
      (await rabbit.saidSinceFault()).some((line) => line.startsWith(`${former} `) && /Successfully stopped RabbitMQ/.test(line)),
    );
    await rabbit.chaos("heal");
    await rabbit.settled(undefined, 120_000);
    await eventually("all three have the queue", 60_000, async () => {
      const queue = await ask<Queue>(former, "queues/%2F/orders");
      return queue?.online.length === 3;
    });
    const take = { count: 10, ackmode: "ack_requeue_false", encoding: "auto" };
    const messages = await ask<readonly { readonly payload: string }[]>(former, "queues/%2F/orders/get", take);
    expect(messages?.map(({ payload }) => payload)).toEqual(["one", "two"]);
  },
);

test("smoke finds nothing wrong with it, under its own scenario as well", { timeout: 300_000 }, async () => {
  expect(await rabbit.smokeTroubles()).toEqual([]);
});
