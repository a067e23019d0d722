// Shows the nats-jetstream template with NATS itself: the leader of JetStream is found, isolated and succeeded; healed, all have the whole stream.
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/cli.js";
import { TemplateCluster } from "../support/template-cluster.js";

interface StreamInfo {
  readonly state: { readonly messages: number };
  readonly cluster: { readonly replicas: readonly { readonly current: boolean; readonly lag?: number }[] };
}

let nats: TemplateCluster;
beforeAll(async () => {
  const packages = ["nats-server", "busybox"];
  nats = await TemplateCluster.create("nats-jetstream", "NATS_IMAGE", { name: "nats", packages });
});
afterAll(() => nats.destroy());

/** What is answered on the subject, asked of this node. */
function request(node: string, subject: string, payload = ""): Promise<string> {
  return nats.exec(node, "sh", "/request.sh", subject, payload);
}

/** Waits until a write to the stream is acknowledged with this number. */
function written(node: string, text: string, seq: number): Promise<void> {
  return eventually(`the stream takes ${text}`, 20_000, async () =>
    (await request(node, "orders.new", text)).includes(`"stream":"orders", "seq":${seq}`),
  );
}

test("up boots three nodes, finds who leads JetStream, and makes a stream on all three", async () => {
  await nats.cluster.up();
  expect(await nats.leaders()).toHaveLength(1);
  await written("nats-1", "one", 1);
});

test("a leader that is isolated is succeeded, the stream goes on, and healed, all three have it", async () => {
  const [former = ""] = await nats.leaders();
  await nats.chaos("isolate", "leader", "--for", "1m");
  const successor = await nats.successorOf(former, 30_000);
  await written(successor, "two", 2);

  await nats.chaos("heal");
  await nats.settled(undefined, 30_000);
  await eventually("all three have the whole stream", 20_000, async () => {
    const answer = await request(former, "$JS.API.STREAM.INFO.orders");
    if (answer === "") return false;
    const { state, cluster } = JSON.parse(answer) as StreamInfo;
    return state.messages === 2 && cluster.replicas.length === 2 && cluster.replicas.every(({ current }) => current);
  });
  expect(await request(former, "$JS.API.STREAM.MSG.GET.orders", '{"seq":2}')).toContain(
    `"data":"${Buffer.from("two").toString("base64")}"`,
  );
});

test("smoke finds nothing wrong with it, under its own scenario as well", async () => {
  expect(await nats.smokeTroubles()).toEqual([]);
});
